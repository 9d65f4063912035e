"""Memory of what happened: events folded into rows that past questions are answered from."""
