"""The API in front of Celery: `uvicorn bench.straightforward.main:app`."""

from bench.straightforward.app import create_app
from bench.straightforward.worker import process

app = create_app(process.delay)
