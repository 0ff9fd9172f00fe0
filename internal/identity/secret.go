package identity

import "log/slog"

// What these types print as, so that none of them reaches a log or an error by accident.
const hidden = "[hidden]"

// String hides the contents from fmt.
func (Transaction) String() string { return hidden }

// GoString hides the contents from %#v.
func (Transaction) GoString() string { return hidden }

// LogValue hides the contents from slog.
func (Transaction) LogValue() slog.Value { return slog.StringValue(hidden) }

// String hides the contents from fmt.
func (Tokens) String() string { return hidden }

// GoString hides the contents from %#v.
func (Tokens) GoString() string { return hidden }

// LogValue hides the contents from slog.
func (Tokens) LogValue() slog.Value { return slog.StringValue(hidden) }

// String hides the contents from fmt.
func (Profile) String() string { return hidden }

// GoString hides the contents from %#v.
func (Profile) GoString() string { return hidden }

// LogValue hides the contents from slog.
func (Profile) LogValue() slog.Value { return slog.StringValue(hidden) }

// LogValue tells only how somebody logged in, not who.
func (l Login) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("provider", l.Provider),
		slog.String("method", string(l.Method)),
		slog.Bool("trusted", l.Trusted),
	)
}

// String tells only how somebody logged in, not who.
func (l Login) String() string { return "login by " + l.Provider + ", " + string(l.Method) }

// GoString is String.
func (l Login) GoString() string { return l.String() }
