package fund

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/types"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"kabinet/docs/events"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
)

// The media types in which events come.
const (
	MediaTypeEvent = cloudevents.ApplicationCloudEventsJSON
	MediaTypeBatch = cloudevents.ApplicationCloudEventsBatchJSON
)

// maxBatch bounds the number of events in one request.
const maxBatch = 500

// The extension attributes of an event, beside those of CloudEvents itself.
const (
	attributeSequence = "sequence" // whole number in decimal, rising within the subject
	attributeChecksum = "checksum" // "sha256:" and the hexadecimal hash of the data, byte for byte
)

// The refusals of a request as a whole.
var (
	ErrMediaType = fault.New(fault.BadInput,
		locale.Text{Ru: "Тип содержимого не поддерживается.", En: "The content type is not supported."},
		locale.Text{
			Ru: "Отправьте application/cloudevents+json, application/cloudevents-batch+json или application/json с заголовками ce-*.",
			En: "Send application/cloudevents+json, application/cloudevents-batch+json, or application/json with the headers ce-*.",
		})
	ErrEnvelope = fault.New(fault.BadInput,
		locale.Text{Ru: "Тело не является событием CloudEvents 1.0.", En: "The body is not a CloudEvents 1.0 event."},
		locale.Text{Ru: "Сверьтесь с примерами в docs/events.", En: "Compare with the examples in docs/events."})
	ErrMessageID = fault.New(fault.BadInput,
		locale.Text{Ru: "webhook-id не равен идентификатору события.", En: "The webhook-id is not the id of the event."},
		locale.Text{
			Ru: "В двоичном режиме подпишите тело с webhook-id, равным ce-id.",
			En: "In binary mode sign the body with a webhook-id that is the ce-id.",
		})
	ErrBatch = fault.New(fault.LimitExceeded,
		locale.Text{Ru: "В пакете больше 500 событий.", En: "The batch has more than 500 events."},
		locale.Text{Ru: "Разделите пакет.", En: "Split the batch."})
)

// Event is a report as it came, its envelope checked.
type Event struct {
	ID       string
	Source   string
	Type     string
	Subject  string
	Sequence int64
	Data     []byte // JSON

	refusal Reason // why it will not be applied; empty if it may be
	kept    bool   // it is kept already, as it is
	ask     bool   // whether it is kept already is asked first
	parked  string // the reason under which it is parked, if it is
	raw     []byte // what came instead of an event

	waits key // for what it waits if it cannot be applied yet
	made  key // what is known through it if it is applied
}

// decode reads the events of a request. An event whose envelope is whole but whose contents are not is given back
// marked as refused, so that it is kept for inspection.
func (s *Service) decode(header http.Header, body []byte) ([]Event, error) {
	mediaType, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return nil, ErrMediaType
	}
	if !utf8.Valid(body) {
		return nil, ErrEnvelope
	}
	var raw []json.RawMessage
	switch mediaType {
	case cloudevents.ApplicationJSON:
		if !isBinary(header) {
			return nil, ErrMediaType
		}
		e, err := s.decodeBinary(header, body)
		if err != nil {
			return nil, err
		}
		return []Event{e}, nil
	case MediaTypeEvent:
		raw = []json.RawMessage{body}
	case MediaTypeBatch:
		if err := json.Unmarshal(body, &raw); err != nil {
			return nil, ErrEnvelope
		}
	default:
		return nil, ErrMediaType
	}
	if len(raw) > maxBatch {
		return nil, ErrBatch
	}
	found := make([]Event, len(raw))
	for i, text := range raw {
		if found[i], err = s.decodeOne(text); err != nil {
			if mediaType == MediaTypeEvent {
				return nil, err
			}
			found[i] = Event{refusal: ReasonEnvelope, raw: text} // the others of the batch are taken
		}
	}
	return found, nil
}

func (s *Service) decodeOne(text []byte) (Event, error) {
	var envelope cloudevents.Event
	if err := json.Unmarshal(text, &envelope); err != nil || envelope.Validate() != nil {
		return Event{}, ErrEnvelope
	}
	extensions := envelope.Extensions()
	sequence, err := types.ToString(extensions[attributeSequence])
	if err != nil {
		return Event{}, ErrEnvelope
	}
	// An absent checksum is the empty one, which is that of no data.
	checksum, _ := types.ToString(extensions[attributeChecksum])
	return s.complete(Event{
		ID: envelope.ID(), Source: envelope.Source(), Type: envelope.Type(), Subject: envelope.Subject(),
		Data: bytes.TrimSpace(envelope.Data()), // the SDK keeps the white space before the value
	}, sequence, checksum)
}

