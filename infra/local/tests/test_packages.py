"""Packages that `cargo xtask package` made, on the local AWS: nothing of them is made anew."""

import hashlib
import io
import zipfile
from pathlib import Path

import boto3
import pytest

from peerwright_local import Failure, packages

HUB = """\
Resources:
  Accept:
    Type: AWS::Serverless::Function
    Metadata: { BuildProperties: { Binary: accept } }
    Properties: { CodeUri: accept.zip, Role: !GetAtt Role.Arn }
"""
BUILT = "Resources: {}\n"


class Bucket:
    """As much of S3 as an upload takes."""

    exceptions = boto3.client("s3", region_name="eu-west-1").exceptions
    meta = boto3.client("s3", region_name="eu-west-1").meta

    def __init__(self):
        self.objects = {}

    def create_bucket(self, **_):
        pass

    def put_object(self, Key, Body, **_):
        self.objects[Key] = Body


@pytest.fixture
def package(tmp_path) -> Path:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bootstrap", b"the program")
    files = {"accept.zip": zipped.getvalue(), "hub.yaml": HUB.encode(), "member.yaml": BUILT.encode(), "peerwright": b""}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    _list(tmp_path, *files)
    return tmp_path


def _list(package: Path, *names: str) -> None:
    digests = {name: hashlib.sha256((package / name).read_bytes()).hexdigest() for name in names}
    (package / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for name, digest in digests.items()))


def test_the_zip_of_a_package_is_uploaded_as_it_is_and_its_own_template_deployed(package):
    bucket = Bucket()

    template = packages.packaged(package, bucket)

    [(key, uploaded)] = bucket.objects.items()
    assert uploaded == (package / "accept.zip").read_bytes()
    assert template["Resources"]["Accept"]["Properties"]["CodeUri"] == f"s3://{packages.BUCKET}/{key}"
    assert list(template["Resources"]) == ["Accept"]
    assert packages.template_without_functions("member.yaml", package) == BUILT


def test_a_package_with_a_changed_file_is_refused_with_its_name(package):
    (package / "accept.zip").write_bytes(b"another")
    (package / "peerwright").unlink()

    with pytest.raises(Failure, match=r"does not agree with its SHA256SUMS: accept\.zip, peerwright"):
        packages.packaged(package, Bucket())


def test_a_zip_that_no_checksum_is_known_of_is_not_deployed(package):
    _list(package, "hub.yaml", "member.yaml")

    with pytest.raises(Failure, match=r"does not list accept\.zip"):
        packages.packaged(package, Bucket())


def test_programs_of_a_package_are_unpacked_beside_their_zips(package, tmp_path_factory):
    copy = packages.unpacked(package, tmp_path_factory.mktemp("copy"))

    assert (copy / "accept").read_bytes() == b"the program"
    assert (copy / "accept").stat().st_mode & 0o111
    assert packages.is_package(copy) and not packages.is_package(copy.parent)
