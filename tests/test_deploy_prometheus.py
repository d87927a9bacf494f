"""What watches the service: rules and dashboard against promtool and against the metrics that there are."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).parent.parent
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = [rule for group in yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "dashboard.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
UNIT_TESTS = Path(__file__).parent / "deploy" / "alerts.yml"


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        assert not os.environ.get("REQUIRE_ALL"), "promtool is missing"
        pytest.skip("promtool is missing")
    return found


def passes(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_takes_configuration_and_rules(promtool: str, tmp_path: Path) -> None:
    shutil.copytree(PROMETHEUS, tmp_path / "prometheus")
    (tmp_path / "prometheus" / "key").write_text("0123456789abcdef")
    passes(promtool, "check", "config", "--lint-fatal", tmp_path / "prometheus" / "prometheus.yml")


def test_every_alert_fires_on_what_it_is_for_alone(promtool: str) -> None:
    passes(promtool, "test", "rules", UNIT_TESTS)
    fired = set(re.findall(r'alertname="(\w+)"', UNIT_TESTS.read_text()))
    assert fired == {rule["alert"] for rule in RULES if "alert" in rule}


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    for rule in RULES:
        if "alert" in rule:
            assert all(rule["annotations"][name].endswith(".") for name in ("summary", "action"))
            assert rule["labels"]["severity"] in ("critical", "warning")


@pytest.fixture
def labels(client: FlaskClient) -> dict[str, set[str]]:
    """The labels of every series of a service that has told stances and refused something."""
    client.post("/classify", json={"text": "Berlin called the step a grave mistake."})
    client.post("/classify", json={})
    found: dict[str, set[str]] = {"up": {"job"}}
    for family in text_string_to_metric_families(client.get("/metrics").get_data(as_text=True)):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def queries() -> list[str]:
    return [rule["expr"] for rule in RULES] + [one["expr"] for panel in PANELS for one in panel["targets"]]


@pytest.mark.parametrize("query", queries())
def test_a_query_asks_for_what_there_is(labels: dict[str, set[str]], query: str) -> None:
    recorded = {rule["record"] for rule in RULES if "record" in rule}
    asked = re.findall(r"\b(stance[a-z0-9_:]*|up)\b(?:\{([^}]*)\})?", re.sub(r'"[^"]*"', '""', query))
    assert asked
    for name, matchers in asked:
        assert name in recorded or name in labels, name
        named = set(re.findall(r"(\w+)\s*=", matchers))
        assert name in recorded or named <= labels[name] | {"instance"}, (name, named)
    grouped = {
        one.strip() for group in re.findall(r"\b(?:by|on|ignoring) \(([^)]*)\)", query) for one in group.split(",")
    }
    assert grouped <= {"instance"}.union(*labels.values())


def test_the_alerts_are_tested_with_series_as_the_service_has_them(labels: dict[str, set[str]]) -> None:
    cases: list[dict[str, Any]] = yaml.safe_load(UNIT_TESTS.read_text())["tests"]
    for series in (one["series"] for case in cases for one in case["input_series"]):
        name, matchers = re.fullmatch(r"(\w+)\{(.*)\}", series).groups()  # type: ignore[union-attr]
        assert set(re.findall(r"(\w+)=", matchers)) == labels[name] | {"instance"}, series


def test_the_dashboard_is_whole() -> None:
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    squares = [
        (column, line)
        for place in (panel["gridPos"] for panel in DASHBOARD["panels"])
        for column in range(place["x"], place["x"] + place["w"])
        for line in range(place["y"], place["y"] + place["h"])
    ]
    assert len(squares) == len(set(squares)), "no panel covers another"
    assert max(column for column, _ in squares) < 24
    assert all(panel["title"] and panel["description"] for panel in PANELS)


def test_prometheus_scrapes_where_compose_serves() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    (job,) = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"]
    (target,) = job["static_configs"][0]["targets"]
    host, port = target.split(":")
    assert host in compose["services"]
    assert compose["services"][host]["ports"][0].endswith(f":{port}")
