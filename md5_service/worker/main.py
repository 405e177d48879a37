"""Where Celery finds the workers: `celery -A md5_service.worker.main worker` (and `beat`)."""

from md5_service.settings import read_settings
from md5_service.worker.app import create_worker

app = create_worker(read_settings())
