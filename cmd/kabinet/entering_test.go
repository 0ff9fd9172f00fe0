package main_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	_ "github.com/jackc/pgx/v5/stdlib" // the dump is read below the program
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kabinet/internal/dev/persona"
)

// beside starts a second instance on the same database, Redis and keys.
func (p *program) beside(t *testing.T) *program {
	t.Helper()
	keyset, err := os.ReadFile(filepath.Join(p.setting("KABINET_DATA_DIR"), "keyset"))
	require.NoError(t, err)
	return start(t, p.binary, []string{
		"KABINET_DATABASE_URL=" + p.setting("KABINET_DATABASE_URL"), "KABINET_REDIS_URL=" + p.setting("KABINET_REDIS_URL"),
		"KABINET_KEYSET=" + strings.TrimSpace(string(keyset)),
	})
}

// setting is the value of a variable of the environment; the last one counts.
func (p *program) setting(name string) (value string) {
	for _, setting := range p.environment {
		if text, ok := strings.CutPrefix(setting, name+"="); ok {
			value = text
		}
	}
	return value
}

// token is the session's secret in the cookie.
func (c *citizen) token() string {
	c.t.Helper()
	_, token, ok := strings.Cut(c.cookies(), "=")
	require.True(c.t, ok)
	return token
}

// authenticated tells whether an instance takes a token.
func (p *program) authenticated(t *testing.T, token string) bool {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/auth/session", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	var answer struct{ Authenticated bool }
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	return answer.Authenticated
}

// socket opens a stream with a token and gives the code with which it is closed.
func (p *program) socket(t *testing.T, token string) <-chan websocket.StatusCode {
	t.Helper()
	socket, response, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(p.url, "http")+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Authorization": {"Bearer " + token}},
	})
	require.NoError(t, err)
	if response.Body != nil {
		_ = response.Body.Close()
	}
	require.NoError(t, wsjson.Write(t.Context(), socket, map[string]any{"type": "connection_init"}))
	var message struct{ Type string }
	require.NoError(t, wsjson.Read(t.Context(), socket, &message))
	require.Equal(t, "connection_ack", message.Type)
	require.NoError(t, wsjson.Write(t.Context(), socket, map[string]any{"id": "1", "type": "subscribe", "payload": map[string]any{"query": watch}}))
	closed := make(chan websocket.StatusCode, 1)
	go func() {
		for {
			if _, _, err := socket.Read(context.WithoutCancel(t.Context())); err != nil {
				closed <- websocket.CloseStatus(err)
				return
			}
		}
	}()
	return closed
}

// A session that its person ends on one device is dead on every instance, and its streams are closed there.
func TestARevokedSessionIsDeadEverywhere(t *testing.T) {
	eachOnServices(t, func(t *testing.T, one *program) {
		two := one.beside(t)
		lost, kept := one.login(t, "ivanova"), one.login(t, "ivanova")
		token := lost.token()
		for _, p := range []*program{one, two} {
			require.True(t, p.authenticated(t, token))
			require.True(t, p.authenticated(t, kept.token()))
		}
		sockets := []<-chan websocket.StatusCode{one.socket(t, token), two.socket(t, token)}
		stays := two.socket(t, kept.token())

		var list struct {
			Viewer struct {
				Sessions []struct {
					ID      string
					Current bool
				}
			}
		}
		kept.query(`{ viewer { sessions { id current } } }`, nil, &list)
		require.Len(t, list.Viewer.Sessions, 2)
		for _, s := range list.Viewer.Sessions {
			if s.Current {
				continue
			}
			var ended struct{ EndSession struct{ Session string } }
			kept.query(`mutation($input: EndSessionInput!) { endSession(input: $input) { session userErrors { code } } }`,
				map[string]any{"input": map[string]any{"session": s.ID, "idempotencyKey": "end-the-lost-one"}}, &ended)
			require.Equal(t, s.ID, ended.EndSession.Session)
		}
		began := time.Now()
		for _, closed := range sockets {
			select {
			case code := <-closed:
				require.EqualValues(t, 4401, code)
			case <-time.After(deadline):
				require.Fail(t, "a stream outlived its session")
			}
		}
		t.Logf("streams of both instances were closed %s after the answer", time.Since(began).Round(time.Millisecond))
		for _, p := range []*program{one, two} {
			require.False(t, p.authenticated(t, token))
			require.True(t, p.authenticated(t, kept.token()))
		}
		select {
		case <-stays:
			require.Fail(t, "the other session's stream is closed")
		default:
		}
	})
}

