package verification

import (
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/document"
	"kabinet/ent/verification"
	"kabinet/internal/audit"
	"kabinet/internal/batch"
	"kabinet/internal/clock"
	documents "kabinet/internal/document"
	"kabinet/internal/feed"
	"kabinet/internal/locale"
	"kabinet/internal/person"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// Service keeps requests for confirmation.
type Service struct {
	store   *storage.Store
	sealer  *seal.Sealer
	people  *person.Service
	feed    *feed.Recorder
	journal *audit.Journal
	clock   clock.Clock
}

// New makes the service.
func New(s *storage.Store, sealer *seal.Sealer, people *person.Service, f *feed.Recorder, j *audit.Journal, c clock.Clock) *Service {
	return &Service{store: s, sealer: sealer, people: people, feed: f, journal: j, clock: c}
}

// Get gives one request, fault.ErrNotFound when there is none or it is somebody else's.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*Verification, error) {
	return batch.One(ctx, id, s.ByIDs)
}

// ByIDs gives those of the requests that the viewer may see.
func (s *Service) ByIDs(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*Verification, error) {
	rows, err := s.store.Verification.Query().Where(verification.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get verifications: %w", err)
	}
	return batch.Index(fromRows(rows), func(v *Verification) uuid.UUID { return v.ID.ID }), nil
}

// listed is how many requests the list has at most: the newest.
const listed = 20

// List gives the viewer's requests, newest first; the newest twenty.
func (s *Service) List(ctx context.Context) ([]*Verification, error) {
	rows, err := s.store.Verification.Query().Where(verification.OwnerID(viewer.FromContext(ctx).PersonID)).
		Order(verification.ByCreatedAt(sql.OrderDesc()), verification.ByID(sql.OrderDesc())).Limit(listed).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list verifications: %w", err)
	}
	return fromRows(rows), nil
}

func fromRows(rows []*ent.Verification) []*Verification {
	found := make([]*Verification, len(rows))
	for i, row := range rows {
		found[i] = fromRow(row)
	}
	return found
}

// Faults opens what the fund has found missing or wrong; empty unless the request was rejected.
func (s *Service) Faults(v *Verification) ([]Fault, error) {
	e, err := open(s.sealer, v.ID.ID, v.examination)
	if err != nil {
		return nil, err
	}
	return append([]Fault{}, e.Faults...), nil
}

// Confirmed tells whether the fund has confirmed the identity of a person by their documents. It counts for whom it has
// examined: an account that is not confirmed may tell another name, or another SNILS, at any later login.
func (s *Service) Confirmed(ctx context.Context, id uuid.UUID) (bool, error) {
	ctx = viewer.NewSystemContext(ctx, "verification")
	rows, err := s.store.Verification.Query().
		Where(verification.OwnerID(id), verification.State(string(Confirmed))).All(ctx)
	if err != nil {
		return false, fmt.Errorf("look for confirmation: %w", err)
	}
	if len(rows) == 0 {
		return false, nil
	}
	p, err := s.people.Get(ctx, id)
	if err != nil {
		return false, fmt.Errorf("look for confirmation: %w", err)
	}
	return s.holds(rows, p)
}

// holds tells whether one of the confirmed requests is for the person as they are now.
func (s *Service) holds(confirmed []*ent.Verification, p *person.Person) (bool, error) {
	for _, row := range confirmed {
		e, err := open(s.sealer, row.ID, row.Faults)
		if err != nil {
			return false, err
		}
		if e.Fingerprint == p.Fingerprint() {
			return true, nil
		}
	}
	return false, nil
}

// Missing lists what the viewer lacks before they can make a request, in the order of Fields; empty when nothing is
// lacking: scans in their documents, and a confirmed phone.
func (s *Service) Missing(ctx context.Context) ([]Missing, error) {
	p, err := s.people.Viewer(ctx)
	if err != nil {
		return nil, err
	}
	var kinds []string
	if err := s.store.Document.Query().
		Where(document.OwnerID(p.ID.ID), document.DeletedAtIsNil(), document.KindIn(scanKinds()...)).
		Unique(true).Select(document.FieldKind).Scan(ctx, &kinds); err != nil {
		return nil, fmt.Errorf("look for scans: %w", err)
	}
	missing := []Missing{}
	if !slices.ContainsFunc(kinds, func(k string) bool { return fitsPassport(documents.Kind(k)) }) {
		missing = append(missing, Missing{Field: PassportScan, message: locale.Text{
			Ru: "Нет скана паспорта. Загрузите его в документы с видом «Удостоверение личности».",
			En: "There is no scan of the passport. Upload it to your documents as an identity document.",
		}})
	}
	if !slices.ContainsFunc(kinds, func(k string) bool { return fitsSnils(documents.Kind(k)) }) {
		missing = append(missing, Missing{Field: SnilsScan, message: locale.Text{
			Ru: "Нет скана СНИЛС. Загрузите его в документы с видом «Удостоверение личности» или «Справка».",
			En: "There is no scan of the SNILS card. Upload it to your documents as an identity document or a certificate.",
		}})
	}
	if phone := p.Phone(); phone == nil || !phone.Confirmed {
		missing = append(missing, Missing{Field: Phone, message: phoneNeeded()})
	}
	return missing, nil
}

func phoneNeeded() locale.Text {
	return locale.Text{
		Ru: "Нет подтверждённого телефона. Введите номер и подтвердите его кодом из SMS.",
		En: "There is no confirmed phone. Enter the number and confirm it with the code from the SMS.",
	}
}

// fitsPassport and fitsSnils tell of which kind a document is that can be the scan: the card of the SNILS is counted
// among identity documents by some and among certificates by others.
func fitsPassport(k documents.Kind) bool { return k == documents.Identity }

func fitsSnils(k documents.Kind) bool { return k == documents.Identity || k == documents.Certificate }

func scanKinds() []string { return []string{string(documents.Identity), string(documents.Certificate)} }
