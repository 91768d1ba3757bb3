# make demo      the main job, end to end, in the proving world (builds .venv first)
# make test      the tests, without those marked slow
# make test-unit the tests that start no Ray, vLLM or training
# make test-all  all tests
# make cluster-test  several machines (namespaces): a job from submission to student, one machine lost on the way
# make check     what CI runs: lint, types, tests
# make audit     known vulnerabilities of the pinned packages, if pip-audit reaches its service
# make docs      docs/configuration.md, from the configuration classes
# make clean     removes .venv and caches; runs/ stays

PY := .venv/bin/python
# So many processes of tests, a file in one of them, in the order of tests/conftest.py.
PROCESSES ?= 2
SIDE_BY_SIDE := -n $(PROCESSES) --dist loadfile --no-loadscope-reorder

# If this is set, each of a run's many processes would compile the same modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-unit test-all cluster-test check lint types audit docs env clean

demo: env
	.venv/bin/dgrc demo

test: env
	$(PY) -m pytest -m "not slow" $(SIDE_BY_SIDE)

test-unit: env
	$(PY) -m pytest -m "not slow and not stack" $(SIDE_BY_SIDE)

test-all: env
	$(PY) -m pytest $(SIDE_BY_SIDE)

cluster-test: env
	$(PY) -m tests.cluster.several_machines --vllm

check: lint types test

lint: env
	.venv/bin/ruff check .

types: env
	.venv/bin/mypy
	.venv/bin/mypy --strict dgrc/method dgrc/storage dgrc/records

audit: env
	@$(PY) requirements/audit.py

docs: env
	$(PY) -m dgrc.config.docs docs/configuration.md

# Decides by itself, in milliseconds, whether there is anything to do.
env:
	@sh requirements/build_env.sh

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find dgrc tests ray_jobs benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
