"""The venue file: what stands in it, and every way to get it wrong."""

from pathlib import Path

import msgspec
import pytest

from openmargin.config import ConfigError, load_venue
from openmargin.config.toml_struct import read, write
from openmargin.domain.enums import SymbolStatus
from openmargin.domain.money import E8
from openmargin.domain.venue import Venue

EXTENDED = 'extends = "default"\n'


def refusal(tmp_path: Path, text: str) -> str:
    """What the loader says about a file."""
    path = tmp_path / "venue.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as refused:
        load_venue(path)
    message = str(refused.value)
    assert all(line.startswith(f"{path}: ") for line in message.splitlines()), message
    return message.replace(f"{path}: ", "")


def loaded(tmp_path: Path, text: str) -> Venue:
    path = tmp_path / "venue.toml"
    path.write_text(text)
    return load_venue(path)


def test_the_default_venue_has_the_usual_assets_and_pairs() -> None:
    venue = load_venue()
    assets = {asset.name for asset in venue.assets}
    symbols = {symbol.name for symbol in venue.symbols}
    assert assets >= {"BTC", "ETH", "BNB", "SOL", "XRP", "USDT", "USDC"}
    assert symbols >= {"BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "XRPUSDT", "ETHBTC", "BTCUSDC", "USDCUSDT"}
    assert len(venue.commissions) == 10
    assert all(len(asset.loan_terms) == 10 for asset in venue.assets)


def test_every_default_pair_has_isolated_tiers() -> None:
    tiers = {symbol.name: symbol.isolated_tiers for symbol in load_venue().symbols}
    assert all(tiers.values())
    multiples = {name: rows[0].effective_multiple // E8 for name, rows in tiers.items()}
    assert (multiples["BTCUSDT"], multiples["BNBUSDT"], multiples["ADAUSDT"]) == (10, 5, 3)


def test_the_default_prices_agree_with_each_other() -> None:
    venue = load_venue()
    prices = {symbol.name: symbol.start_price for symbol in venue.symbols}
    for symbol in venue.symbols:
        if symbol.quote not in ("USDT", "USDC"):
            cross = prices[symbol.base + "USDT"] * E8 // prices[symbol.quote + "USDT"]
            assert abs(cross - symbol.start_price) <= symbol.tick_size, symbol.name


def test_what_is_written_reads_back_the_same() -> None:
    venue = load_venue()
    assert read(write(venue), Venue) == venue


def test_a_decimal_string_becomes_an_integer_and_an_enum_its_member(tmp_path: Path) -> None:
    venue = loaded(
        tmp_path, EXTENDED + '[[symbols]]\nname = "ETHBTC"\nmin_notional = "0.00000001"\nstatus = "BREAK"\n'
    )
    symbol = next(symbol for symbol in venue.symbols if symbol.name == "ETHBTC")
    assert symbol.min_notional == 1
    assert symbol.status is SymbolStatus.BREAK


def test_an_extending_file_says_only_what_differs(tmp_path: Path) -> None:
    default = load_venue()
    venue = loaded(
        tmp_path, EXTENDED + '[house]\nlevels = 5\n[[assets]]\nname = "USDT"\nborrowable = false\n'
    )
    assert venue.house == msgspec.structs.replace(default.house, levels=5)
    assert venue.symbols == default.symbols
    assert [asset for asset in venue.assets if asset.name != "USDT"] == [
        asset for asset in default.assets if asset.name != "USDT"
    ]
    assert not next(asset for asset in venue.assets if asset.name == "USDT").borrowable


def test_an_extending_file_adds_after_what_there_is(tmp_path: Path) -> None:
    venue = loaded(
        tmp_path,
        EXTENDED
        + '[[assets]]\nname = "FDUSD"\nfull_name = "First Digital USD"\nborrowable = false\n'
        + '[[symbols]]\nname = "FDUSDUSDT"\nbase = "FDUSD"\nquote = "USDT"\nstart_price = "1"\n'
        + 'tick_size = "0.0001"\nstep_size = "1"\n',
    )
    assert venue.assets[-1].name == "FDUSD"
    assert venue.symbols[-1].name == "FDUSDUSDT"
    assert venue.symbols[-1].min_notional == 5 * E8, "the default file's [defaults.symbols] fill it in"


def test_defaults_of_an_extending_file_reach_every_entry_that_is_silent(tmp_path: Path) -> None:
    venue = loaded(tmp_path, EXTENDED + "[defaults.symbols]\nmax_num_orders = 7\n")
    assert {symbol.max_num_orders for symbol in venue.symbols} == {7}


def test_a_file_that_only_says_how_to_serve_serves_the_default_venue(tmp_path: Path) -> None:
    assert loaded(tmp_path, "[server]\nport = 0\n") == load_venue()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # What TOML or its shape forbids.
        ("name = ", "the file: Invalid value (at end of document); mend the TOML there"),
        ('extends = "other"', "extends: 'other' is not known; write \"default\" or leave it out"),
        ("[defaults]\nassets = 1", "defaults: it holds something else; it may hold the tables assets and symbols"),
        (
            EXTENDED + '[[symbols]]\nname = "BTCUSDT"\ntick = "0.01"',
            "symbols[0].tick: there is no such key; did you mean `tick_size`?",
        ),
        (EXTENDED + "zzz = 1", "zzz: there is no such key; the keys here are name, assets, symbols, commissions, margin, orders, house, special_keys, requests"),
        (
            EXTENDED + '[[symbols]]\nname = "ETHUSDT"\ntick_size = 0.01',
            'symbols[1].tick_size: 0.01 is no decimal string; write digits in quotes, such as "0.05"',
        ),
        (
            EXTENDED + '[[symbols]]\nname = "ETHUSDT"\ntick_size = "-1"',
            "symbols[1].tick_size: '-1' is no decimal string; write digits in quotes, such as \"0.05\"",
        ),
        (
            EXTENDED + '[[symbols]]\nname = "ETHUSDT"\ntick_size = "0.010000001"',
            "symbols[1].tick_size: '0.010000001' has more than eight decimals; round it to eight",
        ),
        (
            EXTENDED + '[[symbols]]\nname = "ETHUSDT"\nmax_quantity = "46116860184.27387905"',
            "symbols[1].max_quantity: '46116860184.27387905' is more than a record can hold;"
            " write at most 46116860184.27387904",
        ),
        (
            EXTENDED + '[[symbols]]\nname = "BTCUSDT"\nstatus = "HALT"',
            "symbols[0].status: 'HALT' is not a known word; write one of \"TRADING\", \"BREAK\"",
        ),
        (
            EXTENDED + '[house]\nlevels = "5"',
            "house.levels: Expected `int`, got `str`; `openmargin venue schema` names the type of each key",
        ),
        (
            EXTENDED + '[[assets]]\nname = "NEW"',
            "assets[11]: Object missing required field `full_name`; "
            "`openmargin venue schema` names the type of each key",
        ),
        # What the rules forbid.
        (
            EXTENDED + '[[assets]]\nname = "NEW"\nfull_name = "N"',
            "assets[11].loan_terms: NEW may be borrowed but has no terms; "
            "add a row per VIP level, or say `borrowable = false`",
        ),
        (
            EXTENDED + '[[assets]]\nname = "NEW"\nfull_name = "N"\nborrowable = false',
            "assets[11]: no symbol gives the price of NEW in USDT, directly or through BTC; "
            "add the symbol NEWUSDT or NEWBTC",
        ),
        (
            EXTENDED + '[[assets]]\nname = "ETH"\nfull_name = "E"\n[[assets]]\nname = "ETH"\nfull_name = "F"\nborrowable = false',
            'assets[11].name: "ETH" comes twice; remove it, or rename it: it is assets[1] already',
        ),
        (
            EXTENDED + '[[symbols]]\nname = "BTCUSDT"\nquote = "EUR"',
            'symbols[0].quote: "EUR" is no asset of this venue; add an [[assets]] entry named "EUR"',
        ),
        (
            EXTENDED + '[[symbols]]\nname = "BTCUSDT"\nquote = "USDC"',
            'symbols[0].name: "BTCUSDT" is not base and quote in one word; write "BTCUSDC"',
        ),
        (
            EXTENDED + '[margin]\nvaluation_asset = "EUR"',
            'margin.valuation_asset: "EUR" is no asset of this venue; '
            'add an [[assets]] entry named "EUR", or name another',
        ),
        (
            EXTENDED + '[[symbols]]\nname = "ETHUSDT"\nstart_price = "3000.001"',
            "symbols[1].start_price: it is no multiple of tick_size (ETHUSDT); round it to the tick",
        ),
        (
            EXTENDED + '[[symbols]]\nname = "ETHUSDT"\nmax_quantity = "1"\nmin_quantity = "2"',
            "symbols[1].max_quantity: it is below min_quantity (ETHUSDT); raise it, or write 0 for no limit",
        ),
        (
            EXTENDED + '[[symbols]]\nname = "ETHUSDT"\nself_trade_preventions = []',
            "symbols[1].self_trade_preventions: no mode is allowed (ETHUSDT); allow at least one, such as \"NONE\"",
        ),
        (
            EXTENDED + '[[symbols]]\nname = "ETHUSDT"\nself_trade_preventions = ["NONE", "NONE"]',
            "symbols[1].self_trade_preventions: a mode comes twice (ETHUSDT); name each once, the default first",
        ),
        (
            EXTENDED + '[[symbols]]\nname = "ETHUSDT"\nmax_num_order_lists = 0',
            "symbols[1].max_num_order_lists: it is not above zero (ETHUSDT); write 1 or more",
        ),
        (
            EXTENDED + '[[symbols]]\nname = "ETHUSDT"\nmax_trailing_above_delta = 5',
            "symbols[1].max_trailing_above_delta: it and min_trailing_above_delta allow nothing (ETHUSDT); "
            "write basis points, the smallest first: above 0 and below 10000",
        ),
        (
            EXTENDED + '[[symbols]]\nname = "ETHUSDT"\nisolated_margin_call = "1.05"',
            "symbols[1].isolated_tiers[0]: initial, isolated_margin_call and liquidation do not descend to 1 or more "
            "(ETHUSDT); order them, such as 1.25, 1.19, 1.15",
        ),
        (
            EXTENDED + '[[symbols]]\nname = "ETHUSDT"\nisolated_tiers = ['
            '{ effective_multiple = "5", initial = "1.25", liquidation = "1.05", base_limit = "2", quote_limit = "2" }, '
            '{ effective_multiple = "4", initial = "1.3", liquidation = "1.05", base_limit = "1", quote_limit = "3" }]',
            "symbols[1].isolated_tiers[1]: it asks for less, or lends less, than the tier before it (ETHUSDT); "
            "order the tiers from the smallest debts up",
        ),
        (EXTENDED + "commissions = []", "commissions: there is no row; add a row per VIP level, from 0 up"),
        ("symbols = []\n" + EXTENDED + "assets = 1", "assets: Expected `array`, got `int`; `openmargin venue schema` names the type of each key"),
        (
            EXTENDED + '[margin]\nleverages = [{ leverage = 3, initial = "1.1", margin_call = "1.3", liquidation = "1.1" }]',
            "margin.leverages[0]: initial, margin_call and liquidation do not descend to 1 or more; "
            "order them, such as 1.5, 1.3, 1.1",
        ),
        (
            EXTENDED + '[margin]\nleverages = [{ leverage = 3, initial = "1.5", margin_call = "1.3", liquidation = "1.1" }, '
            '{ leverage = 3, initial = "1.6", margin_call = "1.3", liquidation = "1.1" }]',
            "margin.leverages[1].leverage: 3 comes twice; say each leverage once",
        ),
        (
            EXTENDED + '[[assets]]\nname = "BTC"\ncollateral_tiers = [{ up_to = "5" }]',
            "assets[0].collateral_tiers: the brackets do not cover every value once; "
            "order the brackets by up_to, each higher than the last, and leave it out in the last one",
        ),
        (
            EXTENDED + '[margin]\nburn_interest_discount = "1.01"',
            'margin.burn_interest_discount: it is more than the price; write 5 % as "0.05"',
        ),
        (EXTENDED + "[house]\nwalk_step_ms = 0", "house.walk_step_ms: it is not above zero; write 1 or more"),
        (EXTENDED + "[special_keys]\nkeys_max = 0", "special_keys.keys_max: no key could ever be made; write 1 or more"),
        (EXTENDED + "[requests]\nban_growth = 0", "requests.ban_growth: it is below 1; write 1 or more"),
        (EXTENDED + "[requests]\nban_ms = 259_200_001", "requests.ban_max_ms: a first ban would be longer; write at least requests.ban_ms"),
        (EXTENDED + "[special_keys]\ncooldown_ms = -1", "special_keys.cooldown_ms: it is below zero; write 0 or more"),
    ],
)  # fmt: skip
def test_what_cannot_stand_is_named_with_its_place_and_its_remedy(
    tmp_path: Path, text: str, message: str
) -> None:
    assert message in refusal(tmp_path, text).splitlines()


def test_everything_that_cannot_stand_is_named_at_once(tmp_path: Path) -> None:
    text = EXTENDED + '[house]\nlevel = 5\n[[symbols]]\nname = "BTCUSDT"\ntick_size = 1\n'
    assert len(refusal(tmp_path, text).splitlines()) == 2


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent.toml: the file: No such file or directory; name a file"):
        load_venue(tmp_path / "absent.toml")
