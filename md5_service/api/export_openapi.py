"""Prints the OpenAPI document, from which the page's types are generated: `python -m md5_service.api.export_openapi`."""

import json
import sys
from pathlib import Path

from md5_service.api.app import create_app
from md5_service.settings import Settings


def document() -> str:
    """The document as text; it does not depend on any setting."""
    nowhere = Settings(
        database_url="sqlite:////nowhere",
        broker_url="memory://",
        bucket_url="file:///",
        log_path=Path("/nowhere"),
        auth="keys",  # so that the document describes them
    )
    return json.dumps(create_app(nowhere).openapi(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
