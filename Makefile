# Everything a contributor runs. Needs Go, make and a POSIX shell; other tools are pinned
# in hack/tools and hack/lint and built from source on first use.

.DEFAULT_GOAL := help
SHELL := /bin/sh
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
# Tests measure time and both cores are busy anyway.
.NOTPARALLEL:

# Settings, for the environment or as make NAME=value.

#? Version stamped into binaries and images
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
#? Image, with its tag, that docker-build makes and deploy runs
IMG ?= whm-credentials-operator:$(VERSION)
#? Program that builds images
CONTAINER_TOOL ?= docker
#? Program that talks to the cluster
KUBECTL ?= kubectl
#? Not empty: the demo stays up until it is interrupted
KEEP ?=
#? How long each fuzz target runs
FUZZTIME ?= 20s
#? Benchmarks to run, a regular expression
BENCH ?= .
#? More flags for go test, such as -v or -run
GOTESTFLAGS ?=
#? More flags for the specs of internal/controller and test/crash, such as -v or --focus
GINKGOFLAGS ?=

CACHE := $(CURDIR)/.cache
GO_TOOL := go tool -modfile=hack/tools/go.mod
KUSTOMIZE := $(GO_TOOL) kustomize
LDFLAGS := -s -w -X main.version=$(VERSION)
MODULES := . hack/controlplane hack/lint hack/tools

