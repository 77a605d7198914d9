"""Documents whose commands are run: each block in its turn, in one shell, and what a block prints beside what the document shows."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from actor import ROLE_OF

ROOT = Path(__file__).resolve().parents[2]
# Fenced blocks, also within a list. `sh status=3` says how the commands end, `status=answer` that each may end with any but a failure,
# `elsewhere` that they are for another place than this AWS.
BLOCK = re.compile(r"^(?P<indent> *)```(?P<kind>[a-z]+)(?P<words>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
# The AWS CLI of the tests' own environment, or else the machine's.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
ROLES = sorted({*ROLE_OF.values(), "operate"})
COLUMNS = 80


@dataclass(frozen=True)
class Block:
    kind: str
    words: str
    text: str
    start: int
    end: int

    @property
    def status(self) -> int:
        found = re.search(r"\bstatus=(\d+)", self.words)
        return int(found[1]) if found else 0

    @property
    def answers(self) -> bool:
        return "status=answer" in self.words

    @property
    def is_for_here(self) -> bool:
        return self.kind == "sh" and "elsewhere" not in self.words


def blocks(document: Path) -> list[Block]:
    """The fenced blocks of a document, without the indentation that they have in a list."""
    found = []
    for match in BLOCK.finditer(document.read_text()):
        lines = [line.removeprefix(match["indent"]) for line in match["text"].splitlines()]
        found.append(Block(match["kind"], match["words"], "\n".join(lines) + "\n", match.start("text"), match.end("text")))
    return found


class Reader:
    """Somebody who follows a document, with a profile for each account and each role of people."""

    def __init__(self, world, directory: Path, **variables: str):
        self._world, self._directory, self._state = world, directory, directory / "state"
        self._state.write_text("")
        (directory / "config").write_text(self._profiles())
        (directory / "prelude").write_text(self._prelude())
        own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PEERWRIGHT_"))}
        place = world.aws.environment(world.aws.hub)
        endpoints = {name: value for name, value in place.items() if name.startswith("AWS_ENDPOINT_URL")}
        self._environment = {
            **own,
            **endpoints,
            **variables,
            "AWS_REGION": world.aws.hub.region,
            "AWS_DEFAULT_REGION": world.aws.hub.region,
            "AWS_CONFIG_FILE": str(directory / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PROFILE": "member-a",
            "AWS_PAGER": "",
            "COLUMNS": str(COLUMNS),
            "PATH": os.pathsep.join([str(world.program.parent), PATH]),
        }

    def run(self, block: Block) -> str:
        """What a block prints; it ends as the document says."""
        failing = "trap 'ended=$?; [ $ended -gt 1 ] || exit $ended' ERR" if block.answers else "set -e"
        script = f"set -a\n{failing}\n. {self._directory}/prelude\n. {self._state}\ntrap 'export -p > {self._state}' EXIT\n{block.text}"
        finished = subprocess.run(
            ["bash", "-c", script], env=self._environment, cwd=self._directory, capture_output=True, text=True, timeout=180, check=False
        )
        said = f"{block.text}\n--- printed\n{finished.stdout}\n--- errors\n{finished.stderr}"
        assert block.answers or finished.returncode == block.status, f"ended with status {finished.returncode}, not {block.status}\n{said}"
        assert finished.returncode != 1 or block.status == 1, said
        self._world.quiet()
        return finished.stdout + finished.stderr

    def _profiles(self) -> str:
        aws = self._world.aws
        accounts = {name.replace("_", "-"): id for name, id in aws.accounts.items()}
        keys = {name: {"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": "local"} for name, id in accounts.items()}
        keys |= {role: self._world.session(aws.hub, f"peerwright-{role}").environment for role in ROLES}
        sections = [
            f"[profile {name}]\nregion = {aws.hub.region}\n" + "".join(f"{key.lower()} = {value}\n" for key, value in those.items())
            for name, those in keys.items()
        ]
        return "\n".join(sections)

    def _prelude(self) -> str:
        """The AWS CLI 1 has an address of its own for queues; and each command of the tool has its role."""
        by_words = {2: "", 1: ""}
        for command, role in ROLE_OF.items():
            by_words[len(command.split())] += f'"{command}") role={role} ;; '
        return (
            'aws() { case " $* " in *" sqs "*) command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@" ;; *) command aws "$@" ;; esac; }\n'
            f'peerwright() {{ case "$1 ${{2-}}" in {by_words[2]}*) case "$1" in {by_words[1]}*) role=operate ;; esac ;; esac\n'
            'command peerwright --profile "$role" "$@"; }\n'
        )


KINDS = ("vpc", "pcx", "rtb", "sg", "sgr", "subnet")
ID = re.compile(rf"\b({'|'.join(KINDS)})-[0-9a-f]{{17}}\b")
TIME = re.compile(r"\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")
AGO = re.compile(r"\b\d+ (s|min) ago\b")


def as_shown(printed: str) -> str:
    """What was printed, as a document shows it: ids numbered in their order, one time for all, and as long ago."""
    known: dict[str, str] = {}

    def numbered(match: re.Match) -> str:
        number = sum(one.startswith(f"{match[1]}-") for one in known) + 1
        return known.setdefault(match[0], f"{match[1]}-{number:017x}")

    lines = AGO.sub("5 s ago", TIME.sub("2026-11-28T10:00:00Z", ID.sub(numbered, printed))).splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)
