# Each target does all of its own set-up: a virtual environment in .venv and the packages it needs.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= runs/demo

export HF_HUB_OFFLINE = 1
export TOKENIZERS_PARALLELISM = false

.PHONY: demo demos test check notebooks bench bench-peers clean

demo: $(VENV)/.installed-all  ## the interference recipe from sample to report, on the embedded model
	$(BIN)/duologue demo interference --out $(OUT)

demos: demo  ## every recipe's demo
	$(BIN)/duologue demo seedtalk --out $(OUT)-seedtalk
	$(BIN)/duologue demo lab --out $(OUT)-lab
	$(BIN)/duologue demo steering --out $(OUT)-steering
	$(BIN)/duologue demo clarify --out $(OUT)-clarify

test: $(VENV)/.installed-dev  ## the whole test suite
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

check: $(VENV)/.installed-dev  ## formatting, lint, types, import rule
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

notebooks: $(VENV)/.installed-dev  ## docs/notebooks/*.ipynb from their .py
	$(BIN)/python scripts/notebooks.py

bench: $(VENV)/.installed-dev  ## every benchmark; each prints a ratio
	for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

bench-peers: $(VENV)/.installed-dev  ## the engine beside its peers, each in its own environment
	$(BIN)/python benchmarks/peers/run.py

$(VENV)/.installed-%: pyproject.toml constraints.txt scripts/install.sh
	sh scripts/install.sh "$(PYTHON)" "$(VENV)" "$*"
	touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
