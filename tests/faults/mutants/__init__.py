"""Removes the code of one guarantee at a time; a test must notice. `make mutants` shows which. There is one module per
area of the code.

A mutant is a copy of the repository with one change. The tests named beside it are run in that copy; because ./test
also runs them without the change, only the change can make them fail.
"""

from tests.faults.mutants import (
    access,
    api,
    bucket,
    cli,
    database,
    http,
    kinds,
    log,
    phones,
    queue,
    rows,
    service,
    upkeep,
    upload,
    worker,
)

_AREAS = (rows, queue, database, bucket, log, kinds, phones, upkeep, service, worker, upload, access, http, api, cli)
MUTANTS = tuple(mutant for area in _AREAS for mutant in area.MUTANTS)
