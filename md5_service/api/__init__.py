"""The HTTP side: takes files, answers by id. Loads no kind and never imports the worker."""
