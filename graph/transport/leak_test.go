package transport_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kabinet/graph/transport"
)

// raw is a client that speaks byte by byte, and so can stop anywhere.
type raw struct {
	t *testing.T
	*net.TCPConn

	in *bufio.Reader
}

func (f *fixture) dial(t *testing.T) *raw {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.URL, "http://"))
	require.NoError(t, err)
	tcp, ok := conn.(*net.TCPConn)
	require.True(t, ok)
	require.NoError(t, tcp.SetDeadline(time.Now().Add(time.Minute)))
	t.Cleanup(func() { _ = tcp.Close() })
	return &raw{t: t, TCPConn: tcp, in: bufio.NewReader(tcp)}
}

func (c *raw) say(text string) {
	c.t.Helper()
	_, err := io.WriteString(c.TCPConn, text)
	require.NoError(c.t, err)
}

// await reads up to the end of a text.
func (c *raw) await(text string) {
	c.t.Helper()
	var seen strings.Builder
	for !strings.HasSuffix(seen.String(), text) {
		b, err := c.in.ReadByte()
		require.NoError(c.t, err, seen.String())
		seen.WriteByte(b)
	}
}

// frame is a text message as a client writes it, masked with nothing.
func frame(text string) string {
	const final, text1, masked, long = 0x80, 0x01, 0x80, 126
	size := string([]byte{masked | byte(len(text))})
	if len(text) >= long {
		size = string([]byte{masked | long, byte(len(text) >> 8), byte(len(text))})
	}
	return string([]byte{final | text1}) + size + "\x00\x00\x00\x00" + text
}

const (
	handshake = "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
	initFrame = `{"type":"connection_init"}`
)

func post(body string, length int) string {
	return fmt.Sprintf("POST / HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", length, body)
}

func subscribeTo(field string) string {
	return `{"id":"1","type":"subscribe","payload":{"query":"subscription { ` + field + ` { n } }"}}`
}

