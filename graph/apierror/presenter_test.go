package apierror_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kabinet/graph/apierror"
	"kabinet/internal/audit"
	"kabinet/internal/clock"
	"kabinet/internal/confirm"
	"kabinet/internal/dev/inbox"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/notify"
	"kabinet/internal/person/persontest"
	"kabinet/internal/requestid"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/viewer"
)

const snils = "112-233-445 95"

func english(t *testing.T) context.Context {
	t.Helper()
	return requestid.NewContext(locale.NewContext(t.Context(), locale.English), "req1")
}

func logger() (*slog.Logger, *bytes.Buffer) {
	var b bytes.Buffer
	return slog.New(slog.NewJSONHandler(&b, nil)), &b
}

func TestPresenter(t *testing.T) {
	waiting := fault.New(fault.RateLimited, locale.Text{Ru: "Часто.", En: "Too often."}, locale.Text{Ru: "Ждите.", En: "Wait."})
	waiting.RetryAfter = 1500 * time.Millisecond
	coded := func(code string) *gqlerror.Error {
		return &gqlerror.Error{Message: "x " + snils, Extensions: map[string]any{"code": code}}
	}
	for name, c := range map[string]struct {
		err     error
		code    string
		message string
		logged  bool
	}{
		"refusal": {waiting, "RATE_LIMITED", "Too often. Wait.", false},
		"wrapped refusal": {
			gqlerror.WrapPath(ast.Path{ast.PathName("a")}, fmt.Errorf("saving: %w", fault.ErrNotFound.Because(errors.New("row")))),
			"NOT_FOUND", fault.ErrNotFound.Message(locale.English), false,
		},
		"internal refusal": {fault.ErrInternal.Because(errors.New("disk")), "INTERNAL", fault.ErrInternal.Message(locale.English), true},
		"invalid input":    {fault.Invalid{{Path: []string{"snils"}, Code: fault.Malformed}}, "BAD_INPUT", "The input has errors. Mend them and try again.", false},
		"syntax":           {coded("GRAPHQL_PARSE_FAILED"), "BAD_INPUT", "The GraphQL document has a syntax error. See locations for the place.", false},
		"validation":       {coded("GRAPHQL_VALIDATION_FAILED"), "BAD_INPUT", "The GraphQL document does not fit the schema. Check it against the published schema.", false},
		"rule only":        {&gqlerror.Error{Message: snils, Rule: "KnownTypeNames"}, "BAD_INPUT", "The GraphQL document does not fit the schema. Check it against the published schema.", false},
		"complexity":       {coded("COMPLEXITY_LIMIT_EXCEEDED"), "LIMIT_EXCEEDED", "The request is too complex. Ask for fewer fields or smaller pages.", false},
		"persisted":        {coded("PERSISTED_QUERY_NOT_FOUND"), "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound", false},
		"not persisted":    {coded("PERSISTED_QUERY_NOT_SUPPORTED"), "PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported", false},
		"deadline":         {fmt.Errorf("asking: %w", context.DeadlineExceeded), "UPSTREAM_UNAVAILABLE", "No answer came in time. Try again later.", true},
		"cancelled by us":  {context.Canceled, "INTERNAL", fault.ErrInternal.Message(locale.English), true},
		"anything else":    {errors.New("pq: no table"), "INTERNAL", fault.ErrInternal.Message(locale.English), true},
		"foreign code":     {coded("WHATEVER"), "INTERNAL", fault.ErrInternal.Message(locale.English), true},
	} {
		t.Run(name, func(t *testing.T) {
			log, written := logger()
			got := apierror.NewPresenter(log, apierror.Options{})(english(t), c.err)

			require.Equal(t, c.code, got.Extensions["code"])
			require.Equal(t, c.message, got.Message)
			require.Equal(t, "req1", got.Extensions["requestId"])
			require.Equal(t, c.logged, written.Len() > 0, written.String())
			out, err := json.Marshal(got)
			require.NoError(t, err)
			require.NotContains(t, string(out)+written.String(), snils)
		})
	}

	log, _ := logger()
	present := apierror.NewPresenter(log, apierror.Options{})
	require.Nil(t, present(english(t), nil))
	got := present(english(t), waiting)
	require.Equal(t, 2, got.Extensions["retryAfterSeconds"], "rounded up")
	require.Equal(t, 2*time.Second, apierror.RetryAfter(got))
	require.Equal(t, fault.RateLimited, apierror.CodeOf(got))
	require.Equal(t, "Часто. Ждите.", present(t.Context(), waiting).Message, "Russian by default")
}

// extendedError is a refusal that carries more than its words.
type extendedError struct {
	error

	extensions map[string]any
}

func (r extendedError) Unwrap() error { return r.error }

func (r extendedError) Extensions() map[string]any { return r.extensions }

