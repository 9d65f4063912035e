"""Long stories that an exchange is judged by: seeded markets with a report at the end.

Each is a function of its seed alone. The tests assert what must have come out, and the documentation shows the report.
"""
