package transport

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kabinet/internal/fault"
	"kabinet/internal/locale"
)

// httpError is a request that is turned away before GraphQL begins, with the status that HTTP has for it.
type httpError struct {
	fault  *fault.Error
	status int
	allow  string // value of the Allow header, for 405
}

func refuse(status int, code fault.Code, reason, remedy locale.Text) *httpError {
	return &httpError{fault: fault.New(code, reason, remedy), status: status}
}

func (e *httpError) allowing(methods string) *httpError {
	e.allow = methods
	return e
}

// Error implements error.
func (e *httpError) Error() string { return e.fault.Error() }

// Unwrap gives the refusal that is shown.
func (e *httpError) Unwrap() error { return e.fault }

// seeSpecification is the remedy for requests that are no GraphQL over HTTP.
func seeSpecification() locale.Text {
	return locale.Text{
		Ru: "Формат запроса описан в спецификации GraphQL over HTTP.",
		En: "See the GraphQL over HTTP specification for the format.",
	}
}

// The refusals. They are never changed.
var (
	errBody = refuse(http.StatusBadRequest, fault.BadInput,
		locale.Text{Ru: "Тело запроса не является корректным JSON.", En: "The request body is not valid JSON."}, seeSpecification())
	errParameter = refuse(http.StatusBadRequest, fault.BadInput,
		locale.Text{Ru: "Параметр запроса имеет неверный тип.", En: "A parameter of the request has the wrong type."}, seeSpecification())
	errNoQuery = refuse(http.StatusBadRequest, fault.BadInput,
		locale.Text{Ru: "В запросе нет документа GraphQL.", En: "The request has no GraphQL document."}, seeSpecification())
	errMediaType = refuse(http.StatusUnsupportedMediaType, fault.BadInput,
		locale.Text{Ru: "Тип содержимого не поддерживается.", En: "The content type is not supported."},
		locale.Text{Ru: "Отправьте application/json в кодировке UTF-8.", En: "Send application/json in UTF-8."})
	errEncoding = refuse(http.StatusUnsupportedMediaType, fault.BadInput,
		locale.Text{Ru: "Сжатые запросы не принимаются.", En: "Compressed requests are not accepted."},
		locale.Text{Ru: "Отправьте запрос без Content-Encoding.", En: "Send it without Content-Encoding."})
	errAccept = refuse(http.StatusNotAcceptable, fault.BadInput,
		locale.Text{Ru: "Ни один из запрошенных типов ответа не поддерживается.", En: "None of the accepted types can be answered."},
		locale.Text{Ru: "Примите application/graphql-response+json.", En: "Accept application/graphql-response+json."})
	errMethod = refuse(http.StatusMethodNotAllowed, fault.BadInput,
		locale.Text{Ru: "Метод HTTP не поддерживается.", En: "The HTTP method is not supported."},
		locale.Text{Ru: "Используйте POST.", En: "Use POST."}).allowing("GET, POST")
	errMutationByGet = refuse(http.StatusMethodNotAllowed, fault.BadInput,
		locale.Text{Ru: "Методом GET выполняются только запросы чтения.", En: "Only queries can be run by GET."},
		locale.Text{Ru: "Используйте POST.", En: "Use POST."}).allowing("POST")
	errSubscription = refuse(http.StatusBadRequest, fault.BadInput,
		locale.Text{Ru: "Подписка требует потока.", En: "A subscription needs a stream."},
		locale.Text{Ru: "Используйте WebSocket или Accept: text/event-stream.", En: "Use WebSocket or Accept: text/event-stream."})
	errTooLarge = refuse(http.StatusRequestEntityTooLarge, fault.LimitExceeded,
		locale.Text{Ru: "Запрос слишком велик.", En: "The request is too large."},
		locale.Text{Ru: "Файлы загружаются отдельно.", En: "Files are uploaded apart."})
	errLongURL = refuse(http.StatusRequestURITooLong, fault.LimitExceeded,
		locale.Text{Ru: "Адрес запроса слишком длинный.", En: "The address of the request is too long."},
		locale.Text{Ru: "Используйте POST.", En: "Use POST."})
	errSlowBody = refuse(http.StatusRequestTimeout, fault.LimitExceeded,
		locale.Text{Ru: "Запрос передавался слишком долго.", En: "The request took too long to arrive."},
		locale.Text{Ru: "Повторите при более надёжном соединении.", En: "Try again on a better connection."})
	errOrigin = refuse(http.StatusForbidden, fault.BadInput,
		locale.Text{Ru: "Соединение с этой страницы не разрешено.", En: "Connections from this page are not allowed."}, locale.Text{})
	errHandshake = refuse(http.StatusBadRequest, fault.BadInput,
		locale.Text{Ru: "Неверный запрос на соединение WebSocket.", En: "The WebSocket handshake is wrong."}, locale.Text{})
	errDraining = restarting()
	errCrowd    = refuse(http.StatusTooManyRequests, fault.LimitExceeded,
		locale.Text{Ru: "Слишком много одновременных подписок.", En: "Too many subscriptions at once."},
		locale.Text{Ru: "Завершите ненужные.", En: "Complete those that are not needed."})
)

// comeBack is when a client turned away by a restart should try again.
const comeBack = 2 * time.Second

func restarting() *httpError {
	r := refuse(http.StatusServiceUnavailable, fault.UpstreamUnavailable,
		locale.Text{Ru: "Сервис перезапускается.", En: "The service is restarting."},
		locale.Text{Ru: "Подключитесь снова.", En: "Reconnect."})
	r.fault.RetryAfter = comeBack
	return r
}

func refusalOfJSON(err error) *httpError {
	if errors.Is(err, errJSONSize) {
		return errTooLarge
	}
	return errBody
}

// maxErrors is how many errors of one wrong document are told; with all of them the answer would be larger than
// the request.
const maxErrors = 3

// failed presents errors of a request that did not begin, through the presenter of the server.
func failed(ctx context.Context, exec graphql.GraphExecutor, errs ...*gqlerror.Error) *graphql.Response {
	if len(errs) > maxErrors {
		errs = errs[:maxErrors]
	}
	if !graphql.HasOperationContext(ctx) {
		// Extensions may look for it.
		ctx = graphql.WithOperationContext(ctx, &graphql.OperationContext{DisableIntrospection: true})
	}
	resp := exec.DispatchError(ctx, errs)
	if resp == nil {
		resp = &graphql.Response{Errors: errs}
	}
	resp.Data = nil
	return resp
}

// failedWith is failed for one error of any kind.
func failedWith(ctx context.Context, exec graphql.GraphExecutor, err error) *graphql.Response {
	return failed(ctx, exec, gqlerror.Wrap(err))
}

// crashed presents a panic. The server's executor logs and masks it.
func crashed(ctx context.Context, exec graphql.GraphExecutor, value any) *graphql.Response {
	masked := &gqlerror.Error{
		Message:    fault.ErrInternal.Message(locale.FromContext(ctx)),
		Extensions: map[string]any{"code": string(fault.Internal)},
	}
	if p, ok := exec.(interface {
		PresentRecoveredError(ctx context.Context, value any) error
	}); ok {
		if presented, ok := errors.AsType[*gqlerror.Error](p.PresentRecoveredError(ctx, value)); ok {
			masked = presented
		}
	}
	return &graphql.Response{Errors: gqlerror.List{masked}}
}
