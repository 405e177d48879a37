# For developers of this project. To run it: ./run   To test it: ./test
.PHONY: help lint lint-python lint-page format test coverage images containers faults mutants fuzz audit bench gallery types docs docs-pages lock
.DEFAULT_GOAL := help
BIN := .venv/bin
PREPARE := . deployment/prepare.sh && need_environment requirements.dev.lock.txt

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

lint:  ## Check formatting, types and house rules, of Python and of the page
	@$(PREPARE) && need_node_modules
	@$(MAKE) --no-print-directory -j 2 lint-python lint-page

lint-python:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m md5_service.api.export_openapi | cmp - frontend/openapi.json
	$(BIN)/python -m md5_service.export_errors | cmp - docs/errors.md
	$(BIN)/python -m md5_service.export_settings | cmp - docs/settings.md

lint-page:
	@. deployment/prepare.sh && need_node && cd frontend && npm run --silent types:check && npm run --silent typecheck && npm run --silent lint

format:  ## Format the Python code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test:  ## Run all tests
	./test

coverage:  ## Run all tests and report uncovered lines, of Python and of the page, in coverage/ (ONLY=tests/data runs some)
	@./test --prepare
	rm -rf coverage
	-$(BIN)/coverage run -m pytest -n 4 $(ONLY)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage html --quiet
	@$(BIN)/coverage report
	@. deployment/prepare.sh && need_node && cd frontend && npm run --silent coverage

images:  ## Build the images and their base images; needs root on Debian
	@$(PREPARE) && need_debian podman buildah runc iptables netavark aardvark-dns fuse-overlayfs catatonit debootstrap
	$(BIN)/python -m tests.deployment.containers

containers: images  ## Test the compose file and its failures; needs root on Debian and ten minutes (FORM= is shorter)
	$(BIN)/python -m pytest -m containers --containers -n 2 $(FORM) tests/deployment

FORM := --long

faults:  ## Inject faults for 40 minutes, and record the results (MD5_FAULTS_SEED=N for another sequence)
	@$(PREPARE)
	$(BIN)/python -m tests.faults

mutants:  ## Remove the code of each guarantee, and show which test fails
	@$(PREPARE)
	$(BIN)/python -m tests.faults.mutants

fuzz:  ## Fuzz the API and its forms for 25 minutes, and record the results (MD5_FUZZ_SEED=N)
	@$(PREPARE)
	$(BIN)/python -m tests.fuzz

audit:  ## Check the locked packages for known vulnerabilities; needs the network, and its results change from day to day
	@$(PREPARE)
	for lock in requirements*.lock.txt; do $(BIN)/pip-audit --strict --disable-pip --require-hashes -r $$lock || exit 1; done
	@. deployment/prepare.sh && need_node && cd frontend && npm audit

bench:  ## Measure a large file against md5sum, many small ones against other services, and the first MD5 after a start
	@$(PREPARE)
	$(BIN)/python -m bench

gallery:  ## Regenerate the pictures of the documentation
	SCREENSHOT=1 ./test tests/browser/test_gallery.py --long

types:  ## Regenerate the OpenAPI document and the page's types
	$(BIN)/python -m md5_service.api.export_openapi >frontend/openapi.json
	@. deployment/prepare.sh && need_node_modules && cd frontend && npm run --silent types

docs-pages:  ## Regenerate the pages of docs/ that are generated from the code
	$(BIN)/python -m md5_service.export_errors >docs/errors.md
	$(BIN)/python -m md5_service.export_settings >docs/settings.md

docs: docs-pages  ## Build the documentation, which the service serves under /help
	@$(PREPARE) && rm -rf md5_service/api/help && need_help

lock:  ## Regenerate the lock files from pyproject.toml
	$(BIN)/uv lock --upgrade
	$(BIN)/uv export $(EXPORT) --no-dev --all-extras --group build -o requirements.lock.txt
	$(BIN)/uv export $(EXPORT) --all-extras --all-groups --no-group node --no-group flower -o requirements.dev.lock.txt
	$(BIN)/uv export $(EXPORT) --no-dev --extra mariadb --extra fast -o requirements.worker.lock.txt
	$(BIN)/uv export $(EXPORT) --no-dev --extra api --extra cli --extra mariadb --extra fast --group build -o requirements.api.lock.txt
	$(BIN)/uv export $(EXPORT) --only-group flower -o requirements.flower.lock.txt
	$(BIN)/uv export $(EXPORT) --only-group node -o requirements.node.lock.txt
	$(BIN)/uv export $(EXPORT) --only-group docs -o requirements.docs.lock.txt

EXPORT := --quiet --locked --no-emit-project --no-header --no-annotate --format requirements-txt
