"""The environment that MiniStack reads while it is imported: it must be complete before that, and hold nothing of the user's."""

import os
import shutil
import tempfile
from pathlib import Path

from peerwright_local.aws.organization import HUB_REGION

# What a program needs to run at all. Everything else, above all AWS_* of the user's shell, would change how MiniStack behaves.
_KEPT = frozenset({"PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONPATH", "VIRTUAL_ENV"})


def prepare(directory: Path, port: int) -> None:
    """Makes this process's environment that of a MiniStack which serves `port` and writes below `directory` only."""
    for name in [name for name in os.environ if name not in _KEPT]:
        del os.environ[name]
    scratch = directory / "ministack"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    os.environ.update({
        # Functions run under their own role's policies. A 12-digit access key is that account's root and needs none.
        "AUTH": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": HUB_REGION,
        "PERSIST_STATE": "0",
        "S3_DATA_DIR": str(scratch / "s3"),
        "S3_PERSIST": "0",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(scratch / "state"),
        "TMPDIR": str(scratch),
    })
    tempfile.tempdir = None
