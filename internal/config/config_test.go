package config_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"kabinet/internal/config"
)

// fundSecret is a secret of a number of bytes.
func fundSecret(bytes int) config.Secret {
	return config.Secret("whsec_" + base64.StdEncoding.EncodeToString(make([]byte, bytes)))
}

// production is a configuration with which production starts.
func production(t *testing.T) *config.Config {
	t.Helper()
	keyset, err := config.NewKeyset()
	require.NoError(t, err)
	return &config.Config{
		Mode: config.Production, Addr: "0.0.0.0:8080", AdminAddr: "127.0.0.1:8081", PublicURL: "https://lk.example.ru",
		DatabaseURL: "postgres://kabinet:password@db/kabinet", RedisURL: "rediss://:password@redis:6379/0", BlobURL: "file:///var/lib/kabinet",
		Keyset: config.Secret(keyset), SessionIdle: 15 * time.Minute, SessionAbsolute: 12 * time.Hour,
		Origins:    []string{"https://m.example.ru"},
		EsiaPortal: "https://esia.gosuslugi.ru/", EsiaClientID: "FUND01", EsiaClientKeyFile: "/run/key.pem",
		EsiaCertificateFile: "/run/certificate.pem", EsiaTokenKeysFile: "/run/esia.pem",
		SMSURL: "https://sms.example.ru/send", SMSToken: "a token of the gateway", MailURL: "smtp://user:password@mail.example.ru:587",
		MailFrom: "kabinet@example.ru", TrustedProxies: []string{"10.0.0.0/8", "fd00::/8"},
		MobileRedirects: []string{"ru.sfr.kabinet:/callback", "https://lk.example.ru/app"},
		FundSecrets:     []config.Secret{fundSecret(24), fundSecret(32)}, FundURL: "https://fund.example.ru/commands", LogLevel: "info", LogFormat: "json",
	}
}

// plain makes the configuration one of a plain provider instead of ESIA.
func plain(c *config.Config, issuer string) {
	c.EsiaPortal, c.EsiaClientID, c.EsiaClientKeyFile, c.EsiaCertificateFile, c.EsiaTokenKeysFile = "", "", "", "", ""
	c.OidcIssuer, c.OidcClientID, c.OidcClientSecret = issuer, "kabinet", "a secret of the provider"
}

func TestProductionStarts(t *testing.T) {
	require.NoError(t, production(t).Check())
	for name, change := range map[string]func(*config.Config){
		"the address ends in a slash":   func(c *config.Config) { c.PublicURL += "/" },
		"the address has a port":        func(c *config.Config) { c.PublicURL += ":8443" },
		"several hosts of the database": func(c *config.Config) { c.DatabaseURL = "postgresql://one:5432,two:5432/kabinet" },
		"redis without TLS":             func(c *config.Config) { c.RedisURL = "redis://127.0.0.1:6379" },
		"no other origins":              func(c *config.Config) { c.Origins = nil },
		"a plain provider and no ESIA":  func(c *config.Config) { plain(c, "https://id.example.ru") },
		"no proxies":                    func(c *config.Config) { c.TrustedProxies = []string{"none"} },
		"no app":                        func(c *config.Config) { c.MobileRedirects = nil },
		"a one-minute session":          func(c *config.Config) { c.SessionIdle, c.SessionAbsolute = time.Minute, time.Minute },
	} {
		c := production(t)
		change(c)
		require.NoError(t, c.Check(), name)
	}
}

