package fund

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"kabinet/ent/fundevent"
	"kabinet/internal/clock"
	"kabinet/internal/storage"
)

// Bounds of what is kept of requests that are no events. They are kept apart by reason, so that whoever knows no secret
// cannot flush out what the fund itself has sent.
const (
	keptRequests = 500      // for each reason, the newest
	keptBody     = 16 << 10 // bytes, the first of the body
	keptHeader   = 256      // bytes, the first of each header
	// A process keeps at most keptPerMinute requests a minute for each reason; what comes beyond is only answered.
	keptPerMinute = 60
)

// requestType stands in place of the type of an event with a request that is none.
const requestType = "request"

// quota is how many more requests may be kept in the present minute.
type quota struct {
	clock clock.Clock

	mu     sync.Mutex
	minute time.Time
	spent  map[Reason]int
}

func (q *quota) take(r Reason) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if minute := q.clock.Now().Truncate(time.Minute); minute != q.minute {
		q.minute, q.spent = minute, make(map[Reason]int)
	}
	q.spent[r]++
	return q.spent[r] <= keptPerMinute
}

// request is what is kept of a request that is no event.
type request struct {
	Header map[string]string `json:"header"`
	Size   int               `json:"size"` // of the body, in bytes
	Body   []byte            `json:"body"` // the first bytes of it
}

// keepRequest keeps a request, or a part of a batch, that is no event. That it cannot be kept changes nothing for its
// sender.
func (s *Service) keepRequest(ctx context.Context, reason Reason, header http.Header, body []byte) {
	if !s.quota.take(reason) {
		return
	}
	r := request{Header: make(map[string]string), Size: len(body), Body: body[:min(len(body), keptBody)]}
	for _, name := range []string{
		"Content-Type", standardwebhooks.HeaderWebhookID, standardwebhooks.HeaderWebhookTimestamp,
		headerPrefix + "specversion", headerPrefix + "id", headerPrefix + "source", headerPrefix + "type",
		headerPrefix + "subject", headerPrefix + attributeSequence, headerPrefix + attributeChecksum,
	} {
		if value := header.Get(name); value != "" {
			r.Header[http.CanonicalHeaderKey(name)] = value[:min(len(value), keptHeader)]
		}
	}
	if err := s.writeRequest(ctx, reason, r); err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "fund: refused request not kept", "error", err)
	}
}

func (s *Service) writeRequest(ctx context.Context, reason Reason, r request) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("keep request: %w", err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("keep request: %w", err)
	}
	sealed, err := s.sealer.Seal(payloadPlace, id, text)
	if err != nil {
		return fmt.Errorf("keep request: %w", err)
	}
	return s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := tx.FundEvent.Create().SetID(id).SetSource(requestSource(reason)).SetEventID(id.String()).SetType(requestType).
			SetSubject("").SetSequence(0).SetOutcome(string(Refused)).SetReason(string(reason)).SetPayload(sealed).
			SetReceivedAt(s.clock.Now()).Exec(ctx); err != nil {
			return fmt.Errorf("keep request: %w", err)
		}
		tooOld, err := tx.FundEvent.Query().Where(fundevent.Source(requestSource(reason))).
			Order(fundevent.ByReceivedAt(sql.OrderDesc()), fundevent.ByID(sql.OrderDesc())).Offset(keptRequests).IDs(ctx)
		if err != nil || len(tooOld) == 0 {
			return err
		}
		_, err = tx.FundEvent.Delete().Where(fundevent.IDIn(tooOld...)).Exec(ctx)
		return err
	})
}

// requestSource stands in place of the source of an event. No event has one that begins with a space.
func requestSource(r Reason) string { return " " + string(r) }
