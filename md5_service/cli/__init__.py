"""The command `md5-service`."""
