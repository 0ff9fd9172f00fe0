package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
)

// RequestLimits bound what is read of one request. Zero in a field means the value named.
type RequestLimits struct {
	// BodyBytes of a POST, 1 MiB.
	BodyBytes int64
	// URLBytes of a GET's query string, 16 KiB.
	URLBytes int
	// Values of JSON in a request, 20,000.
	Values int
	// ReadTimeout is how long a body may take to arrive, 10 s.
	ReadTimeout time.Duration
}

func (l RequestLimits) withDefaults() RequestLimits {
	if l.BodyBytes <= 0 {
		l.BodyBytes = 1 << 20
	}
	if l.URLBytes <= 0 {
		l.URLBytes = 16 << 10
	}
	if l.Values <= 0 {
		l.Values = 20_000
	}
	if l.ReadTimeout <= 0 {
		l.ReadTimeout = 10 * time.Second
	}
	return l
}

// maxDocumentID bounds the name of a trusted document, in bytes; a SHA-256 in hexadecimal has 64.
const maxDocumentID = 256

// request is what a client asks for, decoded.
type request struct {
	graphql.RawParams
	documentID string
}

type documentIDKey struct{}

// DocumentID is the documentId of the request, the name of a document that the server knows (GraphQL over HTTP,
// appendix A); empty when the client sent none. Extensions that put the document in its place read it.
func DocumentID(ctx context.Context) string {
	id, _ := ctx.Value(documentIDKey{}).(string)
	return id
}

func withDocumentID(ctx context.Context, id string) context.Context {
	if id == "" {
		return ctx
	}
	return context.WithValue(ctx, documentIDKey{}, id)
}

// read decodes a POST or GET request, whichever it is.
func (l RequestLimits) read(w http.ResponseWriter, r *http.Request) (*request, *httpError) {
	start := graphql.Now()
	var q *request
	var refused *httpError
	if r.Method == http.MethodGet {
		q, refused = l.readURL(r)
	} else {
		q, refused = l.readBody(w, r)
	}
	if refused != nil {
		return nil, refused
	}
	q.Headers = r.Header
	q.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	return q, nil
}

func (l RequestLimits) readBody(w http.ResponseWriter, r *http.Request) (*request, *httpError) {
	if refused := checkContent(r.Header); refused != nil {
		return nil, refused
	}
	if r.ContentLength > l.BodyBytes {
		w.Header().Set("Connection", "close") // the rest is not read
		return nil, errTooLarge
	}
	control := http.NewResponseController(w)
	// Writers that know no deadlines are those of tests; there the body is all there.
	_ = control.SetReadDeadline(time.Now().Add(l.ReadTimeout)) //nolint:forbidigo // the network knows only the machine's time
	var body bytes.Buffer
	if r.ContentLength > 0 {
		// A promise of the client: room is made for an ordinary request, the rest as it arrives.
		body.Grow(int(min(r.ContentLength, 16<<10)) + bytes.MinRead)
	}
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, l.BodyBytes))
	if err == nil {
		// The deadline is that of the body, not of what comes after it on the same connection. A body that was not read
		// to its end keeps it, for the server reads the rest.
		_ = control.SetReadDeadline(time.Time{})
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, errTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return nil, errSlowBody
	case err != nil && !errors.Is(err, io.EOF):
		return nil, errBody
	}
	tree, err := decodeJSON(body.Bytes(), l.Values)
	if err != nil {
		return nil, refusalOfJSON(err)
	}
	return requestOf(tree)
}

// checkContent lets through application/json in UTF-8, not compressed. Every other type that a page of a stranger
// could send without asking first is refused by the same rule.
func checkContent(h http.Header) *httpError {
	if len(h.Values("Content-Type")) != 1 {
		return errMediaType
	}
	mediaType, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return errMediaType
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return errMediaType
	}
	for _, encoding := range h.Values("Content-Encoding") {
		if !strings.EqualFold(strings.TrimSpace(encoding), "identity") {
			return errEncoding
		}
	}
	return nil
}

// readURL decodes the parameters of a GET. Each may come once.
func (l RequestLimits) readURL(r *http.Request) (*request, *httpError) {
	if len(r.URL.RawQuery) > l.URLBytes {
		return nil, errLongURL
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errParameter
	}
	tree := map[string]any{}
	for _, name := range []string{"query", "operationName", "documentId", "variables", "extensions"} {
		given := values[name]
		if len(given) > 1 {
			return nil, errParameter
		}
		if len(given) == 0 || given[0] == "" {
			continue
		}
		switch name {
		case "variables", "extensions":
			if tree[name], err = decodeJSON([]byte(given[0]), l.Values); err != nil {
				return nil, refusalOfJSON(err)
			}
		default:
			if !utf8.ValidString(given[0]) || strings.ContainsRune(given[0], 0) {
				return nil, errParameter
			}
			tree[name] = given[0]
		}
	}
	return requestOf(tree)
}

// requestOf takes the parameters of GraphQL over HTTP out of a decoded body. Other keys are for later versions of
// that specification and are passed over.
func requestOf(tree any) (*request, *httpError) {
	body, ok := tree.(map[string]any)
	if !ok {
		return nil, errParameter // a list would be a batch
	}
	q := &request{}
	for name, to := range map[string]*string{"query": &q.Query, "operationName": &q.OperationName, "documentId": &q.documentID} {
		switch v := body[name].(type) {
		case nil:
		case string:
			*to = v
		default:
			return nil, errParameter
		}
	}
	for name, to := range map[string]*map[string]any{"variables": &q.Variables, "extensions": &q.Extensions} {
		switch v := body[name].(type) {
		case nil:
		case map[string]any:
			*to = v
		default:
			return nil, errParameter
		}
	}
	if len(q.documentID) > maxDocumentID {
		return nil, errParameter
	}
	if q.Query == "" && q.documentID == "" && q.Extensions["persistedQuery"] == nil {
		return nil, errNoQuery
	}
	return q, nil
}
