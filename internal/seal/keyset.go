package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
)

// ErrKeyset refuses a keyset. It says nothing of the keys: errors of parsers
// tend to quote what they read.
var ErrKeyset = errors.New("seal: the keyset is not usable")

const maskedKeyset = "[keyset]"

// Keyset holds the secret keys: those for sealing and those for lookups. It is
// immutable; the zero value holds none. It masks itself wherever it is printed,
// logged or put into JSON; only MarshalText gives the secret out.
type Keyset struct {
	sealing *keyset.Handle
	lookup  *keyset.Handle
}

// GenerateKeyset makes fresh keys, one of each kind.
func GenerateKeyset() (Keyset, error) {
	sealing, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return Keyset{}, fmt.Errorf("seal: generate a sealing key: %w", err)
	}
	lookup, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return Keyset{}, fmt.Errorf("seal: generate a lookup key: %w", err)
	}
	return Keyset{sealing: sealing, lookup: lookup}, nil
}

// Rotate adds a fresh sealing key and makes it the primary one. All older keys
// stay, so everything sealed before still opens; lookups do not change.
//
// With several instances running, an instance that has not yet got the new
// keyset cannot open what another one seals with it: restart them together.
func Rotate(k Keyset) (Keyset, error) {
	if k.IsZero() {
		return Keyset{}, ErrKeyset
	}
	sealing, err := withFreshPrimary(k.sealing, aead.AES256GCMKeyTemplate())
	if err != nil {
		return Keyset{}, fmt.Errorf("seal: rotate the sealing key: %w", err)
	}
	return Keyset{sealing: sealing, lookup: k.lookup}, nil
}

// RotateLookup adds a fresh lookup key and makes it the primary one. Every stored
// hash is of an older key from then on: queries must ask for all of
// Sealer.Lookups until the rows are hashed anew.
func RotateLookup(k Keyset) (Keyset, error) {
	if k.IsZero() {
		return Keyset{}, ErrKeyset
	}
	lookup, err := withFreshPrimary(k.lookup, prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return Keyset{}, fmt.Errorf("seal: rotate the lookup key: %w", err)
	}
	return Keyset{sealing: k.sealing, lookup: lookup}, nil
}

func withFreshPrimary(handle *keyset.Handle, template *tinkpb.KeyTemplate) (*keyset.Handle, error) {
	manager := keyset.NewManagerFromHandle(handle)
	id, err := manager.Add(template)
	if err != nil {
		return nil, err
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, err
	}
	return manager.Handle()
}

// IsZero tells whether there are no keys.
func (k Keyset) IsZero() bool { return k.sealing == nil || k.lookup == nil }

// keysetText is the JSON within the text form: two keysets as Tink writes them,
// so that its own tools can work on each.
type keysetText struct {
	Sealing json.RawMessage `json:"sealing"`
	Lookup  json.RawMessage `json:"lookup"`
}

// MarshalText gives the secret keys out, as one line of base64url: for the
// configuration, and for nothing else.
func (k Keyset) MarshalText() ([]byte, error) {
	if k.IsZero() {
		return nil, ErrKeyset
	}
	sealing, err := cleartext(k.sealing)
	if err != nil {
		return nil, err
	}
	lookup, err := cleartext(k.lookup)
	if err != nil {
		return nil, err
	}
	document, err := json.Marshal(keysetText{Sealing: sealing, Lookup: lookup})
	if err != nil {
		return nil, ErrKeyset
	}
	return base64.RawURLEncoding.AppendEncode(nil, document), nil
}

func cleartext(handle *keyset.Handle) (json.RawMessage, error) {
	var out bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&out)); err != nil {
		return nil, ErrKeyset
	}
	return out.Bytes(), nil
}

// base64url turns either alphabet of base64, padded or not, into one.
var base64url = strings.NewReplacer("+", "-", "/", "_", "=", "")

// UnmarshalText reads the text of MarshalText, or the JSON that it encodes:
// {"sealing": …, "lookup": …}, each a cleartext Tink keyset. White space around
// it is what a file or a secret store adds, and is ignored. Keys that cannot do
// their work are refused here, not at first use. Every refusal is ErrKeyset.
func (k *Keyset) UnmarshalText(text []byte) error {
	document := bytes.TrimSpace(text)
	if !bytes.HasPrefix(document, []byte("{")) {
		decoded, err := base64.RawURLEncoding.Strict().DecodeString(base64url.Replace(string(document)))
		if err != nil {
			return fmt.Errorf("%w: neither JSON nor base64", ErrKeyset)
		}
		document = decoded
	}
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	var parts keysetText
	if err := decoder.Decode(&parts); err != nil {
		return fmt.Errorf("%w: not a JSON object of two keysets", ErrKeyset)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows the JSON object", ErrKeyset)
	}
	sealing, err := handleOf(parts.Sealing)
	if err != nil {
		return fmt.Errorf("%w: its sealing part is not a Tink keyset", ErrKeyset)
	}
	lookup, err := handleOf(parts.Lookup)
	if err != nil {
		return fmt.Errorf("%w: its lookup part is not a Tink keyset", ErrKeyset)
	}
	read := Keyset{sealing: sealing, lookup: lookup}
	if _, err := New(read); err != nil {
		return err
	}
	*k = read
	return nil
}

func handleOf(document json.RawMessage) (*keyset.Handle, error) {
	return insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(document)))
}

// String tells only that there is a keyset, or is empty.
func (k Keyset) String() string {
	if k.IsZero() {
		return ""
	}
	return maskedKeyset
}

// GoString masks the keys under %#v.
func (k Keyset) GoString() string { return "seal.Keyset{" + k.String() + "}" }

// LogValue masks the keys in logs.
func (k Keyset) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON masks the keys, because a configuration that is logged as JSON
// would otherwise carry them: encoding/json prefers MarshalText to String.
func (k Keyset) MarshalJSON() ([]byte, error) { return json.Marshal(k.String()) }
