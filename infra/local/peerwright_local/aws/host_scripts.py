"""Keeps MiniStack from running scripts that it finds on this computer."""

from ministack import app

from peerwright_local.aws.replace import replace


def install() -> None:
    replace(app, "_collect_scripts", lambda _: lambda *directories: [])
