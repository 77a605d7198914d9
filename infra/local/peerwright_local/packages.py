"""Uploads the functions' deployment packages and puts them into the hub's template, as `aws cloudformation package` does."""

import hashlib
import io
import json
import zipfile
from contextlib import suppress
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from peerwright_local import Failure

BUCKET = "peerwright-artifacts"

_FUNCTION = "AWS::Serverless::Function"
# The date in the archive is fixed: another one would change the package, and so update a function whose binary is unchanged.
_DATE = (1980, 1, 1, 0, 0, 0)


def packaged(template_file: Path, artifacts: Path, s3) -> dict:
    """The template with the location of every function's uploaded code. The binaries are those that `sam build` would take."""
    template = yaml_parse(template_file.read_text())
    functions = {
        name: resource for name, resource in template["Resources"].items() if resource["Type"] == _FUNCTION
    }
    binaries = {
        name: artifacts / resource["Metadata"]["BuildProperties"]["Binary"] for name, resource in functions.items()
    }
    _require(list(binaries.values()))
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    for name, resource in functions.items():
        resource["Properties"]["CodeUri"] = _upload(binaries[name], s3)
    return template


def text(template: dict) -> str:
    """The text of a template, for CloudFormation."""
    return json.dumps(template, separators=(",", ":"))


def _require(binaries: list[Path]) -> None:
    missing = [binary for binary in binaries if not binary.is_file()]
    if missing:
        names = " ".join(f"--bin {binary.name}" for binary in missing)
        raise Failure(f"no file {', no file '.join(map(str, missing))}: build with `cargo build {names}`")


def _upload(binary: Path, s3) -> str:
    package = _zip(binary)
    key = f"{binary.name}-{hashlib.sha256(package).hexdigest()}.zip"
    s3.put_object(Bucket=BUCKET, Key=key, Body=package)
    return f"s3://{BUCKET}/{key}"


def _zip(binary: Path) -> bytes:
    entry = zipfile.ZipInfo("bootstrap", _DATE)
    entry.external_attr = 0o100755 << 16
    # Compressing tens of megabytes would take longer than the rest of the deployment.
    entry.compress_type = zipfile.ZIP_STORED
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(entry, binary.read_bytes())
    return package.getvalue()
