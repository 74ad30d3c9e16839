# Linesheet. `make run` is all that a newcomer needs; the rest is for those who work on it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2

.PHONY: run test differential isolation bench bench-scale soak drills fairness profile lint format reset lock upgrade schema clean help

run: $(VENV)/.runs  ## Start everything and keep it running (PORT=8001 for another port)
	@$(BIN)/python -m backend.cli dev

test: $(VENV)/.develops  ## All tests, on a real PostgreSQL
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal $(ARGS)

differential: $(VENV)/.develops  ## 20,000 generated operations through graphql-core and the compiled executor (OPERATIONS=n)
	@DIFFERENTIAL=$(or $(OPERATIONS),20000) $(BIN)/python -m pytest -q -s -n 0 tests/differential

isolation: $(VENV)/.develops  ## 100,000 random operations by every kind of viewer: no answer tells of others (OPERATIONS=n SEED=n)
	@ISOLATION=$(or $(OPERATIONS),100000) ISOLATION_SEED=$(or $(SEED),0) $(BIN)/python -m pytest -q -s -n 0 tests/isolation

bench: $(VENV)/.develops  ## The hot operations beside the raw SQL endpoint (ARGS="--pgbouncer --workers 2 --json bench.json")
	@$(BIN)/python -m bench.run $(ARGS)

bench-scale: $(VENV)/.develops  ## What a request costs in shops of growing size, held to bounds (ARGS="--factors 1 100")
	@$(BIN)/python -m bench.scale $(ARGS)

soak: $(VENV)/.develops  ## Ten minutes at 70 % of what saturates the server: memory and p99 stay flat (ARGS="--minutes 3")
	@$(BIN)/python -m bench.soak $(ARGS)

drills: $(VENV)/.develops  ## Twins of one key, thirty edits of one cart, a crowd without pauses: others are served (ARGS="crowd --seconds 5")
	@$(BIN)/python -m bench.drills $(ARGS)

fairness: $(VENV)/.develops  ## One buyer asks for all that the bounds allow: ten others wait less than three times as long
	@$(BIN)/python -m bench.fairness $(ARGS)

profile: $(VENV)/.develops  ## A flame graph of one operation (OPERATION=page|"page, with facets"|detail|"cart of 30"|"set 12 lines, with the total")
	@PATH="$(BIN):$$PATH" $(BIN)/python -m bench.profile "$(or $(OPERATION),page)" $(ARGS)

lint: $(VENV)/.develops  ## Style, types, and who may import whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(VENV)/.develops  ## Lay out the code
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

reset: $(VENV)/.runs  ## Forget the data of `make run` and start over
	@$(BIN)/python -m backend.cli reset

lock: $(VENV)/.develops  ## Refresh the locks after a change of pyproject.toml
	@$(BIN)/python -m tools.lock

upgrade: $(VENV)/.develops  ## Lock the newest versions that pyproject.toml allows
	@$(BIN)/python -m tools.lock --upgrade

schema: $(VENV)/.develops  ## Write schema.graphql
	@$(BIN)/python -m backend.cli schema > schema.graphql.part
	@mv schema.graphql.part schema.graphql

clean:  ## Remove the virtual environment and caches, and keep the data
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info build

help:  ## This list
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 16

# Stamps: the environment is brought up to date only when a lock, or what is installed from the checkout, has changed.
$(VENV)/.runs: requirements-embedded.lock pyproject.toml tools/install.sh
	@PYTHON="$(PYTHON)" sh tools/install.sh $(VENV) requirements-embedded.lock requirements.lock
	@touch $@

$(VENV)/.develops: requirements-dev.lock pyproject.toml tools/install.sh
	@PYTHON="$(PYTHON)" sh tools/install.sh $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/.runs