// TestWhoeverVanishesLeavesNothingBehind: clients vanish in every way, at every point of what they say and hear.
func TestWhoeverVanishesLeavesNothingBehind(t *testing.T) {
	const pipelined, half = "with a second request on an event stream", "by half"
	points := map[string]func(f *fixture, c *raw){
		"connected only":    func(*fixture, *raw) {},
		"in the handshake":  func(_ *fixture, c *raw) { c.say(handshake[:100]) },
		"before the init":   func(_ *fixture, c *raw) { c.say(handshake); c.await("\r\n\r\n") },
		"in a frame's head": func(_ *fixture, c *raw) { c.say(handshake); c.await("\r\n\r\n"); c.say(frame(initFrame)[:1]) },
		"in a frame":        func(_ *fixture, c *raw) { c.say(handshake); c.await("\r\n\r\n"); c.say(frame(initFrame)[:20]) },
		"between fragments": func(_ *fixture, c *raw) {
			c.say(handshake)
			c.await("\r\n\r\n")
			first := []byte(frame(initFrame))
			first[0] &^= 0x80 // more is to come
			c.say(string(first))
		},
		"on a live socket": func(f *fixture, c *raw) {
			c.say(handshake + frame(initFrame))
			c.await(`"connection_ack"}`)
			c.say(frame(subscribeTo("ticks")))
			<-f.stub.started
		},
		"with half a message to a live socket": func(f *fixture, c *raw) {
			c.say(handshake + frame(initFrame) + frame(subscribeTo("ticks")))
			<-f.stub.started
			c.say(frame(`{"id":"2","type":"subscribe"`)[:15])
		},
		"in the middle of what a socket sends": func(f *fixture, c *raw) {
			c.say(handshake + frame(initFrame) + frame(subscribeTo("flood")))
			<-f.stub.started
			c.await("xxxx")
		},
		"before any of a socket is read": func(f *fixture, c *raw) {
			c.say(handshake + frame(initFrame) + frame(subscribeTo("flood")))
			<-f.stub.started
		},
		"in the body of a request for events": func(_ *fixture, c *raw) { c.say(post(ticksQuery[:10], len(ticksQuery))) },
		"on a live event stream": func(f *fixture, c *raw) {
			c.say(post(ticksQuery, len(ticksQuery)))
			c.await(":\n\n")
			<-f.stub.started
		},
		pipelined: func(f *fixture, c *raw) {
			c.say(post(ticksQuery, len(ticksQuery)))
			<-f.stub.started
			c.say("GET / HTTP/1.1\r\n")
		},
		"in the middle of an event": func(f *fixture, c *raw) {
			const flood = `{"query":"subscription { flood { n } }"}`
			c.say(post(flood, len(flood)))
			<-f.stub.started
			c.await("xxxx")
		},
	}
	ways := map[string]func(c *raw) error{
		"by FIN": func(c *raw) error { return c.Close() },
		"by RST": func(c *raw) error {
			if err := c.SetLinger(0); err != nil {
				return err
			}
			return c.Close()
		},
		// The other half stays open; nobody reads there, either.
		half: func(c *raw) error { return c.CloseWrite() },
	}
	before := goleak.IgnoreCurrent()
	t.Run("all", func(t *testing.T) {
		for point, arrive := range points {
			for way, vanish := range ways {
				if point == pipelined && way == half {
					continue // the server reads no further than the next request: this is one who still listens
				}
				t.Run(point+" "+way, func(t *testing.T) {
					streams := transport.NewStreams(0)
					f := serve(t, options{
						ws:  transport.WebSocketOptions{Streams: streams, WriteTimeout: time.Second, CloseTimeout: time.Second},
						sse: transport.SSEOptions{Streams: streams, KeepAlive: 20 * time.Millisecond, WriteTimeout: time.Second},
					})
					for range 3 {
						c := f.dial(t)
						arrive(f, c)
						require.NoError(t, vanish(c))
					}
					gone(t, streams)
				})
			}
		}
	})
	goleak.VerifyNone(t, before)
}

// TestASilentClientOfASocketLeavesNothingBehind: its machine has lost power, so that not even a FIN comes.
func TestASilentClientOfASocketLeavesNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("silent", func(t *testing.T) {
		streams := transport.NewStreams(0)
		f := serve(t, options{ws: transport.WebSocketOptions{Streams: streams, PingInterval: 20 * time.Millisecond}})
		c := f.dial(t)
		c.say(handshake + frame(initFrame) + frame(subscribeTo("ticks")))
		require.Equal(t, "ticks", <-f.stub.started)
		require.Equal(t, "ticks", <-f.stub.stopped)
		gone(t, streams)
	})
	goleak.VerifyNone(t, before)
}

// TestASilentReaderOfEventsEndsWithItsSession: a stream of events hears nothing of its reader by its nature, so that one
// whose machine has lost power is known only by the network's time limits, and ends with its session at the latest.
func TestASilentReaderOfEventsEndsWithItsSession(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("silent", func(t *testing.T) {
		streams, ended := transport.NewStreams(0), make(chan struct{})
		f := serve(t, options{sse: transport.SSEOptions{
			Streams: streams, KeepAlive: time.Millisecond, WriteTimeout: 50 * time.Millisecond,
			Ended: endedBy(ended),
		}})
		c := f.dial(t)
		c.say(post(ticksQuery, len(ticksQuery)))
		require.Equal(t, "ticks", <-f.stub.started)
		close(ended)
		require.Equal(t, "ticks", <-f.stub.stopped)
		gone(t, streams)
	})
	goleak.VerifyNone(t, before)
}

// gone awaits that every stream has ended of itself.
func gone(t *testing.T, streams *transport.Streams) {
	t.Helper()
	require.Eventually(t, func() bool { return streams.Count() == 0 }, 15*time.Second, time.Millisecond, "streams are left")
	require.NoError(t, streams.Shutdown(t.Context()))
}
