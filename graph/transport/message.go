package transport

import (
	"context"
	"encoding/json"

	"github.com/99designs/gqlgen/graphql"

	"kabinet/internal/requestid"
)

// maxOperationID bounds the id that a client gives to an operation, in bytes; clients use UUIDs or numbers.
const maxOperationID = 128

// message is one message of a client.
type message struct {
	kind    string
	id      string   // of subscribe and complete
	request *request // of subscribe
}

// parseMessage reads a message; false for everything that the protocol does not know.
func parseMessage(text []byte, maxValues int) (message, bool) {
	tree, err := decodeJSON(text, maxValues)
	if err != nil {
		return message{}, false
	}
	fields, ok := tree.(map[string]any)
	if !ok {
		return message{}, false
	}
	m := message{}
	m.kind, _ = fields["type"].(string)
	switch m.kind {
	case "connection_init", "ping", "pong":
		_, isObject := fields["payload"].(map[string]any)
		return m, isObject || fields["payload"] == nil
	case "subscribe", "complete":
		m.id, _ = fields["id"].(string)
		if m.id == "" || len(m.id) > maxOperationID {
			return message{}, false
		}
		if m.kind == "complete" {
			return m, true
		}
		q, refused := requestOf(fields["payload"])
		m.request = q
		return m, refused == nil
	}
	return message{}, false
}

// operationContext is the context of one operation of a socket. Its request id is its own: an error in it is to be
// found in the log without the hours of others on the same socket.
func operationContext(ctx context.Context, q *request) context.Context {
	now := graphql.Now()
	q.ReadTime = graphql.TraceTiming{Start: now, End: now}
	ctx = requestid.NewContext(ctx, requestid.New())
	return withDocumentID(graphql.StartOperationTrace(ctx), q.documentID)
}

// frame writes a message about an operation: next and complete with an answer's whole or nothing, error with its errors.
func frame(id, kind string, resp *graphql.Response) []byte {
	name, _ := json.Marshal(id) // a string always can be written
	b := append([]byte(`{"id":`), name...)
	b = append(append(append(b, `,"type":"`...), kind...), '"')
	if resp == nil {
		return append(b, '}')
	}
	b = append(b, `,"payload":`...)
	if kind == "error" {
		errs, err := json.Marshal(resp.Errors)
		if err != nil {
			errs = []byte(unprintableErrors)
		}
		b = append(b, errs...)
	} else {
		b = append(b, appendResponse(nil, resp)...)
	}
	return append(b, '}')
}
