"""Whatever a page tells its reader to type works as it stands, and answers what the page says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.session import Session, kind_of
from tests.docs.snippets import KINDS, PAGES, answers, commands, name_of, snippets

pytestmark = [pytest.mark.client, pytest.mark.timeout(600)]

PAGE_OPTIONS = {
    # No full hour may pass between a loan and its repayment: it would cost another hour's interest.
    "docs/first-session.md": ("--clock", "virtual"),
    # It shows both clocks on one exchange, and the second only in passing.
    "README.md": ("--data", ":memory:", "--clock", "virtual"),
}
RUNNING = [page for page in PAGES if snippets(page)]


@pytest.mark.parametrize("page", RUNNING, ids=name_of)
def test_what_a_page_says_works(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Session(tmp_path, PAGE_OPTIONS.get(name_of(page), ())) as session:
        for snippet in snippets(page):
            session.follow(snippet)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_snippet_is_of_a_known_kind(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    fences = [line for line in text.splitlines() if line.lstrip().startswith(("```", "~~~"))]
    assert len(fences) == 2 * len(snippets(page)), (
        f"{name_of(page)}: a fence that is not ``` and closed alike"
    )
    for snippet in snippets(page):
        assert snippet.kind in KINDS, f"{snippet.place}: write one of {KINDS} behind the fence"
        if snippet.kind == "console":
            for command in commands(snippet):
                kind_of(command.text)


@pytest.mark.parametrize(
    "command", ["wget http://127.0.0.1:8787", "make coffee", "pip install something-else"]
)
def test_a_command_that_nobody_tests_is_found(command: str) -> None:
    with pytest.raises(AssertionError, match=command.split()[0]):
        kind_of(command)


def test_an_answer_is_compared_but_for_spaces_and_what_is_left_out() -> None:
    assert answers('{"apiKey":"…",\n "free":"1"}', '{"apiKey":"x","free":"1"}')
    assert not answers('{"apiKey":"…", "free":"1"}', '{"apiKey":"x","free":"2"}')
    assert not answers("sound", "sound: 5 records")