func TestProductionRefusesEachDevelopmentPart(t *testing.T) {
	const (
		public   = "KABINET_PUBLIC_URL must be http(s)://host[:port]"
		tls      = "production: KABINET_PUBLIC_URL must begin with https://"
		origins  = "KABINET_ORIGINS must be a list of http(s)://host[:port]"
		database = "production: KABINET_DATABASE_URL must be postgres://…"
		redis    = "production: KABINET_REDIS_URL must be redis://… or rediss://…; the in-process Redis is for the demo"
		keyset   = "production: KABINET_KEYSET must be a set of keys; kabinet config keyset makes one"
		portal   = "production: KABINET_ESIA_PORTAL must begin with https://"
		fund     = "production: KABINET_FUND_URL must begin with https://"
		secrets  = "production: KABINET_FUND_SECRETS must be whsec_ and at least 24 bytes in base64, each of them"
		sms      = "production: KABINET_SMS_URL must begin with https:// and KABINET_SMS_TOKEN be set"
		mail     = "production: KABINET_MAIL_URL must be smtp://… and KABINET_MAIL_FROM an address"
		proxies  = "KABINET_TRUSTED_PROXIES must be a list of networks such as 10.0.0.0/8, or none"
		named    = "production: KABINET_TRUSTED_PROXIES must name the networks of the proxies, or be none"
		device   = "production: KABINET_MOBILE_REDIRECTS must not begin with http://; addresses of the device itself are for the demo"
		mobile   = "KABINET_MOBILE_REDIRECTS must be a list of scheme.of.the.app:/path, https://host/path or http://127.0.0.1/path"
		session  = "KABINET_SESSION_IDLE must be at least 1m and KABINET_SESSION_ABSOLUTE no shorter than it"
	)
	one := func(s ...config.Secret) func(*config.Config) {
		return func(c *config.Config) { c.FundSecrets = s }
	}
	for name, test := range map[string]struct {
		change func(*config.Config)
		want   string
	}{
		"no mode":                    {func(c *config.Config) { c.Mode = "" }, "KABINET_MODE must be demo or production"},
		"no address":                 {func(c *config.Config) { c.Addr = "" }, "KABINET_ADDR must be host:port"},
		"an address without port":    {func(c *config.Config) { c.Addr = "127.0.0.1" }, "KABINET_ADDR must be host:port"},
		"no admin address":           {func(c *config.Config) { c.AdminAddr = "" }, "KABINET_ADMIN_ADDR must be host:port"},
		"no public address":          {func(c *config.Config) { c.PublicURL = "" }, public + "\n" + tls},
		"plain HTTP":                 {func(c *config.Config) { c.PublicURL = "http://lk.example.ru" }, tls},
		"another scheme":             {func(c *config.Config) { c.PublicURL = "ftp://lk.example.ru" }, public + "\n" + tls},
		"a scheme in capitals":       {func(c *config.Config) { c.PublicURL = "HTTPS://lk.example.ru" }, public + "\n" + tls},
		"only a port":                {func(c *config.Config) { c.PublicURL = "https://:443" }, public},
		"a path":                     {func(c *config.Config) { c.PublicURL += "/cabinet" }, public},
		"two slashes":                {func(c *config.Config) { c.PublicURL += "//" }, public},
		"a query":                    {func(c *config.Config) { c.PublicURL += "?a" }, public},
		"an empty query":             {func(c *config.Config) { c.PublicURL += "?" }, public},
		"a fragment":                 {func(c *config.Config) { c.PublicURL += "#a" }, public},
		"a user":                     {func(c *config.Config) { c.PublicURL = "https://me@lk.example.ru" }, public},
		"no scheme of an origin":     {func(c *config.Config) { c.Origins = []string{"//m.example.ru"} }, origins + "\nproduction: KABINET_ORIGINS must begin with https://"},
		"every origin":               {func(c *config.Config) { c.Origins = []string{"*"} }, origins + "\nproduction: KABINET_ORIGINS must begin with https://"},
		"the null origin":            {func(c *config.Config) { c.Origins = []string{"null"} }, origins + "\nproduction: KABINET_ORIGINS must begin with https://"},
		"an origin with a path":      {func(c *config.Config) { c.Origins = append(c.Origins, "https://m.example.ru/") }, origins},
		"an origin with a user":      {func(c *config.Config) { c.Origins = append(c.Origins, "https://me@m.example.ru") }, origins},
		"an origin without TLS":      {func(c *config.Config) { c.Origins = append(c.Origins, "http://m.example.ru") }, "production: KABINET_ORIGINS must begin with https://"},
		"no gateway of SMS":          {func(c *config.Config) { c.SMSURL = "" }, sms},
		"a gateway without TLS":      {func(c *config.Config) { c.SMSURL = "http://sms.example.ru" }, sms},
		"a gateway without a token":  {func(c *config.Config) { c.SMSToken = "" }, sms},
		"no mail":                    {func(c *config.Config) { c.MailURL = "" }, mail},
		"no sender of mail":          {func(c *config.Config) { c.MailFrom = "" }, mail},
		"a proxy that is no network": {func(c *config.Config) { c.TrustedProxies = []string{"10.0.0.1"} }, proxies},
		"a proxy's network unmasked": {func(c *config.Config) { c.TrustedProxies = []string{"10.0.0.1/8"} }, proxies},
		"proxies and none":           {func(c *config.Config) { c.TrustedProxies = []string{"10.0.0.0/8", "none"} }, proxies},
		"none, and none again":       {func(c *config.Config) { c.TrustedProxies = []string{"none", "none"} }, proxies},
		"an empty proxy":             {func(c *config.Config) { c.TrustedProxies = []string{""} }, proxies},
		"nothing said of proxies":    {func(c *config.Config) { c.TrustedProxies = nil }, named},
		"the device itself":          {func(c *config.Config) { c.MobileRedirects = append(c.MobileRedirects, "http://127.0.0.1/callback") }, device},
		"the device itself by IPv6":  {func(c *config.Config) { c.MobileRedirects = []string{"http://[::1]/app"} }, device},
		"the device in capitals":     {func(c *config.Config) { c.MobileRedirects = []string{"HTTP://127.0.0.1/callback"} }, device},
		"any address of the app":     {func(c *config.Config) { c.MobileRedirects = []string{"http://app.example.ru/"} }, mobile + "\n" + device},
		"a scheme without a dot":     {func(c *config.Config) { c.MobileRedirects = []string{"kabinet:/callback"} }, mobile},
		"a scheme of scripts":        {func(c *config.Config) { c.MobileRedirects = []string{"javascript:alert(1)"} }, mobile},
		"an address with a fragment": {func(c *config.Config) { c.MobileRedirects = []string{"https://lk.example.ru/app#"} }, mobile},
		"no database":                {func(c *config.Config) { c.DatabaseURL = "" }, database},
		"SQLite":                     {func(c *config.Config) { c.DatabaseURL = "sqlite:/var/lib/kabinet.db" }, database},
		"a database of another kind": {func(c *config.Config) { c.DatabaseURL = "postgresqlite:/var/lib/kabinet.db" }, database},
		"no Redis":                   {func(c *config.Config) { c.RedisURL = "" }, redis},
		"a Redis of another kind":    {func(c *config.Config) { c.RedisURL = "memory://" }, redis},
		"a Redis nowhere":            {func(c *config.Config) { c.RedisURL = "redis://" }, redis},
		"no blobs":                   {func(c *config.Config) { c.BlobURL = "" }, "production: KABINET_BLOB_URL is required"},
		"no keys":                    {func(c *config.Config) { c.Keyset = "" }, keyset},
		"keys that are none":         {func(c *config.Config) { c.Keyset = "changeme" }, keyset},
		"no ESIA":                    {func(c *config.Config) { c.EsiaPortal = "" }, portal},
		"the emulator of ESIA":       {func(c *config.Config) { c.EsiaPortal = "http://127.0.0.1:8090/" }, portal},
		"an ESIA nowhere":            {func(c *config.Config) { c.EsiaPortal = "https://" }, portal},
		"no client id":               {func(c *config.Config) { c.EsiaClientID = "" }, "production: KABINET_ESIA_CLIENT_ID is required"},
		"no client key":              {func(c *config.Config) { c.EsiaClientKeyFile = "" }, "production: KABINET_ESIA_CLIENT_KEY_FILE is required"},
		"no certificate":             {func(c *config.Config) { c.EsiaCertificateFile = "" }, "production: KABINET_ESIA_CERTIFICATE_FILE is required"},
		"a provider without TLS":     {func(c *config.Config) { plain(c, "http://id.example.ru") }, "production: KABINET_OIDC_ISSUER must begin with https://"},
		"no client of the provider":  {func(c *config.Config) { plain(c, "https://id.example.ru"); c.OidcClientID = "" }, "production: KABINET_OIDC_CLIENT_ID is required"},
		"no secret of the provider":  {func(c *config.Config) { plain(c, "https://id.example.ru"); c.OidcClientSecret = "" }, "production: KABINET_OIDC_CLIENT_SECRET is required"},
		"no token keys":              {func(c *config.Config) { c.EsiaTokenKeysFile = "" }, "production: KABINET_ESIA_TOKEN_KEYS_FILE is required"},
		"no fund secret":             {one(), secrets},
		"an empty fund secret":       {one(fundSecret(24), ""), secrets},
		"a weak fund secret":         {one(fundSecret(24), fundSecret(23)), secrets},
		"an unmarked fund secret":    {one(fundSecret(24)[len("whsec_"):]), secrets},
		"a fund secret not base64":   {one("whsec_" + config.Secret(strings.Repeat("?", 40))), secrets},
		"no fund":                    {func(c *config.Config) { c.FundURL = "" }, fund},
		"a fund without TLS":         {func(c *config.Config) { c.FundURL = "http://fund.example.ru" }, fund},
		"a fund with a password":     {func(c *config.Config) { c.FundURL = "https://me:secret@fund.example.ru/" }, "KABINET_FUND_URL must be http(s)://host[:port]/path"},
		"no address of a fund":       {func(c *config.Config) { c.FundURL = "fund" }, "KABINET_FUND_URL must be http(s)://host[:port]/path\n" + fund},
		"no idle end":                {func(c *config.Config) { c.SessionIdle = 0 }, session},
		"an idle end of seconds":     {func(c *config.Config) { c.SessionIdle = 59 * time.Second }, session},
		"absolute before idle":       {func(c *config.Config) { c.SessionAbsolute = c.SessionIdle - time.Second }, session},
	} {
		t.Run(name, func(t *testing.T) {
			c := production(t)
			test.change(c)
			require.EqualError(t, c.Check(), test.want)
		})
	}
}

