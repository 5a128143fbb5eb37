#!/usr/bin/env bash
# The engine beside programs that share nothing with it. Python works tables of quantities, of local days and of accounts' bills anew, always
# the same ones, and what the engine makes of them is compared.
#
#   tests/oracles/run.sh           all of it: 120,000 rows, every day of twelve zones from 1970 to 2099, 200,000 sums, 1,000 accounts
#   tests/oracles/run.sh --short   a part of each: 20,000 rows, every 29th day and every one that is not 24 hours, 10,000 sums, 60 accounts
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${1:-}" = --short ]; then
    rows=20000 step=29 sums=10000 accounts=60
else
    rows=120000 step=1 sums=200000 accounts=1000
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "tzdata==2026.6"
python3 tests/oracles/quantities.py "$work/quantities.txt" "$rows"
"$work/venv/bin/python" tests/oracles/days.py "$work/days.txt" "$step"
KWHEN_ORACLES=$work KWHEN_ORACLE_CASES=$sums cargo test --quiet --workspace --test oracles -- --nocapture
kwhen=${KWHEN:-}
if [ -z "$kwhen" ]; then
    cargo build --quiet --workspace --bin kwhen
    kwhen=${CARGO_TARGET_DIR:-target}/debug/kwhen
fi
"$work/venv/bin/python" tests/oracles/accounts.py "$kwhen" "$accounts"
