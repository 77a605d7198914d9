"""One local AWS with Peerwright deployed for all tests of a worker: they stay apart by VPCs and rules of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import schedule
from world import World

from functions import FUNCTIONS
from peerwright_local import packages, state

INFRA = Path(__file__).resolve().parents[2] / "infra"
PROGRAMS = (*FUNCTIONS, "peerwright")
FIGURE = "figure"
# The settings at the beginning of every test. Transient states are short, because most tests wait for them; everything else is as
# hard as AWS.
CALM = {
    "lag_seconds": 0,
    "initiating_seconds": 0.05,
    "provisioning_seconds": 0.1,
    "describe_lag_seconds": 0,
    "side_lag_seconds": 0.3,
    "reference_lag_seconds": 0.3,
    "references_never_resolve": False,
    "identical_route": "error",
    "missing_resource": "forbidden",
    "route_changes_conflict": True,
    "throttling": True,
    "latency_seconds": float(os.environ.get("PEERWRIGHT_LATENCY", "0")),
    "denied": "",
    "regions_off": "",
    "lose_answers": "",
    "tag_policy": "",
    "delivery": True,
    "routes_per_table": 500,
}


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory) -> Path:
    """The directory of the programs under test: those of a package beside its zips, which are what is deployed."""
    given = os.environ.get("PEERWRIGHT_ARTIFACTS")
    if not given:
        pytest.exit("PEERWRIGHT_ARTIFACTS is not set: `cargo xtask test --e2e` builds the programs and sets it", 2)
    directory = Path(given)
    if packages.is_package(directory):
        directory = packages.unpacked(directory, tmp_path_factory.mktemp("package"))
    missing = [name for name in PROGRAMS if not (directory / name).is_file()]
    if missing:
        pytest.exit(
            f"PEERWRIGHT_ARTIFACTS={given} lacks {', '.join(missing)}: build them with `cargo xtask test --e2e`", 2
        )
    return directory


@pytest.fixture(scope="session")
def deployed(artifacts, tmp_path_factory) -> World:
    with local_aws(tmp_path_factory.mktemp("local-aws"), artifacts, ["peerwright"]) as world:
        schedule.switch(world, "DISABLED")
        # The places that were just named for sweeps are looked at.
        world.quiet()
        yield world


@pytest.fixture
def two_hubs(artifacts, tmp_path) -> World:
    """A local AWS of its own with two hubs in one account: the first lists its members, to the second the organization tells them."""
    with local_aws(tmp_path / "local-aws", artifacts, ["peerwright"], ["second", "--organization"]) as world:
        world.aws.change(**CALM)
        world.begin_test("two hubs", tmp_path)
        yield world


@contextmanager
def local_aws(directory: Path, artifacts: Path, *hubs: list[str]) -> Iterator[World]:
    """A local AWS with these hubs, each a prefix and options of `deploy`."""
    serving = _command("serve", "--state", directory)
    try:
        line = serving.stdout.readline()
        assert line.startswith("The local AWS answers"), line + serving.stderr.read()
        for hub in hubs:
            deploying = _command("deploy", "--state", directory, "--artifacts", artifacts, "--prefix", *hub)
            out, err = deploying.communicate(timeout=180)
            assert deploying.returncode == 0, out + err
        world = World(directory, artifacts)
        assert world.listener
        yield world
    finally:
        serving.terminate()
        serving.communicate(timeout=20)


@pytest.fixture
def world(deployed, tmp_path, request) -> World:
    deployed.aws.change(**CALM)
    deployed.begin_test(request.node.name, tmp_path)
    yield deployed
    deployed.aws.change(**CALM)
    deployed.end_test()


@pytest.fixture
def figure(request):
    """A function that takes lines to print when all tests have run."""
    return lambda line: request.node.user_properties.append((FIGURE, line))


def pytest_terminal_summary(terminalreporter):
    # From the reports: those of other workers arrive here as well.
    reports = terminalreporter.getreports("passed")
    properties = [one for report in reports if report.when == "call" for one in report.user_properties]
    for line in [value for name, value in properties if name == FIGURE]:
        terminalreporter.write_line(line)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    if not os.environ.get("PEERWRIGHT_SLOW"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: `cargo xtask test --e2e --slow`"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Adds the functions' logs to the report of a test that failed."""
    report = yield
    world = item.funcargs.get("world")
    if world is not None and report.failed and state.read(world.directory):
        report.sections += [(f"log of {name}", "\n".join(world.log(name)[-40:])) for name in FUNCTIONS]
    return report


def _command(*arguments: object) -> subprocess.Popen:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.Popen(
        [sys.executable, "-m", "peerwright_local", *map(str, arguments)],
        env={**environment, "PYTHONPATH": str(INFRA / "local")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
