package office

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"kabinet/docs/commands"
	"kabinet/internal/appeal"
	"kabinet/internal/clarification"
	"kabinet/internal/fund"
)

// maxCommand bounds the body of a command: the longest appeal takes a tenth of it.
const maxCommand = 1 << 20

// retryAfter is what the office asks for while it is down, in seconds: not to be left alone for long once it is back.
const retryAfter = "5"

// receive takes in a command: 202 for a new one, 409 for one that was taken before, other answers as docs/commands
// expects them.
func (o *Office) receive(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	how := o.conductNow()
	if how.scenario == Down {
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	status := o.takeIn(w, r)
	if how.scenario == Slow {
		select {
		case <-o.after(how.delay):
		case <-r.Context().Done(): // the cabinet has given up; what was taken is taken
		}
	}
	w.WriteHeader(status)
}

func (o *Office) takeIn(w http.ResponseWriter, r *http.Request) (status int) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCommand))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return http.StatusRequestEntityTooLarge
		}
		return http.StatusBadRequest
	}
	if o.verifier.Verify(r.Header, body) != nil {
		return http.StatusUnauthorized
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != fund.MediaTypeEvent {
		return http.StatusUnsupportedMediaType
	}
	e, err := openEnvelope(body)
	if err != nil || e.ID != r.Header.Get(standardwebhooks.HeaderWebhookID) {
		return http.StatusBadRequest
	}
	c, err := o.readCommand(e)
	if err != nil {
		return http.StatusUnprocessableEntity
	}
	known := false
	if err := o.change(func(d *desk) (bool, error) {
		if known = d.knows(e.ID); known {
			return false, nil
		}
		d.remember(e.ID)
		d.take(c)
		return true, nil
	}); err != nil {
		o.log.LogAttrs(r.Context(), slog.LevelError, "office: a command is not taken", slog.Any("error", err))
		return http.StatusInternalServerError
	}
	o.log.LogAttrs(r.Context(), slog.LevelInfo, "office: command", slog.String("type", e.Type), slog.Bool("known", known))
	if known {
		return http.StatusConflict
	}
	o.wake()
	return http.StatusAccepted
}

// errCommand refuses a command. It says nothing of what came.
var errCommand = errors.New("office: this is no command")

func openEnvelope(body []byte) (envelope, error) {
	var e envelope
	if json.Unmarshal(body, &e) != nil || e.SpecVersion != "1.0" || uuid.Validate(e.ID) != nil || e.Source == "" ||
		e.Checksum != fund.Checksum(e.Data) {
		return envelope{}, errCommand
	}
	if n, err := strconv.ParseInt(e.Sequence, 10, 64); err != nil || n < 1 {
		return envelope{}, errCommand
	}
	return e, nil
}

// readCommand reads the data of a command that fits its published schema.
func (o *Office) readCommand(e envelope) (command, error) {
	schema := o.schemas[e.Type]
	if schema == nil {
		return command{}, errCommand
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Data))
	if err != nil || schema.Validate(value) != nil {
		return command{}, errCommand
	}
	var data struct {
		Appeal        string `json:"appeal"`
		Clarification string `json:"clarification"`
		Kind          string `json:"kind"`
		Subject       string `json:"subject"`
		Number        string `json:"number"`
		Corrected     bool   `json:"corrected"`
		Addressee     string `json:"addressee"`
	}
	if json.Unmarshal(e.Data, &data) != nil || e.Subject == "" || data.Appeal+data.Clarification != e.Subject {
		return command{}, errCommand
	}
	c := command{
		kind: e.Type, subject: e.Subject, appealKind: data.Kind, number: data.Number, corrected: data.Corrected,
		askedDoctor: data.Addressee == string(clarification.Doctor),
	}
	c.faulty, c.hopeless = provoked(data.Subject)
	return c, nil
}

// commandSchemas compiles the published schemas of the commands that are understood, by type.
func commandSchemas() (map[string]*jsonschema.Schema, error) {
	schemas := map[string]*jsonschema.Schema{}
	for _, kind := range []string{appeal.TypeSubmitted, appeal.TypeCommented, appeal.TypeWithdrawn, clarification.TypeAsked} {
		file, err := commands.Files.ReadFile(kind + ".schema.json")
		if err != nil {
			return nil, fmt.Errorf("office: schemas: %w", err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(file))
		if err != nil {
			return nil, fmt.Errorf("office: schema of %s: %w", kind, err)
		}
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource(kind, document); err != nil {
			return nil, fmt.Errorf("office: schema of %s: %w", kind, err)
		}
		if schemas[kind], err = compiler.Compile(kind); err != nil {
			return nil, fmt.Errorf("office: schema of %s: %w", kind, err)
		}
	}
	return schemas, nil
}
