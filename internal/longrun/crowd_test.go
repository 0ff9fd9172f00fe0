package longrun_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"kabinet/internal/audit"
	"kabinet/internal/calendar"
	"kabinet/internal/clock"
	"kabinet/internal/feed"
	"kabinet/internal/fund"
	"kabinet/internal/identifier"
	"kabinet/internal/person"
	"kabinet/internal/seal"
	"kabinet/internal/session"
	"kabinet/internal/signal"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// citizen is somebody of whom the fund reports and who has signed in.
type citizen struct {
	id    uuid.UUID
	token string
	snils identifier.Snils
	uid   string
	sent  int64 // reports on them; the first made them
}

// noted remembers who was announced.
type noted struct{ owner uuid.UUID }

func (n *noted) Announce(owner uuid.UUID) { n.owner = owner }

// crowd makes so many citizens, as a report of the fund makes them, and a session of each. The feed of each has one event.
func (s settings) crowd(t testing.TB, store *storage.Store, client redis.UniversalClient, number int) []*citizen {
	t.Helper()
	sealer, err := seal.New(s.keyset)
	require.NoError(t, err)
	journal := audit.NewJournal(clock.System{})
	sessions := session.New(session.Options{
		Store: store, Redis: client, Bus: signal.NewBus(client, quiet()), Journal: journal, Sealer: sealer, Clock: clock.System{},
		Limits: session.Limits{Idle: 12 * time.Hour, Absolute: 12 * time.Hour}, Log: quiet(),
	})
	crowd := make([]*citizen, number)
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(4)
	for i := range crowd {
		group.Go(func() error {
			made := &noted{}
			people := person.New(store, sealer, feed.NewRecorder(clock.System{}, made), journal, clock.System{})
			c := &citizen{snils: identifier.SnilsOf(500_000_000 + i), uid: fmt.Sprintf("LONG-%07d", i), sent: 1}
			err := store.InTx(viewer.NewSystemContext(ctx, "crowd"), func(ctx context.Context, tx *storage.Tx) error {
				return people.ApplyInsured(ctx, tx, person.Report{
					UID: c.uid, Sequence: 1, Snils: c.snils, LastName: "Примеров", FirstName: "Пример", BirthDate: calendar.NewDate(1980, time.February, 29),
				})
			})
			if err != nil {
				return err
			}
			c.id = made.owner
			c.token, err = sessions.Begin(ctx, session.Start{
				Person: c.id, Level: viewer.Extended, Entry: viewer.Complete, Kind: session.Browser, Device: "long run",
			})
			crowd[i] = c
			return err
		})
	}
	require.NoError(t, group.Wait())
	return crowd
}

// fundSide reports to the cabinet as the fund does: the same again until it is heard.
type fundSide struct {
	secret string
	http   *http.Client

	mu      sync.Mutex
	retries int
}

func newFundSide(s settings) *fundSide {
	return &fundSide{secret: s.fundSecret, http: &http.Client{Timeout: 15 * time.Second}}
}

// report is the next report on a citizen.
func (c *citizen) report() ([]byte, error) {
	c.sent++
	text, err := json.Marshal(map[string]any{
		"specversion": "1.0", "id": fmt.Sprintf("%s-%d", c.uid, c.sent), "source": "urn:sfr:longrun", "type": "ru.sfr.insured.changed",
		"subject": c.uid, "sequence": fmt.Sprint(c.sent), "datacontenttype": "application/json",
		"data": map[string]any{
			"uid": c.uid, "snils": c.snils, "lastName": "Примеров", "firstName": "Пример", "birthDate": "1980-02-29",
			"phone": fmt.Sprintf("+7900%07d", c.sent),
		},
	})
	if err != nil {
		return nil, err
	}
	return fund.Seal(text)
}

var errRefused = errors.New("the cabinet refuses the fund's reports")

// tell sends reports until the cabinet has them all. to chooses an instance for each try.
func (f *fundSide) tell(ctx context.Context, reports [][]byte, to func() string) error {
	body := append(append([]byte{'['}, bytes.Join(reports, []byte{','})...), ']')
	for {
		err := f.try(ctx, body, to())
		if err == nil || errors.Is(err, errRefused) || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		f.mu.Lock()
		f.retries++
		f.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (f *fundSide) try(ctx context.Context, body []byte, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/fund/events", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", fund.MediaTypeBatch)
	if err := fund.Sign(r.Header, f.secret, "msg_"+uuid.NewString(), time.Now(), body); err != nil {
		return err
	}
	response, err := f.http.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	switch {
	case response.StatusCode >= http.StatusInternalServerError:
		return fmt.Errorf("%s: %s", response.Status, text)
	case response.StatusCode != http.StatusOK || strings.Contains(string(text), "STALE") || strings.Contains(string(text), "PARKED"):
		return fmt.Errorf("%w: %s: %s", errRefused, response.Status, text)
	}
	return nil
}
