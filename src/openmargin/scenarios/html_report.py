"""The report as one HTML file that needs no other: what happened, what was expected, and curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from html import escape
from typing import Any, Final, cast

import pygal  # pyright: ignore[reportMissingTypeStubs]
from pygal.style import Style  # pyright: ignore[reportMissingTypeStubs]

from openmargin.scenarios.report import clock, sentence, verdict
from openmargin.scenarios.running import Report

_LOOK: Final = """
:root { color-scheme: light; }
body { margin: 2rem auto; max-width: 64rem; padding: 0 1rem; color: #1b1f24; background: #fff;
       font: 15px/1.5 system-ui, sans-serif; }
h1 { margin-bottom: .25rem; } h2 { margin-top: 2.5rem; }
.verdict { display: inline-block; padding: .35rem .75rem; border-radius: .375rem; color: #fff; font-weight: 600; }
.passed { background: #1a7f37; } .failed { background: #b3261e; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid #e3e6ea; }
td.at, td.mark { font-variant-numeric: tabular-nums; white-space: nowrap; color: #59636e; }
tr.wrong td { color: #b3261e; font-weight: 600; }
figure { margin: 1.5rem 0; } figure svg { width: 100%; height: auto; }
footer { margin-top: 3rem; color: #59636e; font-size: .85em; overflow-wrap: anywhere; }
"""
_STYLE: Final = Style(
    background="transparent",
    plot_background="transparent",
    colors=("#0b62d6", "#c2410c", "#1a7f37", "#7a3ea8", "#b3261e", "#0e7490", "#8a6d00", "#57606a"),
    font_family="system-ui, sans-serif",
    label_font_size=12,
    major_label_font_size=12,
    legend_font_size=13,
    title_font_size=16,
    guide_stroke_color="#d5dae0",
    major_guide_stroke_color="#d5dae0",
    guide_stroke_dasharray="none",
    major_guide_stroke_dasharray="none",
    stroke_opacity=1,
)


def page(report: Report) -> str:
    """The file's text."""
    scenario = report.scenario
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{escape(scenario.title)}</title>',
            f"<style>{_LOOK}</style></head><body>",
            f"<h1>{escape(scenario.title)}</h1>",
            f"<p>{escape(scenario.about.strip())}</p>" if scenario.about else "",
            f'<p class="verdict {"passed" if report.passed else "failed"}">{escape(verdict(report))}</p>',
            *_figures(report),
            "<h2>Expectations</h2>",
            *_table(
                (clock(one.at), "✓" if one.is_met else "✗", sentence(one.asked), one.found, one.is_met)
                for one in report.judged
            ),
            "<h2>What happened</h2>",
            *_table(
                (
                    clock(one.at),
                    "" if one.is_as_expected else "✗",
                    one.what,
                    one.came_of_it,
                    one.is_as_expected,
                )
                for one in report.told
            ),
            f"<footer>Began {report.began:%Y-%m-%d %H:%M:%S} UTC, seed {scenario.seed}, {report.records} records."
            f" Hash of all events: {report.hash}</footer>",
            "</body></html>",
            "",
        ]
    )


def _table(rows: Iterator[tuple[str, str, str, str, bool]]) -> Iterator[str]:
    yield "<table><tbody>"
    for at, mark, what, came_of_it, is_right in rows:
        yield (
            f"<tr{'' if is_right else ' class=wrong'}><td class=at>{at}</td><td class=mark>{mark}</td>"
            f"<td>{escape(what)}</td><td>{escape(came_of_it)}</td></tr>"
        )
    yield "</tbody></table>"


def _figures(report: Report) -> Iterator[str]:
    curves = report.curves
    labels = [clock(at) for at in curves.at]
    for symbol, line in curves.prices.items():
        yield _figure(f"Index price of {symbol}", labels, {symbol: line})
    yield _figure("Margin level", labels, curves.levels)
    yield _figure("Debt, in BTC", labels, curves.debts)
    for asset, line in curves.fund.items():
        if len(set(line)) > 1:
            yield _figure(f"Insurance fund, in {asset}", labels, {asset: line})


def _figure(title: str, labels: Sequence[str], lines: dict[str, list[Decimal | None]]) -> str:
    if not any(value is not None for line in lines.values() for value in line):
        return ""
    chart: Any = pygal.Line(
        style=_STYLE,
        title=title,
        width=960,
        height=320,
        show_dots=False,
        stroke_style={"width": 2.5},
        show_legend=len(lines) > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=4,
        truncate_label=-1,
        x_labels_major_count=7,
        show_minor_x_labels=False,
        js=[],
        disable_xml_declaration=True,
    )
    chart.x_labels = labels
    for name, line in lines.items():
        chart.add(name, [None if value is None else float(value) for value in line])
    return f"<figure>{cast(str, chart.render(is_unicode=True))}</figure>"