func TestARefusalCarriesItsExtensions(t *testing.T) {
	log, written := logger()
	present := apierror.NewPresenter(log, apierror.Options{})
	waiting := fault.New(fault.RateLimited, locale.Text{Ru: "Часто.", En: "Too often."}, locale.Text{})
	waiting.RetryAfter = time.Second
	err := fmt.Errorf("saving: %w", extendedError{waiting, map[string]any{
		"more": map[string]any{"left": 2},
		"code": "ELSE", "requestId": "else", "retryAfterSeconds": 99, "rule": "else", // are not theirs to say
	}})
	for name, err := range map[string]error{"plain": err, "with a path": gqlerror.WrapPath(ast.Path{ast.PathName("a")}, err)} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, map[string]any{
				"code": "RATE_LIMITED", "requestId": "req1", "retryAfterSeconds": 1, "more": map[string]any{"left": 2},
			}, present(english(t), err).Extensions)
		})
	}
	require.Zero(t, written.Len())

	// What was not made to be shown shows nothing, whatever it carries.
	got := present(english(t), extendedError{errors.New("disk"), map[string]any{"more": snils}})
	require.Equal(t, map[string]any{"code": "INTERNAL", "requestId": "req1"}, got.Extensions)
	require.Contains(t, waiting.Error(), "Too often", "the refusal itself is not changed")
}

// TestAConfirmationThatIsRequiredShowsItsChallenge: what docs/errors.md promises.
func TestAConfirmationThatIsRequiredShowsItsChallenge(t *testing.T) {
	log, _ := logger()
	now := clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
	store := storagetest.OpenSQLite(t)
	service := confirm.New(confirm.Options{
		Store: store, Sealer: persontest.Sealer(t), Journal: audit.NewJournal(now), Clock: now, Sender: inbox.New(now), Log: log,
	})
	ctx := viewer.NewContext(english(t), viewer.Viewer{PersonID: persontest.New(t, store), SessionID: uuid.New()})
	err := service.Require(ctx, confirm.Request{
		Operation: "setContact", Title: locale.Text{Ru: "изменение телефона", En: "change of the phone"},
		To: confirm.Destination{Channel: notify.SMS, Address: "+79001234567"}, Input: "currentConfirmation",
	}, nil)
	got := apierror.NewPresenter(log, apierror.Options{})(ctx, err)
	out, err := json.Marshal(got.Extensions)
	require.NoError(t, err)
	var extensions struct {
		Code, RequestID string
		Confirmation    map[string]any
	}
	require.NoError(t, json.Unmarshal(out, &extensions))
	require.Equal(t, "CONFIRMATION_REQUIRED", extensions.Code)
	require.Equal(t, "req1", extensions.RequestID)
	require.NoError(t, uuid.Validate(extensions.Confirmation["id"].(string)))
	delete(extensions.Confirmation, "id")
	require.Equal(t, map[string]any{
		"input": "currentConfirmation", "channel": "SMS", "sentTo": "+7 *** ***-45-67", "expiresAt": "2026-03-02T09:05:00Z",
		"attemptsLeft": 3.0, "resendAfterSeconds": 60.0,
	}, extensions.Confirmation)
}

func TestACancelledRequestIsNotLogged(t *testing.T) {
	log, written := logger()
	ctx, cancel := context.WithCancel(english(t))
	cancel()
	got := apierror.NewPresenter(log, apierror.Options{})(ctx, fmt.Errorf("reading: %w", ctx.Err()))
	require.Equal(t, "UPSTREAM_UNAVAILABLE", got.Extensions["code"])
	require.Empty(t, written.String())
}

func TestLogHoldsNoPersonalData(t *testing.T) {
	log, written := logger()
	present := apierror.NewPresenter(log, apierror.Options{})
	ctx := graphql.WithOperationContext(english(t), &graphql.OperationContext{
		RawQuery:  "{ a }",
		Variables: map[string]any{"secret": "Иванова"},
		Operation: &ast.OperationDefinition{Operation: ast.Query, Name: "q_11223344595"},
	})
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{
		Object: "Person", Field: graphql.CollectedField{Field: &ast.Field{Name: "phone", Alias: "a11223344595"}},
	})

	_ = present(ctx, graphql.ErrorOnPath(ctx, fmt.Errorf("no row for %s, ivanova@mail.ru, +7 (912) 345-67-89", snils)))

	for _, secret := range []string{snils, "11223344595", "ivanova", "345-67-89", "Иванова"} {
		require.NotContains(t, written.String(), secret)
	}
	require.Contains(t, written.String(), `"field":"Person.phone"`)
	require.Contains(t, written.String(), `"request_id":"req1"`)
	require.Contains(t, written.String(), "no row for [digits], [e-mail]")
}

func TestRecoverForgetsTheValue(t *testing.T) {
	log, written := logger()
	var masked error
	func() {
		defer func() { masked = apierror.NewRecover(log)(english(t), recover()) }()
		panic("person " + snils)
	}()
	got := apierror.NewPresenter(log, apierror.Options{})(english(t), masked)

	require.Equal(t, "INTERNAL", got.Extensions["code"])
	require.Contains(t, written.String(), `"type":"string"`)
	require.Contains(t, written.String(), "presenter_test.go", "the stack tells where")
	require.NotContains(t, written.String()+got.Error(), snils)
	require.Equal(t, 1, bytes.Count(written.Bytes(), []byte("\n")), "logged once")
}

