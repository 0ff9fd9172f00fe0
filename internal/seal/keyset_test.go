package seal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/seal"
)

func text(t require.TestingT, keys seal.Keyset) string {
	b, err := keys.MarshalText()
	require.NoError(t, err)
	return string(b)
}

func document(t require.TestingT, keys seal.Keyset) string {
	b, err := base64.RawURLEncoding.DecodeString(text(t, keys))
	require.NoError(t, err)
	return string(b)
}

func TestKeysetTextRoundTrips(t *testing.T) {
	keys := newKeyset(t)
	sealer := newSealer(t, keys)
	ciphertext, err := sealer.Seal(snils, row, []byte("11223344595"))
	require.NoError(t, err)

	line := text(t, keys)
	require.Regexp(t, `\A[A-Za-z0-9_-]+\z`, line)
	plain, err := base64.RawURLEncoding.DecodeString(line)
	require.NoError(t, err)

	for name, given := range map[string]string{
		"as written":             line,
		"with white space":       "\n " + line + "\r\n",
		"padded":                 base64.URLEncoding.EncodeToString(plain),
		"the other alphabet":     base64.StdEncoding.EncodeToString(plain),
		"plain JSON":             string(plain),
		"plain JSON, line feeds": strings.ReplaceAll(string(plain), ",", ",\n") + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			var back seal.Keyset
			require.NoError(t, back.UnmarshalText([]byte(given)))
			require.Equal(t, line, text(t, back))

			again := newSealer(t, back)
			plaintext, err := again.Open(snils, row, ciphertext)
			require.NoError(t, err)
			require.Equal(t, "11223344595", string(plaintext))
			require.Equal(t, sealer.Lookup(snils, "x"), again.Lookup(snils, "x"))
		})
	}
}

func TestKeysetsAreNeverTheSame(t *testing.T) {
	require.NotEqual(t, text(t, newKeyset(t)), text(t, newKeyset(t)))
}

func TestUnmarshalTextRefuses(t *testing.T) {
	good := newKeyset(t)
	var parts map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(document(t, good)), &parts))
	joined := func(sealing, lookup string) string {
		return `{"sealing":` + sealing + `,"lookup":` + lookup + `}`
	}
	sealing, lookup := string(parts["sealing"]), string(parts["lookup"])
	require.NoError(t, new(seal.Keyset).UnmarshalText([]byte(joined(sealing, lookup))))

	for name, given := range map[string]string{
		"nothing":                    "",
		"white space":                " \n",
		"not base64":                 "se¢ret-987",
		"base64 of something else":   base64.StdEncoding.EncodeToString([]byte("secret-987")),
		"empty object":               "{}",
		"no lookup keys":             `{"sealing":` + sealing + `}`,
		"null":                       joined(sealing, "null"),
		"the two exchanged":          joined(lookup, sealing),
		"sealing keys twice":         joined(sealing, sealing),
		"an unknown member":          `{"extra":"secret-987",` + joined(sealing, lookup)[1:],
		"something after":            joined(sealing, lookup) + "{}",
		"cut off":                    document(t, good)[:len(document(t, good))-2],
		"no keys inside":             joined(`{"primaryKeyId":1,"key":[]}`, lookup),
		"primary key not in it":      joined(strings.Replace(sealing, `"primaryKeyId":`, `"primaryKeyId":1`, 1), lookup),
		"disabled":                   joined(strings.ReplaceAll(sealing, "ENABLED", "DISABLED"), lookup),
		"disabled lookup":            joined(sealing, strings.ReplaceAll(lookup, "ENABLED", "DISABLED")),
		"a keyset of Tink by itself": sealing,
	} {
		t.Run(name, func(t *testing.T) {
			keys := good
			err := keys.UnmarshalText([]byte(given))
			require.ErrorIs(t, err, seal.ErrKeyset)
			require.NotContains(t, err.Error(), "987")
			require.Equal(t, text(t, good), text(t, keys), "a refused text must leave the old keys")
		})
	}
}

func TestNoKeysHaveNoText(t *testing.T) {
	_, err := seal.Keyset{}.MarshalText()
	require.ErrorIs(t, err, seal.ErrKeyset)
	_, err = seal.Rotate(seal.Keyset{})
	require.ErrorIs(t, err, seal.ErrKeyset)
	_, err = seal.RotateLookup(seal.Keyset{})
	require.ErrorIs(t, err, seal.ErrKeyset)
	require.True(t, seal.Keyset{}.IsZero())
	require.Empty(t, seal.Keyset{}.String())
}

