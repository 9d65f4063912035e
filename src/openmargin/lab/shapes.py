"""What the lab's requests and answers hold. These shapes are a contract; the OpenAPI document is made of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct


def _means(description: str) -> Meta:
    return Meta(description=description)


ID_MAX: Final = 2**53 - 1
"""The largest number that JSON carries safely everywhere."""

Amount: TypeAlias = Annotated[
    Decimal, _means("Above zero, with at most eight decimals; a string or a number.")
]
KeyTypeName: TypeAlias = Literal["HMAC", "RSA", "ED25519"]
AccountTypeName: TypeAlias = Literal["CROSS_CLASSIC", "PORTFOLIO_MARGIN", "PORTFOLIO_MARGIN_PRO"]
PermissionName: TypeAlias = Literal["READ", "TRADE", "MARGIN_LOAN"]
WalletName: TypeAlias = Literal["SPOT", "CROSS", "ISOLATED"]

_KeyType: TypeAlias = Annotated[KeyTypeName, _means("How the key signs.")]
_PublicKey: TypeAlias = Annotated[
    str, _means("PEM of the public key; for RSA and ED25519, and only for these.")
]
_AccountType: TypeAlias = Annotated[AccountTypeName, _means("PORTFOLIO_MARGIN_PRO exists to be refused.")]
_Vip: TypeAlias = Annotated[
    int,
    Meta(ge=0, le=ID_MAX, description="A row of the venue's commissions; above the last, the last holds."),
]

Rate: TypeAlias = Annotated[Decimal, _means("Zero or more, with at most eight decimals.")]
_Moment: TypeAlias = Annotated[
    int, Meta(ge=0, le=ID_MAX, description="Milliseconds since 1970, on the exchange's clock; 0 for none.")
]
_TradeGroup: TypeAlias = Annotated[
    int,
    Meta(ge=-1, le=ID_MAX, description="Accounts of one group do not trade with each other; -1 for none."),
]


class Body(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What every request is: an unknown field is refused."""


class Answer(Struct, frozen=True, kw_only=True, rename="camel"):
    """What every answer is."""


class NewAccount(Body, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=64, description="Name for people.")]
    vip: _Vip = 0
    key_type: _KeyType = "HMAC"
    public_key: _PublicKey = ""
    account_type: _AccountType = "CROSS_CLASSIC"
    master_id: Annotated[
        int, Meta(ge=0, le=ID_MAX, description="The account to be a sub-account of; 0 for none.")
    ] = 0


class AccountMade(Answer, frozen=True):
    account_id: int
    api_key: str
    secret_key: Annotated[str | None, _means("The HMAC secret; null for RSA and ED25519.")]


class AccountChanges(Body, frozen=True):
    """What is absent stays."""

    vip: _Vip | None = None
    account_type: _AccountType | None = None
    terms_signed: bool | None = None
    trade_group_id: _TradeGroup | None = None


class AccountShown(Answer, frozen=True):
    account_id: int
    name: str
    vip: int
    account_type: str
    master_id: int
    terms_signed: bool
    trade_group_id: int
    cross_leverage: int
    burns_bnb_for_commission: bool
    burns_bnb_for_interest: bool
    in_special_key_mode: bool


class NewKey(Body, frozen=True):
    permissions: Annotated[tuple[PermissionName, ...], Meta(min_length=1, description="What the key may do.")]
    ip: Annotated[str, _means("Addresses that may use the key, separated by commas; all may if empty.")] = ""
    key_type: _KeyType = "HMAC"
    public_key: _PublicKey = ""


class KeyMade(Answer, frozen=True):
    api_key: str
    secret_key: Annotated[str | None, _means("The HMAC secret; null for RSA and ED25519.")]


class Movement(Body, frozen=True):
    wallet: Annotated[WalletName, _means("ISOLATED needs a symbol, the others have none.")]
    asset: str
    amount: Amount
    symbol: Annotated[str, _means("The pair of an isolated account that is open.")] = ""


class WalletShown(Answer, frozen=True):
    free: str
    locked: str


