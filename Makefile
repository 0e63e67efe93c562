# Each target is a line or two over the command line; see `.venv/bin/staza --help`.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null && $$p -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
BIN := .venv/bin
COMPILED := lms/translations/.compiled

.PHONY: run test types suite bench check fuzz slow chaos backups play screenshots translations lock clean

run: .venv/installed $(COMPILED)  ## Make everything ready and serve it on http://127.0.0.1:$(PORT)
	@$(BIN)/staza demo

test: .venv/installed-tests $(COMPILED)  ## Run every test: style, types, compiler, application on both databases, browser
	@.ci/browser
	@$(BIN)/ruff check -q . && $(BIN)/ruff format -q --check .
	@$(MAKE) --no-print-directory -j 2 types suite

# Beside each other: mypy uses one core, and so do the tests while they are collected and where they wait for a server.
types: .venv/installed-tests  ## Check the types
	@$(BIN)/mypy

suite: .venv/installed-tests $(COMPILED)  ## Run pytest
	@$(BIN)/pytest -n 2 --dist worksteal

fuzz: .venv/installed-tests  ## Spoil the real courses in 20,000 ways: each is a build, or problems at their places
	@STAZA_FUZZ=20000 $(BIN)/pytest -n 2 --dist worksteal tests/courses/test_fuzz.py

slow: .venv/installed-tests $(COMPILED)  ## Five minutes of 2,000 slow bodies, 300 slow headers and 40 slow readers
	@STAZA_SLOW=300 $(BIN)/pytest -s tests/lms/test_slow_clients.py

chaos: .venv/installed-tests $(COMPILED)  ## 60 trainees on a bad line; server, worker and PostgreSQL are killed 30 times
	@STAZA_CHAOS=1 $(BIN)/pytest -s tests/lms/test_chaos.py

backups: .venv/installed-tests  ## Spoil 200 backups, and kill and starve restores: each is refused or undone
	@STAZA_BACKUPS=200 $(BIN)/pytest -q tests/lms/test_backups.py

play: .venv/installed-tests $(COMPILED)  ## Play every course of content/ through in a browser; axe looks at each of their pages
	@.ci/browser
	@STAZA_PLAY=all $(BIN)/pytest -n 2 --dist worksteal tests/browser/test_courses.py

bench: .venv/installed-tests build/others  ## Measure the build beside other tools, the preview, and throughput against a bare route
	@.ci/browser
	@$(BIN)/python benchmarks/build.py
	@$(BIN)/python benchmarks/preview.py
	@$(BIN)/python benchmarks/serve.py

check: .venv/installed  ## Every problem and advice in content/, and whether finals can be guessed
	@$(BIN)/staza check
	@$(BIN)/staza review guess

screenshots: .venv/installed-tests  ## Take the pictures in docs/ anew
	@.ci/browser
	@$(BIN)/python docs/screenshots.py
	@$(BIN)/python docs/pictures.py

translations: .venv/installed  ## Collect the texts of the interface for the translators, and compile their catalogues
	@$(BIN)/staza translations

$(COMPILED): $(wildcard lms/translations/*/LC_MESSAGES/messages.po) lms/cli/translations.py | .venv/installed
	@$(BIN)/staza translations --compile && touch $@

build/others:  # what the build is compared to
	@"$(PYTHON)" -m venv $@ && $@/bin/pip install -q mkdocs sphinx myst-parser

.venv/installed: .ci/requirements.txt pyproject.toml
	@.ci/install requirements.txt "$(PYTHON)" && touch $@

.venv/installed-tests: .ci/requirements-tests.txt pyproject.toml
	@.ci/install requirements-tests.txt "$(PYTHON)" && touch .venv/installed $@

lock:  ## Choose and lock the newest dependencies anew; needs pip-tools
	pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --all-build-deps --extra test --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o .ci/requirements-tests.txt pyproject.toml
	pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --all-build-deps --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -c .ci/requirements-tests.txt -o .ci/requirements.txt pyproject.toml

clean:  ## Forget what was installed and compiled; instance/ with its data stays
	rm -rf .venv build *.egg-info
