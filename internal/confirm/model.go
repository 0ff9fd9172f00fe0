package confirm

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"

	"kabinet/internal/fault"
	"kabinet/internal/identifier"
	"kabinet/internal/locale"
	"kabinet/internal/notify"
)

// Times of a code.
const (
	// Lifetime is how long a code can be used after it was sent.
	Lifetime = 5 * time.Minute
	// ResendInterval is how long the same action has to wait for another code.
	ResendInterval = time.Minute
)

// Request is an action that needs to be confirmed.
type Request struct {
	Operation string      // name of the mutation
	Title     locale.Text // what the person is told that they confirm: a noun phrase, such as "изменение номера телефона"
	Payload   []byte      // the input in a canonical form, without any answer; it is hashed, never kept
	To        Destination // where the code goes
	Input     string      // the field of the input that takes the answer, for the client; may be empty
}

// Destination is where a code goes. It prints as nothing but a mark.
type Destination struct {
	Channel notify.Channel
	Address string
	Own     bool // it is the person's own confirmed phone, and not an address that is still to be proved
}

const hidden = "[destination]"

// Format hides the address from every verb of fmt.
func (Destination) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue hides the address from slog.
func (Destination) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the address from JSON.
func (Destination) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// canonical gives the address as it is sent to, and masked; ErrAddress if it is none of its channel.
func (d Destination) canonical() (to Destination, masked string, err error) {
	switch d.Channel {
	case notify.SMS:
		if phone, err := identifier.ParsePhone(d.Address); err == nil {
			return Destination{d.Channel, phone.String(), d.Own}, phone.Masked(), nil
		}
	case notify.Email:
		if email, err := identifier.ParseEmail(d.Address); err == nil {
			return Destination{d.Channel, email.String(), d.Own}, email.Masked(), nil
		}
	}
	return Destination{}, "", ErrAddress
}

// Answer is what the person gives back.
type Answer struct {
	ID   string // of the challenge
	Code string
}

// Challenge is a code that was sent and is waited for.
type Challenge struct {
	ID           string
	Input        string // the field of the input that takes the answer
	Channel      notify.Channel
	SentTo       string // masked: "+7 *** ***-45-67", "i***@example.ru"
	ExpiresAt    time.Time
	AttemptsLeft int // of the person, over all challenges
	ResendAfter  time.Time
}

// Required refuses an action for want of a right answer to its challenge.
type Required struct { //nolint:errname // read as a noun: what is required
	Challenge Challenge

	shown *fault.Error
	now   time.Time
}

// Error implements error. It holds neither the code nor the address.
func (r *Required) Error() string { return r.shown.Error() }

// Unwrap gives the refusal that is shown.
func (r *Required) Unwrap() error { return r.shown }

// Extensions is what a client needs to answer, beside the code and the message of the refusal.
func (r *Required) Extensions() map[string]any {
	c := r.Challenge
	told := map[string]any{
		"id":                 c.ID,
		"channel":            string(c.Channel),
		"sentTo":             c.SentTo,
		"expiresAt":          c.ExpiresAt.Format(time.RFC3339Nano),
		"attemptsLeft":       c.AttemptsLeft,
		"resendAfterSeconds": fault.WholeSeconds(c.ResendAfter.Sub(r.now)),
	}
	if c.Input != "" {
		told["input"] = c.Input
	}
	return map[string]any{"confirmation": told}
}

// The refusals.
var (
	// ErrRequired: a code was sent, and the action waits for it. It comes within a Required.
	ErrRequired = fault.New(fault.ConfirmationRequired,
		locale.Text{Ru: "Действие нужно подтвердить кодом, он отправлен.", En: "This has to be confirmed by a code, which was sent."},
		locale.Text{Ru: "Повторите действие с этим кодом.", En: "Repeat it with that code."})
	// ErrWrongCode: the code is not the one that was sent last. It comes within a Required.
	ErrWrongCode = fault.New(fault.ConfirmationRequired,
		locale.Text{Ru: "Код введён неверно.", En: "The code is wrong."}, locale.Text{})
	// ErrNoChallenge: nothing waits for this answer. Whether there never was such a challenge, whether it is another
	// person's or another action's, or out of time, is not told.
	ErrNoChallenge = fault.New(fault.ConfirmationRequired,
		locale.Text{Ru: "Это подтверждение не подходит или уже не действует.", En: "This confirmation does not fit or is no longer valid."},
		locale.Text{Ru: "Повторите действие без подтверждения, чтобы получить новый код.", En: "Repeat the action without a confirmation to get a new code."})
	// ErrLocked: there were too many wrong guesses. RetryAfter says when the lock lifts.
	ErrLocked = fault.New(fault.RateLimited,
		locale.Text{Ru: "Код трижды введён неверно, ввод временно закрыт.", En: "The code was wrong three times, and cannot be entered for a while."}, locale.Text{})
	// ErrNotSent: the code could not be sent.
	ErrNotSent = fault.New(fault.UpstreamUnavailable,
		locale.Text{Ru: "Не удалось отправить код.", En: "The code could not be sent."},
		locale.Text{Ru: "Повторите действие через минуту.", En: "Repeat the action in a minute."})
	// ErrAddress: there is no address that a code could go to.
	ErrAddress = fault.New(fault.BadInput,
		locale.Text{Ru: "Нет номера мобильного телефона или адреса почты, на который можно отправить код.", En: "There is no mobile number or e-mail address that a code could be sent to."},
		locale.Text{Ru: "Укажите российский номер вида +79001234567 или адрес почты.", En: "Give a Russian number such as +79001234567 or an e-mail address."})
)

// withAttempts returns a copy of the refusal that tells how many guesses are left.
func withAttempts(f *fault.Error, left int) *fault.Error {
	c := *f
	n := strconv.Itoa(left)
	c.Remedy = locale.Text{Ru: "Проверьте код и повторите; осталось попыток: " + n + ".", En: "Check it and try again; attempts left: " + n + "."}
	return &c
}

// locked tells for how long a lock still holds.
func locked(wait time.Duration) *fault.Error {
	c := *ErrLocked
	c.RetryAfter = wait
	n := strconv.Itoa(int((wait + time.Minute - 1) / time.Minute))
	c.Remedy = locale.Text{Ru: "Повторите через " + n + " мин.", En: "Try again in " + n + " min."}
	return &c
}
