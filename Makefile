# Every target brings what it needs: `make demo` on a fresh clone is enough.
PYTHON ?= python3
RUN := .venv/bin/python
ARGS ?=
PORT ?= 8000
export PORT
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo serve stop test check mutations sweeps bench browser screenshots

help:
	@echo "make demo         set up, fill an invented provider, serve the console (Ctrl-C ends it)"
	@echo "make serve        serve the console and the task queue on what is there"
	@echo "make stop         stop the console, the task queue and the development database"
	@echo "make test         run the tests           (ARGS='tests/apps/ledger -x' for some)"
	@echo "make check        run the checks          (ARGS='lint types' for some)"
	@echo "make mutations    take each guard of the database away and see its test fail (up to half an hour)"
	@echo "make sweeps       let runs, loads and imports die at every boundary, ten thousand reserve (half an hour)"
	@echo "make bench        measure, and write benchmarks/results.json"
	@echo "make browser      drive the console in a real browser"
	@echo "make screenshots  take the pictures of the README"

setup:
	@$(PYTHON) scripts/bootstrap.py

demo: setup
	@$(RUN) manage.py demo

serve: setup
	@$(RUN) manage.py serve $(ARGS)

stop:
	@if [ -x $(RUN) ]; then $(RUN) manage.py stop; else echo "nothing is set up, so nothing runs"; fi

test: setup
	@$(RUN) scripts/test.py $(ARGS)

check: setup
	@$(RUN) scripts/check.py $(ARGS)

mutations: setup
	@$(RUN) scripts/guard_mutations.py $(ARGS)

sweeps: setup
	@BILLING_SWEEP_STEP=1 $(RUN) scripts/test.py tests/concurrency/test_bill_run_faults.py tests/concurrency/test_sweeps.py tests/concurrency/test_reservation_races.py -s $(ARGS)

bench: setup
	@$(RUN) -m benchmarks $(ARGS)

browser: setup
	@$(RUN) -m pytest -m browser tests/browser $(ARGS)

screenshots: setup
	@$(RUN) scripts/screenshots.py $(ARGS)
