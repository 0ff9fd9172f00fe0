package fund

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/locale"
	"kabinet/internal/notice"
	"kabinet/internal/storage"
)

// bilingual is a text as the fund tells it, always in Russian.
type bilingual struct {
	Ru string `json:"ru"`
	En string `json:"en"`
}

func (b bilingual) text() locale.Text { return locale.Text{Ru: b.Ru, En: b.En} }

func (s *Service) applyAnnouncement(ctx context.Context, tx *storage.Tx, e *Event) error {
	data, err := read[struct {
		Number      string            `json:"number"`
		Importance  notice.Importance `json:"importance"`
		Title       bilingual         `json:"title"`
		Text        bilingual         `json:"text"`
		PublishedAt *time.Time        `json:"publishedAt"`
		ExpiresAt   *time.Time        `json:"expiresAt"`
	}](e)
	if err != nil || data.Number != e.Subject {
		return errContents
	}
	publication := notice.Publication{
		Number: data.Number, Sequence: e.Sequence, Importance: data.Importance,
		Title: data.Title.text(), Text: data.Text.text(), PublishedAt: moment(data.PublishedAt),
	}
	if data.ExpiresAt != nil {
		expires := moment(data.ExpiresAt)
		publication.ExpiresAt = &expires
	}
	return s.rooms.Notices.ApplyPublication(ctx, tx, publication)
}

func (s *Service) applyMaintenance(ctx context.Context, tx *storage.Tx, e *Event) error {
	data, err := read[struct {
		Number    string          `json:"number"`
		Systems   []notice.System `json:"systems"`
		Text      bilingual       `json:"text"`
		StartsAt  *time.Time      `json:"startsAt"`
		EndsAt    *time.Time      `json:"endsAt"`
		Cancelled bool            `json:"cancelled"`
	}](e)
	if err != nil || data.Number != e.Subject {
		return errContents
	}
	err = s.rooms.Notices.ApplyWork(ctx, tx, notice.Work{
		Number: data.Number, Sequence: e.Sequence, Systems: data.Systems, Text: data.Text.text(),
		StartsAt: moment(data.StartsAt), EndsAt: moment(data.EndsAt), Cancelled: data.Cancelled,
	})
	if errors.Is(err, notice.ErrWork) {
		return errContents
	}
	return err
}

func (s *Service) applyHealth(ctx context.Context, tx *storage.Tx, e *Event) error {
	data, err := read[struct {
		System notice.System `json:"system"`
		State  notice.State  `json:"state"`
		Note   bilingual     `json:"note"`
		Since  *time.Time    `json:"since"`
	}](e)
	if err != nil || string(data.System) != e.Subject {
		return errContents
	}
	return s.rooms.Notices.ApplyHealth(ctx, tx, notice.Health{
		System: data.System, Sequence: e.Sequence, State: data.State, Note: data.Note.text(), Since: moment(data.Since),
	})
}
