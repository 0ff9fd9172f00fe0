package person

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"kabinet/internal/audit"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/idempotency"
	"kabinet/internal/identifier"
	"kabinet/internal/locale"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// ContactKind is the kind of a contact.
type ContactKind string

// The kinds.
const (
	PhoneContact ContactKind = "PHONE"
	EmailContact ContactKind = "EMAIL"
)

// ContactKinds lists all kinds.
func ContactKinds() []ContactKind { return []ContactKind{PhoneContact, EmailContact} }

// ContactInput is a contact that the person enters themselves.
type ContactInput struct {
	Kind           ContactKind
	Value          string
	IdempotencyKey string `json:"-"`
}

// Validate finds the faults of the input, as a fault.Invalid, and those of its key. It is asked before a code is sent
// anywhere.
func (in ContactInput) Validate() error {
	if _, err := in.normal(); err != nil {
		return err
	}
	return idempotency.Check(in.IdempotencyKey)
}

// Contact is where the code is to be sent that proves the contact: its kind and its normal form. The input is valid.
func (in ContactInput) Contact() (kind ContactKind, value string) {
	value, _ = in.normal() // a faulty one is nowhere
	return in.Kind, value
}

func (in ContactInput) normal() (string, error) {
	var faults fault.Invalid
	switch in.Kind {
	case PhoneContact:
		if phone, err := parsePhone(in.Value); err == nil {
			return string(phone), nil
		}
		faults.Add(fault.Malformed, locale.Text{
			Ru: "Это не номер российского мобильного телефона. Введите его в виде +79001234567.",
			En: "This is not the number of a Russian mobile phone. Enter it as +79001234567.",
		}, "value")
	case EmailContact:
		if email, err := identifier.ParseEmail(strings.TrimSpace(in.Value)); err == nil {
			return string(email), nil
		}
		faults.Add(fault.Malformed, locale.Text{
			Ru: "Это не адрес электронной почты. Введите его в виде name@example.ru.",
			En: "This is not an e-mail address. Enter it as name@example.ru.",
		}, "value")
	default:
		faults.Add(fault.NotAllowed, locale.Text{
			Ru: "Такой контакт указать нельзя. Выберите телефон или электронную почту.",
			En: "There is no such kind of contact. Choose the phone or the e-mail address.",
		}, "kind")
	}
	return "", faults
}

// phoneForm is a mobile number as people write it: with or without the country, with marks between the digits.
var phoneForm = regexp.MustCompile(`^(?:\+7|8|7)?[ (-]*(9(?:[ ()-]*[0-9]){9})$`)

var phoneMarks = strings.NewReplacer(" ", "", "(", "", ")", "", "-", "")

// parsePhone reads a mobile number in any of the forms in which people write it.
func parsePhone(s string) (identifier.Phone, error) {
	const longest = 32 // characters
	found := phoneForm.FindStringSubmatch(strings.TrimSpace(s))
	if len(s) > longest || found == nil {
		return "", identifier.ErrPhone
	}
	return identifier.ParsePhone("+7" + phoneMarks.Replace(found[1]))
}

// SetContact keeps a contact that the viewer has entered and proved with a code sent to it, which the caller has
// checked; and, if they had a confirmed phone, with one sent to that. It stands before the provider's from then on.
func (s *Service) SetContact(ctx context.Context, in ContactInput) (*Person, error) {
	value, err := in.normal()
	if err != nil {
		return nil, err
	}
	in.Value = value // the same contact in another form is the same input
	return s.setOwn(ctx, "setContact", in.IdempotencyKey, in, "contact.set", func(_ *Person, own *ownData) error {
		switch in.Kind {
		case PhoneContact:
			own.Phone = identifier.Phone(value)
		case EmailContact:
			own.Email = identifier.Email(value)
		}
		return nil
	})
}

// InnInput is a taxpayer number that the person enters themselves.
type InnInput struct {
	Inn            identifier.Inn
	IdempotencyKey string `json:"-"`
}

// Validate finds the faults of the input, as a fault.Invalid.
func (in InnInput) Validate() error {
	_, err := in.normal()
	return err
}

func (in InnInput) normal() (identifier.Inn, error) {
	inn, err := identifier.ParseInn(string(in.Inn))
	if err == nil && inn.IsPerson() {
		return inn, nil
	}
	var faults fault.Invalid
	faults.Add(fault.Malformed, locale.Text{
		Ru: "Это не ИНН физического лица. Проверьте 12 цифр по свидетельству.",
		En: "This is not the INN of a person. Compare its 12 digits with the certificate.",
	}, "inn")
	return "", faults
}

// SetInn keeps the taxpayer number that the viewer has entered, unless the provider tells one.
func (s *Service) SetInn(ctx context.Context, in InnInput) (*Person, error) {
	inn, err := in.normal()
	if err != nil {
		return nil, err
	}
	return s.setOwn(ctx, "setInn", in.IdempotencyKey, in, "inn.set", func(p *Person, own *ownData) error {
		if p.data.Inn != "" {
			var faults fault.Invalid
			faults.Add(fault.NotAllowed, locale.Text{
				Ru: "ИНН известен от Госуслуг. Если он неверен, исправьте его там и войдите снова.",
				En: "Gosuslugi tells the INN. If it is wrong, correct it there and sign in again.",
			}, "inn")
			return faults
		}
		own.Inn = inn
		return nil
	})
}

// setOwn changes what the viewer has entered themselves, once for an idempotency key.
func (s *Service) setOwn(ctx context.Context, operation, key string, input any, action string, change func(p *Person, own *ownData) error) (*Person, error) {
	id := viewer.FromContext(ctx).PersonID
	if err := s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, _, err := idempotency.Once(ctx, tx, s.sealer, s.clock, idempotency.Request{
			Owner: id, Operation: operation, Key: key, Input: input,
		}, func() (ref.Ref, error) {
			system := viewer.NewSystemContext(ctx, "own data")
			row, err := tx.Person.Get(system, id)
			if err != nil {
				return ref.Ref{}, fmt.Errorf("set own data: %w", err)
			}
			p, err := s.fromRow(row)
			if err != nil {
				return ref.Ref{}, err
			}
			own := p.own
			if err := change(p, &own); err != nil {
				return ref.Ref{}, err
			}
			if own == p.own {
				return p.ID, nil
			}
			sealed, err := seal.SealJSON(s.sealer, contactsPlace, id, own)
			if err != nil {
				return ref.Ref{}, err
			}
			if err := tx.Person.UpdateOneID(id).SetContacts(sealed).SetUpdatedAt(s.clock.Now()).Exec(system); err != nil {
				return ref.Ref{}, fmt.Errorf("set own data: %w", err)
			}
			if err := s.changes.Record(ctx, tx, feed.Change{Owner: id, Subject: p.ID}); err != nil {
				return ref.Ref{}, err
			}
			return p.ID, s.journal.Write(ctx, tx, audit.Entry{Owner: id, Action: action, Subject: p.ID})
		})
		return err
	}); err != nil {
		return nil, err
	}
	return s.Get(ctx, id)
}
