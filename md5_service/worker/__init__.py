"""The worker: claims tasks, does their work, writes the log. Runs without the API and its packages."""
