# The only entry points; .ci/run calls nothing else.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Python environment with the servers that tests start; outside of the repository, shared by its clones.
VENV ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/stream-worker/venv
# Megabytes of the backlog that `bench` drains.
BENCH_MB ?= 500
export VENV

# A target may only import what Package.swift lets it use.
swift_build := swift build --explicit-target-dependency-import-check error
optimized := g++ -std=c++17 -O3 -march=native -Wall -Wextra -Werror
servers := servers=$$(.ci/servers) && eval "$$servers"

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## install what is missing: Debian packages and the Python environment
	@.ci/setup

.PHONY: build
build: setup ## release build of loader, batch-judge and devcloud
	$(swift_build) -c release --product loader
	$(swift_build) -c release --product batch-judge
	$(swift_build) -c release --product devcloud

.PHONY: run
run: build ## a day from a local Kafka: load, tag, judge and push it, into ./run and stand-ins
	.build/release/devcloud demo

.PHONY: test
test: setup ## unit tests, then integration tests against real servers
	$(swift_build) --build-tests
	$(servers) && swift test --skip-build
	$(servers) && LOADER=$(CURDIR)/.build/debug/loader BATCH_JUDGE=$(CURDIR)/.build/debug/batch-judge \
		DEVCLOUD=$(CURDIR)/.build/debug/devcloud \
		$(VENV)/bin/python -m pytest -n 3 --dist worksteal Tests/Integration

.PHONY: lint
lint: setup ## formatting, sizes of files and functions, Python and shell scripts
	swift format lint --strict -r Sources Tests Package.swift
	.ci/check-sizes
	$(VENV)/bin/ruff check Tests .ci/check-sizes
	$(VENV)/bin/shellcheck .ci/run .ci/setup .ci/servers \
		deploy/check-terraform deploy/image/static-isal deploy/image/stub-sources

.PHONY: format
format: ## format the sources in place
	swift format -i -r Sources Tests Package.swift

.PHONY: bench bench-memory
bench: ## compare with Python and with the limit (BENCH_MB=500), and measure the other jobs
bench-memory: ## peak memory with backlogs of 2 and 4 GB
bench bench-memory: build
	@.ci/setup bench
	mkdir -p .build/bench
	$(optimized) -o .build/bench/limit Tests/Benchmarks/limit.cpp -lrdkafka -lsimdjson -lisal
	$(optimized) -o .build/bench/unzip Tests/Benchmarks/unzip.cpp -lisal
	$(servers) && $(VENV)/bin/python Tests/Benchmarks/run.py --loader .build/release/loader --limit .build/bench/limit \
		$(if $(filter bench-memory,$@),--memory 2000 4000,--megabytes $(BENCH_MB)) $(BENCH_OPTIONS)
	$(if $(filter bench,$@),$(VENV)/bin/python Tests/Benchmarks/tag.py --loader .build/release/loader \
		--devcloud .build/release/devcloud $(BENCH_TAG_OPTIONS))
	$(if $(filter bench,$@),$(VENV)/bin/python Tests/Benchmarks/assemble.py --batch-judge .build/release/batch-judge \
		--unzip .build/bench/unzip $(BENCH_ASSEMBLE_OPTIONS))
	$(if $(filter bench,$@),$(VENV)/bin/python Tests/Benchmarks/push.py --batch-judge .build/release/batch-judge \
		--devcloud .build/release/devcloud $(BENCH_PUSH_OPTIONS))
	$(if $(filter bench,$@),$(VENV)/bin/python Tests/Benchmarks/backup.py --batch-judge .build/release/batch-judge \
		$(BENCH_BACKUP_OPTIONS))

# terraform's own checks download the provider; TERRAFORM_CHECK names a program that does the same offline, or is `skip`
# where there is no terraform.
TERRAFORM_CHECK ?= deploy/check-terraform

.PHONY: check-terraform
check-terraform:
ifeq ($(TERRAFORM_CHECK),skip)
	@echo '*** terraform/ is NOT CHECKED: TERRAFORM_CHECK=skip' >&2
else
	$(TERRAFORM_CHECK) terraform
endif

.PHONY: check-deploy
check-deploy: ## what is in deploy/ and terraform/, against the programs that `make test` built
	@.ci/setup deploy
	$(servers) && LOADER=$(CURDIR)/.build/debug/loader BATCH_JUDGE=$(CURDIR)/.build/debug/batch-judge \
		DEVCLOUD=$(CURDIR)/.build/debug/devcloud \
		$(VENV)-deploy/bin/python -m pytest Tests/Deploy
	$(VENV)-deploy/bin/checkov -d terraform --framework terraform --skip-download --compact --quiet
	@$(MAKE) --no-print-directory check-terraform

# The first of these that works here.
BUILDER ?= $(shell for builder in docker podman buildah; do \
	if $$builder info >/dev/null 2>&1; then echo $$builder; break; fi; done)
REPOSITORY ?= localhost
TAG ?= latest
IMAGES := loader batch-judge
# buildah keeps layers only if it is told to.
export BUILDAH_LAYERS := true

.PHONY: images image-report check-images
images: ## the programs' images by docker, podman or buildah (BUILDER=…, REPOSITORY=localhost, TAG=latest)
	$(if $(BUILDER),,$(error neither docker nor podman nor buildah works here))
	for image in $(IMAGES); do \
		$(BUILDER) build $(BUILD_OPTIONS) --target $$image --tag $(REPOSITORY)/$$image:$(TAG) \
			--build-arg COMMIT="$$(git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null || echo unknown)" \
			--build-arg CREATED="$$(git log -1 --format=%cI 2>/dev/null || date -Is)" .; \
	done

image-report: ## size and start of the images that are there; fails above 60 MB and 50 ms
	for image in $(IMAGES); do deploy/image/report $(BUILDER) $(REPOSITORY)/$$image:$(TAG) $$image; done

# What runs an image: docker or podman, and options of its own.
RUN_IMAGE ?= $(BUILDER) run

check-images: setup ## load, tag, judge and push with the images that are there, against local servers
	$(swift_build) --product devcloud
	$(servers) && RUN_IMAGE="$(RUN_IMAGE)" LOADER_IMAGE=$(REPOSITORY)/loader:$(TAG) \
		BATCH_JUDGE_IMAGE=$(REPOSITORY)/batch-judge:$(TAG) DEVCLOUD=$(CURDIR)/.build/debug/devcloud \
		$(VENV)/bin/python -m pytest Tests/Integration/test_images.py

.PHONY: clean
clean: ## remove what was built
	rm -rf .build
