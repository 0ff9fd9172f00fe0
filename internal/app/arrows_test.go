package app_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rule says what a set of packages must not know.
type rule struct {
	name string
	from *regexp.Regexp
	// except are packages of from that the rule does not hold for.
	except *regexp.Regexp
	// imports must not be imported; reaches must not be reached over any number of imports.
	imports, reaches *regexp.Regexp
}

const leaves = `viewer|breaker|gate|clock|locale|fault|ref|calendar|money|identifier|seal|requestid|clientaddr|batch`

// rules are the arrows of ARCHITECTURE.md.
func rules() []rule {
	domain := regexp.MustCompile(`^kabinet/internal/(person|sickleave|benefit|appeal|document|entry|network|verification|confirm|clarification|contribution|deadline|notice|feed|audit|idempotency|owner|blob|page)$`)
	return []rule{
		{
			name: "leaves know only leaves", from: regexp.MustCompile(`^kabinet/internal/(` + leaves + `)$`),
			imports: regexp.MustCompile(`^kabinet/(ent|graph|cmd|web|internal/(app|audit|appeal|benefit|blob|clarification|config|confirm|contribution|deadline|dev|document|entry|feed|fund|identity|network|notice|notify|outbox|owner|person|ratelimit|seed|session|sickleave|signal|storage|verification|web)(/|$))`),
		},
		{
			name: "domains do not know the API or the edge", from: domain,
			reaches: regexp.MustCompile(`^kabinet/((graph|web|cmd)(/|$)|internal/(web|app|session|fund|dev|seed|config)(/|$))`),
			imports: regexp.MustCompile(`^(net/http|github.com/99designs/gqlgen|github.com/coreos/go-oidc|github.com/redis)`),
		},
		{
			name: "the API knows no storage, Redis or OIDC", from: regexp.MustCompile(`^kabinet/graph`),
			imports: regexp.MustCompile(`^(kabinet/ent|kabinet/internal/(storage|web|app|config|dev|seed)(/|$)|entgo.io|database/sql|github.com/redis|github.com/coreos/go-oidc)`),
		},
		{
			name: "sessions and identity know no GraphQL", from: regexp.MustCompile(`^kabinet/internal/(session|identity)`),
			reaches: regexp.MustCompile(`^(kabinet/graph|github.com/99designs/gqlgen)`),
		},
		{
			name: "the schema knows only rules and leaves", from: regexp.MustCompile(`^kabinet/ent/(schema|rule)$`),
			reaches: regexp.MustCompile(`^kabinet/(ent|graph|internal/(app|audit|appeal|benefit|confirm|document|entry|feed|network|person|session|sickleave|storage|verification|web))$`),
		},
		{
			name: "only the program knows the stand-ins of the demo", from: regexp.MustCompile(`^kabinet/`),
			except:  regexp.MustCompile(`^kabinet/internal/(dev|app|seed)`),
			imports: regexp.MustCompile(`^kabinet/internal/(dev|seed)`),
		},
		{
			name: "only the command knows the program", from: regexp.MustCompile(`^kabinet/`),
			except: regexp.MustCompile(`^kabinet/cmd/`), imports: regexp.MustCompile(`^kabinet/(internal/app$|cmd)`),
		},
	}
}

func TestArrows(t *testing.T) {
	imports := listed(t, `{{join .Imports " "}}`)
	reached := listed(t, `{{join .Deps " "}}`)
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			checked := 0
			for from := range imports {
				if !r.from.MatchString(from) || (r.except != nil && r.except.MatchString(from)) {
					continue
				}
				checked++
				if r.imports != nil {
					requireNone(t, from, imports[from], r.imports)
				}
				if r.reaches != nil {
					requireNone(t, from, reached[from], r.reaches)
				}
			}
			require.NotZero(t, checked, "the rule is about no package")
		})
	}
}

func requireNone(t *testing.T, from string, known []string, forbidden *regexp.Regexp) {
	t.Helper()
	for _, k := range known {
		require.False(t, k != from && forbidden.MatchString(k), "%s must not know %s", from, k)
	}
}

// listed gives what `go list` says of every package of the module.
func listed(t *testing.T, format string) map[string][]string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} `+format, "kabinet/...")
	output, err := list.Output()
	require.NoError(t, err)
	packages := make(map[string][]string)
	for line := range strings.Lines(string(output)) {
		words := strings.Fields(line)
		packages[words[0]] = words[1:]
	}
	return packages
}
