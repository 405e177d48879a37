"""Where uvicorn finds the API: `uvicorn md5_service.api.main:app --http md5_service.api.main:Protocol`. The only module of the
API that does something when it is imported."""

from md5_service.settings import forget_foreign

forget_foreign()  # before FastAPI and what it needs, which look at the environment when they are imported

from md5_service.api.app import app_of_process  # noqa: E402
from md5_service.api.http.protocol import Protocol as Protocol  # noqa: E402

app = app_of_process()
