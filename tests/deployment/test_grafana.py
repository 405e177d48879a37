"""The files for Grafana, as far as they can be checked without it: it is not available here."""

import json
import re
from itertools import combinations
from typing import Any

from tests.checkout import ROOT
from tests.deployment.monitoring import CONFIGURATION, DASHBOARD, panels

PROVISIONING = ROOT / "deployment" / "grafana" / "provisioning"
UNITS = {"none", "short", "s", "cps", "percentunit", "binBps", "bytes"}  # Grafana's ids
# The fields that Grafana 11 and 12 know, of those used here (their kinds/dashboard, and panelcfg.cue of the plugins). Grafana
# silently ignores unknown fields.
FIELDS = {
    "panel": "id type title description gridPos datasource targets fieldConfig options transformations",
    "target": "refId datasource editorMode expr legendFormat instant range format",
    "defaults": "unit noValue color thresholds mappings decimals min max custom",
    "stat": "colorMode graphMode justifyMode orientation textMode reduceOptions",
    "table": "showHeader cellHeight",
    "timeseries": "legend tooltip",
    "custom of table": "align cellOptions",
    "custom of timeseries": "drawStyle lineWidth fillOpacity showPoints spanNulls stacking thresholdsStyle",
}


def test_the_dashboard_is_laid_out_and_said_in_full() -> None:
    written = DASHBOARD.read_text()
    dashboard = json.loads(written)
    assert written == json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n"
    assert (dashboard["uid"], dashboard["editable"], "id" in dashboard) == ("md5-service", False, False)
    assert 39 <= dashboard["schemaVersion"] <= 41  # Grafana 11 and 12
    assert len({panel["id"] for panel in panels()}) == len({panel["title"] for panel in panels()}) == len(panels()) > 10
    for panel in panels():
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["title"]
        assert len(panel["description"]) > 40
        assert panel["type"] in ("stat", "table", "timeseries")
        assert defaults["unit"] in UNITS
        assert defaults["noValue"]
        _has_only_what_grafana_knows(panel)
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]) > 0
        for target in panel["targets"]:
            assert target["instant"] != target["range"]
            assert target["range"] == (panel["type"] == "timeseries")
            assert target["legendFormat"] or panel["type"] == "table"
    used = re.findall(r'"uid": "([^"]*)"', written.replace('"uid": "md5-service"', ""))
    assert len(used) == len(panels()) + sum(len(panel["targets"]) for panel in panels())
    assert set(used) == {"prometheus"}


def _has_only_what_grafana_knows(panel: dict[str, Any]) -> None:
    kind, defaults = panel["type"], panel["fieldConfig"]["defaults"]
    parts = {"panel": panel, "defaults": defaults, kind: panel["options"]}
    parts |= {f"custom of {kind}": defaults["custom"]} if "custom" in defaults else {}
    for what, given in [*parts.items(), *(("target", target) for target in panel["targets"])]:
        assert given, (panel["title"], what)
        assert given.keys() <= set(FIELDS[what].split()), (panel["title"], what)
    if "thresholds" in defaults:
        first, *others = (step["value"] for step in defaults["thresholds"]["steps"])
        assert first is None, panel["title"]  # from minus infinity
        assert others == sorted(others), panel["title"]


def test_no_panel_lies_over_another_or_leaves_a_hole() -> None:
    cells = []
    for panel in panels():
        x, y, width, height = (panel["gridPos"][name] for name in "xywh")
        assert 0 <= x < x + width <= 24
        cells.append({(column, row) for column in range(x, x + width) for row in range(y, y + height)})
    for one, other in combinations(cells, 2):
        assert not one & other
    covered = set().union(*cells)
    assert len(covered) == 24 * (1 + max(row for _, row in covered))


def test_grafana_is_told_of_the_same_prometheus_and_folder() -> None:
    source = (PROVISIONING / "datasources" / "prometheus.yml").read_text()
    provider = (PROVISIONING / "dashboards" / "md5-service.yml").read_text()
    for line in ("apiVersion: 1", "    uid: prometheus", "    type: prometheus", "    url: http://prometheus:9090"):
        assert re.search(rf"^{re.escape(line)}( #.*)?$", source, re.M), line
    for line in ("apiVersion: 1", "    type: file", "      path: /var/lib/grafana/dashboards"):
        assert re.search(rf"^{re.escape(line)}( #.*)?$", provider, re.M), line
    (every,) = re.findall(r"scrape_interval: (\w+)", CONFIGURATION.read_text())
    assert re.search(rf"^      timeInterval: {every}( #.*)?$", source, re.M)  # otherwise rates cover too short a time
