package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"kabinet/internal/audit"
	"kabinet/internal/blob"
	"kabinet/internal/clock"
	"kabinet/internal/config"
	"kabinet/internal/fund"
	"kabinet/internal/outbox"
	"kabinet/internal/storage"
)

// sendTimeout bounds the sending of one event.
const sendTimeout = 15 * time.Second

// withStore runs f with the database of the configuration.
func withStore(ctx context.Context, c *config.Config, f func(*storage.Store) error) error {
	s, err := storage.Open(ctx, c.DatabaseURL.Reveal())
	if err != nil {
		return err
	}
	return errors.Join(f(s), s.Close())
}

// Migrate brings the database to this program's version and tells how many steps that took.
func Migrate(ctx context.Context, c *config.Config) (steps int, err error) {
	err = withStore(ctx, c, func(s *storage.Store) (err error) {
		steps, err = s.Migrate(ctx)
		return err
	})
	return steps, err
}

// withRooms runs f with the services, without taking any address.
func withRooms(ctx context.Context, c *config.Config, log *slog.Logger, f func(*rooms) error) error {
	a, err := open(ctx, c, log)
	if err != nil {
		return err
	}
	r, err := a.makeRooms(nil)
	if err == nil {
		err = f(r)
	}
	return errors.Join(err, a.close())
}

// Seed writes the demo people and their records, which the demo does by itself when it starts.
func Seed(ctx context.Context, c *config.Config, log *slog.Logger) error {
	return withRooms(ctx, c, log, func(r *rooms) error { return r.seed(ctx) })
}

// ReplayEvents judges again what was parked or refused, at most limit events.
func ReplayEvents(ctx context.Context, c *config.Config, log *slog.Logger, limit int, out io.Writer) error {
	return withRooms(ctx, c, log, func(r *rooms) error {
		results, err := r.fund.Replay(ctx, limit)
		if err != nil {
			return err
		}
		for _, result := range results {
			fmt.Fprintln(out, result.ID, result.Outcome, result.Reason)
		}
		return nil
	})
}

// VerifyAudit checks every journal and gives an error when one was tampered with.
func VerifyAudit(ctx context.Context, c *config.Config, out io.Writer) error {
	return withStore(ctx, c, func(s *storage.Store) error {
		entries, breaks, err := audit.Verify(ctx, s)
		if err != nil {
			return err
		}
		for _, b := range breaks {
			fmt.Fprintln(out, b)
		}
		fmt.Fprintf(out, "%d entries checked, %d journals broken\n", entries, len(breaks))
		if len(breaks) > 0 {
			return errors.New("the journal was tampered with")
		}
		return nil
	})
}

// ListEvents lists the newest events of the fund.
func ListEvents(ctx context.Context, c *config.Config, outcome string, limit int, out io.Writer) error {
	return withStore(ctx, c, func(s *storage.Store) error {
		rows, err := fund.List(ctx, s, fund.Outcome(outcome), limit)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "RECEIVED\tTYPE\tID\tSEQUENCE\tOUTCOME\tREASON")
		for _, r := range rows {
			fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\t%s\n", r.ReceivedAt.Format(time.RFC3339), r.Type, r.EventID, r.Sequence, r.Outcome, r.Reason)
		}
		return table.Flush()
	})
}

// ListCommands lists the newest commands to the fund.
func ListCommands(ctx context.Context, c *config.Config, log *slog.Logger, state string, limit int, out io.Writer) error {
	return withRooms(ctx, c, log, func(r *rooms) error {
		deliveries, err := r.outbox().List(ctx, outbox.State(state), limit)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "CREATED\tTYPE\tID\tSUBJECT\tSEQUENCE\tSTATE\tATTEMPTS\tERROR")
		for _, d := range deliveries {
			failure := ""
			if d.LastError != nil {
				failure = string(*d.LastError)
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%d\t%s\n",
				d.CreatedAt.Format(time.RFC3339), d.Type, d.ID, d.Subject, d.Sequence, d.State, d.Attempts, failure)
		}
		return table.Flush()
	})
}

// RetryCommands has failed commands tried again.
func RetryCommands(ctx context.Context, c *config.Config, log *slog.Logger, ids []uuid.UUID, out io.Writer) error {
	return withRooms(ctx, c, log, func(r *rooms) error {
		for _, id := range ids {
			if err := r.outbox().Retry(ctx, id); err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			fmt.Fprintln(out, id, "is tried again")
		}
		return nil
	})
}

// SendEvents posts files with events to a cabinet, signed with the first of the fund's secrets.
func SendEvents(ctx context.Context, c *config.Config, to string, files []string, out io.Writer) error {
	if len(c.FundSecrets) == 0 {
		return errors.New("KABINET_FUND_SECRETS is required to sign events")
	}
	if to == "" {
		to = "http://" + c.Addr
	}
	client := &http.Client{Timeout: sendTimeout}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := sendEvent(ctx, client, c.FundSecrets[0].Reveal(), strings.TrimSuffix(to, "/")+"/fund/events", text, out); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

func sendEvent(ctx context.Context, client *http.Client, secret, address string, text []byte, out io.Writer) error {
	body, err := fund.Seal(text)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", fund.MediaTypeEvent)
	if err := fund.Sign(request.Header, secret, "msg_"+uuid.NewString(), clock.System{}.Now(), body); err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	const maxAnswer = 64 << 10
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return err
	}
	var compact bytes.Buffer
	if json.Compact(&compact, answer) == nil {
		answer = compact.Bytes()
	}
	fmt.Fprintln(out, string(answer))
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", response.Status)
	}
	return nil
}

// Doctor tries everything that the configuration names and says what it found.
func Doctor(ctx context.Context, c *config.Config, out io.Writer) error {
	var faults []error
	report := func(name string, err error) {
		if err == nil {
			fmt.Fprintf(out, "ok    %s\n", name)
			return
		}
		fmt.Fprintf(out, "FAIL  %s: %v\n", name, err)
		faults = append(faults, fmt.Errorf("%s does not work", name))
	}
	report("database", withStore(ctx, c, func(s *storage.Store) error { return s.CheckVersion(ctx) }))
	parts, err := openRedis(c)
	if err == nil {
		err = errors.Join(parts.client.Ping(ctx).Err(), parts.close())
	}
	report("redis", err)
	_, err = blob.Open(c.BlobURL.Reveal())
	report("blobs", err)
	_, err = openSealer(c)
	report("keyset", err)
	_, err = fund.NewVerifier(clock.System{}, revealed(c.FundSecrets)...)
	report("fund secrets", err)
	if !c.IsDemo() { // the demo makes its own
		if c.OidcIssuer != "" {
			_, err = newPlainProvider(c, clock.System{}, nil)
		} else {
			_, err = newRelyingParty(c, clock.System{})
		}
		report("identity provider", err)
	}
	return errors.Join(faults...)
}
