"""Where Celery finds the workers: `celery -A md5_service.worker.main worker` (and `beat`)."""

from md5_service.settings import settings_of_process
from md5_service.worker.app import create_worker

app = create_worker(settings_of_process())
