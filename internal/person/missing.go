package person

import (
	"context"

	"kabinet/internal/identity"
	"kabinet/internal/locale"
)

// Field is a part of the personal data that the cabinet requires.
type Field string

// The fields. Without a passport only FieldPassport is missing, and without a phone only FieldPhone.
const (
	FieldInn               Field = "INN"
	FieldSnils             Field = "SNILS"
	FieldPassport          Field = "PASSPORT" // series and number
	FieldPassportIssuedOn  Field = "PASSPORT_ISSUED_ON"
	FieldPassportIssuer    Field = "PASSPORT_ISSUER"
	FieldEmail             Field = "EMAIL"
	FieldPhone             Field = "PHONE"
	FieldPhoneConfirmed    Field = "PHONE_CONFIRMATION"
	FieldRegisteredAddress Field = "REGISTERED_ADDRESS"
	FieldFundUID           Field = "FUND_UID" // of confirmed accounts only; it comes with the link
)

// Fields lists all fields: what is required unless Require says otherwise.
func Fields() []Field {
	return []Field{
		FieldInn, FieldSnils, FieldPassport, FieldPassportIssuedOn, FieldPassportIssuer, FieldEmail, FieldPhone,
		FieldPhoneConfirmed, FieldRegisteredAddress, FieldFundUID,
	}
}

func setOf(fields []Field) map[Field]bool {
	set := make(map[Field]bool, len(fields))
	for _, f := range fields {
		set[f] = true
	}
	return set
}

// MendedAt is where something about a person is supplied or corrected.
type MendedAt string

// The places.
const (
	AtGosuslugi MendedAt = "GOSUSLUGI"
	InCabinet   MendedAt = "CABINET"
	AtFund      MendedAt = "FUND"
)

// AllMendedAt lists all places.
func AllMendedAt() []MendedAt { return []MendedAt{AtGosuslugi, InCabinet, AtFund} }

// The pages of Gosuslugi on which people mend what it tells of them.
const (
	gosuslugiProfile = "https://lk.gosuslugi.ru/profile/personal"
	gosuslugiAccount = "https://lk.gosuslugi.ru/settings/account"
)

// Missing is a required part of the personal data that is not there.
type Missing struct {
	Field    Field
	MendedAt MendedAt
	Link     *string // page on which it is supplied; nil when that is the cabinet or the fund

	message locale.Text
}

// Message says what is missing and what to do, in the language of the request.
func (m Missing) Message(ctx context.Context) string { return m.message.In(locale.FromContext(ctx)) }

// Missing lists what is required of a person and not there, in the order of Fields; empty when all is.
func (s *Service) Missing(ctx context.Context, p *Person) ([]Missing, error) {
	lacks := p.lacks()
	if p.Confirmed && s.required[FieldFundUID] {
		r, err := s.linked(ctx, p)
		if err != nil {
			return nil, err
		}
		lacks[FieldFundUID] = r == nil
	}
	missing := []Missing{}
	for _, f := range Fields() {
		if lacks[f] && s.required[f] {
			missing = append(missing, f.missing())
		}
	}
	return missing, nil
}

// lacks tells what is not known of the person, whether it is required or not; the number at the fund apart.
func (p *Person) lacks() map[Field]bool {
	passport := p.data.Passport
	whole := passport != nil && passport.Series != "" && passport.Number != ""
	phone := p.Phone()
	registered := false
	for _, a := range p.data.Addresses {
		registered = registered || a.Kind == AddressKind(identity.Registration) && a.Text != ""
	}
	return map[Field]bool{
		FieldInn:               p.Inn() == nil,
		FieldSnils:             p.data.Snils == "",
		FieldPassport:          !whole,
		FieldPassportIssuedOn:  whole && passport.IssuedOn.IsZero(),
		FieldPassportIssuer:    whole && passport.IssuedBy == nil,
		FieldEmail:             p.Email() == nil,
		FieldPhone:             phone == nil,
		FieldPhoneConfirmed:    phone != nil && !phone.Confirmed,
		FieldRegisteredAddress: !registered,
	}
}

// missing says what to do about a field that is not there.
func (f Field) missing() Missing {
	m := Missing{Field: f, MendedAt: AtGosuslugi, Link: present(gosuslugiProfile)}
	switch f {
	case FieldInn:
		m.MendedAt, m.Link = InCabinet, nil
		m.message = locale.Text{
			Ru: "Нет ИНН. Введите его здесь или добавьте в профиль на Госуслугах и войдите снова.",
			En: "There is no INN. Enter it here, or add it to your profile at Gosuslugi and sign in again.",
		}
	case FieldSnils:
		m.message = locale.Text{
			Ru: "Нет СНИЛС. Добавьте его в профиль на Госуслугах и войдите снова.",
			En: "There is no SNILS. Add it to your profile at Gosuslugi and sign in again.",
		}
	case FieldPassport:
		m.message = locale.Text{
			Ru: "Нет серии и номера паспорта. Добавьте паспорт в документы на Госуслугах и войдите снова.",
			En: "There is no series and number of a passport. Add the passport to your documents at Gosuslugi and sign in again.",
		}
	case FieldPassportIssuedOn:
		m.message = locale.Text{
			Ru: "Нет даты выдачи паспорта. Дополните данные паспорта на Госуслугах и войдите снова.",
			En: "There is no date of issue of the passport. Complete the passport at Gosuslugi and sign in again.",
		}
	case FieldPassportIssuer:
		m.message = locale.Text{
			Ru: "Не указано, кем выдан паспорт. Дополните данные паспорта на Госуслугах и войдите снова.",
			En: "The issuer of the passport is not told. Complete the passport at Gosuslugi and sign in again.",
		}
	case FieldEmail:
		m.MendedAt, m.Link = InCabinet, nil
		m.message = locale.Text{
			Ru: "Нет электронной почты. Введите адрес здесь и подтвердите его кодом из письма.",
			En: "There is no e-mail address. Enter one here and confirm it with the code from the letter.",
		}
	case FieldPhone:
		m.MendedAt, m.Link = InCabinet, nil
		m.message = locale.Text{
			Ru: "Нет мобильного телефона. Введите номер здесь и подтвердите его кодом из SMS.",
			En: "There is no mobile phone. Enter the number here and confirm it with the code from the SMS.",
		}
	case FieldPhoneConfirmed:
		m.MendedAt, m.Link = InCabinet, nil
		m.message = locale.Text{
			Ru: "Мобильный телефон не подтверждён. Введите номер здесь и подтвердите его кодом из SMS.",
			En: "The mobile phone is not confirmed. Enter the number here and confirm it with the code from the SMS.",
		}
	case FieldRegisteredAddress:
		m.message = locale.Text{
			Ru: "Нет адреса регистрации. Добавьте его в профиль на Госуслугах и войдите снова.",
			En: "There is no registered address. Add it to your profile at Gosuslugi and sign in again.",
		}
	case FieldFundUID:
		m.MendedAt, m.Link = AtFund, nil
		m.message = locale.Text{
			Ru: "Учётная запись не связана с записью фонда. Введите СНИЛС и код доступа; код выдаёт фонд.",
			En: "The account is not linked to the fund's record. Enter your SNILS and the access code; the fund gives it to you.",
		}
	}
	return m
}

// Requires tells whether a field is required at all.
func (s *Service) Requires(f Field) bool { return s.required[f] }
