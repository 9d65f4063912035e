"""The command line. What a command needs is imported when it runs, so that each starts as fast as it can."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar

import typer

app = typer.Typer(
    help="OpenMargin: the margin exchange that anyone can run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
history = typer.Typer(help="What the exchange remembers.", no_args_is_help=True)
venue = typer.Typer(help="The rules that an exchange runs by.", no_args_is_help=True)
account = typer.Typer(help="Accounts of an exchange that is not being served.", no_args_is_help=True)
app.add_typer(account, name="account")
app.add_typer(history, name="history")
app.add_typer(venue, name="venue")
snapshots = typer.Typer(help="Snapshots of an exchange, as files.", no_args_is_help=True)
app.add_typer(snapshots, name="snapshot")

Answer = TypeVar("Answer")

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The data directory of an exchange.")]


def main() -> None:
    """The `openmargin` command."""
    if sys.flags.optimize:
        _refuse("assertions must stay on: start without -O and PYTHONOPTIMIZE")
    app(prog_name="openmargin")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 takes any free one.", show_default="8787")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Where to keep the exchange; :memory: forgets it.",
            show_default="XDG data directory",
        ),
    ] = None,
    clock: Annotated[
        Literal["wall", "virtual"] | None,
        typer.Option(
            help="Does the machine's time count, or one that /lab/clock moves?", show_default="wall"
        ),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            min=0, max=1_000_000, help="How fast the virtual clock runs; 0 stands still.", show_default="0"
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Where a new virtual clock starts, as 2026-01-01T00:00:00Z."),
    ] = None,
    market: Annotated[
        Literal["house", "none"] | None,
        typer.Option(help="Does the house quote, or are the books empty?", show_default="house"),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of all chance of a new exchange.", show_default="1")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="The venue and the settings; see `venue schema`.")
    ] = None,
    tls: Annotated[
        bool | None,
        typer.Option(
            "--tls", help="Answer HTTPS, with a certificate of your own authority.", show_default="HTTP"
        ),
    ] = None,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None, typer.Option(show_default="warning")
    ] = None,
    accept_venue_change: Annotated[
        bool, typer.Option("--accept-venue-change", help="Let a changed venue hold from now on.")
    ] = False,
    expose: Annotated[
        bool,
        typer.Option(
            "--expose-development-keys-to-the-network",
            help="Listen at an address that others can reach, although everybody knows the keys.",
        ),
    ] = False,
) -> None:
    """Serve an exchange."""
    from openmargin.config import ConfigError, load_settings, load_venue
    from openmargin.runtime.errors import StartRefused
    from openmargin.server.run import serve as run

    chosen: dict[str, Any] = {
        "host": host,
        "port": port,
        "data": data,
        "clock": clock,
        "speed": speed,
        "start": _moment(start),
        "market": market,
        "seed": seed,
        "log_level": log_level,
        "tls": tls,
    }
    try:
        settings = load_settings(config, chosen)
        rules = load_venue(config) if config else None
        code = run(settings, rules, accept_venue_change=accept_venue_change, expose=expose)
    except (ConfigError, StartRefused) as refusal:
        _refuse(str(refusal))
    raise typer.Exit(code)


@app.command()
def proxy(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8788,
    host: Annotated[str, typer.Option(help="Address of this machine to listen on.")] = "127.0.0.1",
    exchange: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where `openmargin serve` answers HTTP.")
    ] = "http://127.0.0.1:8787",
) -> None:
    """Answer the real exchange's hosts from a local one, for bots whose addresses are fixed; reach no other host."""
    import logging
    from urllib.parse import urlsplit

    from openmargin.runtime.errors import StartRefused
    from openmargin.server.certificates import load_or_create_authority
    from openmargin.server.proxy import run_proxy

    parts = urlsplit(exchange)
    if parts.scheme != "http" or not parts.hostname:
        _refuse(f"--exchange {exchange} is no address such as http://127.0.0.1:8787")
    logging.basicConfig(level="WARNING", format="%(message)s")
    try:
        run_proxy(host, port, (parts.hostname, parts.port or 80), load_or_create_authority(os.environ))
    except StartRefused as refusal:
        _refuse(str(refusal))


@app.command()
def verify(directory: Directory) -> None:
    """Replay the journal from its beginning, and hold against it everything else that is kept."""
    from openmargin.runtime.errors import StartRefused
    from openmargin.runtime.verify import verify as run

    try:
        report = run(directory, _show_progress)
    except StartRefused as refusal:
        _refuse(str(refusal))
    for problem in report.problems:
        typer.echo(problem, err=True)
    if not report.is_sound:
        _refuse(f"{directory} is not sound: {len(report.problems)} problems after {report.records} records")
    typer.echo(f"sound: {report.records} records")
    typer.echo(f"stateHash   {report.event_chain} (running hash of events, as /lab/state shows it)")
    typer.echo(f"full state  {report.state_hash} (hash of balances, books and all else at the end)")


