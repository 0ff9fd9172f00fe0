package seal_test

import (
	"bytes"
	"encoding/json"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/internal/seal"
)

const (
	snils     seal.Place = "person.snils"
	diagnosis seal.Place = "sick_leave.diagnosis"
)

var (
	row      = uuid.MustParse("0199a1b2-0000-7000-8000-000000000001")
	otherRow = uuid.MustParse("0199a1b2-0000-7000-8000-000000000002")
)

func newKeyset(t require.TestingT) seal.Keyset {
	keys, err := seal.GenerateKeyset()
	require.NoError(t, err)
	return keys
}

func newSealer(t require.TestingT, keys seal.Keyset) *seal.Sealer {
	sealer, err := seal.New(keys)
	require.NoError(t, err)
	return sealer
}

func TestNewRefusesNoKeys(t *testing.T) {
	sealer, err := seal.New(seal.Keyset{})
	require.ErrorIs(t, err, seal.ErrKeyset)
	require.Nil(t, sealer)
}

func TestSealedOpensInItsPlaceOnly(t *testing.T) {
	sealer := newSealer(t, newKeyset(t))
	ciphertext, err := sealer.Seal(snils, row, []byte("11223344595"))
	require.NoError(t, err)
	require.Len(t, ciphertext, len("11223344595")+33)

	plaintext, err := sealer.Open(snils, row, ciphertext)
	require.NoError(t, err)
	require.Equal(t, "11223344595", string(plaintext))

	for name, try := range map[string]func() ([]byte, error){
		"another row":            func() ([]byte, error) { return sealer.Open(snils, otherRow, ciphertext) },
		"another column":         func() ([]byte, error) { return sealer.Open("person.inn", row, ciphertext) },
		"same column, elsewhere": func() ([]byte, error) { return sealer.Open("deputy.snils", row, ciphertext) },
		"a longer column":        func() ([]byte, error) { return sealer.Open("person.snils2", row, ciphertext) },
		"a shorter column":       func() ([]byte, error) { return sealer.Open("person.snil", row, ciphertext) },
		"other keys": func() ([]byte, error) {
			return newSealer(t, newKeyset(t)).Open(snils, row, ciphertext)
		},
		"nothing":           func() ([]byte, error) { return sealer.Open(snils, row, nil) },
		"the key id alone":  func() ([]byte, error) { return sealer.Open(snils, row, ciphertext[:5]) },
		"the end cut off":   func() ([]byte, error) { return sealer.Open(snils, row, ciphertext[:len(ciphertext)-1]) },
		"something after":   func() ([]byte, error) { return sealer.Open(snils, row, append(bytes.Clone(ciphertext), 0)) },
		"never sealed":      func() ([]byte, error) { return sealer.Open(snils, row, []byte("11223344595")) },
		"sealed twice over": func() ([]byte, error) { return sealer.Open(snils, row, append(bytes.Clone(ciphertext), ciphertext...)) },
	} {
		t.Run(name, func(t *testing.T) {
			plaintext, err := try()
			require.ErrorIs(t, err, seal.ErrWrongKeyOrPlace)
			require.Empty(t, plaintext)
		})
	}
}

func TestEveryBitIsAuthenticated(t *testing.T) {
	sealer := newSealer(t, newKeyset(t))
	ciphertext, err := sealer.Seal(diagnosis, row, []byte("J06.9"))
	require.NoError(t, err)
	for bit := range len(ciphertext) * 8 {
		tampered := bytes.Clone(ciphertext)
		tampered[bit/8] ^= 1 << (bit % 8)
		_, err := sealer.Open(diagnosis, row, tampered)
		require.ErrorIs(t, err, seal.ErrWrongKeyOrPlace, "bit %d", bit)
	}
}

func TestAPlaceMustBeWhole(t *testing.T) {
	sealer := newSealer(t, newKeyset(t))
	for _, place := range []seal.Place{"", "person", ".", "person.", ".snils", "a.person.snils", "person..snils"} {
		_, err := sealer.Seal(place, row, []byte("x"))
		require.ErrorIs(t, err, seal.ErrPlace, place)
		_, err = sealer.Open(place, row, []byte("x"))
		require.ErrorIs(t, err, seal.ErrPlace, place)
	}
	_, err := sealer.Seal(snils, uuid.Nil, []byte("x"))
	require.ErrorIs(t, err, seal.ErrPlace)
	_, err = sealer.Open(snils, uuid.Nil, []byte("x"))
	require.ErrorIs(t, err, seal.ErrPlace)
}

