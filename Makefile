# Each target is a thin door to config/local. Nothing here needs more than a Python and make.
.DEFAULT_GOAL := help
.PHONY: help run demo demo-crash live test mutants faults check bench logs stop reset doctor lock

# The first Python that runs at all: a shim without a chosen version is on the PATH and does not.
PYTHON = $(shell for name in "$$LINTEL_PYTHON" python3 python3.13 python3.12 python3.11 /usr/bin/python3 python; do \
	if test -n "$$name" && "$$name" -c "" >/dev/null 2>&1; then printf '"%s"' "$$name"; exit; fi; done; \
	printf 'echo "lintel: no Python runs here; install CPython 3.11, 3.12 or 3.13." >&2; exit 1; :')
BEGIN = @$(PYTHON) -m config.local.begin

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

run: ## Start everything and stay up until Ctrl-C
	$(BEGIN) run

demo: ## Start, answer two requests, show what they took, stop
	$(BEGIN) demo

demo-crash: ## Kill a worker in mid-answer and watch another take over
	$(BEGIN) demo-crash

live: ## Try the real vendors whose keys are set (costs under $0.05)
	$(BEGIN) live

test: ## Run the tests (ARGS="-k name" hands words to pytest)
	$(BEGIN) test $(ARGS)

mutants: ## Take each guard away in a copy, and see its test turn red
	$(BEGIN) test -m mutants

faults: ## Kill, freeze and cut everything, and see that all invariants hold (ARGS="--minutes 45")
	$(BEGIN) faults $(ARGS)

check: ## Lint, types, floors, migrations, deployment settings, lock, audit
	$(BEGIN) check

bench: ## Measure (ARGS="accept streams" takes some of it)
	$(BEGIN) bench $(ARGS)

logs: ## Follow the logs of all processes
	$(BEGIN) logs

stop: ## Stop what runs here
	$(BEGIN) stop

reset: ## Delete all data of this copy (asks; YES=1 does not)
	$(BEGIN) reset

doctor: ## Look at the machine, the settings and the processes
	$(BEGIN) doctor

lock: ## Compile the requirements with hashes (ARGS=--upgrade takes newer versions)
	$(BEGIN) lock $(ARGS)
