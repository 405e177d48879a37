"""Where uvicorn finds the API: `uvicorn md5_service.api.main:app --http md5_service.api.main:Protocol`. The only module of the
API that does something when it is imported."""

from md5_service.settings import settings_of_process

settings = (
    settings_of_process()
)  # before FastAPI and what it needs, which look at the environment when they are imported

from md5_service import logs  # noqa: E402
from md5_service.api.app import create_app  # noqa: E402
from md5_service.api.http.protocol import Protocol as Protocol  # noqa: E402

logs.configure(settings.log_level)
app = create_app(settings)
