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


def test_a_prefix_that_no_deployment_has_is_told_with_where_was_asked_and_the_option(world):
    # A role of people may read its own deployment's tables only, and then AWS says no before it says that there is none.
    root = {**world.aws.environment(world.aws.hub), "AWS_PROFILE": ""}
    for command in (("status",), ("list",), ("allowlist", "list"), ("freeze", "--all", "--reason", "a test")):
        refused = world.peerwright(*command, "--prefix", "nosuch", without=("AWS_SESSION_TOKEN",), **root)
        assert refused.returncode == 1 and "nosuch-" in refused.stderr and "--prefix" in refused.stderr, refused
        assert "(asked with the credentials of the environment, in eu-west-1, prefix nosuch)" in refused.stderr, refused
        assert "read AWS's message" not in refused.stderr, refused


def test_a_region_of_no_regions_form_is_refused(world):
    refused = world.peerwright("list", "--region", "europe")
    assert refused.returncode == 2 and "`europe` is not a Region (such as eu-west-1)" in refused.stderr, refused
    refused = world.peerwright("list", AWS_REGION="europe")
    assert refused.returncode == 1 and "`europe` is not a Region" in refused.stderr and "--region" in refused.stderr, refused
