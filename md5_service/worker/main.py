"""Where Celery finds the workers: `celery -A md5_service.worker.main worker` (and `beat`). The only module of the worker
with side effects on import."""

from md5_service.settings import forget_foreign, settings_of_process

forget_foreign()  # first, because Celery's dependencies read the environment when they are imported

from md5_service.worker.app import create_worker  # noqa: E402

app = create_worker(settings_of_process())
