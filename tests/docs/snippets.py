"""The fenced blocks of the pages, as data.

Owns: which kinds of block there are, and how a console block is read. `console` holds commands after `$ ` with what
they answer below; `sh` is a script; `python` and `javascript` programs, and `python` under a title a file of tests; `text`
what the program above it prints; `toml` a configuration file or a scenario and `ini` one of pytest, written under their
titles; `json` a message, which is read. In answers `…` stands for anything, and spaces do not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
KINDS = ("console", "sh", "python", "javascript", "text", "toml", "ini", "json")

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```[ ]*$", re.MULTILINE | re.DOTALL
)
_TITLE = re.compile(r'title="([\w.-]+)"')


@dataclass(frozen=True)
class Snippet:
    """One fenced block."""

    page: str
    line: int
    kind: str
    title: str
    body: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A command of a console block, and what the page says that it answers."""

    place: str
    text: str
    answer: str


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@cache
def snippets(page: Path) -> tuple[Snippet, ...]:
    text = page.read_text(encoding="utf-8")
    found: list[Snippet] = []
    for match in _FENCE.finditer(text):
        kind, _, rest = match["info"].strip().partition(" ")
        title = _TITLE.search(rest)
        body = re.sub(rf"^{match['indent']}", "", match["body"], flags=re.MULTILINE)
        line = text.count("\n", 0, match.start()) + 1
        found.append(Snippet(name_of(page), line, kind, title[1] if title else "", body))
    return tuple(found)


def commands(snippet: Snippet) -> list[Command]:
    """The commands of a console block; a backslash at the end of a line continues it."""
    found: list[Command] = []
    lines = iter(snippet.body.splitlines())
    for line in lines:
        if line.startswith("$ "):
            text = line[2:]
            while text.endswith("\\"):
                text = text[:-1] + next(lines).strip()
            found.append(Command(snippet.place, text, ""))
        elif found:
            last = found[-1]
            found[-1] = Command(last.place, last.text, f"{last.answer}{line}\n")
        else:
            raise AssertionError(f"{snippet.place}: a console block begins with a command after `$ `")
    return found


def answers(expected: str, printed: str) -> bool:
    """Is `printed` what the page says?"""
    pattern = ".*".join(re.escape(re.sub(r"\s", "", part)) for part in expected.split("…"))
    return re.fullmatch(pattern, re.sub(r"\s", "", printed), re.DOTALL) is not None
