"""One process that serves one exchange: its address, its signals, its first words and its exit code."""
