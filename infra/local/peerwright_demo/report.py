"""What the acts report: one JSON object a line."""

import json
import sys
from collections.abc import Collection
from typing import TextIO


class Report:
    def __init__(self, out: TextIO = sys.stdout):
        self._out = out
        self.failed = 0

    def prepare(self, what: str) -> None:
        """Says what is made before the first act."""
        self._say({"prepare": what})

    def act(self, number: int, title: str) -> None:
        self._say({"act": number, "title": title})

    def tell(self, label: str, *texts: str) -> None:
        """Tells what happened, as AWS shows it, in lines under a label of the story: asks, answer, made, held, why, undone …"""
        self._say({"tell": label, "texts": list(texts)})

    def progress(self, text: str) -> None:
        self._say({"progress": text})

    def check(self, expectation: str, ok: bool, saw: object) -> None:
        """Reports an expectation in words, whether it was met, and what was seen."""
        self.failed += not ok
        self._say({"check": expectation, "ok": bool(ok), "saw": str(saw)})

    def same(self, expectation: str, wanted: Collection, found: Collection) -> None:
        """Expects everything wanted, and nothing else."""
        extra = set(found) - set(wanted)
        self._compare(expectation, set(wanted), set(found), [f"not wanted: {_list(extra)}"] if extra else [])

    def includes(self, expectation: str, wanted: Collection, found: Collection) -> None:
        """Expects everything wanted, and ignores the rest."""
        self._compare(expectation, set(wanted), set(found), [])

    def _compare(self, expectation: str, wanted: set, found: set, problems: list[str]) -> None:
        missing = wanted - found
        problems = [*([f"missing: {_list(missing)}"] if missing else []), *problems]
        self.check(expectation, not problems, "; ".join([f"{len(wanted & found)} of {len(wanted)}", *problems]))

    def figure(self, name: str, seconds: float) -> None:
        self._say({"figure": name, "seconds": round(seconds, 3)})

    def drawn(self, network: dict) -> None:
        """The network while most connections lived, as `peerwright graph` has it."""
        self._say({"map": network})

    def result(self, connections: list[dict], network: dict, asking: str) -> None:
        """How it stands at the end, and a VPC that may ask by its tag again."""
        self._say({"result": {"connections": connections, "network": network, "asking": asking}})

    def _say(self, message: dict) -> None:
        print(json.dumps(message, ensure_ascii=False), file=self._out, flush=True)



def final_rows(made: list[dict], network: dict) -> list[dict]:
    """The table's rows at the end: what was requested and done in the acts, and the present state of it."""
    shown = {connection["id"]: connection for connection in network["connections"]}
    return [_final_row(row, shown[row["id"]]) for row in made]


def _final_row(row: dict, shown: dict) -> dict:
    """Nothing is wanted any more for a connection that has ended."""
    now = {**row, **{part: shown[part] for part in ("state", "status", "held", "ended")}}
    for kind in ("routes", "rules"):
        now[kind] = [shown[kind], 0 if shown["ended"] else row[kind][1]]
    if shown["ended"]:
        now["dns"] = "off"
    return now


def plural(count: int, noun: str) -> str:
    """A count with its noun: 1 route, 2 routes."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _list(things: Collection) -> str:
    return ", ".join(sorted(" ".join(map(str, one)) if isinstance(one, tuple) else str(one) for one in things))
