package transport

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
)

// takeOver takes the connection of a request from the HTTP server, so that the handler can return: a stream lives for
// hours, and what the server keeps for a request is most of what a waiting stream would take. Writers that cannot do
// without the handler, as those of HTTP/2, refuse.
func takeOver(w http.ResponseWriter) (*taken, error) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	early, _ := buffered.Reader.Peek(buffered.Reader.Buffered()) // there is so much
	return &taken{Conn: conn, early: bytes.Clone(early)}, nil
}

// taken is a connection of which the server had read something that comes after the request.
type taken struct {
	net.Conn

	early []byte
}

// Read gives what came early first.
func (c *taken) Read(b []byte) (int, error) {
	if len(c.early) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.early)
	if c.early = c.early[n:]; len(c.early) == 0 {
		c.early = nil
	}
	return n, nil
}

// The buffers of a socket, in bytes. Nearly every message fits, and one that does not takes a second call to the system.
const (
	readBuffer  = 512
	writeBuffer = 1024
)

// upgrade has websocket.Accept take over a connection with small buffers in place of the server's.
type upgrade struct {
	http.ResponseWriter

	conn *taken // after Accept
}

// Hijack implements http.Hijacker.
func (u *upgrade) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, err := takeOver(u.ResponseWriter)
	if err != nil {
		return nil, nil, err
	}
	u.conn = conn
	return conn, bufio.NewReadWriter(bufio.NewReaderSize(conn, readBuffer), bufio.NewWriterSize(conn, writeBuffer)), nil
}
