// Package blob keeps the bytes of files: the contents of documents and, later, of reports.
//
// It knows keys and bytes, nothing of whose they are; package document knows that. A key is chosen once and its
// content never changes.
package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
)

// The errors of a store.
var (
	// ErrNotFound: there is nothing under the key.
	ErrNotFound = errors.New("blob: nothing under this key")
	// ErrExists: there is something under the key already.
	ErrExists = errors.New("blob: the key is taken")
	// ErrKey: the key is not of the form that is allowed.
	ErrKey = errors.New("blob: a key is 1 to 100 characters from a-z 0-9 - and /, with no empty part")
)

// Store keeps blobs.
type Store interface {
	// Put keeps what it reads under a new key, whole or not at all.
	Put(ctx context.Context, key string, content io.Reader) error
	// Open reads what is under a key; the caller closes it.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
}

var keyForm = regexp.MustCompile(`^[a-z0-9-]+(/[a-z0-9-]+)*$`)

func checkKey(key string) error {
	if len(key) > 100 || !keyForm.MatchString(key) {
		return ErrKey
	}
	return nil
}

// Open opens the store at an address: `file:///directory`.
func Open(address string) (Store, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "file" || u.Host != "" || u.Path == "" {
		return nil, errors.New("blob: the address must be file:///directory")
	}
	return NewDirectory(u.Path)
}

// Directory keeps blobs as files.
type Directory struct{ root *os.Root }

// NewDirectory makes a store in a directory, which is created if need be.
func NewDirectory(path string) (*Directory, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	root, err := os.OpenRoot(path) // nothing outside can be named, whatever the key
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return &Directory{root: root}, nil
}

// Put implements Store. The file appears under its name only when it is complete and on the disk.
func (d *Directory) Put(ctx context.Context, key string, content io.Reader) (err error) {
	if err := checkKey(key); err != nil {
		return err
	}
	name := filepath.FromSlash(key)
	if _, err := d.root.Lstat(name); err == nil {
		return ErrExists // without reading for nothing
	}
	if err := d.root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	// Its own name, so that neither another writer nor what a killed one has left is in the way. No key has a point.
	partial := name + "." + rand.Text() + ".part"
	f, err := d.root.OpenFile(partial, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	defer func() { err = errors.Join(err, d.root.Remove(partial)) }()
	_, err = io.Copy(f, content)
	if err := errors.Join(err, ctx.Err(), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	// Unlike a renaming, a link never replaces what somebody else has put there meanwhile.
	switch err := d.root.Link(partial, name); {
	case errors.Is(err, fs.ErrExist):
		return ErrExists
	case err != nil:
		return fmt.Errorf("blob: %w", err)
	}
	return nil
}

// Open implements Store.
func (d *Directory) Open(_ context.Context, key string) (io.ReadCloser, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	f, err := d.root.Open(filepath.FromSlash(key))
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR): // the latter below another key
		return nil, ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("blob: %w", err)
	}
	if info, err := f.Stat(); err != nil || info.IsDir() { // a directory is the beginning of keys, not a key
		return nil, errors.Join(ErrNotFound, err, f.Close())
	}
	return f, nil
}
