package session_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/person/persontest"
	"kabinet/internal/session"
)

// tokenBytes is the length of every token, in bytes.
const tokenBytes = 32

// dump is all that Redis and the database hold of sessions, in the columns' own order.
func (p *place) dump(t *testing.T) (pieces [][]byte, keys []string) {
	t.Helper()
	keys, err := p.redis.Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	for _, key := range keys {
		value, err := p.redis.Get(t.Context(), key).Result()
		require.NoError(t, err)
		pieces = append(pieces, []byte(key), []byte(value))
	}
	for _, table := range []string{"sessions", "session_tokens"} {
		rows, err := p.store.DB().QueryContext(t.Context(), "SELECT * FROM "+table)
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			row, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range row {
				into[i] = &row[i]
			}
			require.NoError(t, rows.Scan(into...))
			for _, value := range row {
				switch v := value.(type) {
				case nil:
				case []byte:
					pieces = append(pieces, v)
				default:
					pieces = append(pieces, fmt.Append(nil, v))
				}
			}
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	}
	return pieces, keys
}

func TestNeitherRedisNorTheDatabaseOpensASession(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		open := p.open(t, token, true)
		require.NoError(t, p.End(t.Context(), p.open(t, p.signIn(t), true), session.ReasonLogout))
		start := p.start()
		start.ProviderSession = "session-at-esia-clear"
		code, verifier := p.beginMobile(t, start)
		unused, _ := p.beginMobile(t, start)
		first, err := p.Exchange(t.Context(), code, verifier, redirectURI)
		require.NoError(t, err)
		second, err := p.Refresh(t.Context(), first.Refresh)
		require.NoError(t, err)

		pieces, keys := p.dump(t)
		require.Greater(t, len(keys), 4)
		var dump strings.Builder
		for _, piece := range pieces {
			dump.Write(piece)
			dump.WriteByte('\n')
		}
		for _, secret := range []string{
			token, code, unused, first.Access, first.Refresh, second.Access, second.Refresh, verifier, start.ProviderSession,
			tokens().Access, tokens().Refresh, tokens().ID, address.String(),
		} {
			require.NotContains(t, dump.String(), secret)
			if raw, err := base64.RawURLEncoding.DecodeString(secret); err == nil && len(raw) == tokenBytes {
				require.NotContains(t, dump.String(), string(raw))
			}
		}
		require.NotContains(t, strings.Join(keys, " "), p.person.String())
		require.NotContains(t, strings.Join(keys, " "), open.Viewer.SessionID.String())
		rows, err := p.store.Session.Query().All(persontest.System(t))
		require.NoError(t, err)
		for _, row := range rows {
			require.NotContains(t, row.String(), string(row.Sealed), "a row that is logged tells nothing either")
			require.NotContains(t, row.String(), string(row.TokenHash))
		}

		// Whoever holds the dump tries all of it.
		tried := 0
		for _, piece := range pieces {
			for i := range max(0, len(piece)-tokenBytes+1) {
				text := base64.RawURLEncoding.EncodeToString(piece[i : i+tokenBytes])
				_, err := p.Check(t.Context(), text, false)
				require.ErrorIs(t, err, fault.ErrUnauthenticated)
				tried++
			}
			_, err := p.Check(t.Context(), string(piece), false)
			require.ErrorIs(t, err, fault.ErrUnauthenticated)
			_, err = p.Refresh(t.Context(), string(piece))
			require.ErrorIs(t, err, session.ErrSignInAgain)
			if len(piece) != tokenBytes {
				continue
			}
			text := base64.RawURLEncoding.EncodeToString(piece)
			_, err = p.Refresh(t.Context(), text)
			require.ErrorIs(t, err, session.ErrSignInAgain)
			_, err = p.Exchange(t.Context(), text, verifier, redirectURI)
			require.ErrorIs(t, err, session.ErrSignInAgain)
		}
		require.Greater(t, tried, 500)
		p.open(t, token, true)
		p.open(t, second.Access, true)
	}, sqliteMini, postgresReal)
}

// TestATokenServesItsOwnKindOnly: the same bytes are another token elsewhere.
func TestATokenServesItsOwnKindOnly(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		browser := p.signIn(t)
		code, verifier := p.beginMobile(t, p.start())
		unused, _ := p.beginMobile(t, p.start())
		pair, err := p.Exchange(t.Context(), code, verifier, redirectURI)
		require.NoError(t, err)
		for name, text := range map[string]string{"code": unused, "refresh token": pair.Refresh} {
			_, err := p.Check(t.Context(), text, true)
			require.ErrorIs(t, err, fault.ErrUnauthenticated, name)
		}
		for name, text := range map[string]string{"browser's": browser, "access token": pair.Access, "code": unused, "empty": "", "huge": strings.Repeat("A", 1<<20)} {
			_, err := p.Refresh(t.Context(), text)
			require.ErrorIs(t, err, session.ErrSignInAgain, name)
		}
		for name, text := range map[string]string{"browser's": browser, "access token": pair.Access, "refresh token": pair.Refresh, "empty": ""} {
			_, err := p.Exchange(t.Context(), text, verifier, redirectURI)
			require.ErrorIs(t, err, session.ErrSignInAgain, name)
		}
		p.open(t, browser, true)
		p.open(t, pair.Access, true)
		require.Empty(t, p.reasons(t), "none of it ends anything")
	})
}

// TestARowWithoutAKeyIsNoSession: one from before sessions had keys of their own.
func TestARowWithoutAKeyIsNoSession(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		open := p.open(t, token, true)
		require.NoError(t, p.store.Session.UpdateOneID(open.Viewer.SessionID).ClearWrapped().Exec(persontest.System(t)))
		p.flush(t)
		for _, act := range []bool{true, false} {
			_, err := p.Check(t.Context(), token, act)
			require.ErrorIs(t, err, fault.ErrUnauthenticated)
		}
		list, err := p.List(persontest.As(t, p.person))
		require.NoError(t, err)
		require.Empty(t, list)
	})
}
