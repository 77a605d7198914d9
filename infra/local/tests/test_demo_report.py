"""The demo's verdict: an expectation that is not met fails it, and says what was seen."""

import io
import json

import pytest
from peerwright_local.demo.report import Report


@pytest.fixture
def report():
    return Report(io.StringIO())


def said(report):
    return [json.loads(line) for line in report._out.getvalue().splitlines()]


def test_an_expectation_that_is_met_does_not_fail(report):
    report.check("a", True, 1)
    report.same("b", [1, 2], {2, 1})
    report.includes("c", [1], [1, 2])
    assert report.failed == 0
    assert [(one["check"], one["ok"]) for one in said(report)] == [("a", True), ("b", True), ("c", True)]


@pytest.mark.parametrize(
    ("compare", "wanted", "found", "saw"),
    [
        ("same", {("rtb-1", "10.0.0.0/16")}, set(), "0 of 1; missing: rtb-1 10.0.0.0/16"),
        ("same", set(), {"extra"}, "0 of 0; not wanted: extra"),
        ("same", {"a", "b"}, {"b", "c"}, "1 of 2; missing: a; not wanted: c"),
        ("includes", {"a", "b"}, {"b", "c"}, "1 of 2; missing: a"),
    ],
)
def test_what_is_missing_or_too_much_is_named_and_fails(report, compare, wanted, found, saw):
    getattr(report, compare)("words", wanted, found)
    assert report.failed == 1
    assert said(report) == [{"check": "words", "ok": False, "saw": saw}]


def test_every_line_is_one_json_object(report):
    report.act(1, "first")
    report.progress("…")
    report.figure("seconds", 1.23456)
    report.result([{"name": "a → b"}], {"vpcs": [], "connections": []})
    assert [next(iter(one)) for one in said(report)] == ["act", "progress", "figure", "result"]
    assert said(report)[2]["seconds"] == 1.235
