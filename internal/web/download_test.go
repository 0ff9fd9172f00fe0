package web_test

import (
	"mime"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/web"
)

// addDocument makes a document of a person with one version, and gives where it is downloaded. No content is one that was lost.
func (c *cabinet) addDocument(t *testing.T, owner uuid.UUID, fileName, content string) string {
	t.Helper()
	system := persontest.System(t)
	row, err := c.store.Document.Create().SetOwnerID(owner).SetTitle("title").SetKind("OTHER").SetState("PROCESSING").
		SetCreatedAt(c.clock.Now()).SetUpdatedAt(c.clock.Now()).Save(system)
	require.NoError(t, err)
	version := c.store.DocumentVersion.Create().SetOwnerID(owner).SetDocumentID(row.ID).SetNumber(1).SetFileName(fileName).
		SetMediaType("text/html").SetSize(int64(len(content))).SetSha256(make([]byte, 32)).SetBlobKey("documents/" + row.ID.String()).
		SetCreatedAt(c.clock.Now())
	require.NoError(t, version.Exec(system))
	if content != "" {
		require.NoError(t, c.blobs.Put(t.Context(), "documents/"+row.ID.String(), strings.NewReader(content)))
	}
	return "/documents/" + ref.Of(ref.Document, row.ID).String() + "/versions/1"
}

func TestADownloadIsAnAttachmentThatCannotAct(t *testing.T) {
	c := newCabinet(t)
	b := c.browser()
	b.login(t, "ivanova")
	const content = "<script>alert(1)</script>"
	where := c.addDocument(t, b.query(t).Person, "справка \"1\".html", content)

	answer := b.get(t, where) // a link that is clicked: no header
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, content, text(t, answer))
	kind, parameters, err := mime.ParseMediaType(answer.Header.Get("Content-Disposition"))
	require.NoError(t, err)
	require.Equal(t, "attachment", kind)
	require.Equal(t, "справка _1_.html", parameters["filename"])
	for name, want := range map[string]string{
		"Content-Type": "text/html", "Content-Length": "25", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, no-store",
		"Cross-Origin-Resource-Policy": "same-origin", "Referrer-Policy": "no-referrer",
	} {
		require.Equal(t, []string{want}, answer.Header.Values(name), name)
	}

	answer = b.do(t, http.MethodHead, where, "")
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, "25", answer.Header.Get("Content-Length"))

	bearer := c.browser().get(t, where, "Authorization", "Bearer "+b.cookies[c.cookie])
	require.Equal(t, content, text(t, bearer))
}

func TestAnothersDocumentIsLikeNone(t *testing.T) {
	c := newCabinet(t)
	owner, other, basic := c.browser(), c.browser(), c.browser()
	owner.login(t, "ivanova")
	other.login(t, "petrov")
	basic.login(t, "sidorov")
	where := c.addDocument(t, owner.query(t).Person, "f.pdf", "secret")
	id := strings.TrimSuffix(strings.TrimPrefix(where, "/documents/"), "/versions/1")
	parsed, err := ref.Parse(id)
	require.NoError(t, err)

	foreign := requireRefused(t, other.get(t, where), http.StatusNotFound, fault.NotFound)
	for _, target := range []string{
		"/documents/" + ref.Of(ref.Document, uuid.New()).String() + "/versions/1",
		"/documents/" + ref.Of(ref.Appeal, parsed.ID).String() + "/versions/1", "/documents/" + parsed.ID.String() + "/versions/1",
		"/documents/" + id + "/versions/2", "/documents/" + id + "/versions/0", "/documents/" + id + "/versions/-1",
		"/documents/" + id + "/versions/x", "/documents/" + id + "/versions/99999999999999999999", "/documents/" + id + "/versions/9223372036854775807",
		"/documents/" + id + "/versions/1%00", "/documents/" + id + "x/versions/1", "/documents/%2e%2e%2f/versions/1", "/documents/%FF/versions/1",
	} {
		for _, b := range []*browser{owner, other} {
			if b == owner && target == where {
				continue
			}
			r := requireRefused(t, b.get(t, target), http.StatusNotFound, fault.NotFound)
			r.RequestID = foreign.RequestID
			require.Equal(t, foreign, r, target)
		}
	}
	requireRefused(t, basic.get(t, where), http.StatusForbidden, fault.AccessLevelRequired)
	requireRefused(t, basic.get(t, "/documents/"+ref.Of(ref.Document, uuid.New()).String()+"/versions/1"), http.StatusForbidden, fault.AccessLevelRequired)
	requireRefused(t, c.browser().get(t, where), http.StatusUnauthorized, fault.Unauthenticated)
	requireRefused(t, c.browser().get(t, "/documents/x/versions/1"), http.StatusUnauthorized, fault.Unauthenticated)

	require.NoError(t, c.store.Document.UpdateOneID(parsed.ID).SetDeletedAt(c.clock.Now()).Exec(persontest.System(t)))
	r := requireRefused(t, owner.get(t, where), http.StatusNotFound, fault.NotFound)
	require.Equal(t, foreign.Message, r.Message)
}

func TestAContentThatIsLostIsOurFault(t *testing.T) {
	c := newCabinet(t)
	b := c.browser()
	b.login(t, "ivanova")
	answer := b.get(t, c.addDocument(t, b.query(t).Person, "f.pdf", ""))
	requireRefused(t, answer, http.StatusInternalServerError, fault.Internal)
	require.Empty(t, answer.Header.Get("Content-Disposition"))
}

func TestFileNamesCannotBreakOut(t *testing.T) {
	for name, want := range map[string]string{
		"справка.pdf": "справка.pdf", "a b.pdf": "a b.pdf", "a;b=c.pdf": "a;b=c.pdf", "a%20b.pdf": "a%20b.pdf",
		"a\r\nSet-Cookie: x=y": "a__Set-Cookie: x=y", "a\x00b": "a_b", "a\x7fb\u0085c": "a_b_c",
		`a"b\c/d`: "a_b_c_d", "../../etc/passwd": ".._.._etc_passwd", `..\..\x`: ".._.._x",
		"a\u202egpj.exe": "agpj.exe", "\u200e\u200f\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069\u061cx": "x",
		"a\xffb": "a\ufffdb", `x"; filename*=UTF-8''evil.exe`: "x_; filename*=UTF-8''evil.exe",
	} {
		requireAttachment(t, name, want)
	}
}

// requireAttachment reads the header as a client does.
func requireAttachment(t *testing.T, name, want string) {
	t.Helper()
	value := web.Attachment(name)
	require.NotRegexp(t, `[^\x20-\x7e]`, value)
	kind, parameters, err := mime.ParseMediaType(value)
	require.NoError(t, err, "%q", value)
	require.Equal(t, "attachment", kind)
	require.LessOrEqual(t, len(parameters), 1)
	require.Equal(t, want, parameters["filename"])
}

func FuzzAttachment(f *testing.F) {
	for _, name := range []string{"", "f.pdf", "справка \"1\".pdf", "a\r\nb", "\u202e", "\xff", strings.Repeat("я", 300), "%41", "''", "=?utf-8?q?x?="} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		want := strings.Map(func(r rune) rune {
			switch {
			case unicode.IsControl(r), strings.ContainsRune(`"/\`, r):
				return '_'
			case unicode.Is(unicode.Bidi_Control, r):
				return -1
			}
			return r
		}, name)
		requireAttachment(t, name, want)
	})
}
