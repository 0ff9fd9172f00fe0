package seed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"kabinet/ent/announcement"
	"kabinet/internal/calendar"
	"kabinet/internal/clock"
	"kabinet/internal/locale"
	"kabinet/internal/notice"
	"kabinet/internal/signal"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
)

// firstNotice is the number of the oldest announcement. It is also how a later run knows that the notices are there.
const firstNotice = "Н-00-000001"

// publishedIn is how long after the beginning of the demonstration an announcement comes that is planned.
const publishedIn = 10 * time.Minute

// report is something that the fund has told everybody, and when.
type report struct {
	at    time.Time
	apply func(context.Context, *storage.Tx, *notice.Service) error
}

// seedNotices writes what the fund has told everybody, in the order in which it did. It goes through the room that owns
// it, under its lock. All reports have the number zero, so that whatever the fund tells itself counts more.
func seedNotices(ctx context.Context, d Deps) error {
	done, err := d.Store.Announcement.Query().Where(announcement.Number(firstNotice)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("find notices: %w", err)
	}
	if done {
		return nil
	}
	reports := slices.Concat(publications(d.Clock.Now()), healths(d.Clock.Now()), works(d.Clock.Now()))
	slices.SortStableFunc(reports, func(x, y report) int { return x.at.Compare(y.at) })
	past := clock.NewFixed(reports[0].at)
	// Nobody listens while the demo is written: who comes reads what is there.
	log := slog.New(slog.DiscardHandler)
	notices := notice.New(d.Store, signal.NewBus(nil, log), past, log)
	return d.Store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		for _, r := range reports {
			past.Advance(r.at.Sub(past.Now()))
			// Somebody else was quicker, or the fund itself.
			if err := r.apply(ctx, tx, notices); err != nil && !errors.Is(err, transition.ErrStale) {
				return fmt.Errorf("tell: %w", err)
			}
		}
		return nil
	})
}

// hourAgo is an hour of the day so many days before, by Moscow time; days to come are negative.
func hourAgo(now time.Time, days, hour int) time.Time {
	day := calendar.DateOf(now, calendar.Moscow()).AddDays(-days)
	return day.Time(calendar.Moscow()).Add(time.Duration(hour) * time.Hour).UTC()
}