func TestRotation(t *testing.T) {
	before := newKeyset(t)
	old := newSealer(t, before)
	sealedBefore, err := old.Seal(snils, row, []byte("before"))
	require.NoError(t, err)

	// Given two rotations, and the text form in between as in real life.
	keys := before
	for range 2 {
		rotated, err := seal.Rotate(keys)
		require.NoError(t, err)
		require.NoError(t, keys.UnmarshalText([]byte(text(t, rotated))))
	}
	rotated := newSealer(t, keys)

	// Then what was sealed before still opens,
	plaintext, err := rotated.Open(snils, row, sealedBefore)
	require.NoError(t, err)
	require.Equal(t, "before", string(plaintext))
	_, err = rotated.Open(snils, otherRow, sealedBefore)
	require.ErrorIs(t, err, seal.ErrWrongKeyOrPlace)

	// what is sealed now takes the new key,
	sealedAfter, err := rotated.Seal(snils, row, []byte("after"))
	require.NoError(t, err)
	require.NotEqual(t, sealedBefore[:5], sealedAfter[:5])
	_, err = old.Open(snils, row, sealedAfter)
	require.ErrorIs(t, err, seal.ErrWrongKeyOrPlace)

	// lookups stay, and the keyset rotated from is what it was.
	require.Equal(t, old.Lookup(snils, "x"), rotated.Lookup(snils, "x"))
	require.Len(t, rotated.Lookups(snils, "x"), 1)
	sealedByOld, err := newSealer(t, before).Seal(snils, row, nil)
	require.NoError(t, err)
	require.Equal(t, sealedBefore[:5], sealedByOld[:5])
}

func TestLookupRotation(t *testing.T) {
	first := newKeyset(t)
	second, err := seal.RotateLookup(first)
	require.NoError(t, err)
	third, err := seal.RotateLookup(second)
	require.NoError(t, err)

	hashes := newSealer(t, third).Lookups(snils, "x")
	require.Equal(t, [][]byte{
		newSealer(t, third).Lookup(snils, "x"), // the primary one first, then by age
		newSealer(t, first).Lookup(snils, "x"),
		newSealer(t, second).Lookup(snils, "x"),
	}, hashes)
	require.NotEqual(t, hashes[0], hashes[1])
	require.NotEqual(t, hashes[0], hashes[2])
	require.NotEqual(t, hashes[1], hashes[2])

	ciphertext, err := newSealer(t, first).Seal(snils, row, []byte("x"))
	require.NoError(t, err)
	_, err = newSealer(t, third).Open(snils, row, ciphertext)
	require.NoError(t, err)
}

// secretsOf finds the key material in the text form, as it might be printed.
func secretsOf(t *testing.T, keys seal.Keyset) []string {
	t.Helper()
	var parts map[string]struct {
		Key []struct {
			KeyData struct{ Value string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(document(t, keys)), &parts))
	secrets := []string{text(t, keys)[:40], document(t, keys)[:40]}
	for _, part := range parts {
		require.NotEmpty(t, part.Key)
		for _, key := range part.Key {
			raw, err := base64.StdEncoding.DecodeString(key.KeyData.Value)
			require.NoError(t, err)
			raw = raw[len(raw)-16:]
			secrets = append(secrets, key.KeyData.Value, string(raw), fmt.Sprintf("%x", raw), fmt.Sprint(raw))
		}
	}
	require.Len(t, secrets, 10)
	return secrets
}

func TestKeysetMasksItself(t *testing.T) {
	keys := newKeyset(t)
	config := struct {
		Name string
		Keys seal.Keyset
		Ptr  *seal.Keyset
	}{"kabinet", keys, &keys}

	var printed bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		fmt.Fprintf(&printed, verb+"\n", keys)
		fmt.Fprintf(&printed, verb+"\n", &keys)
		fmt.Fprintf(&printed, verb+"\n", config)
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&printed, nil), slog.NewJSONHandler(&printed, nil)} {
		slog.New(handler).Info("started", "keys", keys, "pointer", &keys, "config", config)
	}
	require.NoError(t, json.NewEncoder(&printed).Encode(config))
	sealer := newSealer(t, keys)
	fmt.Fprintf(&printed, "%v %+v %#v", sealer, *sealer, sealer)

	for _, secret := range secretsOf(t, keys) {
		require.NotContains(t, printed.String(), secret)
	}
	require.Equal(t, "[keyset]", keys.String())
	require.Equal(t, "[keyset]", fmt.Sprintf("%v", keys))
	require.Equal(t, "seal.Keyset{[keyset]}", fmt.Sprintf("%#v", keys))
	require.Equal(t, "[keyset]", keys.LogValue().String())
	require.Contains(t, printed.String(), "[keyset]")
}

func FuzzUnmarshalText(f *testing.F) {
	f.Add([]byte(text(f, newKeyset(f))))
	f.Add([]byte(document(f, newKeyset(f))))
	f.Add([]byte(`{"sealing":{},"lookup":{}}`))
	f.Add([]byte("e30"))
	f.Fuzz(func(t *testing.T, given []byte) {
		var keys seal.Keyset
		if err := keys.UnmarshalText(given); err != nil {
			require.ErrorIs(t, err, seal.ErrKeyset)
			require.True(t, keys.IsZero())
			return
		}
		// Whatever is accepted can do its work.
		sealer := newSealer(t, keys)
		ciphertext, err := sealer.Seal(snils, row, []byte("x"))
		require.NoError(t, err)
		_, err = sealer.Open(snils, row, ciphertext)
		require.NoError(t, err)
		require.Len(t, sealer.Lookup(snils, "x"), seal.LookupSize)
		_, err = keys.MarshalText()
		require.NoError(t, err)
	})
}
