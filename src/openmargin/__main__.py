"""`python -m openmargin` is `openmargin`."""

from openmargin.cli import main

if __name__ == "__main__":
    main()
