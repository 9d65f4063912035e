"""History as tables of an SQLite database."""
