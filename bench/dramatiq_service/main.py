"""The API in front of Dramatiq: `uvicorn bench.dramatiq_service.main:app`."""

from bench.dramatiq_service.worker import process
from bench.straightforward.app import create_app

app = create_app(process.send)