class LiquidationShown(Answer, frozen=True):
    liquidation_id: int
    wallet: Annotated[WalletName, _means("Which margin account.")]
    symbol: Annotated[str, _means("The pair of an isolated account.")]
    kind: Annotated[Literal["FORCED", "MANUAL"], _means("Did the exchange begin it, or the owner?")]
    assets: Annotated[str, _means("What the account had, in the asset that its liquidation settles in.")]
    liabilities: str
    began_at: int
    end: Annotated[
        Literal["RECOVERED", "TAKEN_OVER", "BANKRUPT", "BANKRUPT_WITH_LOAN"] | None,
        _means("How it ended; null, like what follows, while it lasts."),
    ]
    fee: str | None
    deficit: Annotated[str | None, _means("What the insurance fund paid.")]
    ended_at: int | None


class Liquidations(Answer, frozen=True):
    total: int
    liquidations: tuple[LiquidationShown, ...]


class FundShown(Answer, frozen=True):
    asset: str
    balance: Annotated[str, _means("Negative where the fund paid more than it had.")]
    received: str
    paid: str


class Insurance(Answer, frozen=True):
    assets: tuple[FundShown, ...]


class Price(Body, frozen=True):
    price: Amount


class PriceShown(Answer, frozen=True):
    symbol: str
    price: str
    time: int


class Rates(Body, frozen=True):
    daily_rates: Annotated[
        tuple[Rate, ...],
        Meta(min_length=1, description="One per VIP level from 0 up; the last serves all above."),
    ]


class RatesShown(Answer, frozen=True):
    asset: str
    daily_rates: tuple[str, ...]
    from_time: Annotated[int, _means("The full hour from which on they hold.")]


class AssetChanges(Body, frozen=True):
    """What is absent stays."""

    borrowable: bool | None = None
    pool_capital: Annotated[
        Rate | None, _means("What the pool has to lend in all; more than is lent already.")
    ] = None
    open_long_restricted: bool | None = None
    max_collateral: Annotated[Rate | None, _means("Over it nothing more comes in; 0 for no cap.")] = None
    list_time: _Moment | None = None
    delist_time: _Moment | None = None


class AssetShown(Answer, frozen=True):
    asset: str
    borrowable: bool
    pool_capital: str
    open_long_restricted: bool
    max_collateral: str
    list_time: int
    delist_time: int


class SymbolChanges(Body, frozen=True):
    """What is absent stays."""

    list_time: _Moment | None = None
    delist_time: _Moment | None = None


class SymbolShown(Answer, frozen=True):
    symbol: str
    list_time: int
    delist_time: int


class Advance(Body, frozen=True):
    seconds: Annotated[float, Meta(gt=0, le=10 * 366 * 86_400, description="To the millisecond.")]


_Factor: TypeAlias = Annotated[
    float,
    Meta(
        ge=0, le=1_000_000, description="Exchange seconds in one of the machine's; 0 where it stands still."
    ),
]
_AtMost: TypeAlias = Annotated[Amount | None, _means("Stop once it is this or less.")]
_AtLeast: TypeAlias = Annotated[Amount | None, _means("Stop once it is this or more.")]
_Account: TypeAlias = Annotated[int, Meta(ge=1, le=ID_MAX)]
_Pair: TypeAlias = Annotated[str, _means("The pair of an isolated account; empty for the cross account.")]


class Speed(Body, frozen=True):
    speed: _Factor


class Clock(Answer, frozen=True):
    clock: Literal["virtual", "wall"]
    time: Annotated[int, _means("The exchange's time, in milliseconds since 1970.")]
    host_time: Annotated[int, _means("The machine's.")]
    speed: _Factor
    is_moving: Annotated[bool, _means("Is an advance or a run-to under way?")]
    next_due: Annotated[int | None, _means("When time alone will next bring something; null for never.")]


class UntilLevel(Body, frozen=True, tag_field="what", tag="MARGIN_LEVEL"):
    """A margin level."""

    account_id: _Account
    symbol: _Pair = ""
    at_most: _AtMost = None
    at_least: _AtLeast = None


