"""`python -m peerwright_demo`: plays the acts on a running local AWS with Peerwright deployed.

Prints what happens, one JSON object a line. The exit status is 0 only if every expectation was met.
"""

import argparse
import sys
from pathlib import Path

from peerwright_demo.acts import play
from peerwright_local import Failure


def main() -> int:
    options = _parser().parse_args()
    try:
        return 0 if play(options.state, options.cli) else 1
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m peerwright_demo",
        description="Play the demo's acts on a running local AWS with Peerwright deployed.",
    )
    parser.add_argument(
        "--state",
        type=lambda text: Path(text).resolve(),
        required=True,
        metavar="DIR",
        help="directory of the running local AWS",
    )
    parser.add_argument("--cli", type=_program, required=True, metavar="PATH", help="path of the program peerwright")
    return parser


def _program(text: str) -> Path:
    path = Path(text).resolve()
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{path} is not a file")
    return path


if __name__ == "__main__":
    sys.exit(main())
