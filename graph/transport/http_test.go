package transport_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/graph/transport"
)

const (
	asJSON     = "application/json"
	asResponse = "application/graphql-response+json"
)

// The audits of the npm package graphql-http, by their ids.
func TestGraphQLOverHTTPAudit(t *testing.T) {
	f := serve(t, options{})
	type audit struct {
		id, accept, body string
		method, target   string
		contentType      string // "-" for none
		status           int    // 4 means any 4xx
		answer           string // media type
		noErrors, noData bool
	}
	const plain = `{"query":"{ __typename }"}`
	audits := []audit{
		{id: "22EB", accept: asResponse, body: plain, status: 200, answer: asResponse},
		{id: "4655", accept: asJSON, body: plain, status: 200, answer: asJSON},
		{id: "47DE", accept: "*/*", body: plain, status: 200, answer: asJSON},
		{id: "80D8", body: plain, status: 200, answer: asJSON},
		{id: "82A3", body: plain, status: 200},
		{id: "BF61", contentType: "application/json; charset=utf-8", body: `{"query":"{ __type(name: \"Run🏃Swim🏊\") { name } }"}`, status: 200},
		{id: "78D5", body: plain, status: 200},
		{id: "2C94", body: plain, status: 200},
		{id: "5A70", method: "GET", target: "?query=" + url.QueryEscape("{ __typename }"), status: 200},
		{id: "9C48", method: "GET", target: "?query=" + url.QueryEscape("mutation { __typename }"), accept: asResponse, status: 4},
		{id: "9ABE", contentType: "-", body: plain, status: 4},
		{id: "03D4", body: plain, status: 200},
		{id: "A5BF", status: 400},
		{id: "423L", accept: asResponse, body: `{"notquery":"{ __typename }"}`, status: 400},
		{id: "34A2", accept: asResponse, body: plain, status: 200},
		{id: "13EE", accept: asJSON, body: plain, status: 200, noErrors: true},
		{id: "8161", accept: asResponse, body: `{"query":"query Query { __typename }","operationName":"Query"}`, status: 200},
		{id: "B8B3", accept: asJSON, body: `{"query":"query Query { __typename }","operationName":"Query"}`, status: 200, noErrors: true},
		{id: "2EA1", accept: asResponse, body: `{"query":"query Type($name: String!) { __type(name: $name) { name } }","variables":{"name":"sometype"}}`, status: 200},
		{id: "28B9", accept: asJSON, body: `{"query":"query Type($name: String!) { __type(name: $name) { name } }","variables":{"name":"sometype"}}`, status: 200, noErrors: true},
		{id: "428F", accept: asResponse, body: `{"query":"{ __typename }","extensions":{"some":"value"}}`, status: 200},
		{id: "1B7A", accept: asJSON, body: `{"query":"{ __typename }","extensions":{"some":"value"}}`, status: 200, noErrors: true},
		{id: "B6DC", accept: asJSON, body: `{ "not a JSON`, status: 400},
		{id: "BCF8", accept: asJSON, body: `{ "not a JSON`, status: 400},
		{id: "B7N8", accept: asResponse, body: `{ "not a JSON`, status: 400},
		{id: "8764", body: `{"qeury":"{ __typename }"}`, status: 400},
		{id: "3E3A", body: `{"qeury":"{ __typename }"}`, status: 400},
		{id: "572B", accept: asJSON, body: `{"query":"{"}`, status: 200, noData: true},
		{id: "FDE2", accept: asJSON, body: `{"query":"{ f8f31403dfe404bccbb0e835f2629c6a7 }"}`, status: 200, noData: true},
		{id: "7B9B", accept: asJSON, body: `{"query":"query CoerceFailure($id: ID!){ num(id: $id) }","variables":{"id":null}}`, status: 200, noData: true},
		{id: "865D", accept: asResponse, body: `{"query":"{"}`, status: 400},
		{id: "556A", accept: asResponse, body: `{"query":"{"}`, status: 400},
		{id: "D586", accept: asResponse, body: `{"query":"{"}`, status: 400, noData: true},
		{id: "51FE", accept: asResponse, body: `{"query":"{ f8f31403dfe404bccbb0e835f2629c6a7 }"}`, status: 400},
		{id: "74FF", accept: asResponse, body: `{"query":"{ 8f31403dfe404bccbb0e835f2629c6a7 }"}`, status: 400},
		{id: "5E5B", accept: asResponse, body: `{"query":"{ f8f31403dfe404bccbb0e835f2629c6a7 }"}`, status: 400, noData: true},
		{id: "86EE", accept: asResponse, body: `{"query":"query CoerceFailure($id: ID!){ num(id: $id) }","variables":{"id":null}}`, status: 400, noData: true},
	}
	variables := "?query=" + url.QueryEscape("query Type($name: String!) { __type(name: $name) { name } }") + "&variables=" + url.QueryEscape(`{"name":"sometype"}`)
	for id, accept := range map[string]string{"D6D5": asResponse, "6A70": asJSON} {
		audits = append(audits, audit{id: id, method: "GET", target: variables, accept: accept, status: 200, noErrors: true})
	}
	for i, wrong := range []string{`{"obj":"ect"}`, `0`, `false`, `["array"]`} {
		audits = append(audits,
			audit{id: fmt.Sprint("LKJ", i), body: `{"query":` + wrong + `}`, status: 400},
			audit{id: fmt.Sprint("6C0", i), body: `{"query":"{ __typename }","operationName":` + wrong + `}`, status: 400})
	}
	for i, wrong := range []string{`"string"`, `0`, `false`, `["array"]`} {
		audits = append(audits,
			audit{id: fmt.Sprint("476", i), body: `{"query":"{ __typename }","variables":` + wrong + `}`, status: 400},
			audit{id: fmt.Sprint("58B", i), body: `{"query":"{ __typename }","extensions":` + wrong + `}`, status: 400})
	}
	for i, parameter := range []string{"variables", "operationName", "extensions"} {
		body := `{"query":"{ __typename }","` + parameter + `":null}`
		audits = append(audits,
			audit{id: fmt.Sprint("94B", i), accept: asResponse, body: body, status: 200, noErrors: true},
			audit{id: fmt.Sprint("022", i), accept: asJSON, body: body, status: 200, noErrors: true})
	}
	require.Len(t, audits, 61)
	for _, a := range audits {
		t.Run(a.id, func(t *testing.T) {
			headers := []string{"Accept", a.accept, "Content-Type", asJSON}
			switch a.contentType {
			case "":
			case "-":
				headers = headers[:2]
			default:
				headers[3] = a.contentType
			}
			if a.accept == "" {
				headers = headers[2:]
			}
			method := http.MethodPost
			if a.method != "" {
				method = a.method
			}
			resp, body := f.do(t, method, "/"+a.target, a.body, headers...)

			if a.status == 4 {
				require.Equal(t, 4, resp.StatusCode/100)
			} else {
				require.Equal(t, a.status, resp.StatusCode, body)
			}
			require.Contains(t, resp.Header.Get("Content-Type"), a.answer)
			var answer map[string]json.RawMessage
			require.NoError(t, json.Unmarshal([]byte(body), &answer))
			if a.noErrors {
				require.NotContains(t, answer, "errors")
			}
			if a.noData {
				require.NotContains(t, answer, "data")
			}
			requireSafeHeaders(t, resp)
		})
	}
}

