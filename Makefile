# Two commands do all the set-up on a fresh machine: `make study` and `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: study test clean

study: $(VENV)/installed
	$(BIN)/study run quick $(OPTIONS)

test: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	# As many processes as cores, so one thread in each; in the order of the files, because the
	# few long tests of whole studies would otherwise come last, and alone.
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder \
		--ignore-glob="*_stardist.py"
	# By themselves: TensorFlow and torch must not meet in one process.
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder \
		tests/*/*/*_stardist.py tests/*/*/*/*_stardist.py

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet -e ".[test]"
	touch $@

clean:
	rm -rf $(VENV)
