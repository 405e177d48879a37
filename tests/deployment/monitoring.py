"""The configuration of Prometheus and Grafana."""

import json
from typing import Any

from tests.checkout import ROOT

PROMETHEUS = ROOT / "deployment" / "prometheus"


CONFIGURATION = PROMETHEUS / "prometheus.yml"


DASHBOARD = ROOT / "deployment" / "grafana" / "dashboards" / "md5-service.json"


def panels() -> list[dict[str, Any]]:
    return list(json.loads(DASHBOARD.read_text())["panels"])