func requireSafeHeaders(t *testing.T, resp *http.Response) {
	t.Helper()
	require.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
	require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	require.Contains(t, resp.Header.Get("Content-Type"), "; charset=utf-8")
}

func TestHostileRequestsAreRefused(t *testing.T) {
	f := serve(t, options{
		post: transport.PostOptions{Limits: transport.RequestLimits{BodyBytes: 4096, Values: 100}},
		get:  transport.GetOptions{Limits: transport.RequestLimits{URLBytes: 1000}},
	})
	const get, post, js = http.MethodGet, http.MethodPost, "application/json"
	ok := `{"query":"{ name }"}`
	for name, c := range map[string]struct {
		method, target, body, contentType, header, value string
		status                                           int
		code                                             string
	}{
		"batch":                {post, "", `[` + ok + `]`, js, "", "", 400, "BAD_INPUT"},
		"duplicate key":        {post, "", `{"query":"{ name }","query":"{ name }"}`, js, "", "", 400, "BAD_INPUT"},
		"duplicate below":      {post, "", `{"query":"{ name }","variables":{"a":1,"a":2}}`, js, "", "", 400, "BAD_INPUT"},
		"duplicate by escape":  {post, "", `{"query":"{ name }","\u0071uery":"{ name }"}`, js, "", "", 400, "BAD_INPUT"},
		"trailing data":        {post, "", ok + `{}`, js, "", "", 400, "BAD_INPUT"},
		"broken with a secret": {post, "", `{"query":"{ name }","variables":{"snils":"` + secret, js, "", "", 400, "BAD_INPUT"},
		"invalid UTF-8":        {post, "", "{\"query\":\"{ name } #\xff\"}", js, "", "", 400, "BAD_INPUT"},
		"lone surrogate":       {post, "", `{"query":"{ name }","variables":{"a":"\ud800"}}`, js, "", "", 400, "BAD_INPUT"},
		"NUL":                  {post, "", `{"query":"{ name }","variables":{"a":"\u0000"}}`, js, "", "", 400, "BAD_INPUT"},
		"2^63":                 {post, "", `{"query":"{ name }","variables":{"a":9223372036854775808}}`, js, "", "", 400, "BAD_INPUT"},
		"1e400":                {post, "", `{"query":"{ name }","variables":{"a":1e400}}`, js, "", "", 400, "BAD_INPUT"},
		"number for a string":  {post, "", `{"query":"query($s: String){ num(s: $s) }","variables":{"s":11223344595}}`, js, "", "", 200, "BAD_INPUT"},
		"too many values":      {post, "", `{"query":"{ name }","variables":{"a":[` + strings.Repeat("0,", 100) + `0]}}`, js, "", "", 413, "LIMIT_EXCEEDED"},
		"too deep":             {post, "", `{"query":"{ name }","variables":{"a":` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `}}`, js, "", "", 413, "LIMIT_EXCEEDED"},
		"too large":            {post, "", ok + strings.Repeat(" ", 4096), js, "", "", 413, "LIMIT_EXCEEDED"},
		"gzip":                 {post, "", ok, js, "Content-Encoding", "gzip", 415, "BAD_INPUT"},
		"utf-7":                {post, "", ok, "application/json; charset=utf-7", "", "", 415, "BAD_INPUT"},
		"text/plain":           {post, "", ok, "text/plain", "", "", 415, "BAD_INPUT"},
		"urlencoded":           {post, "", "query={name}", "application/x-www-form-urlencoded", "", "", 415, "BAD_INPUT"},
		"multipart":            {post, "", "--a--", "multipart/form-data; boundary=a", "", "", 415, "BAD_INPUT"},
		"application/graphql":  {post, "", "{ name }", "application/graphql", "", "", 415, "BAD_INPUT"},
		"garbage type":         {post, "", ok, "; " + secret, "", "", 415, "BAD_INPUT"},
		"html wanted":          {post, "", ok, js, "Accept", "text/html", 406, "BAD_INPUT"},
		"latin answer wanted":  {post, "", ok, js, "Accept", "application/json; charset=latin1", 406, "BAD_INPUT"},
		"PUT":                  {http.MethodPut, "", ok, js, "", "", 405, "BAD_INPUT"},
		"preflight":            {http.MethodOptions, "", "", "", "Origin", "https://evil.example", 405, "BAD_INPUT"},
		"mutation by GET":      {get, "?query=mutation{save}", "", "", "", "", 405, "BAD_INPUT"},
		"subscription by GET":  {get, "?query=subscription{ticks{n}}", "", "", "", "", 400, "BAD_INPUT"},
		"subscription by POST": {post, "", `{"query":"subscription{ticks{n}}"}`, js, "", "", 400, "BAD_INPUT"},
		"query twice":          {get, "?query={name}&query={fail}", "", "", "", "", 400, "BAD_INPUT"},
		"long address":         {get, "?query={name}" + strings.Repeat("%20", 400), "", "", "", "", 414, "LIMIT_EXCEEDED"},
		"broken escape":        {get, "?query=%zz", "", "", "", "", 400, "BAD_INPUT"},
		"NUL in address":       {get, "?query={name}%00", "", "", "", "", 400, "BAD_INPUT"},
		"invalid in address":   {get, "?query={name}%ff", "", "", "", "", 400, "BAD_INPUT"},
		"variables in address": {get, "?query={name}&variables={", "", "", "", "", 400, "BAD_INPUT"},
		"variables list":       {get, "?query={name}&variables=[]", "", "", "", "", 400, "BAD_INPUT"},
		"nothing asked":        {get, "", "", "", "", "", 400, "BAD_INPUT"},
		"unknown field":        {post, "", `{"query":"{ ` + strings.Repeat("nam ", 500) + `}"}`, js, "", "", 200, "BAD_INPUT"},
	} {
		t.Run(name, func(t *testing.T) {
			before := f.stub.runs.Load()
			headers := []string{"Content-Type", c.contentType}
			if c.header != "" {
				headers = append(headers, c.header, c.value)
			}
			resp, body := f.do(t, c.method, "/"+strings.ReplaceAll(strings.ReplaceAll(c.target, "{", "%7B"), "}", "%7D"), c.body, headers...)
			require.Equal(t, c.status, resp.StatusCode, body)
			var answer struct {
				Data   *json.RawMessage `json:"data"`
				Errors []struct {
					Message    string `json:"message"`
					Extensions struct {
						Code      string `json:"code"`
						RequestID string `json:"requestId"`
					} `json:"extensions"`
				} `json:"errors"`
			}
			require.NoError(t, json.Unmarshal([]byte(body), &answer))
			require.Nil(t, answer.Data)
			require.Equal(t, c.code, answer.Errors[0].Extensions.Code)
			require.Equal(t, resp.Header.Get("X-Request-Id"), answer.Errors[0].Extensions.RequestID)
			require.LessOrEqual(t, len(body), 1024)
			require.NotContains(t, body, secret)
			require.Equal(t, before, f.stub.runs.Load(), "nothing is executed")
			if c.status == 405 {
				require.NotEmpty(t, resp.Header.Get("Allow"))
			}
			requireSafeHeaders(t, resp)
		})
	}
	require.NotContains(t, f.log.String(), secret)
}