// eachOnServices runs a test on PostgreSQL and Redis alone: it wants several instances.
func eachOnServices(t *testing.T, test func(t *testing.T, p *program)) {
	t.Helper()
	each(t, func(t *testing.T, p *program) {
		if p.setting("KABINET_REDIS_URL") != "" {
			test(t, p)
		}
	})
}

const appRedirect = "ru.sfr.kabinet:/callback"

// app signs in as the mobile app does, and gives its tokens.
func (p *program) app(t *testing.T, name string) (access, refresh string) {
	t.Helper()
	const verifier = "a-verifier-that-only-the-app-knows-0123456789"
	sum := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"redirect_uri": {appRedirect}, "state": {"of-the-app"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	browser := p.stranger(t)
	var answer string
	browser.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Scheme == "ru.sfr.kabinet" {
			answer = r.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/auth/mobile/login?"+query.Encode(), nil)
	require.NoError(t, err)
	r.Header.Set("X-Demo-Persona", name)
	_, body := browser.do(r)
	back, err := url.Parse(answer)
	require.NoError(t, err)
	require.Equal(t, "of-the-app", back.Query().Get("state"), body)
	require.Empty(t, browser.cookies(), "the browser is not signed in by it")
	return p.tokens(t, "/auth/mobile/token", url.Values{
		"code": {back.Query().Get("code")}, "code_verifier": {verifier}, "redirect_uri": {appRedirect},
	})
}

func (p *program) tokens(t *testing.T, path string, form url.Values) (access, refresh string) {
	t.Helper()
	response, err := http.PostForm(p.url+path, form)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	var pair struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&pair))
	return pair.Access, pair.Refresh
}

// The app signs in, its session goes on with new tokens, and an old one ends it all.
func TestTheAppHoldsItsSession(t *testing.T) {
	each(t, func(t *testing.T, p *program) {
		access, refresh := p.app(t, "petrov")
		require.True(t, p.authenticated(t, access))
		next, another := p.tokens(t, "/auth/mobile/refresh", url.Values{"refresh_token": {refresh}})
		require.True(t, p.authenticated(t, next))
		require.False(t, p.authenticated(t, access))
		last, _ := p.tokens(t, "/auth/mobile/refresh", url.Values{"refresh_token": {another}})
		require.True(t, p.authenticated(t, last))
		stolen, _ := p.tokens(t, "/auth/mobile/refresh", url.Values{"refresh_token": {refresh}})
		require.Empty(t, stolen)
		require.False(t, p.authenticated(t, last), "somebody else has the old one")
	})
}

