package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/alecthomas/kong"
	"github.com/google/uuid"

	"kabinet/internal/app"
	"kabinet/internal/config"
)

// cli is the command line. Every command takes the configuration, as flags or as KABINET_* variables.
type cli struct {
	config.Config

	Serve   serveCommand   `cmd:"" help:"Serve the cabinet."`
	Migrate migrateCommand `cmd:"" help:"Bring the database to this program's version."`
	Seed    seedCommand    `cmd:"" help:"Write the demo people and their records."`
	Event   struct {
		Send   sendCommand   `cmd:"" help:"Post CloudEvents files to /fund/events, signed as the fund signs."`
		List   listCommand   `cmd:"" help:"List the newest events of the fund and what became of them."`
		Replay replayCommand `cmd:"" help:"Judge again what was parked or refused."`
	} `cmd:"" help:"Events of the fund."`
	Command struct {
		List  listCommandsCommand  `cmd:"" help:"List the newest commands to the fund and how far they are."`
		Retry retryCommandsCommand `cmd:"" help:"Have failed commands tried again."`
	} `cmd:"" help:"Commands to the fund."`
	Audit struct {
		Verify verifyCommand `cmd:"" help:"Check every journal for edited, removed or reordered entries."`
	} `cmd:"" help:"The journal."`
	Settings struct {
		Print  printCommand  `cmd:"" help:"Show every setting, secrets masked."`
		Keyset keysetCommand `cmd:"" help:"Make a value for KABINET_KEYSET."`
	} `cmd:"" name:"config" help:"The configuration."`
	Doctor  doctorCommand  `cmd:"" help:"Check the configuration and everything that it names."`
	Version versionCommand `cmd:"" help:"Show the version."`
}

// environment is what a command runs in.
type environment struct {
	ctx    context.Context //nolint:containedctx // kong passes one value to a command; it lives as long as the process
	config *config.Config
	log    *slog.Logger
	out    io.Writer
}

// run reads the command line and does what it says.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var c cli
	exited := false
	parser, err := kong.New(&c, kong.Name("kabinet"), kong.UsageOnError(), kong.Writers(stdout, stderr),
		kong.Description("The personal cabinet of an insured person: GraphQL over the fund's systems."),
		kong.Exit(func(int) { exited = true }))
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if exited { // help was asked for
		return nil
	}
	if err != nil {
		return err
	}
	return command.Run(&environment{ctx: ctx, config: &c.Config, log: newLog(&c.Config, stderr), out: stdout})
}

func newLog(c *config.Config, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // kong has checked it
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// ready completes and checks the configuration.
func (e *environment) ready() error {
	return errors.Join(e.config.Complete(), e.config.Check())
}

type serveCommand struct{}

// Run serves until a signal comes.
func (serveCommand) Run(e *environment) error {
	if err := e.ready(); err != nil {
		return err
	}
	a, err := app.New(e.ctx, e.config, e.log)
	if err != nil {
		return err
	}
	return a.Run(e.ctx)
}

type migrateCommand struct{}

// Run migrates.
func (migrateCommand) Run(e *environment) error {
	if err := e.config.Complete(); err != nil {
		return err
	}
	steps, err := app.Migrate(e.ctx, e.config)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "%d migrations applied\n", steps)
	return err
}

type seedCommand struct{}

// Run seeds.
func (seedCommand) Run(e *environment) error {
	if !e.config.IsDemo() {
		return errors.New("demo people are for demo mode (KABINET_MODE=demo)")
	}
	if err := e.ready(); err != nil {
		return err
	}
	return app.Seed(e.ctx, e.config, e.log)
}

type sendCommand struct {
	Files []string `arg:"" type:"existingfile" help:"Files with one event each; the checksum is set."`
	To    string   `help:"Address of the cabinet; KABINET_PUBLIC_URL or KABINET_ADDR when absent." env:"KABINET_EVENTS_URL"`
}

// Run sends the files in order and stops at the first that is not taken.
func (s sendCommand) Run(e *environment) error {
	if err := e.config.Complete(); err != nil {
		return err
	}
	if s.To == "" {
		s.To = e.config.PublicURL
	}
	return app.SendEvents(e.ctx, e.config, s.To, s.Files, e.out)
}

type listCommand struct {
	Outcome string `help:"Only events with this outcome: APPLIED, STALE, PARKED, REFUSED."`
	Limit   int    `help:"How many." default:"50"`
}

// Run lists events.
func (l listCommand) Run(e *environment) error {
	if err := e.config.Complete(); err != nil {
		return err
	}
	return app.ListEvents(e.ctx, e.config, l.Outcome, l.Limit, e.out)
}

type replayCommand struct {
	Limit int `help:"How many at most, oldest first." default:"1000"`
}

// Run replays events.
func (r replayCommand) Run(e *environment) error {
	if err := e.ready(); err != nil {
		return err
	}
	return app.ReplayEvents(e.ctx, e.config, e.log, r.Limit, e.out)
}

type listCommandsCommand struct {
	State string `help:"Only commands in this state: PENDING, DELIVERED or FAILED." enum:",PENDING,DELIVERED,FAILED" default:""`
	Limit int    `help:"How many." default:"50"`
}

// Run lists commands.
func (l listCommandsCommand) Run(e *environment) error {
	if err := e.ready(); err != nil {
		return err
	}
	return app.ListCommands(e.ctx, e.config, e.log, l.State, l.Limit, e.out)
}

type retryCommandsCommand struct {
	IDs []uuid.UUID `arg:"" help:"Ids of failed commands." name:"id"`
}

// Run has commands tried again.
func (r retryCommandsCommand) Run(e *environment) error {
	if err := e.ready(); err != nil {
		return err
	}
	return app.RetryCommands(e.ctx, e.config, e.log, r.IDs, e.out)
}

type verifyCommand struct{}

// Run verifies the journals.
func (verifyCommand) Run(e *environment) error {
	if err := e.config.Complete(); err != nil {
		return err
	}
	return app.VerifyAudit(e.ctx, e.config, e.out)
}

type printCommand struct{}

// Run prints the configuration.
func (printCommand) Run(e *environment) error {
	if err := e.config.Complete(); err != nil {
		return err
	}
	return e.config.Print(e.out)
}

type keysetCommand struct{}

// Run makes a keyset.
func (keysetCommand) Run(e *environment) error {
	text, err := config.NewKeyset()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.out, text)
	return err
}

type doctorCommand struct{}

// Run checks everything.
func (doctorCommand) Run(e *environment) error {
	if err := e.ready(); err != nil {
		return err
	}
	return app.Doctor(e.ctx, e.config, e.out)
}

type versionCommand struct{}

// Run shows the version.
func (versionCommand) Run(e *environment) error {
	_, err := fmt.Fprintln(e.out, version)
	return err
}
