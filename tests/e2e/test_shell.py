"""The operator's tool in a shell: it says that it is still at work, completes what is typed, has a manual, and speaks to programs."""

import json
import subprocess

import pytest
import yaml
from actor import ALL_TABLES
from terminal import terminal

# Longer than what needs no word.
SLOWLY = 1.5


@pytest.fixture
def connection(world):
    ends = world.vpc(world.a), world.vpc(world.b)
    world.allow(*ends, routes=ALL_TABLES)
    connection = world.ask(*ends)
    world.becomes("converged", connection)
    return connection


def in_bash(text: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(["bash", "-c", text], env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_whoever_waits_at_a_terminal_is_told_for_what_and_a_program_is_not(world, connection):
    world.aws.change(latency_seconds=SLOWLY)
    try:
        with terminal(world, "status", connection) as asked:
            asked.until("asking AWS in eu-west-1")
            status, text = asked.end()
        quiet = world.peerwright("status", connection)
    finally:
        world.aws.change(latency_seconds=0)
    assert status == 0 and "converged" in text
    assert (quiet.returncode, quiet.stderr) == (0, "")


def test_watching_at_a_terminal_draws_the_page_anew_when_something_changes(world, connection):
    with terminal(world, "status", connection, "--watch") as watched:
        watched.until("Ctrl-C ends that")
        assert "converged" in watched.text
        world.peerwright("freeze", connection, "--reason", "a change of the firewall")
        watched.until("a change of the firewall")
        watched.until("Ctrl-C ends that", after="a change of the firewall")
        assert watched.text.count("\x1b[2J\x1b[H") == watched.text.count("Ctrl-C ends that") == 2
    world.peerwright("thaw", connection, "--reason", "changed")


def test_a_program_that_watches_gets_a_line_of_json_for_each_change(world, connection):
    with world.peerwright_running("status", connection, "--watch", "--json") as watching:
        first = json.loads(watching.stdout.readline())
        assert (first["was"], first["now"]["status"]) == (None, "converged")
        world.peerwright("freeze", connection, "--reason", "a change of the firewall")
        frozen = json.loads(watching.stdout.readline())
        assert frozen["now"]["connection"] == connection
        assert frozen["now"]["frozen"]["reason"] == "a change of the firewall"
    world.peerwright("thaw", connection, "--reason", "changed")


@pytest.mark.parametrize("command", [("status",), ("list",), ("show",), ("history",), ("plan",), ("explain",)])
def test_yaml_says_what_json_says(world, connection, command):
    about = () if command == ("list",) else (connection,)
    told = {form: world.peerwright(*command, *about, "--output", form) for form in ("json", "yaml")}
    read = json.loads(told["json"].stdout), yaml.load(told["yaml"].stdout, yaml.BaseLoader)
    assert told["json"].returncode == told["yaml"].returncode
    assert shape(read[0]) == shape(read[1])


def shape(value: object) -> object:
    """The keys, and how many of everything: `BaseLoader` takes every scalar as text."""
    if isinstance(value, dict):
        # How long ago something was is another thing a moment later.
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return None


def test_bash_completes_commands_and_options(world):
    completions = world.peerwright("completions", "bash")
    assert completions.returncode == 0, completions
    typed = """
        eval "$COMPLETIONS"
        complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _peerwright peerwright "${@: -1}" "${@: -2:1}"; echo "${COMPREPLY[@]}"; }
        complete_words peerwright hist
        complete_words peerwright allowlist pl
        complete_words peerwright status --wa
        complete_words peerwright list --status awaiting
        complete_words peerwright list --allow
    """
    completed = in_bash(typed, COMPLETIONS=completions.stdout)
    assert (completed.returncode, completed.stderr) == (0, ""), completed
    assert completed.stdout.split() == ["history", "plan", "--watch", "awaiting-approval"]


@pytest.mark.parametrize("shell", ["zsh", "fish", "elvish", "powershell"])
def test_other_shells_have_completions_too(world, shell):
    printed = world.peerwright("completions", shell)
    assert printed.returncode == 0 and "allowlist" in printed.stdout, printed


def test_every_command_has_a_page_of_the_manual(world, tmp_path):
    written = world.peerwright("man", tmp_path)
    assert written.returncode == 0 and str(tmp_path) in written.stdout, written
    pages = {page.name: page.read_text() for page in tmp_path.iterdir()}
    for name in ("peerwright.1", "peerwright-status.1", "peerwright-allowlist-plan.1", "peerwright-members-apply.1"):
        assert ".TH" in pages[name] and ".SH SYNOPSIS" in pages[name]
    linked = pages["peerwright.1"]
    assert all(name.removesuffix(".1").replace("-", "\\-") in linked for name in pages if name.count("-") == 1), linked


def test_a_directory_that_can_not_be_written_is_an_error_in_words(world, tmp_path):
    (tmp_path / "file").write_text("")
    refused = world.peerwright("man", tmp_path / "file" / "man1")
    assert refused.returncode == 1 and "can't write" in refused.stderr, refused
