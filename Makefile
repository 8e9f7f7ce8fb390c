# Everything a person types to start. `make` alone says what there is.

# The first Python that the course can use; name another with `make lab PYTHON=/path/to/python`.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& echo $$python && break; done)

# The environment that tools/setup.py fills: an active conda environment of environment.yml, or .venv.
ENVIRONMENT := $(if $(filter ai-systems,$(CONDA_DEFAULT_ENV)),$(CONDA_PREFIX),$(CURDIR)/.venv)
# Programs start others by name: nbgrader runs alembic, Jupyter runs its kernels.
IN_ENVIRONMENT := PATH="$(ENVIRONMENT)/bin:$$PATH"
PYTEST := $(IN_ENVIRONMENT) pytest -n 2 --dist loadfile

.PHONY: help setup lab test test-full check demo lock

help:
	@echo 'make lab        set up, lay the learner'"'"'s desk and open JupyterLab on the start page'
	@echo 'make test       set up and run the tests'
	@echo 'make test-full  the same, with the lessons at ten times their scale'
	@echo 'make check      lint, format, types, and that built files are up to date'
	@echo 'make demo       play build, release, submit, grade, feedback and export on a sample cohort'
	@echo 'make lock       write requirements.lock from pyproject.toml (needs the network)'

setup:
	@$(or $(PYTHON),python3) tools/setup.py

lab: setup
	@$(IN_ENVIRONMENT) course lab

test: setup
	@test -d tests || { echo 'This is a learner'"'"'s kit, which has no tests; `make lab` opens it.' >&2; exit 1; }
	@$(PYTEST)

test-full: setup
	@$(PYTEST) -m 'full or not full'

check: setup
	@$(IN_ENVIRONMENT) pre-commit run --all-files

demo: setup
	@$(IN_ENVIRONMENT) course demo

lock: setup
	@$(IN_ENVIRONMENT) uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-annotate --custom-compile-command 'make lock' pyproject.toml -o requirements.lock
	@echo 'requirements.lock is written; `make test` installs it and tests with it.'