func publications(now time.Time) []report {
	until := func(days int) *time.Time {
		at := hourAgo(now, days, 0)
		return &at
	}
	var reports []report
	for _, p := range []notice.Publication{
		{
			Number: firstNotice, Importance: notice.Information, PublishedAt: hourAgo(now, 40, 10), ExpiresAt: until(12),
			Title: locale.Text{Ru: "Отделение в Примерске временно принимает до 15 часов", En: "The Primersk branch closes at 3 p.m. for the time being"},
			Text: locale.Text{
				Ru: "Из-за ремонта отделение фонда на ул. Лесной принимает с 9 до 15 часов. Кабинет работает как обычно.",
				En: "Because of repairs the branch in Lesnaya Street is open from 9 a.m. to 3 p.m. The cabinet works as usual.",
			},
		},
		{
			Number: "Н-00-000002", Importance: notice.Information, PublishedAt: hourAgo(now, 26, 11),
			Title: locale.Text{Ru: "Справку о выплатах можно заказать обращением", En: "A certificate of payments can be asked for by an appeal"},
			Text: locale.Text{
				Ru: "Начните обращение вида «Запрос справки» и назовите период. Справка придёт на вашу электронную почту за пять рабочих дней.",
				En: "Begin an appeal of the kind “Request for a certificate” and name the period. The certificate comes by e-mail within five working days.",
			},
		},
		{
			Number: "Н-00-000003", Importance: notice.Important, PublishedAt: hourAgo(now, 9, 10),
			Title: locale.Text{Ru: "Проверьте реквизиты счёта", En: "Check the details of your account"},
			Text: locale.Text{
				Ru: "Если вы сменили банк, сообщите новый счёт заявлением до конца месяца: на закрытый счёт пособие не дойдёт.",
				En: "If you have changed banks, tell us the new account by an application before the month ends: no benefit reaches a closed account.",
			},
		},
		{
			Number: "Н-00-000004", Importance: notice.Information, PublishedAt: hourAgo(now, 4, 12),
			Title: locale.Text{Ru: "Клиентская служба в посёлке Озёрный переехала"},
			Text:  locale.Text{Ru: "Новый адрес: посёлок Озёрный, Курортная аллея, д. 5. Часы приёма прежние: по вторникам и четвергам с 9 до 17 часов."},
		},
		{
			Number: "Н-00-000005", Importance: notice.Urgent, PublishedAt: hourAgo(now, 1, 15), ExpiresAt: until(-14),
			Title: locale.Text{Ru: "Осторожно: письма и звонки от имени фонда", En: "Beware of letters and calls in the name of the fund"},
			Text: locale.Text{
				Ru: "Фонд не звонит за кодами из сообщений и не просит данные карты. Не переходите по ссылкам из таких писем, " +
					"сообщите о них обращением.",
				En: "The fund never calls for codes from messages and never asks for the data of a card. Follow no links in such letters; " +
					"report them by an appeal.",
			},
		},
		{
			Number: "Н-00-000006", Importance: notice.Important, PublishedAt: now.Add(publishedIn),
			Title: locale.Text{Ru: "Плановые работы в ближайшие дни", En: "Planned maintenance in the coming days"},
			Text: locale.Text{
				Ru: "Ночью фонд обновляет свою систему. Кабинет открыт, но ответы фонда могут запаздывать; отправленное не потеряется.",
				En: "The fund renews its system by night. The cabinet stays open, but the fund's answers may be late; nothing that is sent gets lost.",
			},
		},
	} {
		at := p.PublishedAt
		if at.After(now) {
			at = now
		}
		reports = append(reports, report{at, func(ctx context.Context, tx *storage.Tx, s *notice.Service) error {
			return s.ApplyPublication(ctx, tx, p)
		}})
	}
	return reports
}

// healths are how the systems do: all work but one.
func healths(now time.Time) []report {
	var reports []report
	for _, system := range notice.Systems() {
		h := notice.Health{System: system, State: notice.Operational, Since: hourAgo(now, 30, 9)}
		if system == notice.SMS {
			h.State, h.Since = notice.Degraded, now.Add(-2*time.Hour)
			h.Note = locale.Text{
				Ru: "Сообщения приходят с задержкой до 15 минут. Код можно получить по электронной почте.",
				En: "Messages are up to 15 minutes late. A code can be had by e-mail.",
			}
		}
		reports = append(reports, report{h.Since, func(ctx context.Context, tx *storage.Tx, s *notice.Service) error {
			return s.ApplyHealth(ctx, tx, h)
		}})
	}
	return reports
}

// works are the planned maintenance: one that is over and one to come.
func works(now time.Time) []report {
	return []report{
		planned(hourAgo(now, 20, 10), notice.Work{
			Number: "Р-00-000001", Systems: []notice.System{notice.Documents},
			Text: locale.Text{
				Ru: "Обновление проверки подписей: загруженные документы проверяются позже.",
				En: "Renewal of the checks of signatures: uploaded documents are checked later.",
			},
			StartsAt: hourAgo(now, 12, 1), EndsAt: hourAgo(now, 12, 5),
		}),
		planned(hourAgo(now, 3, 10), notice.Work{
			Number: "Р-00-000002", Systems: []notice.System{notice.Fund, notice.Payments},
			Text: locale.Text{
				Ru: "Обновление системы фонда: состояния и платежи могут запаздывать.",
				En: "Renewal of the fund's system: states and payments may be late.",
			},
			StartsAt: hourAgo(now, -3, 1), EndsAt: hourAgo(now, -3, 5),
		}),
	}
}

func planned(at time.Time, w notice.Work) report {
	return report{at, func(ctx context.Context, tx *storage.Tx, s *notice.Service) error { return s.ApplyWork(ctx, tx, w) }}
}
