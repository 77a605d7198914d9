"""The page of `peerwright graph` in headless Chromium. Whatever a test does with it, it asks nobody for anything and reports no error."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from opened import Opened
from playwright.sync_api import sync_playwright

# Nothing that Chromium does of its own accord: no look-up, no component, no first run.
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
).split()
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = """Chromium is needed, and none was found: install it, or name the program by CHROMIUM.
  Debian, Ubuntu: sudo apt-get install chromium
  macOS:          brew install chromium"""


@pytest.fixture(scope="session")
def program() -> Path:
    given = os.environ.get("PEERWRIGHT_ARTIFACTS")
    if not given:
        pytest.exit("PEERWRIGHT_ARTIFACTS is not set: `cargo xtask test --browser` builds the program and sets it", 2)
    return Path(given) / "peerwright"


@pytest.fixture(scope="session")
def chromium():
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found or not shutil.which(found):
        pytest.exit(MISSING, 2)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def show(program, chromium, tmp_path):
    """Opens the page of a network."""
    opened = []

    def opens(network: dict, **context) -> Opened:
        (tmp_path / "map.json").write_text(json.dumps(network))
        page = tmp_path / f"network-{len(opened)}.html"
        made = [program, "graph", "--from", tmp_path / "map.json", "--file", page]
        subprocess.run(made, check=True, capture_output=True, text=True)
        opened.append(Opened(chromium, page, context))
        return opened[-1]

    yield opens
    for one in opened:
        one.close()
