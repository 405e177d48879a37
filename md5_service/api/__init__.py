"""The HTTP API. It loads the work of no kind and never imports the worker."""
