# Each target sets itself up. A plain python3 (3.11 or newer) and make are enough.
.PHONY: setup run test check bench lock messages
PYTHON ?= python3

setup:    ; @$(PYTHON) tools/setup.py runtime
run:      setup ; @.venv/bin/campaign serve --first-run
test:     ; @$(PYTHON) tools/setup.py test && .venv/bin/python tools/run_tests.py
check:    ; @$(PYTHON) tools/setup.py check && .venv/bin/python tools/run_checks.py
bench:    ; @$(PYTHON) tools/setup.py test && .venv/bin/python -m bench
lock:     ; @$(PYTHON) tools/setup.py check && .venv/bin/python tools/lock.py
messages: ; @$(PYTHON) tools/setup.py check && .venv/bin/python tools/messages.py
