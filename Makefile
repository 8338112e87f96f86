# Every target sets up what it needs. `make` alone says what there is.
.DEFAULT_GOAL := help
.PHONY: help setup start run stop list play check hint compare take solve reset progress verify test containers deploy-emulated browser-tests lint-tool types test-tool workflows docs-check inspect lint \
	format lock services up down logs shell psql e2e engine doctor bundle clean
# One recipe line is one shell. `course` uses all processors itself; make runs two targets at once only
# where each of them keeps one processor busy.
ifndef AT_ONCE
.NOTPARALLEL:
endif
MAKEFLAGS += --no-print-directory

# What is meant for another project's Python: modules, a library, warnings that are errors.
STRAY := PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONWARNINGS PYTHONINSPECT PYTHONOPTIMIZE PYTHONUSERBASE PYTHONPLATLIBDIR \
	PYTHONSAFEPATH PYTHONEXECUTABLE PYTHONCASEOK PYTHONDEVMODE PYTHONVERBOSE PYTHONDEBUG PYTHONNODEBUGRANGES
# `make doctor` names those that are set.
export COURSE_PASSED_OVER := $(strip $(foreach name,$(STRAY),$(if $(value $(name)),$(name))))
unexport $(STRAY) VIRTUAL_ENV __PYVENV_LAUNCHER__

PYTHON ?= python3
STEP ?=
FILE ?=
COURSE := .venv/bin/course
# What passed is not run again while every file is as it was; in CI, and with FRESH=1, it is. Most of
# the tool's tests, and its linters, look at no step and at no page; these tests do.
FRESH ?=
ONCE = .venv/bin/python -I -m course.cache.run_once $(if $(FRESH),--fresh)
ONCE_WITHOUT_STEPS = $(ONCE) --without steps --without final --without docs/steps
# What the tool's tests cover is measured as well, which doubles their time.
MEASURED ?= --cov --cov-report=term
COURSE_TESTS := $(addprefix scripts/tests/,docs/gates/test_exercises.py docs/gates/test_sequence.py docs/views/test_plans.py \
	propagate/test_recipe.py test_bench_mistakes.py test_django_ecs.py test_root_compose.py workflows/test_scripts.py)

# What makes many temporary folders makes them in memory, if the machine has enough of it.
ifneq ($(wildcard .ci/temporary),)
MANY_FILES := $(shell .ci/temporary)
test test-tool verify docs-check pictures inspected: export TMPDIR := $(MANY_FILES)
endif

help: ## Say what there is
	@awk 'BEGIN { FS = ":.*## " } \
		/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Make the tools' own environment, .venv
	@$(PYTHON) scripts/bootstrap.py

start: setup ## Run the finished app (or one step: make start STEP=03)
	@$(COURSE) start $(STEP)

run: setup ## Run one step: make run STEP=03
	@$(COURSE) run $(or $(STEP),final)

stop: ## End what start, run, docs serve and services have running from this checkout
	@if [ -x $(COURSE) ]; then $(COURSE) stop; else echo "nothing was running"; fi

list: setup ## List the steps
	@$(COURSE) list

play: setup ## Work along in playground/ from a step that you have: make play STEP=03
	@$(COURSE) play $(STEP)

check: setup ## Run the next step's tests on your playground, and say what is wrong
	@$(COURSE) check

hint: setup ## Say what to do next in your playground
	@$(COURSE) hint

compare: setup ## Show what differs between your playground and the next step (or STEP)
	@$(COURSE) compare $(STEP)

take: setup ## Fetch a generated or vendored file into your playground: make take FILE=…
	@$(COURSE) take $(STEP) $(FILE)

solve: setup ## Take the next step's version of FILE (or of all), with a backup of yours
	@$(COURSE) solve $(FILE)

reset: setup ## Begin the step that you are at again, with a backup of yours
	@$(COURSE) reset

progress: setup ## Say where you are in the course
	@$(COURSE) progress

verify: setup ## Prove that every step works (or one: make verify STEP=03)
	@echo "── the steps"
	@$(COURSE) verify $(STEP)

test: setup ## All that CI runs: the tool, every step, every page
	@$(MAKE) --jobs 2 AT_ONCE=1 lint-tool types workflows lint
	@$(MAKE) test-tool verify docs-check

containers: setup ## Run the checks that need Docker: the pipelines and images of a step, really
	@echo "── containers"
	@$(COURSE) containers $(STEP) $(if $(FRESH),--fresh)
	@.venv/bin/python -I -m pytest --quiet --no-cov -rs scripts/tests/test_root_compose.py

deploy-emulated: setup ## Deploy the stack to an AWS on this machine, really (needs Docker)
	@echo "── the deployment"
	@$(COURSE) deploy-emulated $(STEP) $(if $(FRESH),--fresh)

