# The newcomer's door: `make run`, `make test`. Developers' chores are behind `cargo xtask`.

TOOLS := $(abspath $(or $(CARGO_TARGET_DIR),target))/tools/bin
BIN := $(abspath $(or $(CARGO_TARGET_DIR),target))/debug

.PHONY: help run test check bench clean setup

help:
	@echo "make run     builds SyncApp and runs the quick start: a CSV file into SQLite, twice"
	@echo "make test    runs all tests; they start the servers they need"
	@echo "make check   format, lints, tidiness, licences"
	@echo "make bench   compares SyncApp with the bare pipe between two servers"
	@echo "make clean   removes what was built"

setup:
	@scripts/setup

run: setup
	cargo build --workspace --locked --bin syncapp
	@PATH="$(BIN):$$PATH" examples/quickstart/run.sh

test: setup
	cargo build --workspace --bins --locked
	cargo test --workspace --locked

check:
	@scripts/setup check
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo xtask tidy
	PATH="$(TOOLS):$$PATH" cargo deny check licenses bans sources

bench: setup
	cargo xtask bench

clean:
	cargo clean
	rm -rf examples/quickstart/out
