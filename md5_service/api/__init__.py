"""The HTTP side: takes files, answers by id. Loads no kind and never imports the worker."""

from md5_service.settings import forget_foreign

forget_foreign()  # here, for FastAPI and what it needs look at the environment when they are imported
