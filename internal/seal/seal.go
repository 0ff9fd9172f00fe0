package seal

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

var (
	// ErrWrongKeyOrPlace is the only answer to a value that does not open: it
	// was sealed by a key that is not enabled here, or for another row or
	// column, or it was changed since. These cannot be told apart.
	ErrWrongKeyOrPlace = errors.New("seal: the value was not sealed by these keys for this place")
	// ErrPlace tells that the place is not "table.column", or that the row has no
	// id. Such a value would be bound to nothing.
	ErrPlace = errors.New("seal: the place must be table.column and a row with an id")
	// ErrContent tells that what was sealed is not the JSON expected, or that
	// what is to be sealed has none. It does not say more, because errors of
	// JSON quote their input.
	ErrContent = errors.New("seal: the content does not have the expected form")
)

// LookupSize is the length of a lookup hash in bytes.
const LookupSize = 32

// Place names the column that a value stands in: "table.column". It is part of
// what is authenticated, so a column that is renamed needs its values sealed
// anew; keep the old Place in the code instead.
type Place string

func (p Place) valid() bool {
	table, column, ok := strings.Cut(string(p), ".")
	return ok && table != "" && column != "" && !strings.Contains(column, ".")
}

// Sealer seals, opens and hashes with one Keyset. It may be used by many
// goroutines at once.
type Sealer struct {
	sealing tink.AEAD
	// lookups holds the primary key first, then the others in the order of the
	// keyset.
	lookups []prf.PRF
}

// New makes a Sealer of the keys, or refuses them with ErrKeyset.
func New(keys Keyset) (*Sealer, error) {
	if keys.IsZero() {
		return nil, fmt.Errorf("%w: there are no keys", ErrKeyset)
	}
	sealing, err := aead.New(keys.sealing)
	if err != nil {
		return nil, fmt.Errorf("%w: its sealing part cannot seal", ErrKeyset)
	}
	lookups, err := enabledPRFs(keys.lookup)
	if err != nil {
		return nil, fmt.Errorf("%w: its lookup part cannot hash", ErrKeyset)
	}
	return &Sealer{sealing: sealing, lookups: lookups}, nil
}

func enabledPRFs(handle *keyset.Handle) ([]prf.PRF, error) {
	set, err := prf.NewPRFSet(handle)
	if err != nil {
		return nil, err
	}
	lookups := make([]prf.PRF, 0, handle.Len())
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil {
			return nil, err
		}
		function, enabled := set.PRFs[entry.KeyID()]
		if !enabled {
			continue
		}
		// A function that is too short fails here, so that Lookup need not.
		if _, err := function.ComputePRF(nil, LookupSize); err != nil {
			return nil, err
		}
		if entry.IsPrimary() {
			lookups = slices.Insert(lookups, 0, function)
			continue
		}
		lookups = append(lookups, function)
	}
	if len(lookups) == 0 {
		return nil, ErrKeyset
	}
	return lookups, nil
}

// Seal encrypts plaintext for one column of one row. Sealing the same twice gives
// different bytes. The result is 33 bytes longer than plaintext.
func (s *Sealer) Seal(place Place, row uuid.UUID, plaintext []byte) ([]byte, error) {
	binding, err := bind(place, row)
	if err != nil {
		return nil, err
	}
	ciphertext, err := s.sealing.Encrypt(plaintext, binding)
	if err != nil {
		return nil, fmt.Errorf("seal: %s: %w", place, err)
	}
	return ciphertext, nil
}

// Open decrypts what Seal made for the same column of the same row, or gives
// ErrWrongKeyOrPlace.
func (s *Sealer) Open(place Place, row uuid.UUID, ciphertext []byte) ([]byte, error) {
	binding, err := bind(place, row)
	if err != nil {
		return nil, err
	}
	plaintext, err := s.sealing.Decrypt(ciphertext, binding)
	if err != nil {
		return nil, ErrWrongKeyOrPlace
	}
	return plaintext, nil
}

// bind is the associated data of a place: the sixteen bytes of the row, then the
// name of the column to the end. The fixed length of the first makes it
// unambiguous.
func bind(place Place, row uuid.UUID) ([]byte, error) {
	if !place.valid() || row == uuid.Nil {
		return nil, ErrPlace
	}
	binding := make([]byte, 0, len(row)+len(place))
	binding = append(binding, row[:]...)
	return append(binding, place...), nil
}

// SealJSON seals the JSON form of v.
//
//nolint:revive // the name pairs with OpenJSON; JSON alone would not say which way
func SealJSON[T any](s *Sealer, place Place, row uuid.UUID, v T) ([]byte, error) {
	plaintext, err := json.Marshal(v)
	if err != nil {
		return nil, ErrContent
	}
	return s.Seal(place, row, plaintext)
}

// OpenJSON opens what SealJSON sealed. A content that is not the JSON of a T is
// ErrContent, and the result is then the zero T.
func OpenJSON[T any](s *Sealer, place Place, row uuid.UUID, ciphertext []byte) (T, error) {
	var v, zero T
	plaintext, err := s.Open(place, row, ciphertext)
	if err != nil {
		return zero, err
	}
	if err := json.Unmarshal(plaintext, &v); err != nil {
		return zero, ErrContent
	}
	return v, nil
}

// Lookup is the hash under which a value of that column is stored and found, by
// the primary key: LookupSize bytes, always the same for the same value. In
// another column the same value hashes differently, so columns cannot be joined.
func (s *Sealer) Lookup(place Place, value string) []byte {
	return hash(s.lookups[0], lookupInput(place, value))
}

// Lookups are the hashes of a value under every enabled key, the primary one
// first. A query for a value asks for any of them, so that rows hashed before a
// rotation are still found.
func (s *Sealer) Lookups(place Place, value string) [][]byte {
	input := lookupInput(place, value)
	hashes := make([][]byte, len(s.lookups))
	for i, function := range s.lookups {
		hashes[i] = hash(function, input)
	}
	return hashes
}

// hash cannot fail: New has tried every function at this length. If it did, the
// nil hash would be NULL in a query, which equals no row.
func hash(function prf.PRF, input []byte) []byte {
	sum, err := function.ComputePRF(input, LookupSize)
	if err != nil {
		return nil
	}
	return sum
}

// lookupInput puts the length of the place first, so that no other split of the
// same bytes gives the same input.
func lookupInput(place Place, value string) []byte {
	input := make([]byte, 0, binary.MaxVarintLen64+len(place)+len(value))
	input = binary.AppendUvarint(input, uint64(len(place)))
	input = append(input, place...)
	return append(input, value...)
}
