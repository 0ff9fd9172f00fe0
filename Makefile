# kabinet: `make` lists what there is to make.

# --- versions and choices; each can be set on the command line -----------------------------------------------------
GOLANGCI_LINT_VERSION := 2.15.0
VERSION   ?= $(or $(shell git -c safe.directory=$(CURDIR) describe --tags --always --dirty 2>/dev/null),unknown)
GO        ?= go
TESTFLAGS ?=
# what runs goroutines side by side, and is therefore worth the slow race detector on every change
RACE      ?= $(wildcard ./internal/feed ./internal/session ./internal/batch ./internal/web ./graph/transport)
BENCH     ?= .
BENCHTIME ?= 1s
ATTACKS   := ./internal/attack
# what `make generate` writes, alone or (resolvers) together with people
GENERATED := ent graph schema.graphql

# the version comes from git above, so that Go need not look (and does not stumble over a foreign checkout)
export GOFLAGS := $(strip $(filter-out -buildvcs=%,$(GOFLAGS)) -buildvcs=false)
BUILDFLAGS := -trimpath -ldflags '-s -w -X main.version=$(VERSION)'
LINTER     := .bin/golangci-lint

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

##@ Run

.PHONY: help
help: ## list these targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/kabinet, one static binary
	CGO_ENABLED=0 $(GO) build $(BUILDFLAGS) -o bin/kabinet ./cmd/kabinet

.PHONY: run
run: export KABINET_MODE ?= demo
run: export KABINET_DATA_DIR ?= $(CURDIR)/.data
run: export KABINET_LOG_FORMAT ?= text
run: build ## start it with demo people and nothing else needed; KABINET_* variables are heeded
	@exec bin/kabinet serve

.PHONY: reset
reset: ## forget what the demo has stored in .data
	@for exe in /proc/[0-9]*/exe; do \
		case "$$(readlink "$$exe" 2>/dev/null)" in "$(CURDIR)/bin/kabinet"*) \
			echo "kabinet is running; stop it first" >&2; exit 1 ;; \
		esac; \
	done
	rm -rf .data

##@ Change

.PHONY: generate
generate: ## make generated code anew: the store, the API, schema.graphql
	$(GO) generate ./...

.PHONY: migrate
migrate: ## write the next migration of both databases from the changed ent/schema: make migrate NAME=add_something
	@[[ -n "$(NAME)" ]] || { echo "give it a name: make migrate NAME=add_something" >&2; exit 1; }
	scripts/with-services $(GO) run ./internal/storage/migrategen "$(NAME)"

.PHONY: playground
playground: web/node_modules/.package-lock.json ## bundle the playground anew (web/dist)
	npm --prefix web run build

.PHONY: format
format: $(LINTER) ## format Go code
	$(LINTER) fmt

##@ Check

.PHONY: test
test: ## run all Go tests against a PostgreSQL and a Redis that it starts itself
	scripts/with-services $(GO) test $(TESTFLAGS) ./...

.PHONY: race
race: ## run concurrent packages' tests under the race detector, with fewer repetitions; RACE=./... runs all
	scripts/need gcc gcc libc6-dev
	$(if $(strip $(RACE)),CGO_ENABLED=1 scripts/with-services $(GO) test -race -short -timeout 20m $(TESTFLAGS) $(addsuffix /...,$(patsubst %/...,%,$(RACE))))

.PHONY: lint
lint: $(LINTER) ## check style, known faults, and the arrows between packages
	$(GO) vet ./...
	$(LINTER) config verify
	$(LINTER) run
	@if command -v shellcheck >/dev/null; then \
		shellcheck --external-sources --check-sourced .ci/run $(filter-out %/lib,$(wildcard scripts/*)); \
	else \
		echo "shellcheck is not installed; scripts were not checked"; \
	fi

.PHONY: verify
verify: ## check that generated code and go.mod are current
	scripts/verify $(GENERATED)

.PHONY: drift
drift: ## check that the migrations give what ent/schema says
	scripts/with-services $(GO) run ./internal/storage/migrategen -check

.PHONY: web
web: web/node_modules/.package-lock.json ## check and test the reference client
	npm --prefix web run check
	npm --prefix web test
	npm --prefix web run validate

.PHONY: e2e
e2e: build web/node_modules/.package-lock.json ## run the client and a browser against a started server, embedded and with real services
	scripts/e2e

.PHONY: attack
attack: build ## send hostile input to a started server
	scripts/with-server embedded $(GO) test -count=1 -tags attack $(TESTFLAGS) $(ATTACKS)/...

.PHONY: bench
bench: ## run the benchmarks; BENCH=name BENCHTIME=5s
	scripts/with-services $(GO) test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -benchmem ./...

##@ Long runs

# Each starts what it needs; with-services sees to it that PostgreSQL and Redis are installed.
.PHONY: longrun
longrun: ## prove that the feed loses and doubles nothing whatever breaks; EVENTS=100000 PERSONS=1000 CUTS=500 OUTAGE=60 SEED=…
	EVENTS=$(EVENTS) PERSONS=$(PERSONS) CUTS=$(CUTS) OUTAGE=$(OUTAGE) SEED=$(SEED) scripts/with-services \
		$(GO) test -tags longrun -count=1 -timeout 60m -v -run 'EveryEvent|KillBetween|Outage' ./internal/longrun

.PHONY: drain
drain: ## prove that a process ends without anybody losing anything; STREAMS=1000
	STREAMS=$(STREAMS) scripts/with-services $(GO) test -tags longrun -count=1 -v -run Drain ./internal/longrun

.PHONY: subscribers
subscribers: ## measure open streams and the way of a change to them; SUBSCRIBERS=8000 RATE=500 LASTING=10
	SUBSCRIBERS=$(or $(SUBSCRIBERS),8000) RATE=$(or $(RATE),500) LASTING=$(or $(LASTING),10) scripts/with-services \
		$(GO) test -run '^$$' -bench Subscribers -benchtime 1x -timeout 30m ./internal/longrun

##@ All

.PHONY: ci
ci: test ci-rest ## everything that must pass before a change is taken

.PHONY: ci-rest
ci-rest: ## the same without `make test`
	scripts/need shellcheck shellcheck
	$(MAKE) lint
	$(MAKE) verify
	$(MAKE) drift
	$(MAKE) web
	$(MAKE) e2e
	$(if $(wildcard $(ATTACKS)),$(MAKE) attack)
	$(MAKE) race
	$(MAKE) bench BENCHTIME=1x
	$(MAKE) longrun EVENTS=10000 PERSONS=100 CUTS=50 OUTAGE=35
	$(MAKE) drain STREAMS=100
	scripts/selftest

.PHONY: clean
clean: ## remove what was built; demo data stays (make reset)
	rm -rf bin .bin web/node_modules coverage.out coverage.html

# --- tools ---------------------------------------------------------------------------------------------------------

# Another version than the pinned one is replaced; the check is cheap, so it is made each time.
.PHONY: FORCE
$(LINTER): FORCE
	@if [[ "$$($(LINTER) version --short 2>/dev/null)" != "$(GOLANGCI_LINT_VERSION)" ]]; then \
		echo "installing golangci-lint $(GOLANGCI_LINT_VERSION), which takes some minutes"; \
		GOBIN="$(CURDIR)/.bin" $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(GOLANGCI_LINT_VERSION); \
	fi

web/node_modules/.package-lock.json: web/package-lock.json
	npm --prefix web ci --no-audit --no-fund
	@touch -c $@ # npm ci leaves an older time when nothing was to be done
