"""Uploads the functions' deployment packages and puts them into the hub's template, as `aws cloudformation package` does."""

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from peerwright_local import Failure

BUCKET = "peerwright-artifacts"

_INFRA = Path(__file__).resolve().parents[2]
_SUMS = "SHA256SUMS"
_BOOTSTRAP = "bootstrap"
_FUNCTION = "AWS::Serverless::Function"
# The date in the archive is fixed: another one would change the package, and so update a function whose binary is unchanged.
_DATE = (1980, 1, 1, 0, 0, 0)


def packaged(artifacts: Path, s3) -> dict:
    """The hub's template with the location of every function's uploaded code: of a package its own, as it would be deployed; else the
    checkout's, with the programs that `sam build` would take."""
    source = _Package(artifacts) if is_package(artifacts) else _Programs(artifacts)
    template = yaml_parse(source.template.read_text())
    functions = {
        name: resource for name, resource in template["Resources"].items() if resource["Type"] == _FUNCTION
    }
    source.require(functions.values())
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    for resource in functions.values():
        resource["Properties"]["CodeUri"] = _upload(*source.code(resource), s3)
    return template


def template_without_functions(name: str, artifacts: Path) -> str:
    """The text of another template than the hub's: of a package its own, else the checkout's."""
    return ((artifacts if is_package(artifacts) else _INFRA) / name).read_text()


def is_package(artifacts: Path) -> bool:
    """Whether this directory was made by `cargo xtask package`."""
    return (artifacts / _SUMS).is_file()


def unpacked(package: Path, directory: Path) -> Path:
    """A copy of a package with its programs beside the zips that they are in."""
    _Package(package)
    shutil.copytree(package, directory, dirs_exist_ok=True)
    for file in directory.glob("*.zip"):
        program = file.with_suffix("")
        with zipfile.ZipFile(file) as archive:
            program.write_bytes(archive.read(_BOOTSTRAP))
        program.chmod(0o755)
    return directory


def text(template: dict) -> str:
    """The text of a template, for CloudFormation."""
    return json.dumps(template, separators=(",", ":"))


class _Programs:
    """A directory of programs, as cargo leaves them."""

    template = _INFRA / "hub.yaml"

    def __init__(self, directory: Path):
        self._directory = directory

    def require(self, functions: Iterable[dict]) -> None:
        missing = [program for program in map(self._program, functions) if not program.is_file()]
        if missing:
            names = " ".join(f"--bin {program.name}" for program in missing)
            raise Failure(f"no file {', no file '.join(map(str, missing))}: build with `cargo build {names}`")

    def code(self, function: dict) -> tuple[str, bytes]:
        program = self._program(function)
        return program.name, _zip(program)

    def _program(self, function: dict) -> Path:
        return self._directory / function["Metadata"]["BuildProperties"]["Binary"]


class _Package:
    """What `cargo xtask package` made: nothing of it is made anew, so that what runs here is what is deployed."""

    def __init__(self, directory: Path):
        self._directory = directory
        self.template = directory / "hub.yaml"
        listed = dict(reversed(line.split("  ", 1)) for line in (directory / _SUMS).read_text().splitlines())
        changed = [name for name, digest in listed.items() if _digest(directory / name) != digest]
        if changed:
            raise Failure(f"{directory} does not agree with its {_SUMS}: {', '.join(changed)}. Make the package anew")
        self._listed = listed

    def require(self, functions: Iterable[dict]) -> None:
        codes = [function["Properties"]["CodeUri"] for function in functions]
        missing = [code for code in codes if code not in self._listed]
        if missing:
            raise Failure(f"{self._directory / _SUMS} does not list {', '.join(missing)}. Make the package anew")

    def code(self, function: dict) -> tuple[str, bytes]:
        file = self._directory / function["Properties"]["CodeUri"]
        return file.stem, file.read_bytes()


def _digest(file: Path) -> str | None:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None


def _upload(name: str, package: bytes, s3) -> str:
    key = f"{name}-{hashlib.sha256(package).hexdigest()}.zip"
    s3.put_object(Bucket=BUCKET, Key=key, Body=package)
    return f"s3://{BUCKET}/{key}"


def _zip(binary: Path) -> bytes:
    entry = zipfile.ZipInfo(_BOOTSTRAP, _DATE)
    entry.external_attr = 0o100755 << 16
    # Compressing tens of megabytes would take longer than the rest of the deployment.
    entry.compress_type = zipfile.ZIP_STORED
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(entry, binary.read_bytes())
    return package.getvalue()
