package office_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/dev/office"
	"kabinet/internal/fund"
)

// ask asks the page below where it is mounted.
func (h *house) ask(method, path, mediaType, body string, header ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(h.t.Context(), method, "/dev/office"+path, strings.NewReader(body))
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	http.StripPrefix("/dev/office", h.Handler()).ServeHTTP(w, r)
	return w
}

const form = "application/x-www-form-urlencoded"

func TestThePageShowsWhatIsUnderWay(t *testing.T) {
	h := newHouse(t)
	appeal := h.submit("Тайная тема")
	h.behaves(office.Down)
	h.pass(1)
	w := h.ask(http.MethodGet, "/", "", "")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	require.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'")
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	page := w.Body.String()
	for _, part := range []string{appeal, fund.TypeAppealRegistered, `value="down" checked`, "шаг 2 из 4", "через 3 с", `value="3600"`} {
		require.Contains(t, page, part)
	}
	for _, secret := range []string{"Тайная", "Иванова", "11223344595", "<script"} {
		require.NotContains(t, page, secret)
	}
}

func TestTheStateIsJSON(t *testing.T) {
	h := newHouse(t)
	w := h.ask(http.MethodGet, "/state", "", "")
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.JSONEq(t, `{
		"scenario": "normal", "delaySeconds": 5, "pace": 3600, "quiet": true, "commands": 0, "delivered": 0,
		"work": [], "waiting": [], "refused": []
	}`, w.Body.String())
	h.submit("Справка")
	var state office.State
	require.NoError(t, json.Unmarshal(h.ask(http.MethodGet, "/state", "", "").Body.Bytes(), &state))
	require.Equal(t, h.State(), state)
	require.InDelta(t, 1, state.Work[0].DueInSeconds, 0.001)
}

func TestScenarioAndPaceArePosted(t *testing.T) {
	h := newHouse(t)
	w := h.ask(http.MethodPost, "/scenario", "application/json", `{"scenario":"slow","delaySeconds":12,"pace":60}`)
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), `"scenario":"slow"`)
	s, delay := h.Scenario()
	require.Equal(t, office.Slow, s)
	require.Equal(t, 12*time.Second, delay)
	require.InDelta(t, 60, h.State().Pace, 0)

	w = h.ask(http.MethodPost, "/scenario", form, url.Values{"scenario": {"down"}, "delaySeconds": {"2,5"}}.Encode(), "Sec-Fetch-Site", "same-origin")
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "./", w.Header().Get("Location"))
	s, delay = h.Scenario()
	require.Equal(t, office.Down, s)
	require.Equal(t, 2500*time.Millisecond, delay)
	require.InDelta(t, 60, h.State().Pace, 0)

	for _, body := range []string{`{"scenario":"x"}`, `{"pace":0,"scenario":"normal"}`, `{"delaySeconds":61}`, `{`, `{"pace":"x"}`, strings.Repeat(" ", 5000)} {
		require.Equal(t, http.StatusBadRequest, h.ask(http.MethodPost, "/scenario", "application/json", body).Code, body)
	}
	require.Equal(t, http.StatusBadRequest, h.ask(http.MethodPost, "/scenario", form, "pace=x").Code)
	require.Equal(t, http.StatusUnsupportedMediaType, h.ask(http.MethodPost, "/scenario", "text/plain", "{}").Code)
	s, _ = h.Scenario()
	require.Equal(t, office.Down, s, "none of it is set")
}

func TestButtons(t *testing.T) {
	h := newHouse(t)
	appeal := h.submit("Справка")
	for _, do := range []string{"news", "degrade", "decide"} {
		require.Equal(t, http.StatusSeeOther, h.ask(http.MethodPost, "/act", form, "do="+do).Code)
	}
	require.Equal(t, http.StatusBadRequest, h.ask(http.MethodPost, "/act", form, "do=sing").Code)
	require.NoError(t, h.Work(t.Context()))
	require.Equal(t, "decided", without(h.cabinet.about(appeal), "commented")[2])
	kinds := map[string]int{}
	for _, e := range h.cabinet.all() {
		kinds[e.Type]++
	}
	require.Equal(t, 1, kinds[fund.TypeAnnouncementPublished])
	require.Equal(t, 1, kinds[fund.TypeSystemStatus])
	h.pass(6)
	all := h.cabinet.all()
	require.Equal(t, "OPERATIONAL", all[len(all)-1].field("state"), "a system comes back")
}

func TestAForeignPagePostsNothing(t *testing.T) {
	h := newHouse(t)
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
		for _, path := range []string{"/scenario", "/act"} {
			require.Equal(t, http.StatusForbidden, h.ask(http.MethodPost, path, form, "scenario=down&do=news", header...).Code)
		}
	}
	s, _ := h.Scenario()
	require.Equal(t, office.Normal, s)
	require.Equal(t, http.StatusMethodNotAllowed, h.ask(http.MethodGet, "/act", "", "").Code)
	require.Equal(t, http.StatusNotFound, h.ask(http.MethodGet, "/x", "", "").Code)
}
