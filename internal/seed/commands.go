package seed

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"kabinet/ent"
	"kabinet/internal/appeal"
	"kabinet/internal/outbox"
	"kabinet/internal/ref"
)

// deliveredWithin is how long a command was on its way.
const deliveredWithin = 2 * time.Second

// act is what a person has done that the fund was told of; docs/commands describes the data of each type.
type act struct {
	at   time.Time
	kind string // type of the command
	data map[string]any
}

// deliver writes the commands of what was done about a subject. The fund has taken all of them: nothing of the demo's
// past is sent, and of that they arrived the feed says nothing.
func (a *author) deliver(subject ref.Ref, acts []act) {
	slices.SortStableFunc(acts, func(x, y act) int { return x.at.Compare(y.at) })
	for i, x := range acts {
		delivered := x.at.Add(deliveredWithin)
		row := &ent.Command{
			ID: a.id(), OwnerID: a.owner, CreatedAt: x.at, UpdatedAt: delivered, Type: x.kind, Subject: subject.String(),
			Sequence: int64(i + 1), State: string(outbox.Delivered), Attempts: 1, DeliveredAt: &delivered,
		}
		data, err := json.Marshal(x.data)
		if err != nil {
			a.fail(fmt.Errorf("write command: %w", err))
		}
		sealed, err := outbox.SealPayload(a.sealer, row.ID, data)
		if err != nil {
			a.fail(fmt.Errorf("write command: %w", err))
		}
		row.Payload = sealed
		a.records.commands = append(a.records.commands, row)
	}
}

// acts are what the citizen has done with an appeal, once it is written with its messages and attachments.
func (a *author) acts(row *ent.Appeal, s appealSpec, turns []turn, comments []comment) []act {
	id := ref.Of(ref.Appeal, row.ID).String()
	about := func(at time.Time) map[string]any {
		data := map[string]any{"appeal": id}
		if row.RegisteredAt != nil && row.RegisteredAt.Before(at) {
			data["number"] = row.Number
		}
		return data
	}
	var acts []act
	for i, t := range turns {
		data := about(t.at)
		switch appeal.State(t.to) {
		case appeal.Submitted:
			data["kind"], data["subject"], data["body"], data["submittedAt"] = row.Kind, row.Subject, s.body, t.at
			data["corrected"] = turns[i-1].to == string(appeal.NeedsCorrection)
			data["applicant"], data["attachments"] = a.applicant(), a.attachedBy(row, t.at)
			acts = append(acts, act{t.at, appeal.TypeSubmitted, data})
		case appeal.Withdrawn:
			data["withdrawnAt"] = t.at
			acts = append(acts, act{t.at, appeal.TypeWithdrawn, data})
		case appeal.Draft, appeal.Registered, appeal.UnderReview, appeal.NeedsCorrection, appeal.Done, appeal.Refused:
		}
	}
	for _, c := range comments {
		data := about(c.row.SentAt)
		data["message"], data["text"], data["sentAt"] = c.row.ID.String(), c.text, c.row.SentAt
		acts = append(acts, act{c.row.SentAt, appeal.TypeCommented, data})
	}
	return acts
}

// comment is a message of the citizen and what it says.
type comment struct {
	row  *ent.AppealMessage
	text string
}

// applicant is the person as the fund is told of them.
func (a *author) applicant() map[string]any {
	p := a.persona.Profile
	data := map[string]any{
		"person": ref.Of(ref.Person, a.owner).String(), "lastName": p.LastName, "firstName": p.FirstName, "middleName": p.MiddleName,
		"birthDate": p.BirthDate, "snils": p.Snils,
	}
	if p.Inn != "" {
		data["inn"] = p.Inn
	}
	if p.Email.Address != "" {
		data["email"] = map[string]any{"value": p.Email.Address, "confirmed": p.Email.Confirmed}
	}
	if p.Phone.Number != "" {
		data["phone"] = map[string]any{"value": p.Phone.Number, "confirmed": p.Phone.Confirmed}
	}
	addresses := make([]map[string]any, len(p.Addresses))
	for i, x := range p.Addresses {
		addresses[i] = map[string]any{"kind": x.Kind, "postalCode": x.PostalCode, "text": x.Text}
	}
	data["addresses"] = addresses
	return data
}

// attachedBy are the files that were attached to an appeal at a time. Those in formats that the fund has ceased to take
// are not named to it.
func (a *author) attachedBy(row *ent.Appeal, at time.Time) []map[string]any {
	attached := []map[string]any{}
	for _, x := range a.records.attachments {
		if x.AppealID != row.ID || x.AttachedAt.After(at) {
			continue
		}
		v := a.version(x)
		if v.MediaType != formatPDF.mediaType() && v.MediaType != formatJPEG.mediaType() {
			continue
		}
		attached = append(attached, map[string]any{
			"document": ref.Of(ref.Document, v.DocumentID).String(), "version": v.Number, "title": a.titleOf(v), "fileName": v.FileName,
			"mediaType": v.MediaType, "size": v.Size, "sha256": hex.EncodeToString(v.Sha256), "attachedAt": x.AttachedAt,
		})
	}
	return attached
}

func (a *author) version(x *ent.AppealAttachment) *ent.DocumentVersion {
	i := slices.IndexFunc(a.records.versions, func(v *ent.DocumentVersion) bool { return v.ID == x.VersionID })
	return a.records.versions[i]
}

func (a *author) titleOf(v *ent.DocumentVersion) string {
	i := slices.IndexFunc(a.records.documents, func(d *ent.Document) bool { return d.ID == v.DocumentID })
	return a.records.documents[i].Title
}
