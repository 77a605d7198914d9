"""500 VPCs and 2,000 connections, measured. The limits are far above what is measured: they find what got ten times slower."""

import statistics

import pytest
from networks import network

PAN = """new Promise((done) => {
  const map = document.getElementById("map");
  const at = (x, type) => map.dispatchEvent(new PointerEvent(type, { clientX: 700 + x, clientY: 500, pointerId: 1, bubbles: true }));
  map.setPointerCapture = () => {};
  const frames = [];
  let before = null;
  at(0, "pointerdown");
  const step = (now) => {
    if (before !== null) frames.push(now - before);
    before = now;
    if (frames.length === 60) {
      at(frames.length * 3, "pointerup");
      return done(frames);
    }
    at(frames.length * 3, "pointermove");
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""


@pytest.mark.parametrize(("vpcs", "connections", "accounts"), [(3, 3, 3), (50, 80, 8), (500, 2000, 40)])
def test_the_page_is_there_at_once_and_moves_without_stutter(show, capsys, vpcs, connections, accounts):
    page = show(network(vpcs, connections, accounts, regions=5))
    drawn = page.page.evaluate("performance.getEntriesByName('map-drawn')[0].startTime")
    frames = page.page.evaluate(PAN)
    begun = page.page.evaluate("performance.now()")
    page.search("shared")
    searched = page.page.evaluate("performance.now()") - begun
    with capsys.disabled():
        print(
            f"\n{vpcs} VPCs, {connections} connections: drawn after {drawn:.0f} ms, a frame while it is moved {statistics.median(frames):.0f} ms"
            f" (at most {max(frames):.0f}), a search {searched:.0f} ms"
        )
    assert drawn < 5000 and statistics.median(frames) < 200 and searched < 2000