func TestErrorsAreInTheLanguageOfTheClient(t *testing.T) {
	f := serve(t, options{})
	_, ru := f.do(t, http.MethodPost, "/", "{", "Content-Type", "text/plain")
	_, en := f.do(t, http.MethodPost, "/", "{", "Content-Type", "text/plain", "Accept-Language", "en-GB")
	require.Contains(t, ru, "Тип содержимого не поддерживается.")
	require.Contains(t, en, "The content type is not supported.")
}

func TestExecution(t *testing.T) {
	f := serve(t, options{})
	post := func(query, accept string) (*http.Response, string) {
		return f.do(t, http.MethodPost, "/", `{"query":"`+query+`"}`, "Content-Type", asJSON, "Accept", accept, "Accept-Language", "en")
	}
	resp, body := post("{ name }", asResponse)
	require.Equal(t, 200, resp.StatusCode)
	require.JSONEq(t, `{"data":{"name":"x"}}`, body)

	resp, body = post("mutation { save }", asResponse)
	require.Equal(t, 200, resp.StatusCode)
	require.JSONEq(t, `{"data":{"save":"x"}}`, body)

	resp, body = post("{ fail }", asResponse)
	require.Equal(t, 200, resp.StatusCode, "execution began")
	require.Contains(t, body, `"data":null`)
	require.Contains(t, body, `"INTERNAL"`)

	resp, body = post("{ crash }", asResponse)
	require.Equal(t, 500, resp.StatusCode)
	require.Contains(t, body, `"INTERNAL"`)
	require.NotContains(t, body, `"data"`)
	requireSafeHeaders(t, resp)
	require.NotContains(t, body, secret)
	require.NotContains(t, f.log.String(), secret)
}

