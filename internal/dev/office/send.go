package office

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"kabinet/internal/clock"
	"kabinet/internal/fund"
)

const (
	postTimeout = 10 * time.Second
	// maxAnswer is how much of an answer is read.
	maxAnswer = 64 << 10
)

// envelope is a CloudEvents 1.0 event in structured mode, as it goes out and as it comes in. The checksum is that of the
// data byte for byte.
type envelope struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject"`
	Time            time.Time       `json:"time"`
	Sequence        string          `json:"sequence"`
	Checksum        string          `json:"checksum"`
	DataContentType string          `json:"datacontenttype"`
	Data            json.RawMessage `json:"data"`
}

// answer is what the cabinet has said to one letter.
type answer struct {
	outcome fund.Outcome  // of a letter that was taken
	refused string        // why it was not, if that is the letter's fault
	trouble error         // why it was not, if it is not; it says nothing of what was sent
	after   time.Duration // how long the cabinet asks to wait
}

// post is the way to the cabinet.
type post struct {
	url    string
	source string
	secret string
	wrong  string // a secret that nobody else has
	clock  clock.Clock
	client *http.Client
}

func newPost(o Options) (*post, error) {
	u, err := url.Parse(o.CabinetURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("office: the cabinet's address must be http://… or https://…")
	}
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails, by its contract
	p := &post{
		url: u.String(), source: o.Source, secret: o.Secret, wrong: "whsec_" + base64.StdEncoding.EncodeToString(key[:]),
		clock: o.Clock, client: &http.Client{
			Timeout:       postTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport:     &http.Transport{MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: postTimeout},
		},
	}
	if err := fund.Sign(http.Header{}, p.secret, "probe", p.clock.Now(), nil); err != nil {
		return nil, fmt.Errorf("office: %w", err)
	}
	return p, nil
}

// send brings a letter to the cabinet. The error is ours, or the caller has left.
func (p *post) send(ctx context.Context, l *letter, wrongly bool) (answer, error) {
	body, err := json.Marshal(envelope{
		SpecVersion: "1.0", ID: l.ID, Source: p.source, Type: l.Type, Subject: l.Subject, Time: l.At,
		Sequence: strconv.FormatInt(l.Sequence, 10), Checksum: fund.Checksum(l.Data), DataContentType: "application/json", Data: l.Data,
	})
	if err != nil {
		return answer{}, fmt.Errorf("office: send: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return answer{}, errors.New("office: send: no request can be made")
	}
	request.Header.Set("Content-Type", fund.MediaTypeEvent)
	secret := p.secret
	if wrongly {
		secret = p.wrong
	}
	if err := fund.Sign(request.Header, secret, l.ID, p.clock.Now(), body); err != nil {
		return answer{}, fmt.Errorf("office: send: %w", err)
	}
	response, err := p.client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return answer{}, ctx.Err()
		}
		if outer, ok := errors.AsType[*url.Error](err); ok {
			err = outer.Err // the outer one holds the address
		}
		return answer{trouble: err}, nil
	}
	defer response.Body.Close()
	told, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer)) // what was not read is not known
	return judge(response, told), nil
}

// judge judges an answer. What is wrong with a letter is told by 422, 400, 413 and 415; everything else that is no
// success concerns all letters.
func judge(response *http.Response, body []byte) answer {
	var told struct {
		Events []fund.Result `json:"events"`
	}
	var first fund.Result
	if json.Unmarshal(body, &told) == nil && len(told.Events) == 1 {
		first = told.Events[0]
	}
	switch status := response.StatusCode; {
	case status >= 200 && status < 300:
		return answer{outcome: first.Outcome}
	case status == http.StatusUnprocessableEntity:
		return answer{refused: reasonOf(first.Reason, status)}
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnsupportedMediaType:
		return answer{refused: reasonOf("", status)}
	default:
		a := answer{trouble: fmt.Errorf("status %d", status)}
		if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
			a.after = time.Duration(min(seconds, int(lastPause/time.Second))) * time.Second
		}
		return a
	}
}

// reasonOf is a reason that can be shown and logged: one of those that are known, else the status.
func reasonOf(r fund.Reason, status int) string {
	switch r {
	case fund.ReasonSignature, fund.ReasonEnvelope, fund.ReasonChecksum, fund.ReasonType, fund.ReasonSchema,
		fund.ReasonContents, fund.ReasonTransition:
		return string(r)
	}
	return strconv.Itoa(status)
}

// sendAll sends what may be sent now, until the cabinet is in trouble.
func (o *Office) sendAll(ctx context.Context) error {
	for ctx.Err() == nil {
		l, how, ok := o.nextLetter()
		if !ok {
			return nil
		}
		a, err := o.post.send(ctx, l, how.scenario == WrongSignature)
		if err == nil && how.scenario == Duplicates && a.trouble == nil && a.refused == "" {
			_, err = o.post.send(ctx, l, false) // the first one counts
		}
		if err != nil {
			return err
		}
		attributes := []slog.Attr{slog.String("type", l.Type), slog.Int64("sequence", l.Sequence)}
		if a.trouble != nil {
			o.log.LogAttrs(ctx, slog.LevelWarn, "office: the cabinet does not take reports; it is tried again", append(attributes, slog.Any("error", a.trouble))...)
			o.rest(a.after)
			return nil //nolint:nilerr // the trouble is the cabinet's, and it will be asked again
		}
		if err := o.change(func(d *desk) (bool, error) { d.settle(l.ID, a); return true, nil }); err != nil {
			return err
		}
		o.answered()
		o.log.LogAttrs(ctx, slog.LevelInfo, "office: report sent", append(attributes,
			slog.String("outcome", string(a.outcome)), slog.String("reason", a.refused))...)
	}
	return nil
}

// nextLetter gives a copy of the letter to be sent next.
func (o *Office) nextLetter() (*letter, conduct, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	d := o.desk()
	if o.conduct.scenario == Down || o.resting.After(d.now) {
		return nil, o.conduct, false
	}
	l := d.following(o.conduct.scenario == OutOfOrder)
	if l == nil {
		return nil, o.conduct, false
	}
	copied := *l
	return &copied, o.conduct, true
}

// rest leaves the cabinet alone for a while, which grows with every failure.
func (o *Office) rest(least time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failures++
	o.resting = o.clock.Now().Add(max(pause(o.failures), least))
}

func (o *Office) answered() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failures = 0
}
