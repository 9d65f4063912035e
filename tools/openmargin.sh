#!/bin/sh
# `openmargin` in a clone: `make serve` puts it into .venv/bin. It runs the source as it is, without an installation.
bin=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit
PYTHONPATH=$bin/../../src exec "$bin/python" -m openmargin "$@"
