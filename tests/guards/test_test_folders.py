"""Every folder of tests is run, and has said how long it may take."""

import tomllib

from tests.guards.repository import ROOT


def test_every_test_folder_has_a_time_budget() -> None:
    budgets = tomllib.loads((ROOT / "tests" / "budgets.toml").read_text())["seconds"]
    folders = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").glob("*/**/test_*.py")}
    assert folders <= set(budgets), f"add to tests/budgets.toml: {sorted(folders - set(budgets))}"


def test_no_test_lies_beside_the_folders() -> None:
    strays = [path.name for path in (ROOT / "tests").glob("test_*.py")]
    assert strays == [], f"`make test` runs folder by folder; move into one: {strays}"
