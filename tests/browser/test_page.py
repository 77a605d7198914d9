"""Finding one's way: search, filters, clicks, lists."""

import pytest
from networks import network, small


@pytest.fixture
def page(show):
    return show(small())


def test_the_head_tells_what_there_is_and_when_it_was_seen(page):
    said = page.page.inner_text("#summary")
    assert "6 VPCs in 4 accounts, 6 connections" in said and "as of 2026-11-28T12:00:00Z" in said
    for standing in ("2 working", "1 limited", "1 held", "1 blocked", "1 ended"):
        assert standing in said


def test_a_name_is_found_before_what_only_mentions_it(page):
    found = page.search("shared")
    assert found[0].startswith("shared-services\nVPC vpc-")
    assert found[-1].startswith("app\nVPC vpc-"), "it asks for shared-services"
    assert page.said() == f"{len(found)} found"


def test_an_address_finds_the_vpc_that_has_it(page):
    assert [found.split("\n")[0] for found in page.search("10.4.7.9")] == ["data"]
    assert [found.split("\n")[0] for found in page.search("2001:db8:1:10f::5")] == ["app"]
    assert page.search("10.200.0.1") == []
    assert "Nothing was found." in page.page.inner_text("#found")


def test_all_words_of_a_search_must_be_there(page):
    assert [found.split("\n")[0] for found in page.search("eu-central-1 data")] == ["data"]
    assert page.search("eu-central-1 nonsense") == []


def test_what_was_found_opens_its_details(page):
    page.choose("shared-services")
    assert page.title() == "shared-services"
    said = page.details()
    for told in ("10.2.0.0/16", "member-b (222222222222)", "eu-west-1", "from app", "dev-to-shared · tcp/443 to shared-services"):
        assert told in said, told


def test_a_connection_shows_blocks_routes_rules_its_rule_and_its_history(page):
    page.choose("pcx-00000000000000001")
    said = page.details()
    assert page.title() == "app → shared-services"
    for told in (
        "working (converged)",
        "app asked shared-services",
        "tcp/443 to shared-services",
        "rtb-0000000a1 (private), main: 1 route",
        "10.2.0.0/16",
        "ingress tcp/443 from 10.1.0.0/16 in sg-0000000b1 (front)",
        "effect: allow",
        "2026-11-23T10:00:05Z converged",
    ):
        assert told in said, told


def test_what_is_held_shows_the_one_reason_that_counts(page):
    page.choose("pcx-00000000000000003")
    assert "rule no-central-to-data denies it" in page.page.inner_text("#details .reason")


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [
        ("State: values", "held", ["app-central → data"]),
        ("Account: values", "999999999999", ["who-knows → shared-services"]),
        ("Region: values", "eu-central-1", ["app → data", "app-central → data"]),
        ("Rule: values", "dev-to-shared", ["app → shared-services", "web → shared-services"]),
    ],
)
def test_a_filter_leaves_what_it_names(page, name, value, left):
    page.tick(name, value)
    page.lists()
    assert sorted(row.split("\n")[0] for row in page.rows()) == left
    page.page.click("#all")
    assert page.counted()[0] == "5 connections"


def test_two_values_of_one_filter_are_both_shown_and_two_filters_narrow_each_other(page):
    page.tick("State: values", "held")
    page.tick("State: values", "blocked")
    page.lists()
    assert page.counted()[0] == "2 connections"
    page.tick("Account: values", "999999999999")
    assert page.counted()[0] == "1 connection"
    assert page.said() == "1 connection and 2 VPCs are shown"


def test_ended_connections_are_shown_on_request(page):
    page.lists()
    assert not any("pcx-00000000000000006" in row for row in page.rows())
    page.page.get_by_label("Ended connections").check()
    assert any("pcx-00000000000000006" in row for row in page.rows())


def test_vpcs_that_nobody_uses_are_shown_on_request(show):
    network = small()
    network["accounts"][0]["regions"][0]["vpcs"].append({"id": "vpc-0000000af", "cidrs": ["172.31.0.0/16"], "seen": True})
    page = show(network)
    page.lists()
    assert page.counted()[1] == "6 VPCs"
    page.page.get_by_label("VPCs without a connection").check()
    assert page.counted()[1] == "7 VPCs"


def test_what_is_not_shown_is_found_and_shown_then(show):
    network = small()
    network["accounts"][0]["regions"][0]["vpcs"].append({"id": "vpc-0000000af", "cidrs": ["172.31.0.0/16"], "seen": True})
    page = show(network)
    for what, label in (("172.31.9.9", "VPCs without a connection"), ("neither VPC asks", "Ended connections")):
        page.choose(what)
        assert page.page.get_by_label(label).is_checked()
        assert page.page.locator("#ring").is_visible()


def test_a_click_on_a_vpc_of_the_map_shows_its_details(page):
    page.choose("data")
    spot = page.middle_of_ring()
    page.page.keyboard.press("Escape")
    assert page.title() is None
    page.page.mouse.click(*spot)
    assert page.title() == "data"


def test_a_click_on_a_connection_of_the_map_shows_its_details(page):
    page.choose("pcx-00000000000000002")
    spot = page.middle_of_ring()
    page.page.keyboard.press("Escape")
    page.page.mouse.click(*spot)
    assert page.title() == "app → data"


def test_a_line_among_many_can_be_clicked_as_well(show):
    page = show(network(50, 80, 8))
    page.choose("pcx-00000000000000007")
    spot = page.middle_of_ring()
    title = page.title()
    page.page.keyboard.press("Escape")
    page.page.mouse.click(*spot)
    assert page.title() is not None and "→" in page.title()
    assert "→" in title


def test_whoever_points_at_something_is_told_what_it_is(page):
    page.choose("pcx-00000000000000003")
    spot = page.middle_of_ring()
    page.page.keyboard.press("Escape")
    page.page.mouse.move(*spot)
    assert page.page.inner_text("#tip").split("\n")[:2] == ["app-central → data", "held (denied)"]


def test_the_map_is_moved_and_zoomed_and_shown_whole_again(page):
    page.choose("data")
    before = page.page.locator("#ring").bounding_box()
    page.page.mouse.move(700, 800)
    page.page.mouse.down()
    page.page.mouse.move(760, 780, steps=4)
    page.page.mouse.up()
    page.choose("data")
    page.page.mouse.move(700, 500)
    page.page.mouse.wheel(0, -300)
    page.drawn()
    assert page.page.locator("#ring").bounding_box()["width"] > before["width"] * 1.5
    page.page.get_by_role("button", name="Show everything").first.click()


def test_the_lists_have_what_the_map_has(page):
    page.lists()
    assert page.counted() == ["5 connections", "6 VPCs"]
    assert sorted(row.split("\n")[0] for row in page.rows(1)) == ["app", "app-central", "data", "shared-services", "web", "who-knows"]
    page.page.locator("#lists-view .link").first.click()
    assert page.title() is not None


def test_a_place_that_could_not_be_read_is_told_with_the_reason(page):
    page.page.click("#filters summary")
    assert "222222222222/us-east-1 AccessDenied; deploy infra/member.yaml" in page.page.inner_text("#filters .warning")


def test_an_empty_network_is_a_page_too(show):
    page = show({"at": "2026-11-28T12:00:00Z", "accounts": [], "connections": []})
    assert "0 VPCs in 0 accounts, 0 connections" in page.page.inner_text("#summary")
