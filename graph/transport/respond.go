package transport

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"kabinet/graph/apierror"
	"kabinet/internal/fault"
)

// The media types of answers.
const (
	typeJSON     = "application/json"
	typeResponse = "application/graphql-response+json"
	typeEvents   = "text/event-stream"
)

// preference is how much a client wants each media type: quality first, then the order of the header.
type preference struct {
	json, response, events float64
	eventsFirst            bool // events stand before both of the others
}

// preferenceOf reads Accept (RFC 9110, 12.5.1). Without the header everything is welcome, and */* never means events:
// a stream is given only to those who name it.
func preferenceOf(h http.Header) preference {
	header := strings.Join(h.Values("Accept"), ",")
	if strings.TrimSpace(header) == "" {
		return preference{json: 1}
	}
	p := preference{}
	var exactJSON, exactResponse bool
	for part := range strings.SplitSeq(header, ",") {
		mediaType, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, ok := params["q"]; ok {
			if quality, err = strconv.ParseFloat(q, 64); err != nil || !(quality >= 0 && quality <= 1) {
				continue
			}
		}
		if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
			continue
		}
		switch mediaType {
		case typeEvents:
			p.events = quality
			p.eventsFirst = !exactJSON && !exactResponse
		case typeResponse:
			p.response, exactResponse = quality, true
		case typeJSON:
			p.json, exactJSON = quality, true
		case "*/*", "application/*":
			// The graphql-http audit wants application/json of those who do not care.
			if !exactJSON {
				p.json = max(p.json, quality)
			}
		}
	}
	return p
}

// wantsEvents tells whether a stream is what the client wants most.
func (p preference) wantsEvents() bool {
	if p.events == 0 {
		return false
	}
	best := max(p.json, p.response)
	return p.events > best || p.events == best && p.eventsFirst
}

// mediaType chooses between the two types of a single answer; empty when neither is accepted.
func (p preference) mediaType() string {
	switch {
	case p.response > 0 && p.response >= p.json:
		return typeResponse
	case p.json > 0:
		return typeJSON
	}
	return ""
}

// statusOf is the status of an answer. What was executed is 200, with errors or without. What did not begin is, for
// application/graphql-response+json, the status that fits the code; application/json has 200 for every well-formed
// request, as old clients expect, save for those that must stop a client whatever it can read.
func statusOf(resp *graphql.Response, mediaType string) int {
	if resp.Data != nil || len(resp.Errors) == 0 {
		return http.StatusOK
	}
	status, always := http.StatusBadRequest, false
	switch apierror.CodeOf(resp.Errors[0]) {
	case fault.Unauthenticated:
		status, always = http.StatusUnauthorized, true
	case fault.RateLimited:
		status, always = http.StatusTooManyRequests, true
	case fault.UpstreamUnavailable:
		status, always = http.StatusServiceUnavailable, true
	case fault.Internal:
		status, always = http.StatusInternalServerError, true
	case fault.AccessLevelRequired, fault.ConfirmationRequired:
		status = http.StatusForbidden
	case fault.NotFound:
		status = http.StatusNotFound
	case fault.Conflict:
		status = http.StatusConflict
	case fault.BadInput, fault.LimitExceeded:
	}
	if mediaType == typeJSON && !always {
		return http.StatusOK
	}
	return status
}

// write sends one answer. status 0 means that of statusOf.
func write(w http.ResponseWriter, resp *graphql.Response, mediaType string, status int) {
	if mediaType == "" {
		mediaType = typeJSON
	}
	body := appendResponse(nil, resp)
	if status == 0 {
		status = statusOf(resp, mediaType)
	}
	h := w.Header()
	if len(resp.Errors) > 0 && status != http.StatusOK {
		if wait := apierror.RetryAfter(resp.Errors[0]); wait > 0 {
			h.Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
		}
	}
	setHeaders(h, mediaType+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that left is no error
}

func setHeaders(h http.Header, contentType string) {
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
}

// What stands for errors that cannot be written as JSON, and for an answer with such.
const (
	unprintableErrors = `[{"message":"internal error","extensions":{"code":"INTERNAL"}}]`
	unprintable       = `{"errors":` + unprintableErrors + `}`
)

// appendResponse writes an answer as JSON. Data is written as it comes, without reading it again. There is no data
// when execution did not begin, and null when it ended in an error.
func appendResponse(b []byte, resp *graphql.Response) []byte {
	b = append(b, '{')
	if len(resp.Errors) > 0 {
		errs, err := json.Marshal(resp.Errors)
		if err != nil {
			return append(b[:0], unprintable...)
		}
		b = append(append(b, `"errors":`...), errs...)
	}
	if resp.Data != nil {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(b, `"data":`...), resp.Data...)
	}
	if len(resp.Extensions) > 0 {
		if extensions, err := json.Marshal(resp.Extensions); err == nil {
			if len(b) > 1 {
				b = append(b, ',')
			}
			b = append(append(b, `"extensions":`...), extensions...)
		}
	}
	return append(b, '}')
}
