.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
BASE ?= python:3.13-slim
# The first engine that answers and has the base image or can fetch it.
ENGINE = $(firstword $(shell for e in docker podman; do $$e info >/dev/null 2>&1 && \
  { $$e image inspect $(BASE) >/dev/null 2>&1 || $$e pull -q $(BASE) >/dev/null 2>&1; } && echo $$e; done))
IMAGE ?= stance
MODELS := $(or $(STANCE_MODELS),model/artifacts)

# Else every start of a service compiles its modules anew, and the tests start a hundred.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help serve train test lint image image-check sbom audit lock clean

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/%.stamp: requirements/%.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@test -x $(BIN)/python || { echo "making .venv"; $(PYTHON) -m venv .venv; }
	@echo "installing $<"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r $<
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

serve: .venv/train.stamp ## train if need be, and serve on port 8000
	@$(BIN)/python -c 'import model; model.Analyzer.load("$(MODELS)")' 2>.venv/why || { \
	  echo "training, since: $$(tail -n 1 .venv/why | sed 's/^[A-Za-z.]*: //')"; $(BIN)/python training/train.py --out $(MODELS); }
	$(BIN)/gunicorn --config service/gunicorn.conf.py

train: .venv/train.stamp ## train on the corpus and publish
	$(BIN)/python training/train.py

test: .venv/dev.stamp ## lint, types, architecture and the whole suite
	@$(MAKE) --no-print-directory lint
	$(BIN)/coverage erase
	$(BIN)/pytest --cov --cov-report= --numprocesses 2 --dist worksteal

lint: .venv/dev.stamp ## ruff, mypy, hadolint, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

image: ## build the image with Docker or Podman
	@test -n "$(ENGINE)" || { echo "no container engine that answers has $(BASE) or can fetch it"; exit 1; }
	$(ENGINE) build --build-arg BASE=$(BASE) -t $(IMAGE) .

image-check: .venv/dev.stamp ## build the images, run them hardened, post and retrain; without an engine by ../shared/tools/image-check
	@engine="$(ENGINE)"; export PYTHON=$(BIN)/python; if [ -n "$$engine" ]; then \
	  export ENGINE=$$engine BASE=$(BASE) IMAGE=$(IMAGE); sh tests/image/check.sh; \
	elif [ -f ../shared/tools/image-check ]; then \
	  unset ENGINE; bash ../shared/tools/image-check . -- $(BIN)/python tests/image/smoke.py; \
	else echo "no container engine has $(BASE) or can fetch it, and ../shared/tools/image-check is not there"; exit 1; fi \
	&& sh tests/image/inside.sh && sh tests/image/training.sh

# Without the index's address, which is each machine's own: the hashes hold wherever the files come from.
sbom: .venv/dev.stamp ## write the image's bill of materials (CycloneDX), from its lock, to build/sbom.json
	@mkdir -p build
	$(BIN)/cyclonedx-py requirements --output-reproducible --index-url '' --output-file build/sbom.json requirements/serve.lock

audit: .venv/dev.stamp ## look the locked packages up among known vulnerabilities; needs PyPI's own interface
	$(BIN)/uv tool run pip-audit --strict --disable-pip --require-hashes --requirement requirements/dev.lock

lock: .venv/dev.stamp ## lock the dependencies anew
	@for extra in serve bulk train dev; do \
	  case $$extra in serve) e=;; bulk) e="--extra bulk";; train) e="--extra train";; dev) e="--extra train --extra dev";; esac; \
	  $(BIN)/uv pip compile pyproject.toml $$e --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --no-header --no-annotate -q -o requirements/$$extra.lock; done

clean: ## remove the environment and caches, not the models
	rm -rf .venv build *.egg-info .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
