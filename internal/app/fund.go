package app

import (
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"kabinet/internal/dev/office"
	"kabinet/internal/fund"
	"kabinet/internal/outbox"
)

// openFund makes what brings commands to the fund, which in the demo is a demo fund behind an address of ours.
func (r *rooms) openFund() (err error) {
	a := r.app
	address := a.config.FundURL
	if address == "" && a.config.IsDemo() && a.config.DemoFund != "off" {
		if err := a.openOffice(); err != nil {
			return fmt.Errorf("demo fund: %w", err)
		}
		address = a.config.LocalURL() + "/dev/fund/commands"
	}
	if address == "" {
		return nil
	}
	// The first of the shared secrets is the newest; the fund knows the others too while they are rotated.
	secret := a.config.FundSecrets[0].Reveal()
	a.courier, err = outbox.NewCourier(outbox.Options{
		Outbox: r.outbox(), URL: address, Source: a.config.PublicURL,
		Sign: func(header http.Header, id string, now time.Time, body []byte) error {
			return fund.Sign(header, secret, id, now, body)
		},
		Log: a.log, Metrics: a.metrics,
	})
	if err != nil {
		return fmt.Errorf("KABINET_FUND_URL: %w", err)
	}
	return nil
}

// openOffice makes the demo fund, which reaches the cabinet as the real one does.
func (a *App) openOffice() (err error) {
	secrets := revealed(a.config.FundSecrets)
	a.office, err = office.New(office.Options{
		Directory: filepath.Join(a.config.DataDir, "fund"), CabinetURL: a.config.LocalURL() + "/fund/events",
		Secret: secrets[0], CommandSecrets: secrets, Clock: a.clock, Log: a.log, Quiet: a.config.DemoFund == "quiet",
	})
	return err
}

// officeHandler is what the demo fund shows, and where it takes commands.
func (a *App) officeHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", a.office.Handler())
	mux.Handle("POST /commands", a.office.Commands())
	return mux
}
