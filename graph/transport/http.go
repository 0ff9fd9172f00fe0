package transport

import (
	"context"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"kabinet/internal/fault"
)

// PostOptions configure Post.
type PostOptions struct {
	Limits RequestLimits
	// Acted is called before each query and mutation that is run: an action of the person, which a subscription is not.
	// It should be quick; nil does nothing.
	Acted func(ctx context.Context)
}

// Post answers GraphQL over HTTP by POST. It also turns away every other method but GET, so that nothing is left
// for the server to answer in its own words.
type Post struct{ o PostOptions }

// GetOptions configure Get.
type GetOptions struct {
	Limits RequestLimits
	// Acted is called before each query that is run: an action of the person, which a subscription is not.
	// It should be quick; nil does nothing.
	Acted func(ctx context.Context)
}

// Get answers queries, and nothing else, by GET.
type Get struct{ o GetOptions }

var (
	_ graphql.Transport = (*Post)(nil)
	_ graphql.Transport = (*Get)(nil)
)

// NewPost makes the transport for POST.
func NewPost(o PostOptions) *Post {
	o.Limits = o.Limits.withDefaults()
	if o.Acted == nil {
		o.Acted = nothing
	}
	return &Post{o: o}
}

// NewGet makes the transport for GET.
func NewGet(o GetOptions) *Get {
	o.Limits = o.Limits.withDefaults()
	if o.Acted == nil {
		o.Acted = nothing
	}
	return &Get{o: o}
}

// Supports implements graphql.Transport: everything but GET.
func (t *Post) Supports(r *http.Request) bool { return r.Method != http.MethodGet }

// Do implements graphql.Transport.
func (t *Post) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	defer recoverInto(w, r, exec)
	if r.Method != http.MethodPost {
		turnAway(w, r, exec, errMethod)
		return
	}
	answer(w, r, exec, t.o.Limits, t.o.Acted)
}

// Supports implements graphql.Transport: GET, unless it opens a WebSocket.
func (t *Get) Supports(r *http.Request) bool {
	return r.Method == http.MethodGet && !isUpgrade(r)
}

// Do implements graphql.Transport.
func (t *Get) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	defer recoverInto(w, r, exec)
	answer(w, r, exec, t.o.Limits, t.o.Acted)
}

// answer runs one operation that has one result.
func answer(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, limits RequestLimits, acted func(context.Context)) {
	mediaType := preferenceOf(r.Header).mediaType()
	if mediaType == "" {
		turnAway(w, r, exec, errAccept)
		return
	}
	q, refused := limits.read(w, r)
	if refused != nil {
		turnAway(w, r, exec, refused)
		return
	}
	ctx := withDocumentID(r.Context(), q.documentID)
	op, errs := exec.CreateOperationContext(ctx, &q.RawParams)
	ctx = graphql.WithOperationContext(ctx, op)
	if len(errs) > 0 {
		write(w, failed(ctx, exec, errs...), mediaType, 0)
		return
	}
	switch {
	case op.Operation.Operation == ast.Subscription:
		turnAway(w, r.WithContext(ctx), exec, errSubscription)
		return
	case r.Method == http.MethodGet && op.Operation.Operation != ast.Query:
		turnAway(w, r.WithContext(ctx), exec, errMutationByGet)
		return
	}
	acted(ctx)
	responses, ctx := exec.DispatchOperation(ctx, op)
	resp := responses(ctx)
	if resp == nil {
		resp = failedWith(ctx, exec, noAnswer(ctx))
	}
	write(w, resp, mediaType, 0)
}

// noAnswer is why an operation gave nothing: its context ended, or the server is at fault.
func noAnswer(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return fault.ErrInternal
}

// turnAway answers a request that did not get as far as GraphQL.
func turnAway(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, refused *httpError) {
	if refused.allow != "" {
		w.Header().Set("Allow", refused.allow)
	}
	write(w, failedWith(r.Context(), exec, refused.fault), preferenceOf(r.Header).mediaType(), refused.status)
}

// recoverInto answers a panic that happened before anything was written: resolvers have a recovery of their own, so
// this is one of gqlgen, of an extension or of a variable's decoding.
func recoverInto(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	if value := recover(); value != nil {
		answerPanic(w, r, exec, value)
	}
}

func answerPanic(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, value any) {
	if value == http.ErrAbortHandler { //nolint:errorlint // compared as net/http compares it
		panic(value) //nolint:forbidigo // it is how a handler tells net/http to break the connection
	}
	write(w, crashed(r.Context(), exec, value), preferenceOf(r.Header).mediaType(), http.StatusInternalServerError)
}

func isUpgrade(r *http.Request) bool {
	for _, header := range r.Header.Values("Upgrade") {
		for protocol := range strings.SplitSeq(header, ",") {
			if strings.EqualFold(strings.TrimSpace(protocol), "websocket") {
				return true
			}
		}
	}
	return false
}