func TestCheckNamesAllFaultsAtOnce(t *testing.T) {
	c := &config.Config{Mode: config.Production}
	err := c.Check()
	require.Error(t, err)
	v := reflect.TypeFor[config.Config]()
	for field := range v.Fields() {
		switch field.Name {
		case "Mode", "DataDir", "Origins", "EsiaEmulatorAddr", "LogLevel", "LogFormat", "EsiaFamily", // have a default, or may be empty
			"OidcIssuer", "OidcClientID", "OidcClientSecret", "OidcTrustedClaim", "MobileRedirects", "RequiredData", "DemoFund":
			continue
		}
		require.ErrorContains(t, err, field.Tag.Get("env"))
	}
	require.EqualError(t, c.Check(), err.Error(), "in the same order every time")
}

func TestProxiesAreNetworksOrNone(t *testing.T) {
	for text, want := range map[string][]netip.Prefix{
		"": {}, "none": nil, "10.0.0.0/8 fd00::/8": {netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")},
	} {
		c := config.Config{TrustedProxies: strings.Fields(text)}
		proxies, err := c.Proxies()
		require.NoError(t, err)
		require.Equal(t, want, proxies)
	}
}

func TestCheckDoesNotRepeatWhatItRefuses(t *testing.T) {
	const told = "tell-nobody"
	c := production(t)
	c.Addr, c.AdminAddr, c.PublicURL, c.Origins = told, told, "https://"+told+"/\x7f", []string{told}
	c.DatabaseURL, c.RedisURL, c.Keyset, c.EsiaPortal = told, told, told, told
	c.FundSecrets, c.FundURL = []config.Secret{told}, told
	err := c.Check()
	require.Error(t, err)
	require.NotContains(t, err.Error(), told)
}

func TestDemoIsNotHeldToProductionsRules(t *testing.T) {
	c := parse(t, "--mode=demo", "--data-dir="+t.TempDir())
	require.NoError(t, c.Complete())
	require.NoError(t, c.Check())
	require.True(t, c.IsDemo())
	require.False(t, c.IsSecure())
	require.Equal(t, "http://127.0.0.1:8080/auth/callback", c.CallbackURL())
	require.Equal(t, "https://lk.example.ru/auth/callback", production(t).CallbackURL())
	require.True(t, production(t).IsSecure())
}

// parse reads a configuration as the program does.
func parse(t *testing.T, args ...string) *config.Config {
	t.Helper()
	var c config.Config
	parser, err := kong.New(&c)
	require.NoError(t, err)
	_, err = parser.Parse(args)
	require.NoError(t, err)
	return &c
}

func TestProductionIsTheDefault(t *testing.T) {
	c := parse(t)
	require.Equal(t, config.Production, c.Mode)
	require.Error(t, c.Check())
	require.Equal(t, []time.Duration{15 * time.Minute, 12 * time.Hour}, []time.Duration{c.SessionIdle, c.SessionAbsolute})
	require.Equal(t, []string{"ru.sfr.kabinet:/callback"}, c.MobileRedirects)
	require.Empty(t, c.TrustedProxies)
	require.Equal(t, []string{"127.0.0.1:8080", "127.0.0.1:8081", "127.0.0.1:8090"}, []string{c.Addr, c.AdminAddr, c.EsiaEmulatorAddr})
}

func TestEverySettingHasHelpAndAVariableThatSetsIt(t *testing.T) {
	values := map[string]string{"Mode": "demo", "LogLevel": "debug", "LogFormat": "text", "SessionIdle": "2m", "SessionAbsolute": "3h", "EsiaFamily": "legacy", "DemoFund": "off"}
	for field := range reflect.TypeFor[config.Config]().Fields() {
		variable := field.Tag.Get("env")
		require.NotEmpty(t, field.Tag.Get("help"), field.Name)
		require.Regexp(t, `^KABINET_[A-Z_]+$`, variable, field.Name)
		require.Equal(t, "KABINET"+strings.ToUpper(field.Name), strings.ReplaceAll(variable, "_", ""))
	}
	for field := range reflect.TypeFor[config.Config]().Fields() {
		value, special := values[field.Name]
		if !special {
			value = "value-of-" + strings.ToLower(field.Name)
		}
		t.Setenv(field.Tag.Get("env"), value)
	}
	c := reflect.ValueOf(*parse(t))
	for i := range c.NumField() {
		name := c.Type().Field(i).Name
		want, special := values[name]
		if !special {
			want = "value-of-" + strings.ToLower(name)
		}
		switch value := c.Field(i).Interface().(type) {
		case config.Secret:
			require.Equal(t, want, value.Reveal())
		case []config.Secret:
			require.Equal(t, []config.Secret{config.Secret(want)}, value)
		case []string:
			require.Equal(t, []string{want}, value)
		case time.Duration:
			parsed, err := time.ParseDuration(want)
			require.NoError(t, err)
			require.Equal(t, parsed, value)
		default:
			require.Equal(t, want, fmt.Sprint(value))
		}
	}
}

// secretive is a configuration whose every secret is one of the given texts.
func secretive(t *testing.T) (c config.Config, told []string) {
	t.Helper()
	v := reflect.ValueOf(&c).Elem()
	next := func() config.Secret {
		told = append(told, fmt.Sprintf("hush%dhush", len(told)))
		return config.Secret(told[len(told)-1])
	}
	for _, field := range v.Fields() {
		switch field.Interface().(type) {
		case config.Secret:
			field.SetString(next().Reveal())
		case []config.Secret:
			field.Set(reflect.ValueOf([]config.Secret{next(), next()}))
		}
	}
	require.GreaterOrEqual(t, len(told), 6)
	return c, told
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	c, told := secretive(t)
	shown := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%t", "%10.3s"} {
		shown[verb] = fmt.Sprintf(verb, c) + fmt.Sprintf(verb, &c) + fmt.Sprintf(verb, c.Keyset) + fmt.Sprintf(verb, &c.Keyset) +
			fmt.Sprintf(verb, c.FundSecrets) + fmt.Sprintf(verb, map[config.Secret]config.Secret{c.Keyset: c.Keyset})
	}
	shown["error"] = fmt.Errorf("refused: %w, %v", errors.New("x"), c.Keyset).Error() //nolint:err113 // only its text matters
	encoded, err := json.Marshal([]any{c, &c, c.Keyset, c.FundSecrets})
	require.NoError(t, err)
	shown["json"] = string(encoded)
	var text, lines, printed bytes.Buffer
	for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(&text, nil)), slog.New(slog.NewJSONHandler(&lines, nil))} {
		log.Info("x", "config", c, "pointer", &c, "secret", c.Keyset, "list", c.FundSecrets)
	}
	shown["slog text"], shown["slog json"] = text.String(), lines.String()
	require.NoError(t, c.Print(&printed))
	shown["print"] = printed.String()
	for how, text := range shown {
		require.NotEmpty(t, text, how)
		for _, secret := range told {
			require.NotContains(t, text, secret, how)
			require.NotContains(t, strings.ToLower(text), fmt.Sprintf("%x", secret), how)
			require.NotContains(t, text, base64.StdEncoding.EncodeToString([]byte(secret)), how)
		}
	}
	require.Equal(t, told[0], c.DatabaseURL.Reveal(), "it is there all the same")
	require.Empty(t, config.Secret("").String(), "that there is none may be seen")
}

func TestPrintNamesEverySettingByItsVariable(t *testing.T) {
	c := production(t)
	var b strings.Builder
	require.NoError(t, c.Print(&b))
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	fields := reflect.TypeFor[config.Config]()
	require.Len(t, lines, fields.NumField())
	for i, line := range lines {
		require.True(t, strings.HasPrefix(line, fields.Field(i).Tag.Get("env")+"="), line)
	}
	require.Contains(t, b.String(), "KABINET_PUBLIC_URL=https://lk.example.ru\n")
	require.Contains(t, b.String(), "KABINET_ORIGINS=https://m.example.ru\n")
	require.Contains(t, b.String(), "KABINET_SESSION_IDLE=15m0s\n")
	require.Contains(t, b.String(), "KABINET_KEYSET=•••\n")
	require.ErrorIs(t, c.Print(broken{}), errBroken)
}

var errBroken = errors.New("the pipe is broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }
