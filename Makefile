# Every target does its own set-up; a second run starts in seconds.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Hundreds of commands are started: each would compile every module again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-long bench lint format lock clean

demo: $(READY)
	$(BIN)/python -m sandbox.demo

test: $(READY) lint
	$(BIN)/pytest -n 2 --dist loadfile

test-long: $(READY)
	$(BIN)/pytest -m long

# SIZE=100000 is the quick form: that many people, in every form of file.
bench: $(READY)
	$(BIN)/python benchmarks/run.py $(if $(SIZE),--size $(SIZE))

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "offramp needs Python 3.11 or newer; set PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "offramp needs Python 3.11 or newer; set PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Needs uv on PATH; the only target that is not for every day.
lock:
	uv pip compile --generate-hashes --no-emit-index-url --universal --python-version 3.11 \
		--custom-compile-command "make lock" --all-extras pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) .demo build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
