"""A page that is open, and what a person does with it."""

from pathlib import Path

SIZE = {"width": 1440, "height": 900}


class Opened:
    def __init__(self, browser, path: Path, context: dict):
        self.context = browser.new_context(**{"viewport": SIZE, **context})
        self.page = self.context.new_page()
        self.asked, self.errors = [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", self.dialog)
        self.url = path.as_uri()
        self.page.goto(self.url)
        self.drawn()

    def dialog(self, dialog):
        self.errors.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def close(self):
        self.context.close()
        assert self.errors == []
        assert self.asked == [self.url], "the page asks for nothing but itself"

    def drawn(self):
        """Waits until the map is drawn as it is now."""
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def search(self, text: str) -> list[str]:
        self.page.fill("#search", text)
        return self.page.locator("#found .link").all_inner_texts()

    def choose(self, text: str):
        """Opens the details of the first thing that a search finds."""
        self.search(text)
        self.page.keyboard.press("Enter")
        self.drawn()

    def details(self) -> str:
        return self.page.inner_text("#details")

    def title(self) -> str | None:
        title = self.page.locator("#details-title")
        return title.inner_text() if title.is_visible() else None

    def said(self) -> str:
        return self.page.inner_text("#said")

    def tick(self, name: str, value: str):
        self.page.get_by_role("group", name=name, exact=True).get_by_role("checkbox", name=value).first.click()

    def lists(self):
        self.page.click("#show-lists")

    def counted(self) -> list[str]:
        """What the lists say that they have."""
        return self.page.locator("#lists-view caption").all_inner_texts()

    def rows(self, table: int = 0) -> list[str]:
        return self.page.locator("#lists-view table").nth(table).locator("tbody tr").all_inner_texts()

    def middle_of_ring(self) -> tuple[float, float]:
        """Where the chosen thing is on the screen."""
        box = self.page.locator("#ring").bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
