"""The environment variables that MiniStack reads when it is imported; none of them may come from the user's shell."""

import os
import shutil
import tempfile
from pathlib import Path

from peerwright_local.state import HUB_REGION

# What any program needs. Everything else, above all AWS_*, would change how MiniStack behaves.
_KEPT = frozenset({"PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONPATH", "VIRTUAL_ENV"})


def prepare(directory: Path, port: int) -> None:
    """Sets this process's environment for a MiniStack that serves `port` and writes only below `directory`."""
    for name in [name for name in os.environ if name not in _KEPT]:
        del os.environ[name]
    scratch = directory / "ministack"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    os.environ.update({
        # The policies of a function's role apply to it. A 12-digit access key is the root of that account, which needs none.
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
