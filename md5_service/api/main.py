"""Where uvicorn finds the API: `uvicorn md5_service.api.main:app`."""

from md5_service.api.app import create_app
from md5_service.settings import read_settings

app = create_app(read_settings())
