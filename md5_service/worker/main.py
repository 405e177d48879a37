"""Where Celery finds the workers: `celery -A md5_service.worker.main worker` (and `beat`). The only module of the worker that
does something when it is imported."""

from md5_service.settings import forget_foreign, settings_of_process

forget_foreign()  # before what else Celery needs, which looks at the environment when it is imported

from md5_service.worker.app import create_worker  # noqa: E402

app = create_worker(settings_of_process())
