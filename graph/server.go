package graph

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"

	"kabinet/graph/apierror"
	"kabinet/graph/generated"
	"kabinet/graph/limits"
	"kabinet/graph/sdl"
	"kabinet/graph/transport"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/page"
	"kabinet/internal/session"
	"kabinet/internal/viewer"
)

// queryCacheMemory is how much memory parsed documents may take, in bytes.
const queryCacheMemory = 32 << 20

// errTooManyIDs refuses a list of more ids than a page has items.
var errTooManyIDs = fault.New(fault.BadInput,
	locale.Text{Ru: "За один раз можно запросить не больше 100 записей.", En: "At most 100 ids can be asked for at once."},
	locale.Text{Ru: "Разделите список.", En: "Split the list."})

// Options configure the server.
type Options struct {
	Services Services
	Log      *slog.Logger
	// Development opens introspection and tells what is wrong with a document in the words of the parser.
	Development bool
	// Origins are the pages of other hosts that may open a WebSocket.
	Origins []string
	// Ended has end called when the session of a request ends, unless ctx is done before.
	Ended func(ctx context.Context, end func())
	// Ending gives the end of the session of a request, whenever there is reason to.
	Ending func(ctx context.Context) <-chan *session.Ending
	// Denied journals that the viewer was refused a field; nil: nobody does.
	Denied func(ctx context.Context, field string) error
	// Spend takes the cost of an operation from what its viewer may use up, or refuses it; nil: nobody counts.
	Spend func(ctx context.Context, cost int) error
	// Acted is told of each query and mutation, by whichever transport it came.
	Acted func(ctx context.Context)
	// Streams are the open streams of the process.
	Streams *transport.Streams
}

// SDL is the published schema, as it runs.
func SDL() string { return sdl.Print(generated.NewExecutableSchema(generated.Config{}).Schema()) }

// NewServer makes the handler of /graphql.
func NewServer(o Options) http.Handler {
	d := directives{
		people: o.Services.People, appeals: o.Services.Appeals, confirmations: o.Services.Confirmations, denied: o.Denied, log: o.Log,
	}
	config := generated.Config{
		Resolvers:  &Resolver{Services: o.Services, Ending: o.Ending},
		Directives: generated.DirectiveRoot{Access: d.access, Confirmed: d.confirmed},
		Complexity: costs(),
	}
	server := handler.New(generated.NewExecutableSchema(config))
	server.AddTransport(transport.NewWebSocket(transport.WebSocketOptions{
		Streams: o.Streams, Ended: o.Ended, Origins: o.Origins, Admit: admit, Acted: o.Acted,
	}))
	server.AddTransport(transport.NewSSE(transport.SSEOptions{Streams: o.Streams, Ended: o.Ended, Acted: o.Acted}))
	server.AddTransport(transport.NewGet(transport.GetOptions{Acted: o.Acted}))
	server.AddTransport(transport.NewPost(transport.PostOptions{Acted: o.Acted})) // last: it turns away whatever is left
	server.SetErrorPresenter(apierror.NewPresenter(o.Log, apierror.Options{Verbose: o.Development}))
	server.SetRecoverFunc(apierror.NewRecover(o.Log))
	server.SetQueryCache(limits.NewQueryCache(queryCacheMemory))
	if o.Spend != nil {
		server.Use(entrance{o.Spend}) // before the first look at a document
	}
	server.Use(limits.New(limits.Production()))
	server.AroundResponses(inTime)
	server.Use(extension.FixedComplexityLimit(maxCost))
	if o.Spend != nil {
		server.Use(spending{o.Spend}) // behind the cost's own limit, which counts it
	}
	if o.Development {
		server.Use(extension.Introspection{})
	} else {
		server.Use(noIntrospection{})
		server.SetDisableSuggestion(true)
		server.SetValidationRulesFn(limits.Rules)
	}
	return server
}

// operationTimeout bounds a query or a mutation. The database's own limits are shorter; this one bounds their sum.
const operationTimeout = 10 * time.Second

// inTime gives every answer that is not one of a stream its deadline.
func inTime(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	operation := graphql.GetOperationContext(ctx).Operation
	if operation == nil || operation.Operation == ast.Subscription { // nil: the answer is only an error
		return next(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	return next(ctx)
}

// admit lets nobody open a socket who is not signed in: there is nothing on it for them.
func admit(ctx context.Context) error {
	if !viewer.FromContext(ctx).IsPerson() {
		return fault.ErrUnauthenticated
	}
	return nil
}

// resumeFrom is where a subscription begins: where the client says, or, over SSE, where its stream broke off.
func resumeFrom(ctx context.Context, after *page.Cursor) *page.Cursor {
	if id := transport.LastEventID(ctx); id != "" {
		last := page.Cursor(id)
		return &last
	}
	return after
}