// Whoever has the database, Redis and the source, but not the keys, opens no session and reads no insurance number.
func TestADumpOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, p *program) {
		ivanova, newcomer := p.login(t, "ivanova"), p.login(t, "newcomer")
		access, refresh := p.app(t, "petrov")
		var data any
		ivanova.query(`{ viewer { person { snils inn phone { value } } sickLeaves(first: 3) { nodes { id diagnosis } } } }`, nil, &data)
		n, _ := persona.ByName("newcomer")
		newcomer.query(`mutation($input: LinkFundRecordInput!) { linkFundRecord(input: $input) { userErrors { code } } }`, map[string]any{
			"input": map[string]any{"snils": n.Profile.Snils.String(), "accessCode": n.AccessCode, "idempotencyKey": "link-the-record"},
		}, &data)
		dump := p.dump(t)
		require.Contains(t, dump, "sick_leaves", "it is a dump")

		for _, person := range persona.All() {
			for _, secret := range []string{
				string(person.Profile.Snils), person.Profile.Snils.String(), string(person.Profile.Inn), string(person.Profile.Phone.Number),
				string(person.Profile.Email.Address), person.Profile.Passport.Series + person.Profile.Passport.Number, person.AccessCode,
			} {
				requireAbsent(t, dump, secret, person.Name)
			}
			for _, address := range person.Profile.Addresses {
				requireAbsent(t, dump, address.Text, person.Name)
			}
		}
		for _, secret := range []string{ivanova.token(), newcomer.token(), access, refresh} {
			require.Len(t, secret, 43)
			requireAbsent(t, dump, secret, "a token")
		}
		for _, candidate := range candidates(dump) {
			require.False(t, p.authenticated(t, candidate))
		}
		require.True(t, p.authenticated(t, access))
	})
}

// requireAbsent fails if a dump holds a secret. It does not print the dump, which is long and no text.
func requireAbsent(t *testing.T, dump, secret, whose string) {
	t.Helper()
	if secret != "" && strings.Contains(dump, secret) {
		require.Fail(t, "the dump holds a secret", "%s: %s", whose, secret)
	}
}

// candidates are all texts of a dump that have the form of a token, and all hashes in it written as one.
func candidates(dump string) []string {
	found := regexp.MustCompile(`[A-Za-z0-9_-]{43}`).FindAllString(dump, -1)
	for _, digits := range regexp.MustCompile(`[0-9a-f]{64}`).FindAllString(dump, -1) {
		if raw, err := hex.DecodeString(digits); err == nil {
			found = append(found, base64.RawURLEncoding.EncodeToString(raw))
		}
	}
	const most = 500
	return found[:min(len(found), most)]
}

// dump is all that the stores hold, as text.
func (p *program) dump(t *testing.T) string {
	t.Helper()
	var dump strings.Builder
	if address := p.setting("KABINET_REDIS_URL"); address != "" {
		dumpRedis(t, &dump, address)
		dumpPostgres(t, &dump, p.setting("KABINET_DATABASE_URL"))
		return dump.String()
	}
	require.NoError(t, filepath.WalkDir(p.setting("KABINET_DATA_DIR"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasPrefix(entry.Name(), "kabinet.db") { // keys lie beside it
			return err
		}
		content, err := os.ReadFile(path)
		dump.Write(content)
		return err
	}))
	return dump.String()
}

func dumpRedis(t *testing.T, dump io.Writer, address string) {
	t.Helper()
	options, err := redis.ParseURL(address)
	require.NoError(t, err)
	client := redis.NewClient(options)
	defer func() { require.NoError(t, client.Close()) }()
	keys := client.Scan(t.Context(), 0, "kabinet:*", 1000).Iterator()
	for keys.Next(t.Context()) {
		value, _ := client.Get(t.Context(), keys.Val()).Result() // gone by now, or of another type
		fmt.Fprintln(dump, keys.Val(), value)
	}
	require.NoError(t, keys.Err())
}

func dumpPostgres(t *testing.T, dump io.Writer, address string) {
	t.Helper()
	db, err := sql.Open("pgx", address)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	tables, err := db.QueryContext(t.Context(), `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`)
	require.NoError(t, err)
	for _, name := range texts(t, tables) {
		rows, err := db.QueryContext(t.Context(), fmt.Sprintf(`SELECT to_jsonb(r)::text FROM %q r`, name))
		require.NoError(t, err)
		for _, row := range texts(t, rows) {
			fmt.Fprintln(dump, name, row)
		}
	}
}

// texts reads rows of one text each.
func texts(t *testing.T, rows *sql.Rows) (all []string) {
	t.Helper()
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		all = append(all, text)
	}
	require.NoError(t, rows.Err())
	return all
}
