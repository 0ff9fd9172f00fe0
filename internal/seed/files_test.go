package seed_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/xml"
	"errors"
	"image/jpeg"
	"io"
	"mime"
	"path"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/dev/persona"
	"kabinet/internal/document"
)

// maxFile is how large a demo file may be, in bytes.
const maxFile = 20_000

func testDocuments(t *testing.T, w *world) {
	t.Helper()
	formats := map[string]int{}
	versioned := 0
	for _, p := range persona.All() {
		ctx := w.as(t, p.Name)
		for _, d := range w.cabinet(ctx, t).documents {
			require.Contains(t, document.Kinds(), d.Kind)
			require.Equal(t, d.State == document.Rejected, d.Verdict != nil)
			versions, err := w.documents.Versions(ctx, d)
			require.NoError(t, err)
			current, err := w.documents.CurrentVersion(ctx, d)
			require.NoError(t, err)
			require.Equal(t, len(versions), current.Number)
			require.Equal(t, d.CreatedAt.UTC(), versions[len(versions)-1].CreatedAt.UTC())
			if len(versions) > 1 {
				versioned++
				require.NotEqual(t, versions[0].Checksum, versions[1].Checksum)
			}
			for _, v := range versions {
				found, content, err := w.documents.Content(ctx, d.ID.ID, v.Number)
				require.NoError(t, err)
				file, err := io.ReadAll(content)
				require.NoError(t, err)
				require.NoError(t, content.Close())
				require.Equal(t, v.Checksum, found.Checksum)
				require.Equal(t, sha256.Sum256(file), v.Checksum)
				require.Len(t, file, v.Size)
				require.Less(t, v.Size, maxFile)
				formats[v.MediaType]++
				requireOpens(t, file, v.MediaType, d.Title)
				if byName := mime.TypeByExtension(path.Ext(v.FileName)); byName != "" && v.MediaType != "application/xml" {
					require.Equal(t, v.MediaType, byName)
				}
			}
		}
	}
	require.Len(t, formats, 4)

	all := w.cabinet(w.as(t, "ivanova"), t).documents
	states := seen(all, func(d *document.Document) document.State { return d.State })
	for _, s := range document.States() {
		require.NotZero(t, states[s], s)
	}
	mine := seen(all, func(d *document.Document) document.Kind { return d.Kind })
	for _, k := range document.Kinds() {
		require.NotZero(t, mine[k], k)
	}
	require.Equal(t, 4, versioned)
}

func requireOpens(t *testing.T, file []byte, mediaType, title string) {
	t.Helper()
	switch mediaType {
	case "application/pdf":
		requirePDF(t, file)
	case "image/jpeg":
		picture, err := jpeg.Decode(bytes.NewReader(file))
		require.NoError(t, err)
		require.Greater(t, picture.Bounds().Dx(), 100)
	case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
		z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
		require.NoError(t, err)
		require.Equal(t, "[Content_Types].xml", z.File[0].Name)
		for _, name := range []string{"[Content_Types].xml", "_rels/.rels", "word/document.xml"} {
			part, err := z.Open(name)
			require.NoError(t, err)
			content, err := io.ReadAll(part)
			require.NoError(t, err)
			text := requireXML(t, content)
			if name == "word/document.xml" {
				require.Contains(t, text, title)
			}
		}
	case "application/xml":
		require.Contains(t, requireXML(t, file), title)
	default:
		require.Fail(t, "unexpected media type", mediaType)
	}
}

// requireXML reads to the end and gives the text.
func requireXML(t *testing.T, content []byte) string {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(content))
	var text []byte
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return string(text)
		}
		require.NoError(t, err)
		if chars, ok := token.(xml.CharData); ok {
			text = append(text, chars...)
		}
	}
}

var (
	pdfEnd    = regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`)
	pdfEntry  = regexp.MustCompile(`(\d{10}) 00000 n \n`)
	pdfStream = regexp.MustCompile(`(?s)/Length (\d+) /Filter /FlateDecode >>\nstream\n`)
)

// requirePDF checks what a reader relies on: the header, the table of objects and the streams.
func requirePDF(t *testing.T, file []byte) {
	t.Helper()
	require.True(t, bytes.HasPrefix(file, []byte("%PDF-1.4\n")))
	end := pdfEnd.FindSubmatch(file)
	require.NotNil(t, end)
	table, err := strconv.Atoi(string(end[1]))
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(file[table:], []byte("xref\n0 ")))
	entries := pdfEntry.FindAllSubmatch(file[table:], -1)
	require.Greater(t, len(entries), 10)
	for i, entry := range entries {
		offset, err := strconv.Atoi(string(entry[1]))
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(file[offset:], []byte(strconv.Itoa(i+1)+" 0 obj\n")), "object %d", i+1)
	}
	streams := pdfStream.FindAllSubmatchIndex(file, -1)
	require.Len(t, streams, len(entries)-4, "all but four objects are streams")
	for _, s := range streams {
		length, err := strconv.Atoi(string(file[s[2]:s[3]]))
		require.NoError(t, err)
		z, err := zlib.NewReader(bytes.NewReader(file[s[1] : s[1]+length]))
		require.NoError(t, err)
		content, err := io.ReadAll(z)
		require.NoError(t, err)
		require.NotEmpty(t, content)
		require.True(t, bytes.HasPrefix(file[s[1]+length:], []byte("\nendstream\nendobj\n")))
	}
}
