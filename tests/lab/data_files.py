"""Data files in the format that Binance publishes, made up here: nothing is fetched."""

import hashlib
import random
import zipfile
from collections.abc import Iterable
from pathlib import Path

BEGIN = 1_735_689_600_000
"""2025-01-01T00:00:00Z"""
MINUTE = 60_000
DAY = 86_400_000

TRADE_HEADER = "id,price,qty,quote_qty,time,is_buyer_maker,is_best_match"
KLINE_HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    "taker_buy_volume,taker_buy_quote_volume,ignore"
)


def price_text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}000000"


def trades(count: int, *, seed: int = 1, begin: int = BEGIN, length: int = DAY, unit: int = 1) -> list[str]:
    """A day of trades: a seeded walk of the price around 60,000, in the columns of spot trades."""
    chance = random.Random(seed)
    cents = 6_000_000
    lines: list[str] = []
    for number in range(count):
        cents = max(cents + chance.randint(-200, 200), 1_000_000)
        lots = chance.randint(1, 50_000)
        at = (begin + number * length // count) * unit
        quantity = f"{lots // 100_000}.{lots % 100_000:05}000"
        side = "True" if chance.random() < 0.5 else "False"
        lines.append(
            f"{1000 + number},{price_text(cents)},{quantity},{cents * lots / 1e7:.8f},{at},{side},True"
        )
    return lines


def candles(count: int, *, seed: int = 1, begin: int = BEGIN, unit: int = 1) -> list[str]:
    """Minute candles of a seeded walk."""
    chance = random.Random(seed)
    cents = 6_000_000
    lines: list[str] = []
    for number in range(count):
        opened, closed = cents, cents + chance.randint(-5000, 5000)
        high = max(opened, closed) + chance.randint(0, 2000)
        low = min(opened, closed) - chance.randint(0, 2000)
        cents = closed
        at = begin + number * MINUTE
        end = (at + MINUTE) * unit - 1
        prices = ",".join(price_text(price) for price in (opened, high, low, closed))
        lots = chance.randint(0, 900)
        lines.append(f"{at * unit},{prices},{lots}.50000000,{end},1.0,{lots},1.0,1.0,0")
    return lines


def write_csv(path: Path, lines: Iterable[str], header: str = "") -> Path:
    with path.open("w") as file:
        if header:
            file.write(header + "\n")
        file.writelines(line + "\n" for line in lines)
    return path


def write_zip(path: Path, lines: Iterable[str], header: str = "", *, checksum: bool = False) -> Path:
    text = "".join(line + "\n" for line in ([header, *lines] if header else lines))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(path.stem + ".csv", text)
    if checksum:
        total = hashlib.sha256(path.read_bytes()).hexdigest()
        path.with_name(path.name + ".CHECKSUM").write_text(f"{total}  {path.name}\n")
    return path
