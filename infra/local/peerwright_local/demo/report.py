"""What the acts tell: one JSON object a line."""

import json
import sys
from collections.abc import Collection
from typing import TextIO


class Report:
    def __init__(self, out: TextIO = sys.stdout):
        self._out = out
        self.failed = 0

    def act(self, number: int, title: str) -> None:
        self._say({"act": number, "title": title})

    def progress(self, text: str) -> None:
        self._say({"progress": text})

    def check(self, expectation: str, ok: bool, saw: object) -> None:
        """An expectation in words, whether it was met, and what was seen."""
        self.failed += not ok
        self._say({"check": expectation, "ok": bool(ok), "saw": str(saw)})

    def same(self, expectation: str, wanted: Collection, found: Collection) -> None:
        """Everything wanted was found, and nothing else."""
        extra = set(found) - set(wanted)
        self._compare(expectation, set(wanted), set(found), [f"not wanted: {_list(extra)}"] if extra else [])

    def includes(self, expectation: str, wanted: Collection, found: Collection) -> None:
        """Everything wanted was found, whatever else was."""
        self._compare(expectation, set(wanted), set(found), [])

    def _compare(self, expectation: str, wanted: set, found: set, troubles: list[str]) -> None:
        missing = wanted - found
        troubles = [*([f"missing: {_list(missing)}"] if missing else []), *troubles]
        self.check(expectation, not troubles, "; ".join([f"{len(wanted & found)} of {len(wanted)}", *troubles]))

    def figure(self, name: str, seconds: float) -> None:
        self._say({"figure": name, "seconds": round(seconds, 3)})

    def result(self, connections: list[dict], network: dict) -> None:
        self._say({"result": {"connections": connections, "network": network}})

    def _say(self, message: dict) -> None:
        print(json.dumps(message, ensure_ascii=False), file=self._out, flush=True)


def _list(things: Collection) -> str:
    return ", ".join(sorted(" ".join(map(str, one)) if isinstance(one, tuple) else str(one) for one in things))
