# For those who work on this project. To run it: ./run   To test it: ./test
.PHONY: help lint lint-python lint-page format test coverage images containers faults mutants fuzz audit bench gallery types docs-pages lock
.DEFAULT_GOAL := help
BIN := .venv/bin
PREPARE := . deployment/prepare.sh && need_environment requirements.dev.lock.txt

help:  ## Show what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

lint:  ## Check form, types and the rules of the house, Python and page
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

format:  ## Bring the Python code into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test:  ## Run all tests
	./test

coverage:  ## Run all tests and show what none of them reaches, Python and page (ONLY=tests/data: some); pages in coverage/
	@./test --prepare
	rm -rf coverage
	-$(BIN)/coverage run -m pytest -n 4 $(ONLY)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage html --quiet
	@$(BIN)/coverage report
	@. deployment/prepare.sh && need_node && cd frontend && npm run --silent coverage

images:  ## Build the images, and what they begin from; needs root on Debian
	@$(PREPARE) && need_debian podman buildah runc iptables netavark aardvark-dns fuse-overlayfs catatonit debootstrap
	$(BIN)/python -m tests.deployment.containers

containers: images  ## Bring the compose file up, and break things in it; needs root on Debian, and ten minutes (FORM= is shorter)
	$(BIN)/python -m pytest -m containers --containers -n 2 $(FORM) tests/deployment

FORM := --long

faults:  ## Break things at length, for 40 minutes, and write down what was found (MD5_FAULTS_SEED=N: other chances)
	@$(PREPARE)
	$(BIN)/python -m tests.faults

mutants:  ## Take out the code of each guarantee, and show which test notices
	@$(PREPARE)
	$(BIN)/python -m tests.faults.mutants

fuzz:  ## Try the API and its forms at random, at length, for 25 minutes, and write down what was found (MD5_FUZZ_SEED=N)
	@$(PREPARE)
	$(BIN)/python -m tests.fuzz

audit:  ## Ask the registries for known holes in what is locked; needs the network, and its answer changes with the day
	@$(PREPARE)
	for lock in requirements*.lock.txt; do $(BIN)/pip-audit --strict --disable-pip --require-hashes -r $$lock || exit 1; done
	@. deployment/prepare.sh && need_node && cd frontend && npm audit

bench:  ## Measure: a large file beside md5sum, many small ones beside other services, the first MD5 after a start
	@$(PREPARE)
	$(BIN)/python -m bench

gallery:  ## Make the README's pictures anew
	SCREENSHOT=1 ./test tests/browser/test_gallery.py --long

types:  ## Make the OpenAPI document and the page's types anew
	$(BIN)/python -m md5_service.api.export_openapi >frontend/openapi.json
	@. deployment/prepare.sh && need_node_modules && cd frontend && npm run --silent types

docs-pages:  ## Regenerate the pages of docs/ that are made from the code
	$(BIN)/python -m md5_service.export_errors >docs/errors.md
	$(BIN)/python -m md5_service.export_settings >docs/settings.md

lock:  ## Make the lock files anew from pyproject.toml
	$(BIN)/uv lock --upgrade
	$(BIN)/uv export $(EXPORT) --no-dev --all-extras --group build -o requirements.lock.txt
	$(BIN)/uv export $(EXPORT) --all-extras --all-groups --no-group node --no-group flower -o requirements.dev.lock.txt
	$(BIN)/uv export $(EXPORT) --no-dev --extra mariadb -o requirements.worker.lock.txt
	$(BIN)/uv export $(EXPORT) --no-dev --extra api --extra cli --extra mariadb --group build -o requirements.api.lock.txt
	$(BIN)/uv export $(EXPORT) --only-group flower -o requirements.flower.lock.txt
	$(BIN)/uv export $(EXPORT) --only-group node -o requirements.node.lock.txt

EXPORT := --quiet --locked --no-emit-project --no-header --no-annotate --format requirements-txt
