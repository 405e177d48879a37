"""The API for uvicorn: `uvicorn md5_service.api.main:app --http md5_service.api.main:Protocol`. The only module of the API whose
import has side effects."""

from md5_service.settings import forget_foreign

forget_foreign()  # before FastAPI and its dependencies, which read the environment on import

from md5_service.api.app import app_of_process  # noqa: E402
from md5_service.api.http.protocol import Protocol as Protocol  # noqa: E402

app = app_of_process()
