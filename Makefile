# The newcomer's door: `make run`, `make test`. Developers' chores are behind `cargo xtask`.

TOOLS := $(abspath $(or $(CARGO_TARGET_DIR),target))/tools/bin
BIN := $(abspath $(or $(CARGO_TARGET_DIR),target))/debug

FRONT := frontend/dist/index.html

.PHONY: help run desktop package icons test check check-long bench screenshots clean setup

help:
	@echo "make run     builds SyncApp and opens it with the quick start; without a display it runs it in the terminal"
	@echo "make desktop   the desktop, built anew as its source changes"
	@echo "make package   installers of the desktop: .deb and .rpm"
	@echo "make icons   all sizes of icons/syncapp.svg"
	@echo "make test    runs all tests; they start the servers they need"
	@echo "make check   format, lints, tidiness, licences"
	@echo "make check-long   each fuzz target for a minute"
	@echo "make bench   compares SyncApp with the bare pipe between two servers"
	@echo "make screenshots   pictures of every screen, into docs/images"
	@echo "make clean   removes what was built"

setup:
	@scripts/setup

# The program holds the front end as it was built last.
$(FRONT): $(wildcard frontend/*.*) $(shell find frontend/src frontend/public -type f) | setup
	npm --prefix frontend run --silent build

# A desktop that is tried out keeps its data beside the quick start, not among its user's.
run: setup $(FRONT)
ifneq ($(DISPLAY)$(WAYLAND_DISPLAY),)
	cargo build --workspace --locked --bin syncapp-desktop
	"$(BIN)/syncapp-desktop" --data examples/quickstart/out/desktop
else
	cargo build --workspace --locked --bin syncapp
	@PATH="$(BIN):$$PATH" examples/quickstart/run.sh
endif

TAURI := src-tauri/node_modules/.bin/tauri

desktop:
	@scripts/setup desktop
	$(TAURI) dev --config src-tauri/tauri.dev.conf.json

package: $(FRONT)
	@scripts/setup desktop
	$(TAURI) build --bundles deb,rpm --ci -- --locked

# What no platform of ours asks for is left out.
icons:
	@scripts/setup desktop
	$(TAURI) icon icons/syncapp.svg --output icons
	cd icons && rm -rf android ios 64x64.png Square*.png StoreLogo.png

test: setup $(FRONT)
	npm --prefix frontend test
	cargo build --workspace --all-targets --locked
	cargo test --workspace --locked
	npm --prefix tests/web test

LINT ?= cargo clippy --workspace --all-targets --locked -- -D warnings

check:
	@scripts/setup check
	npm --prefix frontend run check
	npm --prefix tests/web run check
	cargo fmt --all --check
	$(LINT)
	cargo xtask tidy
	cargo xtask openapi --check
	PATH="$(TOOLS):$$PATH" cargo deny check licenses bans sources

FUZZ := $(abspath $(or $(CARGO_TARGET_DIR),target))/fuzz
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(notdir $(basename $(wildcard fuzz/targets/*.rs)))

# What is found lies in fuzz/artifacts; what is learnt stays below the target folder.
check-long:
	@scripts/setup long
	for target in $(FUZZ_TARGETS); do \
		mkdir -p "$(FUZZ)/corpus/$$target" && \
		PATH="$(TOOLS):$$PATH" cargo fuzz run --dev --sanitizer none --all-features --target-dir "$(FUZZ)" $$target \
			"$(FUZZ)/corpus/$$target" "fuzz/seeds/$$target" -- -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 || exit 1; \
	done

screenshots: setup $(FRONT)
	cargo build --workspace --all-targets --locked
	npm --prefix tests/web run screenshots
	"$(BIN)/pictures" docs/images

bench: setup
	cargo xtask bench

clean:
	cargo clean
	rm -rf frontend/dist examples/quickstart/out
