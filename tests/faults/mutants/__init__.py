"""Each guarantee's code is taken out, and a test must notice: `make mutants` shows which. A file for each room of the house.

A mutant is a copy of the house with one change. The tests named beside it are run in that copy; as they are also run as they
are, in ./test, what fails them is the change alone.
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
    queue,
    rows,
    service,
    upkeep,
    upload,
    worker,
)

_ROOMS = (rows, queue, database, bucket, log, kinds, upkeep, service, worker, upload, access, http, api, cli)
MUTANTS = tuple(mutant for room in _ROOMS for mutant in room.MUTANTS)
