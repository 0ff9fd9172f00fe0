package web

import (
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"kabinet/internal/fault"
	"kabinet/internal/fund"
	"kabinet/internal/gate"
	"kabinet/internal/locale"
	"kabinet/internal/ref"
	"kabinet/internal/viewer"
)

// maxEventsBody bounds the fund's requests.
const maxEventsBody = 4 << 20 // bytes

var (
	errBodyTooLarge = fault.New(fault.LimitExceeded,
		locale.Text{Ru: "Тело запроса больше 4 МиБ.", En: "The body of the request is larger than 4 MiB."},
		locale.Text{Ru: "Разделите пакет.", En: "Split the batch."})
	errBodyCut = fault.New(fault.BadInput,
		locale.Text{Ru: "Тело запроса не дошло целиком.", En: "The body of the request did not arrive whole."},
		locale.Text{Ru: "Повторите запрос.", En: "Send it again."})
)

// fundEvents takes in what the fund reports.
func (e *edge) fundEvents(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEventsBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			e.refuse(w, r, errBodyTooLarge)
			return
		}
		e.refuse(w, r, errBodyCut)
		return
	}
	// The body is there. Were its deadline left, the server would take the work on a large batch for a client that is gone.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	results, err := e.Fund.Receive(r.Context(), r.Header, body)
	switch {
	case errors.Is(err, fund.ErrMediaType):
		e.refuseWith(w, r, http.StatusUnsupportedMediaType, fund.ErrMediaType)
		return
	case err != nil:
		e.refuse(w, r, err)
		return
	}
	status := http.StatusOK
	for _, result := range results {
		e.Log.LogAttrs(r.Context(), slog.LevelInfo, "fund event", slog.String("outcome", string(result.Outcome)), slog.String("reason", string(result.Reason)))
		if result.Outcome == fund.Refused {
			status = http.StatusUnprocessableEntity
		}
	}
	e.answerJSON(w, r, status, struct {
		Events []fund.Result `json:"events"`
	}{results})
}

// download gives the content of a version of the viewer's document.
func (e *edge) download(w http.ResponseWriter, r *http.Request) {
	// What a link to a file needs in the API, the file needs, too: links are kept and passed on.
	if err := gate.Admit(viewer.FromContext(r.Context()), viewer.Extended, viewer.Complete); err != nil {
		e.refuse(w, r, err)
		return
	}
	id, err := ref.Parse(r.PathValue("id"))
	number, err2 := strconv.Atoi(r.PathValue("n"))
	if err != nil || err2 != nil || id.Kind != ref.Document {
		e.refuse(w, r, fault.ErrNotFound)
		return
	}
	version, content, err := e.Documents.Content(r.Context(), id.ID, number)
	if err != nil {
		e.refuse(w, r, err)
		return
	}
	defer func() { _ = content.Close() }()
	h := w.Header()
	h.Set("Content-Type", version.MediaType)
	h.Set("Content-Length", strconv.Itoa(version.Size))
	h.Set("Content-Disposition", attachment(version.FileName))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cache-Control", "private, no-store")
	if _, err := io.Copy(w, content); err != nil {
		e.Log.LogAttrs(r.Context(), slog.LevelDebug, "download not finished", slog.Any("error", err))
	}
}

// attachment is a Content-Disposition that no file name can break out of.
func attachment(fileName string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || strings.ContainsRune(`/\"`, r):
			return '_'
		case unicode.Is(unicode.Bidi_Control, r): // turns the direction of writing
			return -1
		}
		return r
	}, fileName)
	if value := mime.FormatMediaType("attachment", map[string]string{"filename": clean}); value != "" {
		return value
	}
	return "attachment"
}

// sdl gives the published schema.
func (e *edge) sdl(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/graphql; charset=utf-8")
	if _, err := io.WriteString(w, e.SDL); err != nil {
		e.Log.LogAttrs(r.Context(), slog.LevelDebug, "answer not written", slog.Any("error", err))
	}
}