@app.command()
def journal(
    directory: Directory,
    last: Annotated[int | None, typer.Option(min=1, help="Only so many.", show_default="all")] = None,
) -> None:
    """Replay the journal, and print each record with what came of it."""
    from openmargin.journal.record import JournalDamaged
    from openmargin.runtime.errors import StartRefused
    from openmargin.runtime.recovery import DecidesDifferently
    from openmargin.sdk.replaying import entries, last_entries

    try:
        for entry in entries(directory) if last is None else last_entries(directory, last):
            typer.echo(entry)
    except (StartRefused, JournalDamaged, DecidesDifferently) as refusal:
        _refuse(str(refusal))


@app.command()
def explain(
    place: Annotated[
        str, typer.Argument(metavar="DIR|ADDRESS", help="A data directory, or where an exchange is served.")
    ],
    account: Annotated[int, typer.Option(min=1, help="Whose levels and limits.")],
    asset: Annotated[
        str, typer.Option(help="Only loans and transfers of this one.", show_default="all")
    ] = "",
    order: Annotated[
        str, typer.Option(metavar="ID", help="Why the order of that client id was refused.")
    ] = "",
) -> None:
    """Say why an account has its levels and limits, and what it was refused for, with the numbers."""
    from openmargin.journal.record import JournalDamaged
    from openmargin.lab.errors import Refused
    from openmargin.lab.explain import explain as of_live
    from openmargin.lab.explain_text import lines
    from openmargin.lab.explained import AccountExplained
    from openmargin.runtime.errors import StartRefused
    from openmargin.runtime.recovery import DecidesDifferently
    from openmargin.runtime.replaying import Replay

    try:
        if place.startswith("http"):
            told = _asked(place, f"/lab/accounts/{account}/explain", AccountExplained)
        else:
            told = of_live(Replay(Path(place)).live, account)
    except (StartRefused, JournalDamaged, DecidesDifferently, Refused, OSError) as refusal:
        _refuse(str(refusal))
    for line in lines(told, asset=asset, client_order_id=order):
        typer.echo(line)


@app.command()
def simulate(
    seed: Annotated[int, typer.Option(min=0, help="The market to play, or the first of several.")] = 0,
    seeds: Annotated[int, typer.Option(min=1, help="How many markets to play.")] = 1,
    steps: Annotated[int, typer.Option(min=1, help="Commands of each market.")] = 250,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes to share them.", show_default="one a processor")
    ] = None,
    engine_only: Annotated[
        bool, typer.Option("--engine-only", help="Without journal, disk and kills: twice as fast.")
    ] = False,
    script: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Play what a failure left instead.")
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where a failure leaves its script; what is missing is made.")
    ] = Path(),
) -> None:
    """Play random markets on an exchange that is killed again and again, judged step by step by a slow, simple twin.

    A failure prints the command that repeats it, and leaves a script, made as short as it can be, that fails alike.
    """
    from openmargin.lab.campaign import Tally, campaign, replay_script, script_of
    from openmargin.lab.simulate import Disagreement
    from openmargin.lab.simulation.script import ScriptDamaged, read

    words = " --engine-only" if engine_only else ""
    try:
        if script is not None:
            plays = read(_text_of(script))
            again = f"openmargin simulate --script {script}{words}"
            report = replay_script(plays, again, engine_only=engine_only)
            typer.echo(f"{report.steps + 1} commands agree")
            return
        tally = Tally()
        for report in campaign(
            range(seed, seed + seeds), steps, jobs or os.cpu_count() or 1, engine_only=engine_only
        ):
            tally.add(report)
            _show_market(tally.progress(seeds), is_last=tally.markets == seeds)
    except ScriptDamaged as problem:
        _refuse(f"{script}: {problem}")
    except Disagreement as difference:
        typer.echo(difference, err=True)
        if script is None:
            _leave_script(script_of(difference, engine_only=engine_only), difference.seed, out, words)
        raise typer.Exit(1) from None
    typer.echo(tally)


def _leave_script(text: str, seed: int, folder: Path, words: str) -> None:
    """Write the shortened market, and say what plays it."""
    path = folder / f"simulate-seed-{seed}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as problem:
        _refuse(f"the script cannot be written: {problem}")
    typer.echo(f"shorter, and fails alike: openmargin simulate --script {path}{words}", err=True)