func TestSealingRoundTrips(t *testing.T) {
	sealer := newSealer(t, newKeyset(t))
	rapid.Check(t, func(t *rapid.T) {
		place := seal.Place(rapid.StringMatching(`[a-z_]{1,20}\.[a-z_]{1,20}`).Draw(t, "place"))
		id := uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "row"))
		id[6] |= 0x70 // not the nil one
		plaintext := rapid.SliceOf(rapid.Byte()).Draw(t, "plaintext")

		first, err := sealer.Seal(place, id, plaintext)
		require.NoError(t, err)
		second, err := sealer.Seal(place, id, plaintext)
		require.NoError(t, err)
		require.NotEqual(t, first, second, "equal values must not look equal")
		if len(plaintext) > 4 { // shorter ones may occur by chance
			require.False(t, bytes.Contains(first, plaintext))
		}

		opened, err := sealer.Open(place, id, first)
		require.NoError(t, err)
		require.True(t, bytes.Equal(plaintext, opened))
	})
}

func TestNoPlaceOpensForAnother(t *testing.T) {
	sealer := newSealer(t, newKeyset(t))
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.StringMatching(`[ab]{1,2}\.[ab]{1,2}`)
		here := seal.Place(places.Draw(t, "here"))
		there := seal.Place(places.Draw(t, "there"))
		ids := rapid.SampledFrom([]uuid.UUID{row, otherRow})
		hereRow, thereRow := ids.Draw(t, "here row"), ids.Draw(t, "there row")

		ciphertext, err := sealer.Seal(here, hereRow, []byte("value"))
		require.NoError(t, err)
		_, err = sealer.Open(there, thereRow, ciphertext)
		if here == there && hereRow == thereRow {
			require.NoError(t, err)
			return
		}
		require.ErrorIs(t, err, seal.ErrWrongKeyOrPlace)
	})
}

func TestPlaintextIsNotWithin(t *testing.T) {
	sealer := newSealer(t, newKeyset(t))
	plaintext := bytes.Repeat([]byte("11223344595"), 50)
	ciphertext, err := sealer.Seal(snils, row, plaintext)
	require.NoError(t, err)
	require.False(t, bytes.Contains(ciphertext, []byte("11223")))
	require.False(t, bytes.Contains(ciphertext, row[:]))
	require.False(t, bytes.Contains(ciphertext, []byte(snils)))
}

type address struct {
	Index string `json:"index"`
	House int    `json:"house"`
}

func TestJSON(t *testing.T) {
	sealer := newSealer(t, newKeyset(t))
	want := address{Index: "101000", House: 7}
	ciphertext, err := seal.SealJSON(sealer, "person.address", row, want)
	require.NoError(t, err)
	require.False(t, bytes.Contains(ciphertext, []byte("101000")))

	got, err := seal.OpenJSON[address](sealer, "person.address", row, ciphertext)
	require.NoError(t, err)
	require.Equal(t, want, got)

	_, err = seal.OpenJSON[address](sealer, "person.address", otherRow, ciphertext)
	require.ErrorIs(t, err, seal.ErrWrongKeyOrPlace)
	_, err = seal.OpenJSON[address](sealer, "person", row, ciphertext)
	require.ErrorIs(t, err, seal.ErrPlace)
}

func TestJSONErrorsTellNothing(t *testing.T) {
	sealer := newSealer(t, newKeyset(t))
	for _, content := range []string{`{"index":"101000","house":"secret"}`, `{"index":"secret`, `secret`, `9873459873459873459873454`, ``} {
		ciphertext, err := sealer.Seal("person.address", row, []byte(content))
		require.NoError(t, err)
		got, err := seal.OpenJSON[address](sealer, "person.address", row, ciphertext)
		require.Equal(t, seal.ErrContent, err, "nothing may be wrapped")
		require.Zero(t, got, "half of a value is no value")
	}
	_, err := seal.SealJSON(sealer, "person.address", row, map[string]any{"secret": func() {}})
	require.Equal(t, seal.ErrContent, err)
	_, err = seal.SealJSON(sealer, "person.address", row, json.RawMessage("secret"))
	require.Equal(t, seal.ErrContent, err)
}

