package seed

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The page of a PDF, in points: A5. Glyphs are measured in 1/glyphUnits of the size of the letters.
const (
	pdfWidth   = 420
	pdfHeight  = 595
	pdfMargin  = 36
	glyphUnits = 250
)

// pdf makes a page of text (PDF 1.4). The letters come along as a font of outlines (Type 3) that holds only those which
// are used, because the fonts that every reader has know no Cyrillic; a table back to Unicode lets the text be copied.
func (p *press) pdf(heading, text []string) ([]byte, error) {
	letters, err := p.lettersOf(strings.Join(heading, "") + strings.Join(text, ""))
	if err != nil {
		return nil, err
	}
	page, err := p.pack(pageOf(heading, text, letters))
	if err != nil {
		return nil, err
	}
	unicodes, err := p.pack(unicodeOf(letters))
	if err != nil {
		return nil, err
	}

	var w pdfWriter
	w.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	w.object("<< /Type /Catalog /Pages 2 0 R >>")
	w.object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	w.object(fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
		pdfWidth, pdfHeight))
	w.stream(page)

	const firstLetter = 7 // number of the object of the first outline
	var widths, names, differences strings.Builder
	for i, l := range letters {
		fmt.Fprintf(&widths, "%d ", l.advance)
		fmt.Fprintf(&names, "/g%d %d 0 R ", i+1, firstLetter+i)
		fmt.Fprintf(&differences, "/g%d ", i+1)
	}
	w.object(fmt.Sprintf("<< /Type /Font /Subtype /Type3 /FontBBox [0 0 0 0] /FontMatrix [%g 0 0 %g 0 0] /FirstChar 1 /LastChar %d "+
		"/Widths [%s] /CharProcs << %s>> /Encoding << /Type /Encoding /Differences [1 %s] >> /Resources << >> /ToUnicode 6 0 R >>",
		1.0/glyphUnits, 1.0/glyphUnits, len(letters), widths.String(), names.String(), differences.String()))
	w.stream(unicodes)
	for _, l := range letters {
		w.stream(l.outline)
	}
	w.finish()
	return w.Bytes(), nil
}

// pack compresses the content of a stream.
func (p *press) pack(content string) ([]byte, error) {
	var packed bytes.Buffer
	p.packer.Reset(&packed)
	if _, err := p.packer.Write([]byte(content)); err != nil {
		return nil, fmt.Errorf("make PDF: %w", err)
	}
	if err := p.packer.Close(); err != nil {
		return nil, fmt.Errorf("make PDF: %w", err)
	}
	return packed.Bytes(), nil
}

// letter is a letter of the font.
type letter struct {
	char    rune
	advance int
	outline []byte // packed
}

// lettersOf are the letters of a text, each once; the code of the first is 1.
func (p *press) lettersOf(text string) ([]letter, error) {
	chars := []rune(text)
	slices.Sort(chars)
	chars = slices.Compact(chars)
	letters := make([]letter, len(chars))
	for i, char := range chars {
		l, drawn := p.letters[char]
		if !drawn {
			var err error
			if l, err = p.draw(char); err != nil {
				return nil, err
			}
			p.letters[char] = l
		}
		letters[i] = l
	}
	return letters, nil
}

func (p *press) draw(char rune) (letter, error) {
	var buffer sfnt.Buffer
	ppem := fixed.I(glyphUnits)
	index, err := p.font.GlyphIndex(&buffer, char)
	if err != nil {
		return letter{}, fmt.Errorf("find letter: %w", err)
	}
	advance, err := p.font.GlyphAdvance(&buffer, index, ppem, font.HintingNone)
	if err != nil {
		return letter{}, fmt.Errorf("measure letter: %w", err)
	}
	segments, err := p.font.LoadGlyph(&buffer, index, ppem, nil)
	if err != nil {
		return letter{}, fmt.Errorf("draw letter: %w", err)
	}
	outline, err := p.pack(outlineOf(advance.Round(), segments))
	if err != nil {
		return letter{}, err
	}
	return letter{char: char, advance: advance.Round(), outline: outline}, nil
}