@app.command(name="replay-data")
def replay_data(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…", help="Klines, trades or aggTrades as Binance publishes them: .csv or .zip."
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The exchange to play them to; one is made there if none is.",
            show_default="memory",
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="The venue of a new exchange.")
    ] = None,
    symbol: Annotated[
        str, typer.Option(help="Of which symbol the files are, where their names do not say it.")
    ] = "",
    speed: Annotated[
        float, typer.Option(min=0.0, help="How many times as fast as it happened; 0 for as fast as it goes.")
    ] = 0.0,
    skip_damaged: Annotated[
        bool,
        typer.Option("--skip-damaged", help="Pass over damaged lines, and say which, instead of stopping."),
    ] = False,
) -> None:
    """Play real market data to an exchange that is not being served."""
    from openmargin.config import ConfigError, load_venue
    from openmargin.journal.record import JournalDamaged
    from openmargin.lab.replay.command import replay_files
    from openmargin.lab.replay.files import BadData
    from openmargin.runtime.errors import StartRefused
    from openmargin.runtime.recovery import DecidesDifferently

    try:
        rules = load_venue(config)
        report = replay_files(files, data, rules, symbol=symbol, speed=speed, skips_damaged=skip_damaged)
    except (ConfigError, StartRefused, JournalDamaged, DecidesDifferently, BadData) as refusal:
        _refuse(str(refusal))
    typer.echo(report)


@app.command()
def run(
    scenario: Annotated[
        str | None, typer.Argument(metavar="[FILE.toml|NAME]", help="None shows what comes with the package.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write the report there too, with curves.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the journal, for `verify` and `serve --data`.")
    ] = None,
) -> None:
    """Play a scenario: accounts, what happens to them, and what must come of it. Fails where something else does."""
    from openmargin.runtime.errors import StartRefused
    from openmargin.scenarios.reading import ScenarioError, load, shipped
    from openmargin.scenarios.report import lines
    from openmargin.scenarios.running import run as play

    try:
        if scenario is None:
            for name in shipped():
                typer.echo(f"openmargin run {name:<24}{load(name).title}")
            return
        report = play(load(scenario), keep)
    except (ScenarioError, StartRefused) as problem:
        _refuse(str(problem))
    for line in lines(report):
        typer.echo(line)
    if html is not None:
        from openmargin.scenarios.html_report import page

        try:
            html.write_text(page(report), encoding="utf-8")
        except OSError as problem:
            _refuse(f"the report cannot be written: {problem}")
        typer.echo(f"report: {html}")
    if not report.passed:
        raise typer.Exit(1)


@app.command()
def endpoints() -> None:
    """Print the table of what is served under /api and /sapi."""
    from openmargin.api.docs import endpoint_table

    typer.echo(endpoint_table(), nl=False)


@history.command()
def rebuild(directory: Directory) -> None:
    """Fold history again from the journal; the exchange must not be served meanwhile."""
    from openmargin.journal.record import JournalDamaged
    from openmargin.runtime.errors import StartRefused
    from openmargin.runtime.recovery import DecidesDifferently
    from openmargin.runtime.refold import rebuild_history

    try:
        records = rebuild_history(directory, _show_progress)
    except (StartRefused, JournalDamaged, DecidesDifferently) as refusal:
        _refuse(str(refusal))
    typer.echo(f"history is rebuilt from {records} records")


@snapshots.command(name="export")
def export_snapshot(
    directory: Directory,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which of `GET /lab/snapshots`.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")],
) -> None:
    """Write a snapshot into one file, to be carried elsewhere; the exchange may be served meanwhile."""
    from openmargin.runtime.shelf import DiskShelf, ShelfRefused
    from openmargin.runtime.snapshot_archive import pack

    try:
        bookmark = pack(DiskShelf(directory).bookmark_directory(name), file)
    except (ShelfRefused, OSError) as refusal:
        _refuse(str(refusal))
    typer.echo(f"{file} holds {bookmark.name}: {bookmark.seq + 1} records")


@snapshots.command(name="import")
def import_snapshot(
    directory: Directory,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `snapshot export` wrote.")],
    name: Annotated[
        str | None, typer.Option(help="What to call it here.", show_default="the name of the file")
    ] = None,
) -> None:
    """Take a snapshot in after every check; a directory that holds no exchange begins with it."""
    from openmargin.runtime.shelf import DiskShelf, ShelfRefused
    from openmargin.runtime.snapshot_archive import unpack_into

    chosen = name or file.name.partition(".")[0]
    try:
        bookmark, is_new = unpack_into(DiskShelf(directory), directory, file, chosen)
    except (ShelfRefused, OSError) as refusal:
        _refuse(str(refusal))
    typer.echo(f"{bookmark.name} is there: {bookmark.seq + 1} records, stateHash {bookmark.event_chain}")
    restore = f"POST /lab/snapshots/{bookmark.name}/restore"
    typer.echo(f"next: {f'openmargin serve --data {directory}' if is_new else restore}")


