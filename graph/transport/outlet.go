package transport

import (
	"bytes"
	"net/http"
	"strconv"
	"time"
)

// outlet is where an event stream goes.
type outlet interface {
	// header is sent with the first write.
	header() http.Header
	// write gives the client what there is, within the time that it may take.
	write(b []byte) error
	// close ends the answer.
	close()
}

// response is an outlet of the HTTP server, whose handler runs as long as the stream.
type response struct {
	w       http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
}

func (t *SSE) newResponse(w http.ResponseWriter) *response {
	return &response{w: w, control: http.NewResponseController(w), timeout: t.o.WriteTimeout}
}

func (r *response) header() http.Header { return r.w.Header() }

// write lifts the deadline afterwards: over HTTP/2 one left standing would end the stream even while nothing is being
// written.
func (r *response) write(b []byte) error {
	_ = r.control.SetWriteDeadline(time.Now().Add(r.timeout)) //nolint:forbidigo // the network knows only the machine's time
	_, err := r.w.Write(b)
	if err == nil {
		err = r.control.Flush()
	}
	_ = r.control.SetWriteDeadline(time.Time{})
	return err
}

func (r *response) close() {}

// line is an outlet of HTTP/1.1 without the server: a chunked answer, with which the connection ends.
type line struct {
	conn    *taken
	head    http.Header // nil once it was sent
	timeout time.Duration
	broken  bool
}

func (t *SSE) newLine(conn *taken, head http.Header) *line {
	return &line{conn: conn, head: head, timeout: t.o.WriteTimeout}
}

func (l *line) header() http.Header { return l.head }

func (l *line) write(b []byte) error {
	var message []byte
	if l.head != nil {
		message = l.begin()
	}
	message = append(strconv.AppendInt(message, int64(len(b)), 16), "\r\n"...)
	return l.put(append(append(message, b...), "\r\n"...))
}

// begin is the head of the answer.
func (l *line) begin() []byte {
	now := time.Now() //nolint:forbidigo // as the server has it
	l.head.Set("Date", now.UTC().Format(http.TimeFormat))
	l.head.Set("Connection", "close")
	l.head.Set("Transfer-Encoding", "chunked")
	var head bytes.Buffer
	head.WriteString("HTTP/1.1 200 OK\r\n")
	_ = l.head.Write(&head) // a buffer takes everything
	head.WriteString("\r\n")
	l.head = nil
	return head.Bytes()
}

func (l *line) put(b []byte) error {
	_ = l.conn.SetWriteDeadline(time.Now().Add(l.timeout)) //nolint:forbidigo // the network knows only the machine's time
	_, err := l.conn.Write(b)
	l.broken = err != nil
	return err
}

// close ends the answer as HTTP does; when it could not be written, the connection just breaks.
func (l *line) close() {
	if !l.broken {
		_ = l.put([]byte("0\r\n\r\n"))
	}
	_ = l.conn.Close()
}
