"""Flower's configuration: it shows, and gives no orders; `/metrics`, which it would leave open, needs the password, too."""

from flower.views.monitor import Metrics
from tornado.web import authenticated

read_only = True
Metrics.get = authenticated(Metrics.get)
