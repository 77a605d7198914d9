"""`python -m peerwright_local`: runs the local AWS, and deploys Peerwright on it."""

import argparse
import sys
from pathlib import Path

from peerwright_local import Failure


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m peerwright_local", description=__doc__.partition(": ")[2])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="run the local AWS in the foreground until a signal ends it")
    _add_state(serve)
    serve.add_argument("--ec2-port", type=_port, default=0, metavar="N", help="port of EC2 and STS; 0 (default) is a free one")
    serve.add_argument("--aws-port", type=_port, default=0, metavar="N", help="port of the rest; 0 (default) is a free one")
    serve.set_defaults(run=_serve)

    deploy = commands.add_parser("deploy", help="deploy infra/hub.yaml and infra/member.yaml on the running local AWS")
    _add_state(deploy)
    deploy.add_argument(
        "--artifacts", type=_directory, required=True, metavar="DIR", help="directory with the functions' binaries, or a package"
    )
    deploy.add_argument("--prefix", default="peerwright", metavar="NAME", help="what all names begin with (default: peerwright)")
    deploy.add_argument("--organization", action="store_true", help="the hub's members are its organization's accounts, and not a list")
    deploy.add_argument("--json", action="store_true", help="print the progress as one JSON object a line")
    deploy.set_defaults(run=_deploy)
    return parser


def _add_state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--state", type=lambda text: Path(text).resolve(), required=True, metavar="DIR", help="directory of the local AWS"
    )


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to 65535")
    return int(text)


def _directory(text: str) -> Path:
    path = Path(text).resolve()
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{path} is not a directory")
    return path


# Each command imports what it needs: importing the emulators, which deploy does not use, takes a second.


def _serve(options: argparse.Namespace) -> None:
    from peerwright_local.serve import serve_local_aws

    serve_local_aws(options.state, options.ec2_port, options.aws_port)


def _deploy(options: argparse.Namespace) -> None:
    from peerwright_local.deploy import deploy

    deploy(
        options.state, options.artifacts, prefix=options.prefix, organization=options.organization, as_json=options.json
    )


if __name__ == "__main__":
    sys.exit(main())
