package confirm_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/confirm"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/notify"
	"kabinet/internal/storage"
)

// ids are random hexadecimal digits, six decimal ones in a row now and then.
var ids = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// TestNothingSecretIsKeptOrTold: neither the code, nor the address, nor the input, in the database, a log or an error.
func TestNothingSecretIsKeptOrTold(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		var told bytes.Buffer
		tell := func(err error) {
			for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
				fmt.Fprintf(&told, verb+"\n", err)
			}
			if refusal, ok := errors.AsType[*fault.Error](err); ok {
				fmt.Fprintln(&told, refusal.Message(locale.Russian), refusal.Message(locale.English))
			}
			if required, ok := errors.AsType[*confirm.Required](err); ok {
				shown, err := json.Marshal(required.Extensions())
				require.NoError(t, err)
				told.Write(shown)
			}
		}
		var secrets []string
		ctx := as(t, p.ann, uuid.New())
		for _, to := range []confirm.Destination{{Channel: notify.SMS, Address: phone}, {Channel: notify.Email, Address: email}} {
			r := request()
			r.Payload = []byte("192.0.2.0/24 secret input")
			r.To = to
			slog.New(slog.NewJSONHandler(&told, nil)).InfoContext(ctx, "request", "to", to, "request", struct{ To confirm.Destination }{to})
			fmt.Fprintf(&told, "%v %+v %#v %s %d", to, r.To, &to, to, to)

			err := p.Require(ctx, r, nil)
			tell(err)
			required, ok := errors.AsType[*confirm.Required](err)
			require.True(t, ok)
			code := p.lastCode(t)
			secrets = append(secrets, code, other(code))
			tell(p.Require(ctx, r, &confirm.Answer{ID: required.Challenge.ID, Code: other(code)}))
			tell(p.Require(ctx, r, &confirm.Answer{ID: uuid.NewString(), Code: code}))
			require.NoError(t, p.Require(ctx, r, &confirm.Answer{ID: required.Challenge.ID, Code: code}))
			r.Operation = "removeNetwork"
			p.inbox.Fail(1)
			tell(p.Require(ctx, r, nil))
		}
		secrets = append(secrets, phone, phone[1:], email, "ivanova", "secret input", "192.0.2.0")
		require.Contains(t, p.log.String(), "confirmation code not sent")
		for name, text := range map[string]string{
			"the log": p.log.String(), "errors": told.String(), "the database": dump(t, p.store),
		} {
			text = ids.ReplaceAllString(text, "[id]")
			require.NotEmpty(t, text)
			for _, secret := range secrets {
				require.NotContains(t, text, secret, name)
			}
		}
	})
}

// dump is all that a database holds, as text.
func dump(t *testing.T, s *storage.Store) string {
	t.Helper()
	tables := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if s.Dialect() == dialect.Postgres {
		tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
	}
	var out bytes.Buffer
	for _, table := range rowsOf(t, s, tables) {
		name, ok := table[0].(string)
		require.True(t, ok)
		if strings.HasPrefix(name, "goose") {
			continue // long numbers of versions and times
		}
		for _, row := range rowsOf(t, s, `SELECT * FROM "`+name+`"`) {
			for _, value := range row {
				switch v := value.(type) {
				case []byte:
					fmt.Fprintf(&out, "%s\n", v)
				default:
					fmt.Fprintln(&out, v)
				}
			}
		}
	}
	require.Contains(t, out.String(), "approveNetwork")
	return out.String()
}

func rowsOf(t *testing.T, s *storage.Store, query string) (all [][]any) {
	t.Helper()
	rows, err := s.DB().QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	columns, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		require.NoError(t, rows.Scan(into...))
		all = append(all, row)
	}
	require.NoError(t, rows.Err())
	return all
}
