"""The bench: bends time and prices, and makes accounts, over `/lab/*`.

Never: known to the exchange; it says nothing that a command could not say.
"""