// complete checks the attributes of an event and compares its data with its checksum and its schema.
func (s *Service) complete(e Event, sequence, checksum string) (Event, error) {
	const maxAttribute = 255
	for _, attribute := range []string{e.ID, e.Source, e.Type, e.Subject} {
		if attribute == "" || len(attribute) > maxAttribute || strings.ContainsRune(attribute, 0) || attribute[0] == ' ' {
			return Event{}, ErrEnvelope
		}
	}
	var err error
	if e.Sequence, err = strconv.ParseInt(sequence, 10, 64); err != nil || e.Sequence < 1 {
		return Event{}, ErrEnvelope
	}
	if subtle.ConstantTimeCompare([]byte(checksum), []byte(Checksum(e.Data))) != 1 {
		e.refusal = ReasonChecksum
		return e, nil
	}
	e.refusal = s.misfit(e)
	return e, nil
}

// misfit tells why the data of an event cannot be used; empty if it fits its schema.
func (s *Service) misfit(e Event) Reason {
	schema, known := s.schemas[e.Type]
	if !known {
		return ReasonType
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Data))
	if err != nil || schema.Validate(value) != nil || !unambiguous(e.Data) {
		return ReasonSchema
	}
	return ""
}

// unambiguous tells whether no object of the JSON has a key twice, which readers resolve differently, and no string
// holds NUL, which no database keeps. The schemas allow no nesting deeper than what this walks.
func unambiguous(data []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(data))
	var open []map[string]bool // keys seen in each open object; nil for a list
	wantsKey := false
	for {
		token, err := decoder.Token()
		if err != nil {
			return errors.Is(err, io.EOF) && len(open) == 0
		}
		inObject := len(open) > 0 && open[len(open)-1] != nil
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				open, wantsKey = append(open, map[string]bool{}), true
				continue
			case '[':
				open, wantsKey = append(open, nil), false
				continue
			}
			open = open[:len(open)-1]
			wantsKey = len(open) > 0 && open[len(open)-1] != nil
			continue
		case string:
			if strings.ContainsRune(token, 0) {
				return false
			}
			if inObject && wantsKey {
				if open[len(open)-1][token] {
					return false
				}
				open[len(open)-1][token], wantsKey = true, false
				continue
			}
		}
		wantsKey = inObject
	}
}

// Checksum is the value of the attribute checksum for some data.
func Checksum(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Seal completes a hand-written event for sending: the data compacted, the checksum set.
func Seal(text []byte) ([]byte, error) {
	var envelope cloudevents.Event
	if err := json.Unmarshal(text, &envelope); err != nil {
		return nil, fmt.Errorf("fund: not an event: %w", err)
	}
	var data bytes.Buffer
	if err := json.Compact(&data, envelope.Data()); err != nil {
		return nil, errors.New("fund: the data of the event is not JSON")
	}
	if err := envelope.SetData(cloudevents.ApplicationJSON, json.RawMessage(data.Bytes())); err != nil {
		return nil, fmt.Errorf("fund: %w", err)
	}
	envelope.SetExtension(attributeChecksum, Checksum(envelope.Data()))
	if err := envelope.Validate(); err != nil {
		return nil, fmt.Errorf("fund: not an event: %w", err)
	}
	return envelope.MarshalJSON()
}

// loadSchemas compiles the published schemas, by type of event.
func loadSchemas() (map[string]*jsonschema.Schema, error) {
	const suffix = ".schema.json"
	names, err := fs.Glob(events.Files, "*"+suffix)
	if err != nil {
		return nil, fmt.Errorf("fund: schemas: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	schemas := make(map[string]*jsonschema.Schema, len(names))
	for _, name := range names {
		text, err := events.Files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("fund: schemas: %w", err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("fund: schema %s: %w", name, err)
		}
		if err := compiler.AddResource(name, document); err != nil {
			return nil, fmt.Errorf("fund: schema %s: %w", name, err)
		}
		schema, err := compiler.Compile(name)
		if err != nil {
			return nil, fmt.Errorf("fund: schema %s: %w", name, err)
		}
		schemas[strings.TrimSuffix(name, suffix)] = schema
	}
	return schemas, nil
}
