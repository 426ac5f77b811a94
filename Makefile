# Every command of the project. CI calls only these.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --warn-undefined-variables
.DEFAULT_GOAL := help

BIN := $(CURDIR)/.bin
GOLANGCI_LINT_VERSION := v2.15.0
K6_VERSION := v1.8.1
GO_PACKAGES := ./...

.PHONY: help
help: ## list these commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-18s %s\n", $$1, $$2}'

.PHONY: run
run: ## everything in one process on embedded parts, seeded: http://127.0.0.1:8080/
	go run ./cmd/dev

.PHONY: run-stack
run-stack: ## the distributed pipeline on the real servers: two userd, two postd, the server
	deploy/run-stack.sh

.PHONY: stack-up
stack-up: ## install and start real ZooKeeper, MySQL, Redis and Kafka on this machine
	deploy/stack.sh up

.PHONY: stack-down
stack-down: ## stop what stack-up started; the data stays
	deploy/stack.sh down

.PHONY: test-short
test-short: ## the tests that need Go alone
	go test -race -short -count=1 $(GO_PACKAGES)

.PHONY: test
test: stack-up browser client ## all tests, real servers, a real Chromium and real clients included
	PATH="$$(deploy/node.sh)" && eval "$$(deploy/stack.sh env)" && BFF_TEST_STACK=1 go test -race -count=1 -timeout 20m $(GO_PACKAGES)

.PHONY: browser
browser:
	@command -v chromium >/dev/null || deploy/browser.sh

.PHONY: client
client: ## check, build and test the TypeScript client (needs Node 20, which it installs on Debian)
	PATH="$$(deploy/node.sh)" && cd client && npm ci --no-audit --no-fund && npm run check && npm run build && npm test
	PATH="$$(deploy/node.sh)" && for page in app compare; do (cd web/$$page && node ../../client/dist/rpc-codegen.js --check); done

.PHONY: bench
bench: ## Go benchmarks, once: proof that they run, not a measurement
	go test -run '^$$' -bench . -benchtime 1x $(GO_PACKAGES)

ROUNDS ?= 5
SECONDS ?= 4
ONLY ?=
OUT ?= bench/limit/results.json
SHORT ?=

.PHONY: bench-limit
bench-limit: ## CPU per request against a hand-written handler: ROUNDS=5 SECONDS=4 ONLY=Q1,Q3 OUT=file; SHORT=1 proves in 20 s that it runs
	go run ./bench/limit -rounds "$(ROUNDS)" -seconds "$(SECONDS)" -only "$(ONLY)" -out "$(OUT)" $(if $(SHORT),-short)

.PHONY: pgo
pgo: ## the profile that the server is compiled by, taken under the load of bench-limit: cmd/server/default.pgo
	go run ./bench/limit -rounds 1 -seconds 2 -latency none -only Q1,Q2,Q3,Q6,Q4,Composed,Stream,Singles,Home -out "" -profile cmd/server/default.pgo

.PHONY: compare
compare: $(BIN)/k6 ## GraphQL against RPC by docs/comparison/rules.md, about 25 minutes; writes the report beside them
	PATH="$$(deploy/node.sh)" go run ./bench/compare -out docs/comparison

.PHONY: k6
k6: $(BIN)/k6 ## load by k6: PROFILE=smoke, load, stress or soak; BASE=http://… for a server that runs already
	K6=$(BIN)/k6 bench/k6/run.sh

$(BIN)/k6: Makefile
	GOBIN=$(BIN) go install go.k6.io/k6@$(K6_VERSION)
	@touch $@

FUZZ_TIME := 3s

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZ_TIME (3s)
	@grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z]+' . | sed -E 's|/[^/]*_test.go:func | |' | sort | while read -r package target; do \
		echo "$$package $$target"; \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ_TIME) "$$package" || exit 1; \
	done

.PHONY: generate
generate: ## the code made from proto/ and schema.graphqls, and the description of the procedures
	go run ./internal/protogen
	go run ./internal/gqlgen
	go run ./internal/gqlgen engine/internal/second
	go run ./internal/rpcgen

.PHONY: check-generate
check-generate: generate ## fail if generated code is not what is committed
	@git diff --exit-code -- internal/gen graph engine/internal/second rpc.json || { echo 'generated code differs: commit the result of make generate'; exit 1; }

PAGES := playground app compare

.PHONY: web
web: ## the pages' assets from web/
	export PATH="$$(deploy/node.sh)"; for page in $(PAGES); do (cd web/$$page && npm ci --no-audit --no-fund && npm run check && npm run build); done

.PHONY: check-web
check-web: web ## fail if the pages' assets are not what is committed
	@test -z "$$(git status --porcelain -- web/dist)" || { git status --short -- web/dist; echo 'assets differ: commit the result of make web'; exit 1; }

RECORDS ?=
DAYS ?= 30
SCHEMA_BASE ?=
export RECORDS DAYS SCHEMA_BASE # or the shell would carry out what is in a branch's name

.PHONY: schema-check
schema-check: schema-check-tool ## fail if the contracts would break clients of the last release: RECORDS=var/access DAYS=30 SCHEMA_BASE=
	PATH="$$(deploy/node.sh)" && node tools/schema-check/main.mjs --days="$$DAYS" --records="$$RECORDS" --base="$$SCHEMA_BASE"

.PHONY: schema-release
schema-release: schema-check-tool ## make the present contracts those of the last release
	PATH="$$(deploy/node.sh)" && node tools/schema-check/main.mjs release

.PHONY: schema-check-tool
schema-check-tool:
	PATH="$$(deploy/node.sh)" && cd tools/schema-check && npm ci --no-audit --no-fund

.PHONY: test-schema-check
test-schema-check: schema-check-tool ## the gate's own tests: every kind of change
	PATH="$$(deploy/node.sh)" && cd tools/schema-check && npm test

.PHONY: schema-matrix
schema-matrix: schema-check-tool ## measure what finds each kind of change of the contracts, and when: docs/comparison/changes.md
	PATH="$$(deploy/node.sh)" && (cd tools/schema-matrix && npm ci --no-audit --no-fund) && node tools/schema-matrix/matrix.mjs

.PHONY: fmt
fmt: $(BIN)/golangci-lint ## format Go code
	$(BIN)/golangci-lint fmt

.PHONY: lint
lint: $(BIN)/golangci-lint ## go vet and golangci-lint
	go vet $(GO_PACKAGES)
	$(BIN)/golangci-lint run

$(BIN)/golangci-lint: Makefile
	GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	@touch $@

.PHONY: ci
ci: check-generate schema-check test-schema-check lint check-web bench fuzz test ## what must be green before a change lands

QUERIES ?= 100000

.PHONY: ci-full
ci-full: ci ## ci, and QUERIES (100,000) random queries for each schema on the engine and on gqlgen's own execution
	ENGINE_QUERIES=$(QUERIES) go test -count=1 -timeout 60m -v -run 'TestRandom' ./engine/internal/second ./graph
