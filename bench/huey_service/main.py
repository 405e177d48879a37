"""The API in front of Huey: `uvicorn bench.huey_service.main:app`."""

from bench.huey_service.worker import process
from bench.straightforward.app import create_app

app = create_app(process)
