// Package blobtest is the conformance suite of blob.Store: what package document may rely on, whoever keeps the bytes.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"kabinet/internal/blob"
)

var errBroken = errors.New("the sender went away")

// Conform runs the suite. open gives a new, empty store.
func Conform(t *testing.T, open func(t *testing.T) blob.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, blob.Store){
		"what is put can be read":                  putCanBeRead,
		"every good key serves":                    goodKeys,
		"a bad key is refused":                     badKeys,
		"a missing key is not found":               missingKey,
		"a key is given once":                      keyGivenOnce,
		"one of many who put at once succeeds":     concurrentPut,
		"many keys at once":                        manyKeys,
		"a reader that fails leaves nothing":       failingReader,
		"nothing is kept for a caller who left":    cancelled,
		"a reader sees the whole content or none":  wholeOrNothing,
		"an open content can be read side by side": sideBySide,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func put(ctx context.Context, s blob.Store, key, content string) error {
	return s.Put(ctx, key, strings.NewReader(content))
}

func read(t *testing.T, s blob.Store, key string) []byte {
	t.Helper()
	r, err := s.Open(t.Context(), key)
	require.NoError(t, err)
	content, err := io.ReadAll(r)
	require.NoError(t, errors.Join(err, r.Close()))
	return content
}

func requireNone(t *testing.T, s blob.Store, key string) {
	t.Helper()
	_, err := s.Open(t.Context(), key)
	require.ErrorIs(t, err, blob.ErrNotFound)
}

func putCanBeRead(t *testing.T, s blob.Store) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MB
	for key, content := range map[string][]byte{"empty": {}, "a/small": []byte("text \x00\xff"), "a/b/big": big} {
		require.NoError(t, s.Put(t.Context(), key, iotest.HalfReader(bytes.NewReader(content))))
		require.True(t, bytes.Equal(content, read(t, s, key)), key)
		require.True(t, bytes.Equal(content, read(t, s, key)), "twice")
	}
}

func goodKeys(t *testing.T, s blob.Store) {
	for _, key := range []string{"a", "0", "-", "documents/01960000-0000-7000-8000-00000000000a/1", "a-b/c-d/e", strings.Repeat("k", 100)} {
		require.NoError(t, put(t.Context(), s, key, key), key)
		require.Equal(t, key, string(read(t, s, key)))
	}
}

func badKeys(t *testing.T, s blob.Store) {
	for _, key := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "../x", "a/../b", "a/..", "./a", "A", "ключ", "a b", "a\x00", "a\n", "a.part",
		`a\b`, `..\x`, "a:b", "~", "a%2fb", strings.Repeat("k", 101),
	} {
		require.ErrorIs(t, put(t.Context(), s, key, "x"), blob.ErrKey, "%q", key)
		_, err := s.Open(t.Context(), key)
		require.ErrorIs(t, err, blob.ErrKey, "%q", key)
	}
}

func missingKey(t *testing.T, s blob.Store) {
	requireNone(t, s, "none")
	require.NoError(t, put(t.Context(), s, "a/b", "x"))
	requireNone(t, s, "a") // only the beginning of a key
	requireNone(t, s, "a/b/c")
	requireNone(t, s, "a/bb")
}

func keyGivenOnce(t *testing.T, s blob.Store) {
	require.NoError(t, put(t.Context(), s, "a/b", "first"))
	require.ErrorIs(t, put(t.Context(), s, "a/b", "second"), blob.ErrExists)
	require.Equal(t, "first", string(read(t, s, "a/b")))
}

func concurrentPut(t *testing.T, s blob.Store) {
	const writers = 16
	results := make([]error, writers)
	var began, wg sync.WaitGroup
	began.Add(writers)
	for i := range writers {
		wg.Go(func() {
			content := strings.Repeat(string(rune('a'+i)), 10_000)
			// Nobody's content comes before everybody has begun or was refused.
			reader := &startTogether{began: &began, Reader: strings.NewReader(content)}
			results[i] = s.Put(t.Context(), "same/key", reader)
			reader.once.Do(began.Done)
		})
	}
	wg.Wait()
	winner := -1
	for i, err := range results {
		if err == nil {
			require.Equal(t, -1, winner, "only one can have put it")
			winner = i
			continue
		}
		require.ErrorIs(t, err, blob.ErrExists)
	}
	require.NotEqual(t, -1, winner)
	require.Equal(t, strings.Repeat(string(rune('a'+winner)), 10_000), string(read(t, s, "same/key")))
}

// startTogether waits, at its first byte, until all readers were asked for theirs.
type startTogether struct {
	io.Reader
	once  sync.Once
	began *sync.WaitGroup
}

func (r *startTogether) Read(p []byte) (int, error) {
	r.once.Do(func() {
		r.began.Done()
		r.began.Wait()
	})
	return r.Reader.Read(p)
}

func manyKeys(t *testing.T, s blob.Store) {
	var wg sync.WaitGroup
	results := make([]error, 32)
	for i := range results {
		wg.Go(func() { results[i] = put(t.Context(), s, "many/"+strings.Repeat("x", i+1), strings.Repeat("y", i)) })
	}
	wg.Wait()
	for i, err := range results {
		require.NoError(t, err)
		require.Len(t, read(t, s, "many/"+strings.Repeat("x", i+1)), i)
	}
}

func failingReader(t *testing.T, s blob.Store) {
	broken := io.MultiReader(strings.NewReader("half of it"), iotest.ErrReader(errBroken))
	require.ErrorIs(t, s.Put(t.Context(), "a/b", broken), errBroken)
	requireNone(t, s, "a/b")
	require.NoError(t, put(t.Context(), s, "a/b", "all of it"), "the key is still free")
	require.Equal(t, "all of it", string(read(t, s, "a/b")))
}

func cancelled(t *testing.T, s blob.Store) {
	ctx, leave := context.WithCancel(t.Context())
	leaving := io.MultiReader(strings.NewReader("half of it"), readerFunc(func([]byte) (int, error) { leave(); return 0, io.EOF }))
	require.ErrorIs(t, s.Put(ctx, "a/b", leaving), context.Canceled)
	requireNone(t, s, "a/b")
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func wholeOrNothing(t *testing.T, s blob.Store) {
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- s.Put(t.Context(), "a/b", r) }()
	_, err := io.WriteString(w, "half")
	require.NoError(t, err)
	requireNone(t, s, "a/b")
	_, err = io.WriteString(w, " and half")
	require.NoError(t, err)
	requireNone(t, s, "a/b")
	require.NoError(t, w.Close())
	require.NoError(t, <-done)
	require.Equal(t, "half and half", string(read(t, s, "a/b")))
}

func sideBySide(t *testing.T, s blob.Store) {
	require.NoError(t, put(t.Context(), s, "a", "0123456789"))
	one, err := s.Open(t.Context(), "a")
	require.NoError(t, err)
	other, err := s.Open(t.Context(), "a")
	require.NoError(t, err)
	for _, r := range []io.ReadCloser{one, other} {
		content, err := io.ReadAll(r)
		require.NoError(t, errors.Join(err, r.Close()))
		require.Equal(t, "0123456789", string(content))
	}
}