@venue.command()
def schema() -> None:
    """Print the page that explains every key of a configuration file."""
    from openmargin.config.schema import venue_schema_markdown

    typer.echo(venue_schema_markdown())


@venue.command(name="import")
def import_answers(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…",
            help="Saved answers: exchangeInfo, allPairs, isolated/allPairs, allAssets, crossMarginData,"
            " isolatedMarginTier, crossMarginCollateralRatio, ticker/price.",
        ),
    ],
    name: Annotated[str, typer.Option(help="What to call the venue.")] = "imported",
    out: Annotated[
        Path, typer.Option(metavar="FILE.json", help="Where to write it, for `serve --config`.")
    ] = Path("venue.json"),
) -> None:
    """Make a venue of a real exchange's public answers, saved as JSON files."""
    import msgspec

    from openmargin.config import ConfigError
    from openmargin.config.venue_import import import_venue

    try:
        imported = import_venue(files, name)
    except ConfigError as refusal:
        _refuse(str(refusal))
    out.write_bytes(msgspec.json.format(msgspec.json.encode(imported.tables), indent=1) + b"\n")
    for remark in imported.remarks:
        typer.echo(remark, err=True)
    typer.echo(f"symbols: {imported.symbols}\nnext: openmargin serve --config {out}")


@account.command(name="import")
def import_portfolio(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…",
            help="Saved answers: margin/account, margin/isolated/account, margin/openOrders, margin/openOrderList,"
            " api/v3/account, api/v3/openOrders, ticker/price.",
        ),
    ],
    data: Annotated[
        Path,
        typer.Option(metavar="DIR", help="The exchange to rebuild it in; one is made there if none is."),
    ],
    name: Annotated[str, typer.Option(help="What to call the account.")] = "imported",
    config: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="The venue of a new exchange.")
    ] = None,
    vip: Annotated[int, typer.Option(min=0, help="Its VIP level.")] = 0,
    leverage: Annotated[
        int, typer.Option(min=0, help="Its cross leverage.", show_default="as the venue says")
    ] = 0,
) -> None:
    """Rebuild a real portfolio on a new account: balances, debts and open orders."""
    from openmargin.config import ConfigError, load_venue
    from openmargin.journal.record import JournalDamaged
    from openmargin.lab.portfolio.answers import Unreadable
    from openmargin.lab.portfolio.command import import_account
    from openmargin.runtime.errors import StartRefused
    from openmargin.runtime.recovery import DecidesDifferently

    try:
        rules = load_venue(config)
        made, remarks = import_account(files, data, rules, name, vip=vip, leverage=leverage)
    except (ConfigError, Unreadable, StartRefused, JournalDamaged, DecidesDifferently) as refusal:
        _refuse(str(refusal))
    for remark in remarks:
        typer.echo(remark, err=True)
    typer.echo(made)


def _show_progress(done: int, total: int) -> None:
    typer.echo(f"{done} of {total} records", err=True)


def _show_market(progress: str, *, is_last: bool) -> None:
    """One line that counts, for somebody who watches; a log gets the end alone."""
    if sys.stderr.isatty():
        typer.echo(f"\r{progress}  ", err=True, nl=is_last)


def _text_of(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as problem:
        _refuse(f"{path} cannot be read: {problem}")


def _asked(address: str, path: str, kind: type[Answer]) -> Answer:
    """What a served exchange answers; OSError where it does not, or refuses."""
    from urllib.error import HTTPError
    from urllib.request import urlopen

    import msgspec

    try:
        with urlopen(address.rstrip("/") + path) as answer:
            return msgspec.json.decode(answer.read(), type=kind)
    except HTTPError as refusal:
        raise OSError(f"{address}{path}: {refusal.read().decode()}") from None
    except ValueError as wrong:
        raise OSError(f"{address} is no exchange: {wrong}") from None


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        _refuse(f"--start {text} is no time with its zone: write such as 2026-01-01T00:00:00Z")
    return moment


def _refuse(text: str) -> NoReturn:
    """One clear line, and an exit code that scripts can see."""
    typer.echo(f"openmargin: {text}", err=True)
    raise SystemExit(1)
