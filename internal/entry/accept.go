package entry

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/consent"
	"kabinet/internal/audit"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/idempotency"
	"kabinet/internal/locale"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// AcceptedDocument is a document as it was shown to the person who accepts it.
type AcceptedDocument struct {
	Document Document
	Version  string
	TextHash string // SHA-256 of the text, in hexadecimal
}

// AcceptInput are the documents that a person accepts.
type AcceptInput struct {
	Documents      []AcceptedDocument
	IdempotencyKey string `json:"-"`
}

// Accept keeps that the viewer accepts documents. What they were shown must be the present text; its faults are a
// fault.Invalid, and then nothing is kept. Accepting again what is accepted changes nothing.
func (s *Service) Accept(ctx context.Context, in AcceptInput) error {
	in.Documents = slices.Clone(in.Documents)
	for i := range in.Documents {
		in.Documents[i].TextHash = strings.ToLower(in.Documents[i].TextHash)
	}
	if err := s.validate(in); err != nil {
		return err
	}
	v := viewer.FromContext(ctx)
	return s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, _, err := idempotency.Once(ctx, tx, s.sealer, s.clock, idempotency.Request{
			Owner: v.PersonID, Operation: "acceptTerms", Key: in.IdempotencyKey, Input: in,
		}, func() (ref.Ref, error) { return s.accept(ctx, tx, v, in.Documents) })
		return err
	})
}

func (s *Service) validate(in AcceptInput) error {
	var faults fault.Invalid
	if len(in.Documents) == 0 {
		faults.Add(fault.Required, locale.Text{
			Ru: "Укажите, какие документы вы принимаете.",
			En: "Name the documents that you accept.",
		}, "documents")
	}
	if len(in.Documents) > len(s.terms) {
		faults.Add(fault.TooLong, locale.Text{
			Ru: "Документов больше, чем есть. Оставьте каждый один раз.",
			En: "These are more documents than there are. Leave each once.",
		}, "documents")
		return faults
	}
	for i, d := range in.Documents {
		present := slices.ContainsFunc(s.terms, func(t Term) bool {
			return t.Document == d.Document && t.Version == d.Version && t.shows(d.TextHash)
		})
		again := slices.ContainsFunc(in.Documents[:i], func(o AcceptedDocument) bool { return o.Document == d.Document })
		switch {
		case !present:
			faults.Add(fault.InConflict, locale.Text{
				Ru: "Текст документа изменился. Прочитайте новый и примите его.",
				En: "The text of the document has changed. Read the new one and accept it.",
			}, "documents", strconv.Itoa(i))
		case again:
			faults.Add(fault.InConflict, locale.Text{
				Ru: "Документ назван дважды. Оставьте его один раз.",
				En: "A document is named twice. Leave it once.",
			}, "documents", strconv.Itoa(i))
		}
	}
	return faults.OrNil()
}

// accept runs in the transaction, under the owner's lock.
func (s *Service) accept(ctx context.Context, tx *storage.Tx, v viewer.Viewer, documents []AcceptedDocument) (ref.Ref, error) {
	subject := ref.Of(ref.Person, v.PersonID)
	var rows []*ent.ConsentCreate
	for _, d := range documents {
		known, err := tx.Consent.Query().
			Where(consent.OwnerID(v.PersonID), consent.Document(string(d.Document)), consent.Version(d.Version)).Exist(ctx)
		if err != nil {
			return ref.Ref{}, fmt.Errorf("accept terms: %w", err)
		}
		if known {
			continue
		}
		hash, err := hex.DecodeString(d.TextHash)
		if err != nil {
			return ref.Ref{}, fmt.Errorf("accept terms: %w", err)
		}
		row := tx.Consent.Create().SetOwnerID(v.PersonID).SetDocument(string(d.Document)).SetVersion(d.Version).
			SetTextHash(hash).SetAcceptedAt(s.clock.Now())
		if v.SessionID != uuid.Nil {
			row.SetSessionID(v.SessionID)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return subject, nil
	}
	if err := tx.Consent.CreateBulk(rows...).Exec(ctx); err != nil {
		return ref.Ref{}, fmt.Errorf("accept terms: %w", err)
	}
	if err := s.feed.Record(ctx, tx, feed.Change{Owner: v.PersonID, Subject: subject}); err != nil {
		return ref.Ref{}, err
	}
	return subject, s.journal.Write(ctx, tx, audit.Entry{Owner: v.PersonID, Action: "consent.accept", Subject: subject})
}
