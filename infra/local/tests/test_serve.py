"""`serve`: how it starts, how it ends, and what it leaves behind."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest
from aws_world import World, command, ended, eventually, ready

from peerwright_local import state


@pytest.fixture
def start_serve(tmp_path):
    """A function that starts `serve`, by default in the directory of the test; it ends with the test."""
    started = []

    def start(*flags: object, directory: Path = tmp_path, wait: bool = True) -> subprocess.Popen:
        started.append(command("serve", "--state", directory, *flags))
        if wait:
            ready(started[-1], directory)
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except OSError:
        return False
    return True


def test_it_says_where_it_serves_when_both_endpoints_answer(start_serve, tmp_path):
    process = start_serve()

    told = json.loads((tmp_path / "state.json").read_text())

    assert told["pid"] == process.pid
    assert told["pid_started"] == state.process_started(process.pid)
    assert told["accounts"] == {
        "hub": "100000000001",
        "member_a": "111111111111",
        "member_b": "222222222222",
        "stranger": "999999999999",
    }
    assert (told["regions"], told["hub_region"]) == (["eu-west-1", "eu-central-1"], "eu-west-1")
    assert Path(told["log"]).stat().st_size > 0
    assert answers(told["aws_endpoint"] + "/_ministack/health")
    assert answers(told["ec2_endpoint"] + "/_local/status")


def test_it_serves_on_the_ports_that_it_is_given(start_serve, tmp_path):
    aws_port, ec2_port = free_port(), free_port()

    start_serve("--aws-port", aws_port, "--ec2-port", ec2_port)

    told = state.read(tmp_path)
    assert told["aws_endpoint"] == f"http://127.0.0.1:{aws_port}"
    assert told["ec2_endpoint"] == f"http://127.0.0.1:{ec2_port}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.parametrize("flag", ["--aws-port", "--ec2-port"])
def test_a_port_in_use_is_refused_with_one_line_that_names_it_and_the_flag(start_serve, tmp_path, flag):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        status, out, err = ended(start_serve(flag, port, wait=False))

    assert (status, out) == (1, "")
    assert err == (
        f"error: can't listen on port {port} (Address already in use): choose a free one with {flag}, or 0 for any\n"
    )
    assert not (tmp_path / "state.json").exists()


def test_one_port_for_both_is_refused(start_serve):
    port = free_port()

    status, _, err = ended(start_serve("--aws-port", port, "--ec2-port", port, wait=False))

    assert status == 1
    assert f"can't listen on port {port}" in err and "--ec2-port" in err


def test_something_that_is_no_port_is_a_wrong_usage(start_serve):
    status, _, err = ended(start_serve("--aws-port", "70000", wait=False))

    assert status == 2
    assert "'70000' is not a port" in err


def test_a_second_one_on_the_same_directory_is_refused(start_serve, tmp_path):
    first = start_serve()

    status, _, err = ended(start_serve(wait=False))

    assert status == 1
    assert err == (
        f"error: a local AWS already runs from {tmp_path} (process {first.pid}):"
        " end it, or choose another directory with --state\n"
    )
    assert state.read(tmp_path)["pid"] == first.pid


def test_a_directory_that_cannot_be_written_is_refused(start_serve, tmp_path):
    (tmp_path / "file").touch()

    status, _, err = ended(start_serve(directory=tmp_path / "file" / "state", wait=False))

    assert status == 1
    assert err.startswith(f"error: can't write to {tmp_path}/file/state (") and "--state" in err


def test_two_run_side_by_side_on_two_directories(start_serve, tmp_path):
    for name in ("one", "two"):
        start_serve(directory=tmp_path / name)

    told = [state.read(tmp_path / name) for name in ("one", "two")]
    World(tmp_path / "one").client("sqs").create_queue(QueueName="only-in-one")

    assert told[0]["aws_endpoint"] != told[1]["aws_endpoint"]
    assert not World(tmp_path / "two").client("sqs").list_queues().get("QueueUrls")


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_it_and_its_functions_within_three_seconds(start_serve, tmp_path, name):
    process = start_serve()
    function = process_of_a_function(tmp_path)
    asked = time.monotonic()

    process.send_signal(name)
    status, _, err = ended(process)

    assert time.monotonic() - asked < 10
    assert (status, err) == (0, "")
    assert state.process_started(function) is None
    assert not (tmp_path / "state.json").exists()


def test_a_function_that_is_at_work_or_ignores_signals_does_not_hold_up_the_end(start_serve, tmp_path):
    process = start_serve()
    world = World(tmp_path)
    pid_file = tmp_path / "function.pid"
    stubborn = world.function(
        f"""\
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        open({str(pid_file)!r}, "w").write(str(os.getpid()))
        time.sleep(15)
        """
    )
    world.client("lambda").invoke(FunctionName=stubborn, InvocationType="Event", Payload="{}")
    function = int(eventually(lambda: pid_file.exists() and pid_file.read_text()))
    asked = time.monotonic()

    process.terminate()
    ended(process)

    assert time.monotonic() - asked < 10
    assert state.process_started(function) is None


def process_of_a_function(directory: Path) -> int:
    world = World(directory)
    answer = world.client("lambda").invoke(FunctionName=world.function("return os.getpid()"), Payload="{}")
    return json.load(answer["Payload"])


def test_functions_are_of_its_process_group(start_serve, tmp_path):
    process = start_serve()

    assert os.getpgid(process_of_a_function(tmp_path)) == os.getpgid(process.pid)


def test_what_a_crash_leaves_is_not_mistaken_for_a_running_one_and_is_replaced(start_serve, tmp_path):
    crashed = start_serve()
    function = process_of_a_function(tmp_path)

    crashed.kill()
    crashed.wait()

    assert (tmp_path / "state.json").exists()
    assert state.read(tmp_path) is None
    # It ends because the Runtime API does not answer any more.
    assert eventually(lambda: state.process_started(function) is None)
    assert state.read(tmp_path) is None
    again = start_serve()
    assert state.read(tmp_path)["pid"] == again.pid


def test_a_process_that_got_the_number_of_a_crashed_one_is_not_mistaken_for_it(tmp_path):
    state.write(tmp_path, {})
    told = json.loads((tmp_path / "state.json").read_text())
    assert state.read(tmp_path) == told

    (tmp_path / "state.json").write_text(json.dumps({**told, "pid_started": "another time"}))

    assert state.read(tmp_path) is None


def test_it_writes_nothing_outside_its_directory(start_serve, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("TMPDIR", str(elsewhere))
    monkeypatch.setenv("HOME", str(elsewhere))
    before = set(os.listdir(tempfile.gettempdir()))
    process = start_serve(directory=tmp_path / "state")
    process_of_a_function(tmp_path / "state")

    process.terminate()
    ended(process)

    assert os.listdir(elsewhere) == []
    assert not [name for name in set(os.listdir(tempfile.gettempdir())) - before if "ministack" in name]