# A linter refuses code for a newer Go than it was built with, so the toolchain is in the key.
LINT_KEY = $(shell { go env GOVERSION; cat hack/lint/go.mod hack/lint/go.sum hack/lint/*.go; } | cksum | tr ' ' -)
LINT = $(CACHE)/tools/golangci-lint-$(LINT_KEY)

# The folder is named by what is pinned, so a new version is installed anew.
CLIENTS = $(CACHE)/clients/$(shell cat test/clients/node/package-lock.json | cksum | tr ' ' -)

# The race detector needs a C compiler on most platforms; without one the tests run plain.
RACE = $(shell [ "$$(go env CGO_ENABLED)" = 1 ] && echo -race)
# Specs that wait more than they work run side by side, each process with a control plane of its own.
ginkgo = $(GO_TOOL) ginkgo run --procs=$(1) --timeout=2h --no-color --silence-skips $(GINKGOFLAGS)
# All kinds share one engine, so the detector sees enough of it in the specs with many objects, restarts and neighbours; it
# would take three times as long for all of them.
RACE_FILES := /(adoption|apitoken_lost|apitoken_self|deletion|gate|idle|inuse|isolation|loginsession|neighbours|schedule|workloads)
# Ginkgo keeps to itself what its processes print: without a file a race would fail the suite without a word.
RACE_LOG := $(CACHE)/race
UNIT_PACKAGES := ./api/... ./internal/... ./cmd/... ./hack/...

##@ General

.PHONY: help
help: ## List targets and settings
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[A-Za-z0-9_-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' Makefile
	@printf '\nSettings\n'
	@awk '/^#\? / { text = substr($$0, 4); getline; printf "  %-18s %s\n", $$1, text }' Makefile

.PHONY: clean
clean: ## Remove built files; keeps .cache, where control plane and linter are
	rm -rf bin dist

.PHONY: clean-cache
clean-cache: ## Remove the built control plane and linter too
	rm -rf .cache

##@ Development

.PHONY: generate
generate: ## Write deep copies, CRDs and the operator's role from the markers in the code
	$(GO_TOOL) controller-gen object:headerFile=hack/boilerplate.go.txt paths=./api/...
	$(GO_TOOL) controller-gen crd paths=./api/... output:crd:dir=config/crd/bases
	$(GO_TOOL) controller-gen rbac:roleName=whm-credentials-operator paths=./internal/controller/... output:rbac:dir=config/rbac

.PHONY: tidy
tidy: ## Tidy every module
	@for module in $(MODULES); do echo "tidy $$module"; (cd "$$module" && go mod tidy) || exit 1; done

.PHONY: fmt
fmt: $(LINT) ## Format the code and its imports
	@$(LINT) fmt

# The nested modules are a few lines that import whole programs; analysing those takes longer
# than everything else together, and compiling the lines says enough about them.
.PHONY: lint
lint: $(LINT) ## Check the code, then the API types against the Kubernetes conventions
	@echo "lint the code"
	@$(LINT) run --allow-parallel-runners ./...
	@echo "lint the API types"
	@$(LINT) run --allow-parallel-runners --config .golangci-kal.yml ./api/...

.PHONY: verify
verify: $(LINT) ## Fail if generated files, module files or formatting are not up to date
	@CACHE="$(CACHE)" hack/verify.sh

.PHONY: vuln
vuln: ## Look up known vulnerabilities; needs the database online
	$(GO_TOOL) govulncheck ./...

$(LINT):
	@echo "building the linter, once for this version (a few minutes)…"
	@mkdir -p $(@D)
	@cd hack/lint && go build -ldflags='-s -w' -o $@.tmp .
	@mv $@.tmp $@

##@ Build and run

# Compiled like tests and linter compile, so that all share one build cache; the static,
# path-free binaries that are shipped come from the Dockerfile.
.PHONY: build
build: ## Build bin/manager and bin/whm-simulator
	@mkdir -p bin
	@echo "building bin/manager"
	@go build -ldflags '$(LDFLAGS)' -o bin/manager ./cmd/manager
	@echo "building bin/whm-simulator"
	@go build -ldflags '$(LDFLAGS)' -o bin/whm-simulator ./cmd/whm-simulator

.PHONY: run
run: build ## Run the manager here against the cluster of the current kubeconfig
	bin/manager --leader-elect=false

# Not go run, which keeps signals and exit codes to itself.
.PHONY: demo
demo: controlplane build ## Show a rotation from end to end; KEEP=1 stays up afterwards
	@go build -o bin/demo ./hack/demo
	@exec bin/demo $(if $(KEEP),--keep)

.PHONY: controlplane
controlplane: ## Build etcd, kube-apiserver and kube-controller-manager for tests, once for each version
	@go run ./test/controlplane/build

.PHONY: docker-build
docker-build: ## Build the operator's image
	$(CONTAINER_TOOL) build --build-arg VERSION=$(VERSION) --tag $(IMG) .

##@ Test

.PHONY: test
test: test-unit test-integration test-e2e ## Run all tests

.PHONY: test-unit
test-unit: controlplane ## Run the tests that lie beside the code
	go test $(RACE) -timeout 60m $(GOTESTFLAGS) $$(go list $(UNIT_PACKAGES) | grep -v '/internal/controller$$')
	go test $(RACE) $(GOTESTFLAGS) -skip '^TestControllers$$' ./internal/controller
	$(call ginkgo,4) --skip-file='$(RACE_FILES)' ./internal/controller
	@rm -f $(RACE_LOG)*
	GORACE=log_path=$(RACE_LOG) $(call ginkgo,4) $(RACE) --focus-file='$(RACE_FILES)' ./internal/controller || { cat $(RACE_LOG)* 2>/dev/null; exit 1; }

# Results are not reused: go test cannot see that a binary it starts has changed.
.PHONY: test-integration
test-integration: controlplane build ## Run the suites that need a real API server
	go test -count=1 -timeout 30m $(GOTESTFLAGS) $$(go list ./test/... | grep -v /test/crash)

.PHONY: test-e2e
test-e2e: controlplane build ## Run the built manager as a black box, crashes included
	$(call ginkgo,2) ./test/crash

.PHONY: test-clients
test-clients: ## Let published WHM clients drive the simulator; needs Node with npm, installed if it may
	@CLIENTS="$(CLIENTS)" test/clients/install.sh
	WHM_CLIENTS="$(CLIENTS)" go test -count=1 -timeout 5m ./test/clients $(GOTESTFLAGS)

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME
	@FUZZTIME="$(FUZZTIME)" hack/fuzz.sh

.PHONY: bench
bench: controlplane ## Run the benchmarks
	go test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 30m $(GOTESTFLAGS) ./internal/... ./test/...

##@ Install into a cluster

# An overlay outside config/ sets the image, so that deploying leaves the work tree alone.
dist/overlay/kustomization.yaml: FORCE
	@mkdir -p $(@D)
	@image='$(IMG)'; case "$${image##*/}" in *:*) ;; *) image="$$image:latest" ;; esac; printf '%s\n' \
		'apiVersion: kustomize.config.k8s.io/v1beta1' \
		'kind: Kustomization' \
		'resources: [../../config/default]' \
		"images: [{name: whm-credentials-operator, newName: \"$${image%:*}\", newTag: \"$${image##*:}\"}]" > $@

.PHONY: FORCE
FORCE:

.PHONY: manifests
manifests: dist/overlay/kustomization.yaml ## Write everything to install into dist/install.yaml
	$(KUSTOMIZE) build dist/overlay > dist/install.yaml

.PHONY: install
install: ## Install the CRDs
	$(KUSTOMIZE) build config/crd | $(KUBECTL) apply --server-side -f -

.PHONY: uninstall
uninstall: ## Remove the CRDs and with them every object of theirs
	$(KUSTOMIZE) build config/crd | $(KUBECTL) delete --ignore-not-found -f -

.PHONY: deploy
deploy: manifests ## Install CRDs and operator
	$(KUBECTL) apply --server-side -f dist/install.yaml

.PHONY: undeploy
undeploy: manifests ## Remove what deploy installed
	$(KUBECTL) delete --ignore-not-found -f dist/install.yaml