// What gqlgen really says of wrong requests: the shapes that the presenter relies on.
func TestMistakesOfTheClientAsGqlgenReportsThem(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `
		type Query { person(id: ID!, kind: Kind): String  save(in: In!): String }
		enum Kind { REGULAR }
		input In { depth: Nested }
		input Nested { n: Int! }`})
	exec := executor.New(&graphql.ExecutableSchemaMock{SchemaFunc: func() *ast.Schema { return schema }})
	log, written := logger()
	exec.SetErrorPresenter(apierror.NewPresenter(log, apierror.Options{}))
	verbose := executor.New(&graphql.ExecutableSchemaMock{SchemaFunc: func() *ast.Schema { return schema }})
	verbose.SetErrorPresenter(apierror.NewPresenter(log, apierror.Options{Verbose: true}))

	in := func(v any) map[string]any { return map[string]any{"in": v} }
	const save = `query($in: In!) { save(in: $in) }`
	for name, c := range map[string]struct {
		query, path, rule string
		variables         map[string]any
		located           bool
	}{
		"syntax":           {query: `{ person(id: "SECRET" `, located: true},
		"string broken":    {query: "{ person(id: \"SECRET", located: true},
		"field":            {query: `{ SECRET }`, rule: "FieldsOnCorrectType", located: true},
		"argument":         {query: `{ person(id: 1, SECRET: 2) }`, rule: "KnownArgumentNames", located: true},
		"enum":             {query: `{ person(id: 1, kind: SECRET) }`, rule: "ValuesOfCorrectType", located: true},
		"operation":        {query: `query A { __typename } query B { __typename }`},
		"nothing":          {query: `fragment F on Query { __typename }`},
		"variable missing": {query: save, path: "variable.in"},
		"variable kind":    {query: save, variables: in("SECRET"), path: "variable.in"},
		"variable number":  {query: save, variables: in(map[string]any{"depth": map[string]any{"n": "SECRET"}}), path: "variable.in.depth.n"},
		"unknown key":      {query: save, variables: in(map[string]any{"depth": map[string]any{"n": 1, "SECRET": 1}}), path: "variable.in.depth"},
	} {
		t.Run(name, func(t *testing.T) {
			written.Reset()
			ctx := graphql.StartOperationTrace(english(t))
			op, errs := exec.CreateOperationContext(ctx, &graphql.RawParams{Query: c.query, Variables: c.variables})
			require.NotEmpty(t, errs)
			resp := exec.DispatchError(graphql.WithOperationContext(ctx, op), errs)

			require.NotEmpty(t, resp.Errors)
			for _, e := range resp.Errors {
				require.Equal(t, "BAD_INPUT", e.Extensions["code"])
				require.Equal(t, c.path, e.Path.String())
				require.Equal(t, c.located, len(e.Locations) > 0)
				if c.rule != "" {
					require.Equal(t, c.rule, e.Extensions["rule"])
				}
			}
			out, err := json.Marshal(resp)
			require.NoError(t, err)
			require.NotContains(t, string(out), "SECRET")
			require.NotContains(t, string(out), "person")
			require.Empty(t, written.String(), "a client's mistake is not our error")
		})
	}

	ctx := graphql.StartOperationTrace(english(t))
	op, errs := verbose.CreateOperationContext(ctx, &graphql.RawParams{Query: `{ persn }`})
	resp := verbose.DispatchError(graphql.WithOperationContext(ctx, op), errs)
	require.Contains(t, resp.Errors[0].Message, "persn")
	require.Equal(t, "BAD_INPUT", resp.Errors[0].Extensions["code"])
}

// Generated code decodes arguments in the context of their field, before the resolver.
func TestArgumentsThatDoNotDecode(t *testing.T) {
	log, written := logger()
	present := apierror.NewPresenter(log, apierror.Options{})
	fc := &graphql.FieldContext{Object: "Query", Field: graphql.CollectedField{Field: &ast.Field{Name: "list", Alias: "list"}}}
	ctx := graphql.WithFieldContext(english(t), fc)
	decode := func(v any) error {
		_, err := graphql.ProcessArgField(ctx, map[string]any{"first": v}, "first", func(ctx context.Context, v any) (int32, error) {
			n, err := graphql.UnmarshalInt32(v)
			return n, graphql.ErrorOnPath(ctx, err)
		})
		return err
	}

	got := present(ctx, graphql.ErrorOnPath(ctx, decode(int64(2_147_483_648))))
	require.Equal(t, "BAD_INPUT", got.Extensions["code"])
	require.Equal(t, "list.first", got.Path.String())
	require.NotContains(t, got.Message, "2147483648")
	require.Empty(t, written.String())

	// The same error out of the resolver is ours.
	fc.Args = map[string]any{"first": 1}
	_, err := graphql.UnmarshalInt32("12x")
	got = present(ctx, graphql.ErrorOnPath(ctx, err))
	require.Equal(t, "INTERNAL", got.Extensions["code"])
	require.Contains(t, written.String(), "parsing [value]")
}
