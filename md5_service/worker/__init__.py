"""The working side: claims tasks, does them, writes the log. Runs without the API and its packages."""

from md5_service.settings import forget_foreign

forget_foreign()  # here, for Celery and what it needs look at the environment when they are imported
