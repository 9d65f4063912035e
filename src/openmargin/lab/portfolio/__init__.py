"""A real portfolio, rebuilt from the answers in which its exchange described it."""
