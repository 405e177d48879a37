"""Where uvicorn finds the API: `uvicorn md5_service.api.main:app`."""

from md5_service import logs
from md5_service.api.app import create_app
from md5_service.settings import settings_of_process

settings = settings_of_process()
logs.configure(settings.log_level)
app = create_app(settings)
