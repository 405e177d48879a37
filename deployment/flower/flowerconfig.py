"""Flower's configuration: read-only, and `/metrics`, which Flower leaves open by default, requires the password."""

from flower.views.monitor import Metrics
from tornado.web import authenticated

read_only = True
Metrics.get = authenticated(Metrics.get)
