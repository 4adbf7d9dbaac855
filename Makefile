# The front door. Every target works on a fresh Debian 12 machine with Swift 6.3, as root.
SHELL := /bin/bash
DATA ?= /var/lib/reckon
LISTEN ?= 127.0.0.1:6443
BUILD := swift build -c release
RECKON := .build/release/reckon

.PHONY: run build test check fix bench bench-past bench-overload replay fuzz clean

run: ## install what is missing, build, and start a one-node cluster
	@tools/bootstrap
	@$(BUILD) --product reckon
	@exec $(RECKON) up --data $(DATA) --listen $(LISTEN)

build: ## the binary alone: .build/release/reckon
	@tools/bootstrap
	@$(BUILD) --product reckon

test: ## every test, end to end ones included
	@tools/bootstrap --test
	@tools/test

check: ## format, rings, tidiness
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests
	@tools/tidy

fix: ## format in place
	@swift format --in-place --recursive --parallel Package.swift Sources Tests

bench: ## the load of the targets; APISERVER=… ETCD=… compares
	@tools/bootstrap --test
	@$(BUILD) --product reckon
	@tools/bench --reckon $(RECKON) $(if $(APISERVER),--apiserver $(APISERVER)) $(if $(ETCD),--etcd $(ETCD))

bench-past: ## reads of the past, start and memory under a log of a million events
	@tools/bootstrap --test
	@$(BUILD) --product reckon
	@tools/bench-past --reckon $(RECKON)

bench-overload: ## goodput, and who is served, beyond saturation
	@tools/bootstrap --test
	@$(BUILD) --product reckon
	@tools/bench-overload --reckon $(RECKON)

replay: ## fold a log from its first event and compare with what it says: make replay LOG=DIR
	@test -n "$(LOG)" || { echo "make replay LOG=DIR: name the data directory of the log" >&2; exit 2; }
	@test -x $(RECKON) || $(BUILD) --product reckon
	@$(RECKON) log verify --data $(LOG)

fuzz: ## random inputs, led by coverage, to everything that reads what comes from outside; FUZZ_SECONDS (60) for each
	@swift package resolve
	@tools/fuzz/run
