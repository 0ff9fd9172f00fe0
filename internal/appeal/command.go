package appeal

import (
	"encoding/hex"
	"time"

	"kabinet/ent"
	"kabinet/internal/calendar"
	"kabinet/internal/identifier"
	"kabinet/internal/person"
	"kabinet/internal/ref"
)

// The commands of appeals; docs/commands describes them.
const (
	TypeSubmitted = "ru.kabinet.appeal.submitted"
	TypeWithdrawn = "ru.kabinet.appeal.withdrawn"
	TypeCommented = "ru.kabinet.appeal.commented"
)

// submitted is the data of the command that brings an appeal to the fund, the first time or corrected.
type submitted struct {
	Appeal      string       `json:"appeal"`
	Kind        Kind         `json:"kind"`
	Subject     string       `json:"subject"`
	Body        string       `json:"body"`
	SubmittedAt time.Time    `json:"submittedAt"`
	Corrected   bool         `json:"corrected"`        // the fund has asked for a correction
	Number      *string      `json:"number,omitempty"` // of the registration, when it is one that was corrected
	Applicant   applicant    `json:"applicant"`
	Attachments []attachment `json:"attachments"`
}

// applicant is who asks, with what the provider tells of them and the contacts that they have chosen.
type applicant struct {
	Person     string           `json:"person"`
	LastName   string           `json:"lastName"`
	FirstName  string           `json:"firstName"`
	MiddleName *string          `json:"middleName,omitempty"`
	BirthDate  *calendar.Date   `json:"birthDate,omitempty"`
	Snils      identifier.Snils `json:"snils,omitempty"`
	Inn        identifier.Inn   `json:"inn,omitempty"`
	Email      *contact         `json:"email,omitempty"`
	Phone      *contact         `json:"phone,omitempty"`
	Addresses  []person.Address `json:"addresses"`
}

type contact struct {
	Value     string `json:"value"`
	Confirmed bool   `json:"confirmed"`
}

// attachment is what the fund is told of an attached version; its content stays where it is.
type attachment struct {
	Document   string    `json:"document"`
	Version    int       `json:"version"`
	Title      string    `json:"title"`
	FileName   string    `json:"fileName"`
	MediaType  string    `json:"mediaType"`
	Size       int64     `json:"size"` // bytes
	Sha256     string    `json:"sha256"`
	AttachedAt time.Time `json:"attachedAt"`
}

// withdrawn is the data of the command that takes an appeal back.
type withdrawn struct {
	Appeal      string    `json:"appeal"`
	Number      *string   `json:"number,omitempty"`
	WithdrawnAt time.Time `json:"withdrawnAt"`
}

// commented is the data of the command that brings a message.
type commented struct {
	Appeal  string    `json:"appeal"`
	Number  *string   `json:"number,omitempty"`
	Message string    `json:"message"` // its id
	Text    string    `json:"text"`
	SentAt  time.Time `json:"sentAt"`
}

func (r *readyAppeal) command(p *person.Person, now time.Time) submitted {
	c := submitted{
		Appeal: ref.Of(ref.Appeal, r.row.ID).String(), Kind: Kind(r.row.Kind), Subject: r.row.Subject, Body: r.body,
		SubmittedAt: now, Corrected: State(r.row.State) == NeedsCorrection, Number: r.row.Number, Applicant: applicantOf(p),
		Attachments: make([]attachment, len(r.attached)),
	}
	for i, a := range r.attached {
		c.Attachments[i] = attachment{
			Document: ref.Of(ref.Document, a.DocumentID).String(), Version: a.Number, Title: a.Title, FileName: a.FileName,
			MediaType: a.MediaType, Size: a.Size, Sha256: hex.EncodeToString(a.Checksum), AttachedAt: a.AttachedAt,
		}
	}
	return c
}

func applicantOf(p *person.Person) applicant {
	a := applicant{
		Person: p.ID.String(), LastName: p.LastName(), FirstName: p.FirstName(), MiddleName: p.MiddleName(),
		Email: contactOf(p.Email()), Phone: contactOf(p.Phone()), Addresses: append([]person.Address{}, p.Addresses()...),
	}
	if day := p.BirthDate(); !day.IsZero() {
		a.BirthDate = &day
	}
	if snils := p.Snils(); snils != nil {
		a.Snils = *snils
	}
	if inn := p.Inn(); inn != nil {
		a.Inn = *inn
	}
	return a
}

func contactOf(c *person.Contact) *contact {
	if c == nil {
		return nil
	}
	return &contact{Value: c.Value, Confirmed: c.Confirmed}
}

func withdrawnOf(row *ent.Appeal, now time.Time) withdrawn {
	return withdrawn{Appeal: ref.Of(ref.Appeal, row.ID).String(), Number: row.Number, WithdrawnAt: now}
}
