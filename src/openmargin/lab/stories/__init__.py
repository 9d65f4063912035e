"""Long stories that an exchange is judged by: seeded markets with a report at the end.

Each is a function of its seed alone. The tests assert what must have come out, and the documentation shows the report.
"""

from __future__ import annotations

from openmargin.lab.stories.thirty_days import MonthReport, thirty_days

__all__ = ["MonthReport", "thirty_days"]
