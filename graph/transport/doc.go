// Package transport speaks GraphQL on the wire: HTTP by POST and GET, server-sent events and WebSockets.
//
// It owns how a request is read (strictly: no duplicate keys, no trailing data, no invalid Unicode, no NUL, no batches,
// no compression, bounded in bytes, values and time), how an answer is written (media types and status codes of GraphQL
// over HTTP, no data before execution) and how long-lived streams live and end. It leaves to others: who is asking and
// the X-CSRF header (internal/web), the bounds of documents (graph/limits), the words of errors (graph/apierror, through
// the presenter of the server: every refusal made here goes through it), and what the subscriptions say.
//
// Sources: https://graphql.github.io/graphql-over-http/draft/ and the list of audits of the npm package graphql-http;
// the PROTOCOL.md of graphql-sse (distinct connections mode) and of graphql-ws (graphql-transport-ws).
//
// gqlgen's own transports are not used: they echo bodies in errors, accept what JSON does not allow, answer with data
// before execution, and close WebSockets with codes of their own.
//
//	streams := transport.NewStreams(2 * time.Second)
//	server := handler.New(schema)
//	server.AddTransport(transport.NewWebSocket(transport.WebSocketOptions{Streams: streams, Ended: ended, Origins: origins}))
//	server.AddTransport(transport.NewSSE(transport.SSEOptions{Streams: streams, Ended: ended}))
//	server.AddTransport(transport.NewGet(transport.GetOptions{}))
//	server.AddTransport(transport.NewPost(transport.PostOptions{})) // last: it turns away whatever is left
//	server.SetErrorPresenter(apierror.NewPresenter(log, apierror.Options{}))
//	server.SetRecoverFunc(apierror.NewRecover(log))
//	server.Use(limits.New(limits.Production()))
//	…
//	streams.Shutdown(ctx) // beside http.Server.Shutdown, which does not know of streams or, over HTTP/2, waits for them
//
// # Streams
//
// A stream ends when its operation does, when its client leaves, when its session ends (Ended), when the process shuts
// down (Streams), or when its reader is too slow. A WebSocket tells which by its close code. An event stream has only
// complete, so a client that gets it for a subscription it still wants asks /auth/session, and connects again with
// Last-Event-ID while the session lives. Nothing personal is sent after the session's end, not even what was ready before.
//
// Streams are many and nearly always wait, so what one takes while it waits decides how many a process can hold. Over
// HTTP/1.1 it takes its connection over from the server, whose request is over then, with its buffers and its deep stack;
// what the request's context held stays, but its headers do not. One goroutine is left, which reads; all else is called
// when it happens, on a goroutine that is there for it alone. A resolver joins in with Push; the channel of one that does
// not is waited for by a goroutine more. Over HTTP/2, and HTTP/1.0, the handler runs as long as the event stream.
//
// A resolver of a subscription learns with LastEventID where a reader of events stopped, and says with Fail why it ends.
// It must select on its context wherever it sends.
//
// Over HTTP/1.1 browsers open six connections to one host, and each event stream takes one: serve HTTP/2, or use the
// WebSocket.
//
// # The WebSocket library
//
// github.com/coder/websocket: gqlgen depends on it already, so it costs nothing; every call takes a context; its
// close waits for frames being written and for the other side; it needs no goroutine of its own.
package transport
