"""Scenarios: a market, its accounts, what happens to them, and what must come of it, in one file."""
