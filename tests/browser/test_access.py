"""By keyboard, by screen reader, in the dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from networks import small


@pytest.fixture
def page(show):
    return show(small())


def focused(page) -> str:
    return page.page.evaluate("document.activeElement.id || document.activeElement.textContent")


def tab_to(page, name: str):
    for _ in range(80):
        if focused(page) == name:
            return
        page.page.keyboard.press("Tab")
    raise AssertionError(f"no tab leads to {name}")


def test_everything_is_done_by_keys(page):
    keyboard = page.page.keyboard
    tab_to(page, "map")
    keyboard.press("ArrowRight")
    first = page.said()
    assert first.startswith("VPC ") and "account" in first
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        keyboard.press(key)
    keyboard.press("n")
    assert page.said().startswith("Connection ")
    keyboard.press("Enter")
    assert focused(page) == "details-title"
    opened = page.title()
    assert "→" in opened
    keyboard.press("Escape")
    assert (focused(page), page.title()) == ("map", None)


def test_arrows_reach_every_vpc_from_its_neighbours(page):
    tab_to(page, "map")
    reached = set()
    for key in ["ArrowRight"] * 6 + ["ArrowDown", "ArrowLeft"] * 6 + ["ArrowUp", "ArrowRight"] * 6 + ["ArrowDown", "ArrowRight"] * 4:
        page.page.keyboard.press(key)
        reached.add(page.said().split(",")[0])
    assert len(reached) >= 5, reached


def test_keys_walk_around_the_connections_of_a_vpc(page):
    page.choose("shared-services")
    page.page.focus("#map")
    walked = []
    for _ in range(3):
        page.page.keyboard.press("n")
        walked.append(page.said())
    assert len(set(walked)) == 3
    page.page.keyboard.press("p")
    assert page.said() == walked[1]


def test_what_was_found_is_walked_and_opened_by_keys(page):
    page.page.focus("#search")
    page.page.keyboard.type("data")
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("ArrowDown")
    name = page.page.evaluate("document.activeElement.firstChild.textContent")
    page.page.keyboard.press("Enter")
    assert page.title() == name
    assert focused(page) == "details-title"
    page.page.keyboard.press("Escape")
    assert focused(page) == "search"


def test_a_filter_keeps_the_focus_that_set_it(page):
    page.page.get_by_label("Ended connections").focus()
    page.page.keyboard.press("Space")
    assert focused(page) == "ended"
    page.page.focus("#all")
    page.page.keyboard.press("Enter")
    assert focused(page) == "all"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["map", "details", "found", "lists"])
def test_axe_finds_nothing(show, scheme, view):
    page = show(small(), color_scheme=scheme)
    if view == "details":
        page.choose("pcx-00000000000000001")
    elif view == "found":
        page.search("shared")
    elif view == "lists":
        page.lists()
    found = Axe().run(page.page)
    assert found.violations_count == 0, found.generate_report()


def ground(page) -> str:
    return page.page.evaluate("getComputedStyle(document.body).backgroundColor")


def pixel(page) -> list[int]:
    """Of the map itself, at its corner."""
    return page.page.evaluate("[...document.getElementById('map').getContext('2d').getImageData(2, 2, 1, 1).data].slice(0, 3)")


def test_dark_is_what_the_system_wants_until_a_person_says_otherwise(show):
    page = show(small(), color_scheme="dark")
    assert (ground(page), pixel(page)) == ("rgb(13, 17, 23)", [13, 17, 23])
    page.page.click("#theme")
    page.drawn()
    assert (ground(page), pixel(page)) == ("rgb(255, 255, 255)", [255, 255, 255])
    page.page.emulate_media(color_scheme="light")
    page.page.emulate_media(color_scheme="dark")
    assert ground(page) == "rgb(255, 255, 255)", "the person has chosen"


def test_the_page_follows_the_system_while_it_is_open(show):
    page = show(small(), color_scheme="light")
    page.page.emulate_media(color_scheme="dark")
    page.drawn()
    assert (ground(page), pixel(page)) == ("rgb(13, 17, 23)", [13, 17, 23])


def test_a_narrow_window_scrolls_nowhere_sideways(show):
    page = show(small(), viewport={"width": 700, "height": 700})
    page.choose("app")
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 700
