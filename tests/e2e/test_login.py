"""What `peerwright` says where it can't even begin: no Region, no credentials, nobody who answers."""

import os
import time

from silence import silence

PATIENCE = 10


def listing(world, *arguments, without=(), **environment):
    nobody = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
    return world.peerwright("members", "list", *arguments, without=without, **{**nobody, **environment})


def test_an_endpoint_that_is_silent_is_told_after_ten_seconds(world):
    with silence() as url:
        began = time.monotonic()
        finished = listing(world, AWS_ENDPOINT_URL=url)
    assert finished.returncode == 1 and PATIENCE - 1 < time.monotonic() - began < PATIENCE + 3
    assert "no answer in time" in finished.stderr and "peerwright-sweep" in finished.stderr
    assert "in eu-west-1" in finished.stderr and "by itself" not in finished.stderr


def test_without_a_region_the_person_is_told_how_to_name_it(world):
    finished = listing(world, without=("AWS_REGION", "AWS_DEFAULT_REGION"))
    assert finished.returncode == 1 and "--region" in finished.stderr


def test_a_profile_that_is_not_there_is_named(world):
    finished = listing(world, "--profile", "prodd", without=("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"))
    assert finished.returncode == 1 and "a profile prodd" in finished.stderr and "try again" not in finished.stderr


def test_without_credentials_the_person_is_told_what_to_name(world):
    finished = listing(world, without=("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"))
    assert finished.returncode == 1 and "--profile" in finished.stderr and "ECS provider" not in finished.stderr


def test_a_profile_wins_over_the_credentials_of_the_environment(world, tmp_path):
    config = tmp_path / "config"
    config.write_text("[profile nobody]\nregion = eu-west-1\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wrong\n")
    finished = listing(world, "--profile", "nobody", AWS_CONFIG_FILE=str(config))
    assert finished.returncode == 1 and "asked with profile nobody" in finished.stderr
