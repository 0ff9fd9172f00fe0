package notice

import (
	"context"
	"slices"
	"strings"
	"time"

	"kabinet/ent"
	"kabinet/internal/locale"
	"kabinet/internal/ref"
)

// Announcement is what the fund tells everybody (новость, объявление).
type Announcement struct {
	ID          ref.Ref
	Number      string // the fund's name for it
	Sequence    int64  // position among the changes of all announcements
	Importance  Importance
	Title       locale.Text
	Text        locale.Text
	PublishedAt time.Time
	ExpiresAt   *time.Time // nil if it stays
	UpdatedAt   time.Time
}

// TitleText is the title in the language of the request; in Russian when the fund has given no other.
func (a *Announcement) TitleText(ctx context.Context) string { return told(ctx, a.Title) }

// BodyText is the text in the language of the request; in Russian when the fund has given no other.
func (a *Announcement) BodyText(ctx context.Context) string { return told(ctx, a.Text) }

// visible tells whether it is to be shown at a time.
func (a *Announcement) visible(now time.Time) bool {
	return !a.PublishedAt.After(now) && (a.ExpiresAt == nil || a.ExpiresAt.After(now))
}

// Status is how a system does, as the fund has told it last.
type Status struct {
	System    System
	State     State
	Note      locale.Text // zero if there is nothing to say
	Since     *time.Time  // nil while the fund has told nothing
	UpdatedAt *time.Time  // likewise
}

// SystemText names the system in the language of the request.
func (s *Status) SystemText(ctx context.Context) string {
	return s.System.Text().In(locale.FromContext(ctx))
}

// StateText explains the state in the language of the request.
func (s *Status) StateText(ctx context.Context) string {
	return s.State.Text().In(locale.FromContext(ctx))
}

// NoteText is what the fund says of it, in the language of the request; nil if it says nothing.
func (s *Status) NoteText(ctx context.Context) *string {
	if s.Note.Ru == "" {
		return nil
	}
	text := told(ctx, s.Note)
	return &text
}

// Maintenance is planned work on systems behind the cabinet.
type Maintenance struct {
	Number   string // the fund's name for it
	Systems  []System
	Text     locale.Text
	StartsAt time.Time
	EndsAt   time.Time
	Running  bool // it has begun
}

// DescriptionText is what will be done, in the language of the request.
func (m *Maintenance) DescriptionText(ctx context.Context) string { return told(ctx, m.Text) }

// told gives a text of the fund in the language of the request. The fund always says it in Russian.
func told(ctx context.Context, t locale.Text) string {
	if text := t.In(locale.FromContext(ctx)); text != "" {
		return text
	}
	return t.Ru
}

func fromRows(rows []*ent.Announcement) []*Announcement {
	announcements := make([]*Announcement, len(rows))
	for i, row := range rows {
		announcements[i] = fromRow(row)
	}
	return announcements
}

func fromRow(row *ent.Announcement) *Announcement {
	return &Announcement{
		ID: ref.Of(ref.Announcement, row.ID), Number: row.Number, Sequence: row.Sequence, Importance: Importance(row.Importance),
		Title: locale.Text{Ru: row.TitleRu, En: row.TitleEn}, Text: locale.Text{Ru: row.TextRu, En: row.TextEn},
		PublishedAt: row.PublishedAt, ExpiresAt: row.ExpiresAt, UpdatedAt: row.UpdatedAt,
	}
}

func fromMaintenanceRow(row *ent.Maintenance, now time.Time) *Maintenance {
	m := &Maintenance{
		Number: row.Number, Text: locale.Text{Ru: row.TextRu, En: row.TextEn},
		StartsAt: row.StartsAt, EndsAt: row.EndsAt, Running: !row.StartsAt.After(now),
	}
	for name := range strings.FieldsSeq(row.Systems) {
		m.Systems = append(m.Systems, System(name))
	}
	return m
}

// statusesOf completes what the fund has told: a system of which it has told nothing works.
func statusesOf(rows []*ent.SystemStatus) []*Status {
	statuses := make([]*Status, len(Systems()))
	for i, system := range Systems() {
		statuses[i] = &Status{System: system, State: Operational}
		if at := slices.IndexFunc(rows, func(r *ent.SystemStatus) bool { return r.System == string(system) }); at >= 0 {
			row := rows[at]
			statuses[i] = &Status{
				System: system, State: State(row.State), Note: locale.Text{Ru: row.NoteRu, En: row.NoteEn},
				Since: &row.Since, UpdatedAt: &row.UpdatedAt,
			}
		}
	}
	return statuses
}
