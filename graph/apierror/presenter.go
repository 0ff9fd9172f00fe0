package apierror

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/requestid"
)

// The keys of an error's extensions.
const (
	KeyCode       = "code"
	KeyRequestID  = "requestId"
	KeyRetryAfter = "retryAfterSeconds"
	// KeyRule names the validation rule that a document breaks.
	KeyRule = "rule"
)

// The codes of gqlgen's own extensions, and of Apollo's protocol for persisted queries.
const (
	codeTooComplex         = "COMPLEXITY_LIMIT_EXCEEDED"
	codePersistedUnknown   = "PERSISTED_QUERY_NOT_FOUND"
	codePersistedForbidden = "PERSISTED_QUERY_NOT_SUPPORTED"
)

// Options say how much is told.
type Options struct {
	// Verbose keeps the texts of gqlparser about a wrong document, which name the fields of the schema and quote
	// the input. For development only.
	Verbose bool
}

// NewPresenter makes the function that gqlgen calls for every error before it is shown.
// Errors of ours are written to log.
func NewPresenter(log *slog.Logger, o Options) graphql.ErrorPresenterFunc {
	p := presenter{log: log, verbose: o.Verbose}
	return p.present
}

type presenter struct {
	log     *slog.Logger
	verbose bool
}

func (p presenter) present(ctx context.Context, err error) *gqlerror.Error {
	if err == nil {
		return nil
	}
	var at *gqlerror.Error
	if !errors.As(err, &at) || at == nil {
		at = &gqlerror.Error{Err: err, Path: graphql.GetPath(ctx)}
	}

	if refusal, ok := errors.AsType[*fault.Error](err); ok {
		if refusal.Code == fault.Internal {
			p.logInternal(ctx, at, err)
		}
		return extended(shown(ctx, at, refusal), err)
	}
	if _, ok := errors.AsType[fault.Invalid](err); ok {
		return shown(ctx, at, errInput)
	}
	if e := p.clientsMistake(ctx, at); e != nil {
		return e
	}
	if e := p.outOfTime(ctx, at, err); e != nil {
		return e
	}
	p.logInternal(ctx, at, err)
	return shown(ctx, at, fault.ErrInternal)
}

// clientsMistake recognises what gqlgen and gqlparser say about a wrong request, and masks it; nil for all else.
func (p presenter) clientsMistake(ctx context.Context, at *gqlerror.Error) *gqlerror.Error {
	code, _ := at.Extensions[KeyCode].(string)
	switch code {
	case codePersistedUnknown, codePersistedForbidden:
		e := shown(ctx, at, errDocument)
		// Clients compare the message and the code, so neither is translated.
		e.Message, e.Extensions[KeyCode] = "PersistedQueryNotFound", code
		if code == codePersistedForbidden {
			e.Message = "PersistedQueryNotSupported"
		}
		return e
	case codeTooComplex:
		return shown(ctx, at, errTooComplex)
	case errcode.ParseFailed:
		return p.masked(ctx, at, errSyntax)
	case errcode.ValidationFailed:
		if at.Rule == "" && len(at.Path) > 0 {
			return p.masked(ctx, at, errVariable)
		}
		return p.masked(ctx, at, errDocument)
	}
	switch {
	case at.Rule != "":
		return p.masked(ctx, at, errDocument)
	case isArgument(ctx, at):
		return p.masked(ctx, at, errArgument)
	}
	return nil
}

// isArgument tells whether gqlgen failed to decode an argument of the field at hand. Decoders report where in the
// argument they stand, below the field; a resolver's error has the path of the field itself.
func isArgument(ctx context.Context, at *gqlerror.Error) bool {
	field := graphql.GetFieldContext(ctx)
	if field == nil || graphql.GetPathContext(ctx) != nil {
		return false
	}
	path := field.Path()
	if len(at.Path) <= len(path) || field.Args != nil {
		return false
	}
	for i := range path {
		if at.Path[i] != path[i] {
			return false
		}
	}
	return true
}

func (p presenter) masked(ctx context.Context, at *gqlerror.Error, f *fault.Error) *gqlerror.Error {
	e := shown(ctx, at, f)
	if at.Rule != "" {
		e.Extensions[KeyRule] = strings.TrimSuffix(at.Rule, "WithoutSuggestions")
	}
	if p.verbose {
		e.Message = at.Message
		e.Path = at.Path
		return e
	}
	if at.Message == "unknown field" && len(e.Path) > 0 {
		// The last step of the path is then a name that only the client knows.
		e.Path = e.Path[:len(e.Path)-1]
	}
	return e
}

