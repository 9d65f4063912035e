"""A slow and simple exchange that says what the real one should have answered.

Owns: the rules a second time, with flat lists that are sorted at each use, fractions, and sums that are taken
anew whenever somebody asks. Two programs that share no line seldom share a mistake.
Never: knows the engine, keeps what it can work out again, or works in bounded steps: what is due is done.

Each file is a layer over the one before: what is there (ledger), what it is worth (risk), loans and transfers
(funding), who meets whom (market), the house's quotes (house), what an order must satisfy (asks), single orders (orders),
order lists (lists), scripts of the index (scripts), and the door through which records come (exchange).
"""

from openmargin.lab.twin.exchange import Twin

__all__ = ["Twin"]
