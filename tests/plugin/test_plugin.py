"""The pytest plugin, in runs of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import openmargin.sdk  # noqa: F401 (pytester forgets what a run imports, and compiled modules are not made to be loaded twice)
from tests.guards.repository import ROOT, SOURCE

pytest_plugins = ["pytester"]

PLUGIN = ("-p", "openmargin.testing.plugin")
FUND = """
import pytest

@pytest.fixture
def ann(openmargin):
    account = openmargin.account("ann")
    account.deposit("USDT", 1000)
    return account
"""


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess(
        *PLUGIN, "-p", "no:randomly", "--strict-markers", "-W", "error", *arguments
    )


def test_two_hundred_fresh_exchanges_are_quick(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        FUND
        + """
@pytest.mark.parametrize("number", range(200))
def test_it_is_fresh(ann, openmargin, number):
    assert [account.name for account in openmargin.accounts] == ["ann"]
    assert ann.balance("USDT").free == 1000
"""
    )
    result = run(pytester, "--durations=1", "--durations-min=0")
    result.assert_outcomes(passed=200)
    seconds = float(re.findall(r"in ([\d.]+)s", result.stdout.str())[-1])
    assert seconds / 200 < 0.1, "a fresh exchange takes less than 100 ms"


def test_the_ten_lines_of_the_readme_run_as_printed(pytester: pytest.Pytester) -> None:
    readme = (ROOT / "README.md").read_text()
    [example] = re.findall(r'```python title="test_crash.py"\n(.*?)```', readme, re.DOTALL)
    assert len(example.splitlines()) == 10
    pytester.makepyfile(example)
    run(pytester).assert_outcomes(passed=1)


def test_a_failing_test_shows_the_journal_and_how_to_replay_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        FUND
        + """
def test_it(ann, openmargin):
    ann.buy("BTCUSDT", "0.01")
    openmargin.expect("LiquidationEnded")

@pytest.fixture
def debtor(ann):
    ann.borrow("USDT", 1_000_000)

def test_what_does_not_get_so_far(debtor): pass
"""
    )
    result = run(pytester)
    result.assert_outcomes(failed=1, errors=1)
    assert result.stdout.str().count("the last records of the journal:") == 2
    result.stdout.fnmatch_lines(
        [
            "*AssertionError: expected one LiquidationEnded, and there was",
            "*nothing of that kind",
            "*- openmargin -*",
            "the last records of the journal:",
            "#0 2026-01-01T00:00:00Z Open venue=OpenMargin",
            "#2 * Deposit account_id=1 scope=cross asset=USDT amount=1000",
            "#3 * PlaceOrder account_id=1 scope=cross symbol=BTCUSDT side=BUY type=MARKET *",
            "    OrderFilled *",
            "replay and check:   openmargin verify *",
        ]
    )
    for word in ("journal", "verify"):
        [directory] = re.findall(rf"openmargin {word} (\S+test_it\S+)", result.stdout.str())
        done = subprocess.run(
            [sys.executable, "-m", "openmargin", word, directory],
            env={"PYTHONPATH": str(SOURCE.parent)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert "4 records" in done.stdout or "#3 2026-01-01T00:00:00Z PlaceOrder" in done.stdout


def test_a_test_that_passes_says_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FUND + "\ndef test_it(ann): assert ann.name == 'ann'\n")
    assert "journal" not in run(pytester, "-rA").stdout.str()


def test_what_exchange_it_is_can_be_chosen(pytester: pytest.Pytester) -> None:
    pytester.makefile(".toml", venue='extends = "default"\nname = "mine"\n')
    pytester.makeini(
        "[pytest]\nopenmargin_venue = venue.toml\nopenmargin_seed = 7\nopenmargin_house = false\n"
    )
    pytester.makepyfile("""
from datetime import UTC, datetime
import pytest

def test_as_the_file_says(openmargin):
    assert (openmargin.venue.name, openmargin.live.seed) == ("mine", 7)
    assert openmargin.depth("BTCUSDT").asks == ()
    assert openmargin.now == datetime(2026, 1, 1, tzinfo=UTC)

@pytest.mark.openmargin(seed=8, start=datetime(2030, 1, 1, tzinfo=UTC), house=True, check_everything=True)
def test_as_the_marker_says(openmargin):
    assert (openmargin.venue.name, openmargin.live.seed) == ("mine", 8)
    assert openmargin.depth("BTCUSDT").asks != ()
    assert openmargin.now.year == 2030