func TestLookup(t *testing.T) {
	keys := newKeyset(t)
	sealer, again := newSealer(t, keys), newSealer(t, keys)

	hash := sealer.Lookup(snils, "11223344595")
	require.Len(t, hash, seal.LookupSize)
	require.Equal(t, hash, again.Lookup(snils, "11223344595"), "another instance finds it")
	require.Equal(t, [][]byte{hash}, sealer.Lookups(snils, "11223344595"))

	require.NotEqual(t, hash, sealer.Lookup(snils, "11223344596"))
	require.NotEqual(t, hash, sealer.Lookup(snils, ""))
	require.NotEqual(t, hash, sealer.Lookup("deputy.snils", "11223344595"))
	require.NotEqual(t, hash, newSealer(t, newKeyset(t)).Lookup(snils, "11223344595"))
}

func TestLookupsOfDifferentThingsDiffer(t *testing.T) {
	sealer := newSealer(t, newKeyset(t))
	rapid.Check(t, func(t *rapid.T) {
		// Few letters, so that place and value often join to the same text.
		text := rapid.StringMatching(`[ab.]{0,4}`)
		place, value := text.Draw(t, "place"), text.Draw(t, "value")
		otherPlace, otherValue := text.Draw(t, "other place"), text.Draw(t, "other value")

		same := bytes.Equal(sealer.Lookup(seal.Place(place), value), sealer.Lookup(seal.Place(otherPlace), otherValue))
		require.Equal(t, place == otherPlace && value == otherValue, same)
	})
	require.NotEqual(t, sealer.Lookup("a.b", "c"), sealer.Lookup("a.bc", ""))
}

func TestASealerServesManyAtOnce(t *testing.T) {
	sealer := newSealer(t, newKeyset(t))
	want := sealer.Lookup(snils, "11223344595")
	var tasks sync.WaitGroup
	for range 8 {
		tasks.Go(func() {
			for range 50 {
				ciphertext, err := sealer.Seal(snils, row, []byte("11223344595"))
				if err != nil {
					t.Error(err)
					return
				}
				plaintext, err := sealer.Open(snils, row, ciphertext)
				if err != nil || string(plaintext) != "11223344595" || !bytes.Equal(want, sealer.Lookup(snils, "11223344595")) {
					t.Error("another goroutine's work got in", err)
					return
				}
			}
		})
	}
	tasks.Wait()
}

// Allocations of opening one value: what it is bound to, and the plaintext. A
// page of a list opens several values per row, so a rise shows in every request.
func TestOpenAllocatesLittle(t *testing.T) {
	sealer := newSealer(t, newKeyset(t))
	ciphertext, err := sealer.Seal(snils, row, []byte("11223344595"))
	require.NoError(t, err)
	allocations := testing.AllocsPerRun(200, func() {
		if _, err := sealer.Open(snils, row, ciphertext); err != nil {
			t.Error(err)
		}
	})
	require.LessOrEqual(t, allocations, 2.0)
}

func FuzzOpen(f *testing.F) {
	sealer := newSealer(f, newKeyset(f))
	ciphertext, err := sealer.Seal(snils, row, []byte("11223344595"))
	require.NoError(f, err)
	f.Add(ciphertext)
	f.Add(ciphertext[:20])
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, forged []byte) {
		plaintext, err := sealer.Open(snils, row, forged)
		if bytes.Equal(forged, ciphertext) {
			require.NoError(t, err)
			return
		}
		require.ErrorIs(t, err, seal.ErrWrongKeyOrPlace)
		require.Empty(t, plaintext)
	})
}

func BenchmarkSeal(b *testing.B) {
	sealer := newSealer(b, newKeyset(b))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sealer.Seal(snils, row, []byte("11223344595")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	sealer := newSealer(b, newKeyset(b))
	ciphertext, err := sealer.Seal(snils, row, []byte("11223344595"))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sealer.Open(snils, row, ciphertext); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	sealer := newSealer(b, newKeyset(b))
	b.ReportAllocs()
	for b.Loop() {
		if hash := sealer.Lookup(snils, "11223344595"); hash == nil {
			b.Fatal("no hash")
		}
	}
}
