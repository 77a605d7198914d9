import pytest
from aws_world import served


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory):
    """One local AWS for all tests: they stay apart by the names of what they make."""
    with served(tmp_path_factory.mktemp("local-aws")) as world:
        yield world
