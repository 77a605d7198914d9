"""What the local AWS refused during a test, which fails if it did not expect that."""

from peerwright_client.aws import Aws
from peerwright_client.hub import MEMBER_ROLES, ROLE_PATH


class Denials:
    def __init__(self, aws: Aws):
        self._aws = aws
        # The stranger has no member role, so a function that tries to assume it is refused in any test.
        self._always = ("AssumeRole", f"arn:aws:iam::{aws.accounts['stranger']}:role{ROLE_PATH}{MEMBER_ROLES}")
        self.begin()

    def begin(self) -> None:
        self._before = len(self._aws.refusals())
        self._expected: list[tuple[str, ...]] = []

    def expect(self, *words: str) -> None:
        """Expects at least one refusal with all of these words before the end of the test, and allows more."""
        self._expected.append(words)

    def check(self) -> None:
        told = [_text(one) for one in self._aws.refusals()[self._before :]]
        allowed = [self._always, *self._expected]
        unexpected = [text for text in told if not any(_says(text, words) for words in allowed)]
        missing = [words for words in self._expected if not any(_says(text, words) for text in told)]
        assert unexpected == [], f"the local AWS refused what the test did not expect: {unexpected}"
        assert missing == [], f"the local AWS refused nothing with these words: {missing}"


def _text(refusal: dict) -> str:
    return f"{refusal['code']}: {refusal['who']}: {refusal['message']}"


def _says(text: str, words: tuple[str, ...]) -> bool:
    return all(word in text for word in words)
