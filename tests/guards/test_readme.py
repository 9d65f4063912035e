"""The README's first words are the ones that work."""

import pytest

from tests.guards.repository import ROOT


@pytest.mark.parametrize("word", ["make serve", "make test"])
def test_readme_names_the_words(word: str) -> None:
    readme = ROOT / "README.md"
    assert readme.exists(), "write README.md; its first screen says `make serve` and `make test`"
    assert word in readme.read_text(), f"README.md must say `{word}`: it is what a newcomer types first"


def test_readme_says_whom_it_does_not_belong_to() -> None:
    assert (ROOT / "README.md").exists(), "write README.md"
    notice = (ROOT / "NOTICE").read_text().strip().splitlines()[-1]
    assert notice in " ".join((ROOT / "README.md").read_text().split()), f"README.md must say: {notice}"