browser-tests: setup ## Use the steps in a real browser, with their own tests
	@echo "── in a browser"
	@$(COURSE) browser-tests $(STEP) $(if $(FRESH),--fresh)

lint-tool: setup ## The form of the tool's code
	@echo "── form of the tool's code"
	@.venv/bin/black --check --quiet scripts .github/scripts || { .venv/bin/black --check scripts .github/scripts; echo "  → make format"; exit 1; }
	@$(ONCE_WITHOUT_STEPS) .venv/bin/flake8 scripts .github/scripts
	@$(ONCE_WITHOUT_STEPS) .venv/bin/lint-imports --no-cache --no-logo

types: setup ## The types of the tool's code
	@echo "── types of the tool's code"
	@$(ONCE_WITHOUT_STEPS) .venv/bin/mypy

test-tool: setup ## The tests of the tool
	@echo "── tests of the tool"
	@$(ONCE_WITHOUT_STEPS) .venv/bin/python -I -m pytest --quiet -n auto --dist worksteal $(MEASURED)
	@$(ONCE) .venv/bin/python -I -m pytest --quiet --no-cov $(COURSE_TESTS)

workflows: setup ## The workflows of CI, by schema and by actionlint
	@echo "── workflows"
	@$(COURSE) workflows

docs-check: setup ## Build the site and prove that it is true, and good to read
	@echo "── the site"
	@$(COURSE) docs check $(if $(FRESH),--fresh)
	@$(MAKE) --jobs 2 AT_ONCE=1 pictures inspected

.PHONY: pictures inspected
pictures:
	@$(COURSE) docs screenshots --check $(if $(FRESH),--fresh)

inspected:
	@$(COURSE) docs inspect $(if $(FRESH),--fresh)

inspect: setup ## Look at every page of the site in a browser: axe, keyboard, widths
	@$(COURSE) docs build --strict
	@$(COURSE) docs inspect

lint: setup ## Look for gaps, wrong names and locks that disagree
	@echo "── the chain"
	@$(COURSE) lint $(if $(FRESH),--fresh)

format: setup ## Format the tool's code
	@.venv/bin/black --quiet scripts .github/scripts

lock: setup ## Regenerate every lock, with one version of each package
	@$(COURSE) lock

services: setup ## Start Postgres, a Redis-protocol server and a mail catcher, without Docker
	@$(COURSE) services up

# What follows runs in the folder of the finished application, with its own Makefile.
up: engine final/.env ## Start the finished application in containers, with all its services (needs Docker)
	@$(MAKE) -C final up

down: engine ## Stop those containers; the data stays
	@$(MAKE) -C final down

logs: engine ## Follow what they print
	@$(MAKE) -C final logs

shell: engine ## Open the shell of Django in one of them
	@$(MAKE) -C final shell

psql: engine ## Open their database
	@$(MAKE) -C final psql

e2e: ## Use the finished application, as it runs, in a real browser
	@$(MAKE) -C final e2e

final/.env:
	@$(PYTHON) -I final/config/dotenv.py

engine:
	@if ! command -v docker >/dev/null; then missing="docker is not on the PATH"; \
	elif ! docker compose version >/dev/null 2>&1; then missing="docker has no plugin named compose"; \
	elif ! docker info >/dev/null 2>&1; then missing="no engine responds to docker"; fi; \
	if [ -n "$$missing" ]; then \
		echo "This needs Docker with Compose, but $$missing. make doctor says how to install it."; \
		echo "Without Docker, these work: make start (the application and the site), make run STEP=03 (one step),"; \
		echo "make services (Postgres, Redis and a mail server) and make test."; \
		exit 1; \
	fi >&2

bundle: setup ## Fetch all packages, for a room without a network: make bundle FILE=…
	@$(COURSE) bundle $(FILE)

doctor: ## Say what this machine has and lacks; also before anything is set up
	@$(PYTHON) scripts/bootstrap.py doctor

clean: ## Take away what the tool made on this machine, but no backup, and not your place in the course
	@if [ -x $(COURSE) ]; then $(COURSE) stop; fi
	rm -rf .venv site
	@# A propagation that waits at a conflict can go on or be put back only with its state and the objects that it names.
	@kept=; \
	if grep -qs '^ "stop": {' .course/propagate/state.json; then \
		kept='! -name propagate ! -name store.git'; \
		echo "Kept .course/propagate and .course/store.git: a propagation waits at a conflict."; \
		echo "  → make setup, then: course propagate --continue   (or: course propagate --abort)"; \
	fi; \
	[ ! -d .course ] || find .course -mindepth 1 -maxdepth 1 ! -name backups ! -name playground ! -name journal \
		$$kept -exec rm -rf {} +
