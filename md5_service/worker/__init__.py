"""The working side: claims tasks, does them, writes the log. Runs without the API and its packages."""