func TestAnswerOfAnOperationThatRanOutOfTime(t *testing.T) {
	f := serve(t, options{})
	inner := f.Config.Handler
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancelCause(r.Context())
		defer cancel(nil)
		go func() {
			<-f.stub.started
			cancel(context.DeadlineExceeded)
		}()
		inner.ServeHTTP(w, r.WithContext(ctx))
	})
	resp, body := f.do(t, http.MethodPost, "/", `{"query":"{ wait }"}`, "Content-Type", asJSON)
	require.Equal(t, 503, resp.StatusCode)
	require.Contains(t, body, `"UPSTREAM_UNAVAILABLE"`)
}

func TestPreference(t *testing.T) {
	f := serve(t, options{})
	for accept, want := range map[string]string{
		"application/graphql-response+json, application/json;q=0.9":                                                         asResponse,
		"application/json, application/graphql-response+json;q=0.9":                                                         asJSON,
		"application/json, application/graphql-response+json":                                                               asResponse,
		"text/html, application/*;q=0.1":                                                                                    asJSON,
		"application/graphql-response+json;q=0, application/json":                                                           asJSON,
		"application/graphql-response+json;q=5, application/json":                                                           asJSON,
		"application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed": asResponse,
		"text/event-stream":                          "text/event-stream",
		"text/event-stream, application/json":        "text/event-stream",
		"application/json;q=0.5, text/event-stream":  "text/event-stream",
		"application/json, text/event-stream;q=0.9":  asJSON,
		"text/event-stream;q=0, application/json":    asJSON,
		"APPLICATION/GRAPHQL-RESPONSE+JSON; q=1.000": asResponse,
	} {
		resp, _ := f.do(t, http.MethodPost, "/", `{"query":"{ name }"}`, "Content-Type", asJSON, "Accept", accept)
		require.Equal(t, 200, resp.StatusCode, accept)
		require.Equal(t, want+"; charset=utf-8", resp.Header.Get("Content-Type"), accept)
	}
}

func TestASlowBodyIsCutOff(t *testing.T) {
	f := serve(t, options{post: transport.PostOptions{Limits: transport.RequestLimits{ReadTimeout: 20 * time.Millisecond}}})
	conn, err := net.Dial("tcp", f.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	require.NoError(t, err)

	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	require.Equal(t, http.StatusRequestTimeout, resp.StatusCode)
	require.True(t, resp.Close)
}