class UntilStatus(Body, frozen=True, tag_field="what", tag="MARGIN_STATUS"):
    """The status of a margin account."""

    account_id: _Account
    status: Literal["EXCESSIVE", "NORMAL", "MARGIN_CALL", "PRE_LIQUIDATION", "FORCE_LIQUIDATION"]
    symbol: _Pair = ""


class UntilIndex(Body, frozen=True, tag_field="what", tag="INDEX_PRICE"):
    """The index price of a pair."""

    symbol: str
    at_most: _AtMost = None
    at_least: _AtLeast = None


class UntilLastPrice(Body, frozen=True, tag_field="what", tag="LAST_PRICE"):
    """The price of the last trade of a pair."""

    symbol: str
    at_most: _AtMost = None
    at_least: _AtLeast = None


class UntilOrder(Body, frozen=True, tag_field="what", tag="ORDER"):
    """The status of an order."""

    account_id: _Account
    symbol: str
    order_id: Annotated[int, Meta(ge=1, le=ID_MAX)]
    status: Literal["NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH"] = "FILLED"


AnyUntil: TypeAlias = UntilLevel | UntilStatus | UntilIndex | UntilLastPrice | UntilOrder


class RunTo(Body, frozen=True):
    time: _Moment | None = None
    until: Annotated[AnyUntil | None, _means("What to stop at; looked at after each record.")] = None
    max_seconds: Annotated[
        float, Meta(gt=0, le=10 * 366 * 86_400, description="How far to go at most; 30 days if absent.")
    ] = 30 * 86_400.0


class Stopped(Answer, frozen=True):
    stopped: Annotated[Literal["UNTIL", "TIME", "MAX_SECONDS"], _means("What ended it.")]
    time: Annotated[int, _means("When, on the exchange's clock.")]
    seq: Annotated[int, _means("After which record.")]
    found: Annotated[str | None, _means("What was looked at, as it stood then; null without an until.")]


class Time(Answer, frozen=True):
    time: Annotated[int, _means("The exchange's clock, in milliseconds since 1970.")]


class NewSnapshot(Body, frozen=True):
    name: Annotated[str, _means("At most 64 letters, digits, dots, dashes and underscores.")]


class SnapshotShown(Answer, frozen=True):
    name: str
    timeline: Annotated[str, _means("Where it was taken.")]
    seq: Annotated[int, _means("After which record.")]
    state_hash: Annotated[str, _means("The running hash of everything that had happened.")]
    time: Annotated[int, _means("The moment of that record.")]


class Snapshots(Answer, frozen=True):
    snapshots: tuple[SnapshotShown, ...]


class Upload(Body, frozen=True):
    """A file, as it is. It lies at `path` while it is looked at."""

    path: str


class Download(Answer, frozen=True):
    """A file, as it is; the directory that it lies in is removed when it has been sent."""

    path: str
    name: str


class NewTimeline(Body, frozen=True):
    timeline: Annotated[str, _means("What to call it; named after the snapshot if it is empty.")] = ""


class NewFork(Body, frozen=True):
    timeline: Annotated[str, _means("A data directory; named after the snapshot if it is empty.")] = ""
    world: Annotated[str, _means("A world instead, in memory, at /w/ and this name.")] = ""


class WorldShown(Answer, frozen=True):
    world: str
    seq: Annotated[int, _means("Its last record.")]
    state_hash: str
    time: Annotated[int, _means("The moment of that record.")]


class WorldsShown(Answer, frozen=True):
    most: Annotated[int, _means("How many there may be.")]
    worlds: tuple[WorldShown, ...]


class TimelineShown(Answer, frozen=True):
    timeline: str
    is_served: bool
    directory: Annotated[str | None, _means("A data directory like any other; null in memory.")]


class ForkShown(Answer, frozen=True):
    timeline: str
    directory: Annotated[str | None, _means("What to serve with --data; null for a world.")]
    world: str | None


class Timelines(Answer, frozen=True):
    timelines: tuple[TimelineShown, ...]


