"""The table of what the official SDK was told, printed after the run."""

import pytest

from tests.clients.sdk import TABLE, caller, verdict


def pytest_sessionfinish() -> None:
    caller.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not TABLE:
        return
    width = max(map(len, TABLE))
    terminalreporter.section(f"official SDK: {len(TABLE)} endpoints")
    for endpoint in sorted(TABLE, key=lambda name: (name.partition(" ")[2], name)):
        row = TABLE[endpoint]
        terminalreporter.write_line(f"{endpoint:<{width}}  {row.calls:>3}x  {verdict(row)}")
