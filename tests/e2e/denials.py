"""What the local AWS refused while a test ran: a test fails over any refusal that it did not ask for."""

from peerwright_local.demo.aws import Aws
from peerwright_local.demo.hub import MEMBER_ROLE


class Denials:
    def __init__(self, aws: Aws):
        self._aws = aws
        # The stranger never made the role, so whoever looks there is refused, in whichever test.
        self._always = ("AssumeRole", f"arn:aws:iam::{aws.accounts['stranger']}:role/{MEMBER_ROLE}")
        self.begin()

    def begin(self) -> None:
        self._before = len(self._aws.refusals())
        self._expected: list[tuple[str, ...]] = []

    def expect(self, *words: str) -> None:
        """Until the test is over, refusals with all of these words are what it asks for; there must be one."""
        self._expected.append(words)

    def check(self) -> None:
        told = [_text(one) for one in self._aws.refusals()[self._before :]]
        allowed = [self._always, *self._expected]
        unexpected = [text for text in told if not any(_says(text, words) for words in allowed)]
        missing = [words for words in self._expected if not any(_says(text, words) for text in told)]
        assert unexpected == [], f"the local AWS refused what the test did not ask for: {unexpected}"
        assert missing == [], f"the local AWS refused nothing with these words: {missing}"


def _text(refusal: dict) -> str:
    return f"{refusal['code']}: {refusal['who']}: {refusal['message']}"


def _says(text: str, words: tuple[str, ...]) -> bool:
    return all(word in text for word in words)
