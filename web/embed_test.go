package web_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/web"
)

func TestPlaygroundLoadsOnlyWhatIsBundled(t *testing.T) {
	page := read(t, "index.html")

	addresses := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1)
	require.NotEmpty(t, addresses)
	for _, address := range addresses {
		name, ours := strings.CutPrefix(address[1], "/playground/")
		require.True(t, ours, "%s leaves /playground/", address[1])
		require.NotEmpty(t, read(t, name), name)
	}
}

func TestPlaygroundNeedsNoInlineCode(t *testing.T) {
	page := read(t, "index.html")

	for _, script := range regexp.MustCompile(`(?s)<script[^>]*>(.*?)</script>`).FindAllStringSubmatch(page, -1) {
		require.Empty(t, strings.TrimSpace(script[1]))
	}
	require.NotRegexp(t, `\son[a-z]+=`, page)
	require.NotRegexp(t, `style=|<style`, page)
}

func TestPlaygroundCarriesTheWorkersItStarts(t *testing.T) {
	bundle := read(t, "playground.js")

	for _, name := range []string{"editor.worker.js", "json.worker.js", "graphql.worker.js"} {
		require.Contains(t, bundle, name)
		require.NotEmpty(t, read(t, name))
	}
}

func TestPlaygroundStylesLoadNothing(t *testing.T) {
	styles := read(t, "playground.css")

	require.NotContains(t, styles, "@import")
	for _, address := range regexp.MustCompile(`url\(["']?([^)"']{0,40})`).FindAllStringSubmatch(styles, -1) {
		require.Truef(t, strings.HasPrefix(address[1], "data:") || strings.HasPrefix(address[1], "#"), "%s", address[1])
	}
}

func TestPlaygroundTellsTheLicencesOfItsParts(t *testing.T) {
	licences := read(t, "licences.txt")

	for _, part := range []string{"graphiql ", "graphql ", "monaco-editor ", "react ", "react-dom "} {
		require.Regexp(t, `(?m)^`+part+`\d`, licences)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := fs.ReadFile(web.Playground(), name)
	require.NoError(t, err)
	return string(content)
}
