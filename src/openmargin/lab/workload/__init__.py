"""What a crowd might ask of an exchange: seeded, mixed, often sensible, sometimes wrong, sometimes at a limit.

Owns: the odds, and a small venue on which little happens without a consequence.
Never: decides what is right. It looks at a `Window` to pick orders that live and amounts that nearly fit.

Each file is a part of the crowd: who there is (crowd), single orders (trading), order lists (lists), value that moves
(funding), what accounts set (choices), what comes from outside (outside); and all of them together (workload). Beside
them, with chances of their own: who listens (listening), who brings debts (newcomers), and who
writes the index down beforehand (index_scripts).
"""

from openmargin.lab.workload.crowd import START_MS, Window
from openmargin.lab.workload.small_venue import small_venue
from openmargin.lab.workload.workload import Workload, commands

__all__ = ["START_MS", "Window", "Workload", "commands", "small_venue"]
