package seed

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// format is the format of a file.
type format int

const (
	formatPDF format = iota
	formatJPEG
	formatDOCX
	formatXML
)

func (f format) extension() string { return [...]string{"pdf", "jpg", "docx", "xml"}[f] }

func (f format) mediaType() string {
	return [...]string{
		"application/pdf", "image/jpeg",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/xml",
	}[f]
}

// press makes files: the same lines always give the same bytes. It is used by one goroutine at a time.
type press struct {
	font   *sfnt.Font
	packer *zlib.Writer
	// letters that were drawn before
	letters map[rune]letter
}

func newPress() (*press, error) {
	f, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("read font: %w", err)
	}
	return &press{font: f, packer: zlib.NewWriter(io.Discard), letters: make(map[rune]letter)}, nil
}

// file makes a file of one page.
func (p *press) file(f format, title string, lines []string) ([]byte, error) {
	switch f {
	case formatPDF:
		return p.pdf(wrapped(title, lines))
	case formatJPEG:
		return p.jpeg(wrapped(title, lines))
	case formatDOCX:
		return docx(title, lines)
	case formatXML:
		return certificateXML(title, lines)
	}
	return nil, errors.New("unknown format")
}

// The scan of a paper, in pixels.
const (
	scanWidth   = 480
	scanHeight  = 320
	scanMargin  = 28
	scanQuality = 55
)

// wrapped breaks lines so that they fit a page.
func wrapped(title string, lines []string) (heading, text []string) {
	const headingLetters, textLetters = 36, 48
	heading = wrap(title, headingLetters)
	for _, line := range lines {
		text = append(text, wrap(line, textLetters)...)
	}
	return heading, text
}

func wrap(line string, letters int) []string {
	var lines []string
	for word := range strings.FieldsSeq(line) {
		last := len(lines) - 1
		if last >= 0 && utf8.RuneCountInString(lines[last])+1+utf8.RuneCountInString(word) <= letters {
			lines[last] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}

// jpeg draws the lines on grey paper with a frame, as a scanner would see a form.
func (p *press) jpeg(heading, text []string) ([]byte, error) {
	page := image.NewGray(image.Rect(0, 0, scanWidth, scanHeight))
	sheet := page.Bounds().Inset(scanMargin / 2)
	for i := range page.Pix {
		page.Pix[i] = 120
		if (image.Point{X: i % scanWidth, Y: i / scanWidth}).In(sheet) {
			page.Pix[i] = 235
		}
	}
	y := 2 * scanMargin
	for i, line := range slices.Concat(heading, text) {
		size := 15.0
		if i < len(heading) {
			size = 19
		}
		face, err := opentype.NewFace(p.font, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			return nil, fmt.Errorf("draw text: %w", err)
		}
		pen := font.Drawer{Dst: page, Src: image.NewUniform(color.Gray{Y: 30}), Face: face, Dot: fixed.P(scanMargin, y)}
		pen.DrawString(line)
		if err := face.Close(); err != nil {
			return nil, fmt.Errorf("draw text: %w", err)
		}
		y += 30
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, page, &jpeg.Options{Quality: scanQuality}); err != nil {
		return nil, fmt.Errorf("encode JPEG: %w", err)
	}
	return b.Bytes(), nil
}

// docx is the least that a word processor opens (ECMA-376, part 1): the types, the relation, the text.
func docx(title string, lines []string) ([]byte, error) {
	var text strings.Builder
	text.WriteString(xml.Header + `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`)
	for _, line := range append([]string{title}, lines...) {
		text.WriteString(`<w:p><w:r><w:t xml:space="preserve">` + escaped(line) + `</w:t></w:r></w:p>`)
	}
	text.WriteString(`</w:body></w:document>`)

	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range []struct{ name, content string }{
		{"[Content_Types].xml", xml.Header +
			`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/word/document.xml" ` +
			`ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`},
		{"_rels/.rels", xml.Header +
			`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" ` +
			`Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" ` +
			`Target="word/document.xml"/></Relationships>`},
		{"word/document.xml", text.String()},
	} {
		w, err := z.Create(part.name)
		if err != nil {
			return nil, fmt.Errorf("make DOCX: %w", err)
		}
		if _, err := w.Write([]byte(part.content)); err != nil {
			return nil, fmt.Errorf("make DOCX: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("make DOCX: %w", err)
	}
	return b.Bytes(), nil
}

func certificateXML(title string, lines []string) ([]byte, error) {
	content, err := xml.MarshalIndent(struct {
		XMLName xml.Name `xml:"Справка"`
		Title   string   `xml:"Наименование"`
		Lines   []string `xml:"Сведения>Строка"`
	}{Title: title, Lines: lines}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("make XML: %w", err)
	}
	return append([]byte(xml.Header), append(content, '\n')...), nil
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // writing to memory never fails
	return b.String()
}
