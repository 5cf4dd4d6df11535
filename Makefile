# What a person does with Belfry; CI calls `make test` and nothing else.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SILENT:
MAKEFLAGS += --no-builtin-rules

# Quick when all is there; `make test` does it once for all its parts.
SETUP := [[ $${BELFRY_IS_SET_UP-} ]] || scripts/setup
CLIPPY := cargo clippy --quiet --all-targets

.DEFAULT_GOAL := help
.PHONY: help run build watch test fmt lint unit wasm-test end2end size bench early slow soak testssl damage chaos screenshots clean

help: ## Show this list
	awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: ## Set up what is missing, build the release and serve it
	$(SETUP)
	scripts/build
	exec target/release/belfry

build: ## Build the release: target/release/belfry and target/site
	$(SETUP)
	scripts/build

watch: ## Serve a debug build, rebuilt and reloaded on every save
	$(SETUP)
	. scripts/env
	exec cargo leptos watch

test: ## Set up what is missing and run every check
	scripts/test fmt lint unit wasm-test end2end size

fmt: ## Check the formatting
	$(SETUP)
	. scripts/env
	cargo fmt --check

lint: ## Run clippy on each crate as it ships, our own checks, and shellcheck if installed
	$(SETUP)
	. scripts/env
	$(CLIPPY) --package wire -- --deny warnings
	$(CLIPPY) --package app --features ssr -- --deny warnings
	$(CLIPPY) --package belfry-hub -- --deny warnings
	$(CLIPPY) --package server -- --deny warnings
	$(CLIPPY) --package embed --package bench -- --deny warnings
	$(CLIPPY) --package frontend --target wasm32-unknown-unknown -- --deny warnings
	scripts/cycles wire app frontend hub server
	scripts/pipes
	scripts/setup.d/tools/pins
	if command -v shellcheck >/dev/null; then
		shellcheck --external-sources --check-sourced scripts/{setup,env,build,size,test,pipes,test-scripts,test-setup} scripts/setup.d/tools/pins scripts/build.d/wasm-{bindgen,opt} .ci/run
	fi

# Package by package: together, the features of both halves would be on in each.
unit: ## Run the unit and integration tests of each crate
	$(SETUP) test
	. scripts/env
	skip=()
	if [[ $$(id -u) != 0 && ! $${CI-} ]]; then
		echo "not root: skipping the tests that are named needs_root_..."
		skip=(-- --skip needs_root)
	fi
	scripts/test-scripts
	cargo test --package wire
	cargo test --package app --features ssr
	cargo test --package frontend
	cargo test --package belfry-hub "$${skip[@]}"
	cargo test --package embed
	cargo test --package bench
	cargo test --package server "$${skip[@]}"

wasm-test: ## Run the frontend's tests in a headless browser
	$(SETUP) test
	. scripts/env
	export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner
	cargo test --package frontend --target wasm32-unknown-unknown

end2end: ## Run the end-to-end tests against the release
	$(SETUP) test
	scripts/build
	. scripts/env
	cd end2end
	npm test

size: ## Print the size of what a visitor downloads; fail above the budget
	$(SETUP)
	scripts/build
	scripts/size

bench: ## Measure all of it, beside peers; print tables, write docs/benchmarks (an hour; a part: ARGS='fanout --readers 1000')
	$(SETUP) bench
	scripts/build
	. scripts/env
	PATH=$$PATH:/usr/sbin cargo run --quiet --release --package bench -- $${ARGS:-all --results docs/benchmarks}

early: ## Refuse 2 MiB uploads of each client 50 times with each status, through proxies too (ten minutes)
	$(SETUP) test
	. scripts/env
	BELFRY_TEST_UPLOADS=50 cargo test --release --package server --test it -- early::

slow: ## Hold 2,000 connections open by slow heads, bodies and reads (four minutes)
	$(SETUP) test
	. scripts/env
	BELFRY_TEST_SLOW=2000 cargo test --release --package server --test it -- slowhttptest:: --nocapture

soak: ## Let readers come, stall and go for an hour, and see memory and descriptors stay flat (BELFRY_TEST_SOAK=600: ten minutes)
	$(SETUP) test
	. scripts/env
	BELFRY_TEST_SOAK=$${BELFRY_TEST_SOAK-3600} cargo test --release --package server --test it -- soak:: --nocapture

testssl: ## Have testssl.sh look at TLS with all its checks (two minutes)
	$(SETUP) test
	. scripts/env
	BELFRY_TEST_ALL_OF_TESTSSL=1 cargo test --release --package server --test it -- testssl::

damage: ## Damage the log's file a thousand times in each way (ten minutes)
	. scripts/env
	BELFRY_TEST_DAMAGES=1000 cargo test --release --package server --test it -- damage::

chaos: ## Hold 20 conversations of 1,000 messages each over a bad network (half an hour)
	$(SETUP) test
	scripts/build
	. scripts/env
	cd end2end
	BELFRY_TEST_CONVERSATIONS=20 BELFRY_TEST_MESSAGES=1000 npm test -- conversations.spec.ts

screenshots: ## Make the pictures for the README from the running pages
	$(SETUP) test
	scripts/build
	. scripts/env
	cd end2end
	npm run screenshots

clean: ## Remove build products (not the tool cache)
	rm -rf target end2end/node_modules end2end/test-results end2end/playwright-report
