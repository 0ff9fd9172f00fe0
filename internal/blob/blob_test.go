package blob_test

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"kabinet/internal/blob"
	"kabinet/internal/blob/blobtest"
)

func TestDirectory(t *testing.T) {
	blobtest.Conform(t, func(t *testing.T) blob.Store {
		t.Helper()
		s, err := blob.Open("file://" + t.TempDir())
		require.NoError(t, err)
		return s
	})
}

// files lists what lies in a directory, by name.
func files(t *testing.T, root string) []string {
	t.Helper()
	var found []string
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			relative, _ := filepath.Rel(root, path)
			found = append(found, filepath.ToSlash(relative))
		}
		return err
	}))
	return found
}

func TestADirectoryHoldsNothingButWhatWasPut(t *testing.T) {
	root := t.TempDir()
	s, err := blob.NewDirectory(root)
	require.NoError(t, err)
	require.NoError(t, s.Put(t.Context(), "a/b", strings.NewReader("x")))
	require.ErrorIs(t, s.Put(t.Context(), "a/b", strings.NewReader("y")), blob.ErrExists)
	require.Error(t, s.Put(t.Context(), "a/c", iotest.ErrReader(io.ErrUnexpectedEOF)))
	require.Equal(t, []string{"a/b"}, files(t, root))
	info, err := os.Stat(filepath.Join(root, "a", "b"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), "papers are for nobody else on the machine")
}

func TestWhatAKilledWriterLeftIsInNobodysWay(t *testing.T) {
	root := t.TempDir()
	s, err := blob.NewDirectory(root)
	require.NoError(t, err)
	for _, left := range []string{"a.part", "a.X.part"} {
		require.NoError(t, os.WriteFile(filepath.Join(root, left), []byte("half"), 0o600))
	}
	require.NoError(t, s.Put(t.Context(), "a", strings.NewReader("whole")))
}

func TestALinkOutOfTheDirectoryIsNotFollowed(t *testing.T) {
	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600))
	root := t.TempDir()
	s, err := blob.NewDirectory(root)
	require.NoError(t, err)
	require.NoError(t, os.Symlink(outside, filepath.Join(root, "way")))
	_, err = s.Open(t.Context(), "way/secret")
	require.Error(t, err)
	require.Error(t, s.Put(t.Context(), "way/planted", strings.NewReader("x")))
	require.Equal(t, []string{"secret"}, files(t, outside))
}

func TestOnlyADirectoryIsAnAddress(t *testing.T) {
	for _, address := range []string{"", "/dir", "dir", "file:dir", "file://host/dir", "s3://bucket", "http://x/y", "%"} {
		_, err := blob.Open(address)
		require.Error(t, err, address)
	}
}
