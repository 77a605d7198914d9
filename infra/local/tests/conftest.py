"""The servers that the tests share. The tests stay apart by the names of what they make."""

import ec2_world
import pytest
from aws_world import served


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory):
    """A local AWS whose EC2 is a double."""
    with served(tmp_path_factory.mktemp("local-aws")) as world:
        yield world


@pytest.fixture(scope="session")
def server():
    """EC2, STS and Service Quotas in this process."""
    world = ec2_world.World()
    yield world
    world.close()


@pytest.fixture
def world(server):
    server.reset()
    return server