""")
    run(pytester).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ("sed=1", "*takes venue, seed, start, clock, house and check_everything by name, not sed"),
        ("3", "*by name, not 3"),
        ("clock='wall'", "*openmargin_server knows others"),
        ("clock='sun'", "*is neither virtual nor wall"),
    ],
)
def test_a_choice_that_there_is_not_is_told(pytester: pytest.Pytester, marker: str, words: str) -> None:
    pytester.makepyfile(
        f"import pytest\n@pytest.mark.openmargin({marker})\ndef test_it(openmargin): assert False\n"
    )
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([words])


def test_an_ini_word_that_means_nothing_is_told(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nopenmargin_seed = lucky\n")
    pytester.makepyfile("def test_it(openmargin): assert False\n")
    run(pytester).stdout.fnmatch_lines(["*openmargin_seed = lucky is not the seed of exchanges in tests*"])


def test_a_served_exchange_is_fresh_and_a_failure_shows_its_journal(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
import json
from urllib.request import urlopen
import pytest
from openmargin.testing.lab import LabRefused

def test_it(openmargin_server):
    lab = openmargin_server.lab
    ann = lab.account("ann", vip=1)
    assert (ann.id, len(ann.secret_key), len(openmargin_server.api_key)) == (4, 64, 64)
    lab.fund(ann, "USDT", 5)
    lab.price("BTCUSDT", "55000")
    before = lab.state()["time"]
    lab.advance(hours=1)
    assert lab.state()["time"] == before + 3_600_000
    with pytest.raises(LabRefused, match="404 there is no such symbol: GET /api/v3/exchangeInfo"):
        lab.price("NOPE", 1)
    with urlopen(openmargin_server.url + "/api/v3/time") as answer:
        assert json.load(answer) == {}
""")
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*{'serverTime': 1767229200000} == {}*",
            "#28 * SetIndex *BTCUSDT, 55000*",
            "*replay and check:   openmargin verify *",
        ]
    )


def test_worlds_share_a_server_and_nothing_else(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nopenmargin_seed = 7\n")
    pytester.makepyfile("""
import json
from urllib.request import urlopen
import pytest

@pytest.mark.parametrize("price", range(50_000, 50_020))
def test_it(openmargin_world, openmargin_shared_server, price):
    assert openmargin_world.lab.account("ann").id == 4
    openmargin_world.lab.price("BTCUSDT", price)
    openmargin_world.lab.advance(minutes=1)
    with urlopen(openmargin_world.url + "/api/v3/ticker/bookTicker?symbol=BTCUSDT") as answer:
        assert float(json.load(answer)["bidPrice"]) < price
    [only] = openmargin_shared_server.lab.request("GET", "/lab/worlds")["worlds"]
    assert only["world"] == openmargin_world.name

@pytest.mark.openmargin(seed=8)
def test_a_marker_is_too_late(openmargin_world): pass
""")
    result = run(pytester)
    result.assert_outcomes(passed=20, errors=1)
    result.stdout.fnmatch_lines(["*openmargin_world is as the ini-file says*"])


def test_a_server_that_cannot_start_says_why(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nopenmargin_venue = nowhere.toml\n")
    pytester.makepyfile("def test_it(openmargin_server): assert False\n")
    run(pytester).stdout.fnmatch_lines(["*the exchange did not start: openmargin: *nowhere.toml*"])


def installed(home: Path) -> dict[str, str]:
    """The environment of a machine on which the package is installed: pytest finds what its metadata names."""
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    metadata = home / "openmargin-0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: openmargin\nVersion: 0\n")
    (metadata / "entry_points.txt").write_text(
        "[pytest11]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
    )
    return {"PYTHONPATH": f"{SOURCE.parent}:{home}", "PATH": "/usr/bin:/bin"}


def test_an_installed_plugin_needs_no_import_and_costs_others_nothing(
    pytester: pytest.Pytester, tmp_path: Path
) -> None:
    pytester.makepyfile("""
import sys

def test_without_it():
    assert "openmargin.testing.plugin" in sys.modules
    heavy = ("msgspec", "typer", "openmargin.sdk", "openmargin.domain", "openmargin.testing.server")
    assert [name for name in heavy if name in sys.modules] == []

def test_with_it(openmargin):
    assert "openmargin.sdk" in sys.modules
""")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-W", "error", "-p", "no:hypothesispytest", str(pytester.path)],
        env=installed(tmp_path / "site"),
        cwd=pytester.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr
