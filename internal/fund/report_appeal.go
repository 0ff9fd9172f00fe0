package fund

import (
	"context"
	"encoding/json"

	"kabinet/internal/appeal"
	"kabinet/internal/calendar"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
)

// appealOf reads the id of an appeal, which is also the subject of the event.
func appealOf(e *Event, id string) (ref.Ref, error) {
	if id != e.Subject {
		return ref.Ref{}, errContents
	}
	parsed, err := ref.Parse(id)
	if err != nil || parsed.Kind != ref.Appeal {
		return ref.Ref{}, errContents
	}
	return parsed, nil
}

func (s *Service) applyAppeal(ctx context.Context, tx *storage.Tx, e *Event) error {
	var data struct {
		Appeal     string        `json:"appeal"`
		State      appeal.State  `json:"state"`
		Number     *string       `json:"number"`
		Specialist *string       `json:"specialist"`
		DueOn      calendar.Date `json:"dueOn"`
		Comment    *string       `json:"comment"`
	}
	if json.Unmarshal(e.Data, &data) != nil {
		return errContents
	}
	id, err := appealOf(e, data.Appeal)
	if err != nil {
		return err
	}
	return s.rooms.Appeals.Apply(ctx, tx, appeal.Report{
		Appeal: id, Sequence: e.Sequence, State: data.State, Comment: data.Comment,
		Number: data.Number, Specialist: data.Specialist, DueOn: data.DueOn,
	})
}

func (s *Service) applyRegistration(ctx context.Context, tx *storage.Tx, e *Event) error {
	data, err := read[struct {
		Appeal  string        `json:"appeal"`
		Number  string        `json:"number"`
		DueOn   calendar.Date `json:"dueOn"`
		Comment *string       `json:"comment"`
	}](e)
	if err != nil {
		return err
	}
	id, err := appealOf(e, data.Appeal)
	if err != nil {
		return err
	}
	return s.rooms.Appeals.ApplyRegistration(ctx, tx, appeal.Registration{
		Appeal: id, Sequence: e.Sequence, Comment: data.Comment, Number: data.Number, DueOn: data.DueOn,
	})
}

func (s *Service) applyAssignment(ctx context.Context, tx *storage.Tx, e *Event) error {
	data, err := read[struct {
		Appeal     string        `json:"appeal"`
		Specialist string        `json:"specialist"`
		DueOn      calendar.Date `json:"dueOn"`
		Comment    *string       `json:"comment"`
	}](e)
	if err != nil {
		return err
	}
	id, err := appealOf(e, data.Appeal)
	if err != nil {
		return err
	}
	return s.rooms.Appeals.ApplyAssignment(ctx, tx, appeal.Assignment{
		Appeal: id, Sequence: e.Sequence, Comment: data.Comment, Specialist: data.Specialist, DueOn: data.DueOn,
	})
}

func (s *Service) applyRemark(ctx context.Context, tx *storage.Tx, e *Event) error {
	data, err := read[struct {
		Appeal string  `json:"appeal"`
		Text   string  `json:"text"`
		Author *string `json:"author"`
	}](e)
	if err != nil {
		return err
	}
	id, err := appealOf(e, data.Appeal)
	if err != nil {
		return err
	}
	return s.rooms.Appeals.ApplyRemark(ctx, tx, appeal.Remark{
		Appeal: id, Sequence: e.Sequence, Author: data.Author, Text: data.Text,
	})
}

func (s *Service) applyDeficiencies(ctx context.Context, tx *storage.Tx, e *Event) error {
	data, err := read[struct {
		Appeal       string `json:"appeal"`
		Deficiencies []struct {
			What   string `json:"what"`
			Remedy string `json:"remedy"`
		} `json:"deficiencies"`
		Author  *string `json:"author"`
		Comment *string `json:"comment"`
	}](e)
	if err != nil {
		return err
	}
	id, err := appealOf(e, data.Appeal)
	if err != nil {
		return err
	}
	list := make([]appeal.Deficiency, len(data.Deficiencies))
	for i, d := range data.Deficiencies {
		list[i] = appeal.Deficiency{What: d.What, Remedy: d.Remedy}
	}
	return s.rooms.Appeals.ApplyDeficiencies(ctx, tx, appeal.Deficiencies{
		Appeal: id, Sequence: e.Sequence, Comment: data.Comment, Author: data.Author, List: list,
	})
}

func (s *Service) applyDecision(ctx context.Context, tx *storage.Tx, e *Event) error {
	data, err := read[struct {
		Appeal   string       `json:"appeal"`
		Decision appeal.State `json:"decision"`
		Answer   string       `json:"answer"`
		Author   *string      `json:"author"`
		Comment  *string      `json:"comment"`
	}](e)
	if err != nil {
		return err
	}
	id, err := appealOf(e, data.Appeal)
	if err != nil {
		return err
	}
	return s.rooms.Appeals.ApplyDecision(ctx, tx, appeal.Decision{
		Appeal: id, Sequence: e.Sequence, Comment: data.Comment, Author: data.Author, State: data.Decision, Answer: data.Answer,
	})
}
