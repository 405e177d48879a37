"""Where uvicorn finds the API: `uvicorn md5_service.api.main:app`."""

from md5_service.api.app import app_of_process

app = app_of_process()
