package notice

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"kabinet/ent"
	"kabinet/ent/announcement"
	"kabinet/ent/maintenance"
	"kabinet/ent/systemstatus"
	"kabinet/internal/locale"
	"kabinet/internal/page"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
)

// applyLock is the advisory lock under which the fund's notices are changed: any number that nothing else takes.
const applyLock = 4_061_937

// lock takes the lock until the end of the transaction. The sequence of announcements then rises in the order of commits.
func lock(ctx context.Context, tx *storage.Tx) error {
	if tx.Dialect() != dialect.Postgres { // a transaction of SQLite holds the only write lock there is
		return nil
	}
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", applyLock); err != nil {
		return fmt.Errorf("lock notices: %w", err)
	}
	return nil
}

// Publication is what the fund tells of an announcement, as a whole.
type Publication struct {
	Number      string
	Sequence    int64 // of this announcement's reports, rising
	Importance  Importance
	Title       locale.Text
	Text        locale.Text
	PublishedAt time.Time  // zero: now, or as before
	ExpiresAt   *time.Time // one in the past takes the announcement back
}

// ApplyPublication makes an announcement or changes it: transition.ErrStale when a newer report was applied.
func (s *Service) ApplyPublication(ctx context.Context, tx *storage.Tx, p Publication) error {
	if err := lock(ctx, tx); err != nil {
		return err
	}
	row, err := tx.Announcement.Query().Where(announcement.Number(p.Number)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return fmt.Errorf("apply announcement: %w", err)
	}
	if row != nil && p.Sequence <= row.FundSequence {
		return transition.ErrStale
	}
	newest, err := newest(ctx, tx.Announcement.Query())
	if err != nil {
		return fmt.Errorf("apply announcement: %w", err)
	}
	now := s.clock.Now()
	if row == nil {
		if p.PublishedAt.IsZero() {
			p.PublishedAt = now
		}
		err = tx.Announcement.Create().SetNumber(p.Number).SetSequence(newest + 1).SetImportance(string(p.Importance)).
			SetTitleRu(p.Title.Ru).SetTitleEn(p.Title.En).SetTextRu(p.Text.Ru).SetTextEn(p.Text.En).
			SetPublishedAt(p.PublishedAt).SetNillableExpiresAt(p.ExpiresAt).SetFundSequence(p.Sequence).
			SetCreatedAt(now).SetUpdatedAt(now).Exec(ctx)
	} else {
		update := tx.Announcement.UpdateOneID(row.ID).SetSequence(newest + 1).SetImportance(string(p.Importance)).
			SetTitleRu(p.Title.Ru).SetTitleEn(p.Title.En).SetTextRu(p.Text.Ru).SetTextEn(p.Text.En).
			SetFundSequence(p.Sequence).SetUpdatedAt(now)
		if !p.PublishedAt.IsZero() {
			update.SetPublishedAt(p.PublishedAt)
		}
		if p.ExpiresAt == nil {
			update.ClearExpiresAt()
		} else {
			update.SetExpiresAt(*p.ExpiresAt)
		}
		err = update.Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("apply announcement: %w", err)
	}
	tx.AfterCommit(s.announce)
	return nil
}

// newest is the highest sequence of announcements; 0 if there is none.
func newest(ctx context.Context, q *ent.AnnouncementQuery) (int64, error) {
	row, err := q.Order(announcement.BySequence(sql.OrderDesc())).Select(announcement.FieldSequence).First(ctx)
	if ent.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return row.Sequence, nil
}

// Work is what the fund tells of planned maintenance, as a whole.
type Work struct {
	Number    string
	Sequence  int64 // of this maintenance's reports, rising
	Systems   []System
	Text      locale.Text
	StartsAt  time.Time
	EndsAt    time.Time
	Cancelled bool
}

// ErrWork refuses planned work on no system or on one that is not known, or that ends before it begins.
var ErrWork = errors.New("notice: the planned work makes no sense")

// ApplyWork plans maintenance or changes the plan: transition.ErrStale when a newer report was applied.
func (s *Service) ApplyWork(ctx context.Context, tx *storage.Tx, w Work) error {
	names := page.Strings(w.Systems)
	if len(names) == 0 || !w.EndsAt.After(w.StartsAt) {
		return ErrWork
	}
	for _, system := range w.Systems {
		if !system.Known() {
			return ErrWork
		}
	}
	if err := lock(ctx, tx); err != nil {
		return err
	}
	row, err := tx.Maintenance.Query().Where(maintenance.Number(w.Number)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return fmt.Errorf("apply maintenance: %w", err)
	}
	now, systems := s.clock.Now(), strings.Join(names, " ")
	switch {
	case row == nil:
		err = tx.Maintenance.Create().SetNumber(w.Number).SetSystems(systems).SetTextRu(w.Text.Ru).SetTextEn(w.Text.En).
			SetStartsAt(w.StartsAt).SetEndsAt(w.EndsAt).SetCancelled(w.Cancelled).SetFundSequence(w.Sequence).
			SetCreatedAt(now).SetUpdatedAt(now).Exec(ctx)
	case w.Sequence <= row.FundSequence:
		return transition.ErrStale
	default:
		err = tx.Maintenance.UpdateOneID(row.ID).SetSystems(systems).SetTextRu(w.Text.Ru).SetTextEn(w.Text.En).
			SetStartsAt(w.StartsAt).SetEndsAt(w.EndsAt).SetCancelled(w.Cancelled).SetFundSequence(w.Sequence).
			SetUpdatedAt(now).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("apply maintenance: %w", err)
	}
	return nil
}

// Health is what the fund tells of a system.
type Health struct {
	System   System
	Sequence int64 // of this system's reports, rising
	State    State
	Note     locale.Text
	Since    time.Time // zero: now, if the state is another than before
}

// ApplyHealth notes how a system does: transition.ErrStale when a newer report was applied, transition.ErrImpossible for
// a system or a state that is not known.
func (s *Service) ApplyHealth(ctx context.Context, tx *storage.Tx, h Health) error {
	if !h.System.Known() || !h.State.Known() {
		return transition.ErrImpossible
	}
	if err := lock(ctx, tx); err != nil {
		return err
	}
	row, err := tx.SystemStatus.Query().Where(systemstatus.System(string(h.System))).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return fmt.Errorf("apply system status: %w", err)
	}
	now := s.clock.Now()
	if row == nil {
		if h.Since.IsZero() {
			h.Since = now
		}
		err = tx.SystemStatus.Create().SetSystem(string(h.System)).SetState(string(h.State)).SetNoteRu(h.Note.Ru).SetNoteEn(h.Note.En).
			SetSince(h.Since).SetUpdatedAt(now).SetFundSequence(h.Sequence).Exec(ctx)
	} else {
		if h.Sequence <= row.FundSequence {
			return transition.ErrStale
		}
		if h.Since.IsZero() {
			h.Since = now
			if State(row.State) == h.State {
				h.Since = row.Since
			}
		}
		err = tx.SystemStatus.UpdateOneID(row.ID).SetState(string(h.State)).SetNoteRu(h.Note.Ru).SetNoteEn(h.Note.En).
			SetSince(h.Since).SetUpdatedAt(now).SetFundSequence(h.Sequence).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("apply system status: %w", err)
	}
	tx.AfterCommit(s.announce)
	return nil
}