// outOfTime handles what ended before it was done: a deadline or a limit of the database is that of a system behind us,
// a cancelled request has nobody left to read the answer. Anything else that was cancelled is a fault of ours.
func (p presenter) outOfTime(ctx context.Context, at *gqlerror.Error, err error) *gqlerror.Error {
	switch {
	case fault.Shown(err).Code == fault.UpstreamUnavailable:
		p.log.LogAttrs(ctx, slog.LevelWarn, "request ran out of time", p.where(ctx, at)...)
		return shown(ctx, at, errOutOfTime)
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return shown(ctx, at, errOutOfTime)
	}
	return nil
}

// shown builds the error that leaves the house. Nothing of at is kept but where it happened.
func shown(ctx context.Context, at *gqlerror.Error, f *fault.Error) *gqlerror.Error {
	e := &gqlerror.Error{
		Message:    f.Message(locale.FromContext(ctx)),
		Path:       at.Path,
		Extensions: map[string]any{KeyCode: string(f.Code)},
	}
	for _, l := range at.Locations {
		if l.Line > 0 {
			e.Locations = append(e.Locations, l)
		}
	}
	if id := requestid.FromContext(ctx); id != "" {
		e.Extensions[KeyRequestID] = id
	}
	if f.RetryAfter > 0 {
		e.Extensions[KeyRetryAfter] = f.RetryAfterSeconds()
	}
	return e
}

// extended adds what a refusal carries for the client beside its code and message; the keys of this package stand. Whoever
// gives Extensions shows them to the client: like a refusal's words, they are made for that.
func extended(e *gqlerror.Error, err error) *gqlerror.Error {
	carrier, ok := errors.AsType[interface {
		error
		Extensions() map[string]any
	}](err)
	if !ok {
		return e
	}
	for key, value := range carrier.Extensions() {
		switch key {
		case KeyCode, KeyRequestID, KeyRetryAfter, KeyRule:
		default:
			e.Extensions[key] = value
		}
	}
	return e
}

// RetryAfter gives back what shown wrote, for transports that have a header for it; zero when there is none.
func RetryAfter(e *gqlerror.Error) time.Duration {
	seconds, _ := e.Extensions[KeyRetryAfter].(int)
	return time.Duration(seconds) * time.Second
}

// CodeOf is the code of an error that was presented; empty for one that was not.
func CodeOf(e *gqlerror.Error) fault.Code {
	code, _ := e.Extensions[KeyCode].(string)
	return fault.Code(code)
}

func (p presenter) logInternal(ctx context.Context, at *gqlerror.Error, err error) {
	if _, ok := errors.AsType[*panicError](err); ok {
		return // already in the log, with its stack
	}
	// gqlgen wraps with positions and paths, which hold names that the client chose; the cause says it all.
	cause := err
	if at.Err != nil {
		cause = at.Err
	}
	p.log.LogAttrs(ctx, slog.LevelError, "request failed",
		append(p.where(ctx, at), slog.String("error", scrub(cause.Error())), slog.String("type", typeChain(cause)))...)
}

// where says in the schema's own words what was being done.
func (p presenter) where(ctx context.Context, at *gqlerror.Error) []slog.Attr {
	attrs := []slog.Attr{slog.String("request_id", requestid.FromContext(ctx))}
	if graphql.HasOperationContext(ctx) {
		op := graphql.GetOperationContext(ctx)
		if op.Operation != nil {
			attrs = append(attrs, slog.String("operation_type", string(op.Operation.Operation)))
			if isSafeName(op.Operation.Name) {
				attrs = append(attrs, slog.String("operation", op.Operation.Name))
			}
		}
	}
	if f := graphql.GetFieldContext(ctx); f != nil && f.Field.Field != nil {
		attrs = append(attrs, slog.String("field", f.Object+"."+f.Field.Name))
	}
	if path := safePath(at.Path); path != "" {
		attrs = append(attrs, slog.String("path", path))
	}
	return attrs
}

// safePath prints a path without the aliases that could be data in disguise.
func safePath(path ast.Path) string {
	kept := make(ast.Path, 0, len(path))
	for _, step := range path {
		if name, ok := step.(ast.PathName); ok && !isSafeName(string(name)) {
			step = ast.PathName("?")
		}
		kept = append(kept, step)
	}
	return kept.String()
}
