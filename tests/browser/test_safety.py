"""What stands in a tag, a rule or a reason is text, wherever the page shows it."""

import json

from networks import small

HOSTILE = "</script><img src=x onerror=alert(1)><script>alert(2)</script>{{scripts}}\"'&<b>"


def hostile(value):
    """The same network where every text that others choose is hostile."""
    if isinstance(value, dict):
        chosen = {"name", "status", "reason", "asked_by", "text", "what", "traffic", "peer"}
        return {
            key: HOSTILE if key in chosen and isinstance(text, str) and not is_region(value) else hostile(text)
            for key, text in value.items()
        }
    return [hostile(one) for one in value] if isinstance(value, list) else value


def is_region(value: dict) -> bool:
    return "vpcs" in value


def test_a_hostile_tag_is_text_wherever_it_is_shown(show):
    network = hostile(small())
    for connection in network["connections"]:
        connection["rules"], connection["openings"] = [HOSTILE], [HOSTILE]
    assert json.dumps(network).count("onerror") > 30
    page = show(network)
    page.search("img")
    assert HOSTILE in page.page.inner_text("#found")
    page.choose("vpc-0000000a1")
    assert page.title() == HOSTILE
    page.choose("pcx-00000000000000003")
    assert HOSTILE in page.details()
    page.page.mouse.move(*page.middle_of_ring())
    page.lists()
    assert HOSTILE in page.rows()[0]
    assert page.page.locator("img").count() == 0
    assert page.page.locator("script").count() == 6, "the page's own"


def test_even_markup_that_got_in_would_run_nothing(show):
    page = show(small())
    page.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = true\">')")
    page.page.evaluate("document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = true' }))")
    page.drawn()
    assert page.page.evaluate("window.ran") is None
    assert page.errors and all("Content Security Policy" in error for error in page.errors)
    page.errors.clear()
    page.asked[1:] = []
