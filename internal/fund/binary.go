package fund

import (
	"bytes"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// headerPrefix begins the headers that hold the attributes of an event in binary mode.
const headerPrefix = "Ce-"

// isBinary tells whether a request of JSON is an event in binary mode, rather than something else.
func isBinary(header http.Header) bool { return len(header.Values(headerPrefix+"specversion")) > 0 }

// decodeBinary reads an event whose attributes are headers and whose data is the body. The signature covers the body and
// the id of the message, which therefore must be that of the event; see docs/adr/0011-binary-events.md.
func (s *Service) decodeBinary(header http.Header, body []byte) (Event, error) {
	attributes := make(map[string]string)
	for _, name := range []string{"specversion", "id", "source", "type", "subject", "time", attributeSequence, attributeChecksum} {
		values := header.Values(headerPrefix + name)
		if len(values) == 0 {
			continue
		}
		value, ok := headerValue(values[0])
		if !ok || len(values) > 1 {
			return Event{}, ErrEnvelope
		}
		attributes[name] = value
	}
	if attributes["specversion"] != cloudevents.VersionV1 {
		return Event{}, ErrEnvelope
	}
	if at, told := attributes["time"]; told {
		if _, err := time.Parse(time.RFC3339Nano, at); err != nil {
			return Event{}, ErrEnvelope
		}
	}
	if attributes["id"] != header.Get(standardwebhooks.HeaderWebhookID) {
		return Event{}, ErrMessageID
	}
	return s.complete(Event{
		ID: attributes["id"], Source: attributes["source"], Type: attributes["type"], Subject: attributes["subject"],
		Data: bytes.TrimSpace(body),
	}, attributes[attributeSequence], attributes[attributeChecksum])
}

// headerValue reads the value of an attribute as the HTTP binding of CloudEvents writes it (3.1.3.2): printable ASCII,
// maybe in double quotes with backslashes before what they protect, and everything else percent-encoded UTF-8.
func headerValue(raw string) (string, bool) {
	quoted := len(raw) >= 2 && raw[0] == '"' && raw[len(raw)-1] == '"'
	if quoted {
		raw = raw[1 : len(raw)-1]
	}
	var value strings.Builder
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c < ' ' || c > '~', quoted && c == '"':
			return "", false
		case quoted && c == '\\':
			if i++; i == len(raw) {
				return "", false
			}
			value.WriteByte(raw[i])
		default:
			value.WriteByte(c)
		}
	}
	return percentDecoded(value.String())
}

func percentDecoded(text string) (string, bool) {
	decoded := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			decoded = append(decoded, text[i])
			continue
		}
		if i+2 >= len(text) {
			return "", false
		}
		high, ok1 := hexDigit(text[i+1])
		low, ok2 := hexDigit(text[i+2])
		if !ok1 || !ok2 {
			return "", false
		}
		decoded = append(decoded, high<<4|low)
		i += 2
	}
	return string(decoded), utf8.Valid(decoded)
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
