package apierror

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"

	"kabinet/internal/requestid"
)

// NewRecover makes the function that gqlgen calls for a panic in a resolver. The type of the value and the stack are
// written to log, the value never: it may hold what a person typed.
func NewRecover(log *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, value any) error {
		crash := &panicError{kind: fmt.Sprintf("%T", value)}
		attrs := []slog.Attr{
			slog.String("request_id", requestid.FromContext(ctx)),
			slog.String("type", crash.kind),
			slog.String("stack", string(debug.Stack())),
		}
		if f := graphql.GetFieldContext(ctx); f != nil && f.Field.Field != nil {
			attrs = append(attrs, slog.String("field", f.Object+"."+f.Field.Name))
		}
		log.LogAttrs(ctx, slog.LevelError, "panic", attrs...)
		return crash
	}
}

// panicError stands for a panic whose value is forgotten.
type panicError struct{ kind string }

func (e *panicError) Error() string { return "panic of type " + e.kind }