// outlineOf writes an outline in PDF's operators: y goes up, and quadratic curves become cubic ones.
func outlineOf(advance int, segments sfnt.Segments) string {
	var b strings.Builder
	box := segments.Bounds()
	fmt.Fprintf(&b, "%d 0 %d %d %d %d d1\n", advance, box.Min.X.Floor(), -box.Max.Y.Ceil(), box.Max.X.Ceil(), -box.Min.Y.Floor())
	x := func(p fixed.Point26_6) float64 { return float64(p.X) / 64 }
	y := func(p fixed.Point26_6) float64 { return -float64(p.Y) / 64 }
	var pen fixed.Point26_6
	for _, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			pen = s.Args[0]
			fmt.Fprintf(&b, "%.0f %.0f m\n", x(pen), y(pen))
		case sfnt.SegmentOpLineTo:
			pen = s.Args[0]
			fmt.Fprintf(&b, "%.0f %.0f l\n", x(pen), y(pen))
		case sfnt.SegmentOpQuadTo:
			control, end := s.Args[0], s.Args[1]
			fmt.Fprintf(&b, "%.0f %.0f %.0f %.0f %.0f %.0f c\n",
				(x(pen)+2*x(control))/3, (y(pen)+2*y(control))/3, (x(end)+2*x(control))/3, (y(end)+2*y(control))/3, x(end), y(end))
			pen = end
		case sfnt.SegmentOpCubeTo:
			pen = s.Args[2]
			fmt.Fprintf(&b, "%.0f %.0f %.0f %.0f %.0f %.0f c\n",
				x(s.Args[0]), y(s.Args[0]), x(s.Args[1]), y(s.Args[1]), x(pen), y(pen))
		}
	}
	b.WriteString("f\n")
	return b.String()
}

func pageOf(heading, text []string, letters []letter) string {
	codes := make(map[rune]int, len(letters))
	for i, l := range letters {
		codes[l.char] = i + 1
	}
	var b strings.Builder
	write := func(lines []string) {
		for _, line := range lines {
			b.WriteString("<")
			for _, char := range line {
				fmt.Fprintf(&b, "%02X", codes[char])
			}
			b.WriteString("> Tj T*\n")
		}
	}
	fmt.Fprintf(&b, "BT /F 15 Tf 22 TL %d %d Td\n", pdfMargin, pdfHeight-2*pdfMargin)
	write(heading)
	b.WriteString("/F 11 Tf 18 TL T*\n")
	write(text)
	b.WriteString("ET\n")
	return b.String()
}

// unicodeOf is the table of codes and letters.
func unicodeOf(letters []letter) string {
	var b strings.Builder
	b.WriteString("/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Letters def /CMapType 2 def\n" +
		"1 begincodespacerange <00> <FF> endcodespacerange\n")
	const atOnce = 100 // entries of a block, by the specification
	for from := 0; from < len(letters); from += atOnce {
		block := letters[from:min(from+atOnce, len(letters))]
		fmt.Fprintf(&b, "%d beginbfchar\n", len(block))
		for i, l := range block {
			fmt.Fprintf(&b, "<%02X> <", from+i+1)
			for _, unit := range utf16.Encode([]rune{l.char}) {
				fmt.Fprintf(&b, "%04X", unit)
			}
			b.WriteString(">\n")
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap CMapName currentdict /CMap defineresource pop\n")
	b.WriteString(strings.Repeat("end\n", 2)) // of the map and of the set of procedures
	return b.String()
}

// pdfWriter writes the objects of a file, numbered from 1, and remembers where they begin.
type pdfWriter struct {
	bytes.Buffer
	offsets []int
}

func (w *pdfWriter) object(content string) {
	w.offsets = append(w.offsets, w.Len())
	fmt.Fprintf(w, "%d 0 obj\n%s\nendobj\n", len(w.offsets), content)
}

func (w *pdfWriter) stream(packed []byte) {
	w.object(fmt.Sprintf("<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream", len(packed), packed))
}

// finish writes where the objects are.
func (w *pdfWriter) finish() {
	table := w.Len()
	fmt.Fprintf(w, "xref\n0 %d\n0000000000 65535 f \n", len(w.offsets)+1)
	for _, offset := range w.offsets {
		fmt.Fprintf(w, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(w, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(w.offsets)+1, table)
}