class State(Answer, frozen=True):
    timeline: Annotated[str, _means("Which course of events is served; `main` is the first.")]
    seq: Annotated[int, _means("The last durable record.")]
    state_hash: Annotated[str, _means("The running hash of everything that has happened.")]
    time: Annotated[int, _means("The moment of that record.")]


class Health(Answer, frozen=True):
    status: Literal["ok"] = "ok"


_Positive: TypeAlias = Annotated[int, Meta(ge=1, le=86_400_000)]


class HouseChanges(Body, frozen=True):
    """What is absent stays."""

    levels: Annotated[Annotated[int, Meta(ge=1, le=1000)] | None, _means("Quotes on each side.")] = None
    spread: Annotated[Rate | None, _means("Distance of best bid and best ask, as a share of the index.")] = (
        None
    )
    level_gap: Annotated[Rate | None, _means("Distance of one quote from the next, as a share.")] = None
    level_value: Annotated[Rate | None, _means("Size of one quote, in the valuation asset.")] = None
    latency_ms: Annotated[
        Annotated[int, Meta(ge=0, le=86_400_000)] | None,
        _means("How long after a move of the index the house quotes around it."),
    ] = None
    walk_volatility: Annotated[Rate | None, _means("Standard deviation of one step, as a share.")] = None
    walk_step_ms: Annotated[_Positive | None, _means("Between two steps on the wall clock.")] = None
    walk_jump_chance: Annotated[Rate | None, _means("How likely an asset is to jump in one step.")] = None
    walk_jump: Annotated[Rate | None, _means("Standard deviation of a jump, as a share.")] = None


class HouseShown(Answer, frozen=True):
    levels: int
    spread: str
    level_gap: str
    level_value: str
    latency_ms: int
    walk_volatility: str
    walk_step_ms: int
    walk_jump_chance: str
    walk_jump: str


class NewBots(Body, frozen=True):
    symbols: Annotated[tuple[str, ...], Meta(min_length=1, max_length=100)]
    count: Annotated[int, Meta(ge=1, le=100, description="How many traders, each with a new account.")] = 3
    seed: Annotated[int, Meta(ge=0, le=ID_MAX, description="Of all that they do.")] = 1
    every_ms: Annotated[int, Meta(ge=10, le=86_400_000, description="From one order to the next.")] = 1000


class BotsShown(Answer, frozen=True):
    running: bool
    seed: int
    every_ms: int
    account_ids: tuple[int, ...]
    symbols: tuple[str, ...]
    orders: Annotated[int, _means("How many they have sent.")]


class NewReplay(Body, frozen=True):
    files: Annotated[
        tuple[str, ...],
        Meta(min_length=1, max_length=1000, description="Paths on the server's machine, in any order."),
    ]
    symbol: Annotated[str, _means("Of which symbol they are, where their names do not say it.")] = ""
    on_damage: Annotated[
        Literal["stop", "skip"], _means("What a damaged line does: end the replay, or nothing.")
    ] = "stop"
    speed: Annotated[
        Annotated[float, Meta(gt=0, le=1_000_000)] | None,
        _means("Wall clock only: how many times as fast as it happened; 1 where absent."),
    ] = None


class ReplayShown(Answer, frozen=True):
    state: Annotated[str, _means("PLAYING, ENDED, STOPPED, or DAMAGED by a line that cannot be played.")]
    symbols: tuple[str, ...]
    rows: Annotated[int, _means("Lines read so far.")]
    records: Annotated[int, _means("Commands that they became.")]
    share: Annotated[float, _means("How much of the files has been read, from 0 to 1.")]
    time: Annotated[int, _means("The moment of the last move on the exchange's clock; 0 before the first.")]
    shifted_by: Annotated[int, _means("How many milliseconds later everything happens than it did.")]
    skipped: Annotated[int, _means("Damaged lines that were passed over.")]
    doubled: Annotated[int, _means("Rows that another file had told already.")]
    problem: str
    remarks: tuple[str, ...]


class Refusal(Answer, frozen=True):
    """What every error says."""

    error: str
    hint: Annotated[str, _means("How to mend it.")]
