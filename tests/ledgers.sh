#!/usr/bin/env bash
# Every journal that `kwhen bill --export` writes, read by Beancount's and hledger's own checks. Beancount comes from PyPI into a folder that
# is thrown away; hledger is taken where it is installed (Debian: apt-get install hledger).
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
kwhen=${KWHEN:-}
if [ -z "$kwhen" ]; then
    cargo build --quiet --workspace --bin kwhen
    kwhen=${CARGO_TARGET_DIR:-target}/debug/kwhen
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet beancount==3.2.3
hledger=$(command -v hledger || true)
[ -n "$hledger" ] || echo "hledger is not installed: its journals are not checked"

cat > "$folder/gas.toml" <<'TOML'
code = "G-1R-VAR-22-11-01-C"
unit_rate = "5.9714"
standing_charge = "31.4"
TOML
cat > "$folder/outgoing.toml" <<'TOML'
code = "E-1R-OUTGOING-FIX-12M-19-05-13-C"
unit_rate = "15"
TOML
cat > "$folder/odd.toml" <<'TOML'
code = "(a) \"quoted\" \\ code; with | marks – und Ümläuten"
unit_rate = "-3"
standing_charge = "0.005"
TOML
cat > "$folder/registers.csv" <<'CSV'
register,at,reading
night,2026-03-01,0
night,2026-04-01,120.5
day,2026-03-01,0
day,2026-04-01,200.125
CSV

checked=0
check() { # the name of a file's ending, the file
    case $1 in
        beancount) "$folder/python/bin/bean-check" "$2" ;;
        hledger) [ -z "$hledger" ] || "$hledger" -f "$2" check --strict ;;
    esac
    checked=$((checked + 1))
}
export_all() { # arguments of the bill
    for program in beancount hledger; do
        "$kwhen" bill "$@" --export "$program" > "$folder/one.$program"
        check "$program" "$folder/one.$program"
    done
}
readings=(--consumption data/consumption.csv)
march=(--from 2026-03-01 --to 2026-04-01)
for rules in exact octopus octopus-statement ladder; do
    export_all --tariff data/tariffs/go.toml "${readings[@]}" "${march[@]}" --rules "$rules"
done
export_all --rates data/rates.csv "${readings[@]}" "${march[@]}"
export_all --tariff "$folder/gas.toml" "${readings[@]}" "${march[@]}" --gas-unit m3 --calorific-value 39.2
export_all --tariff "$folder/outgoing.toml" "${readings[@]}" "${march[@]}"
export_all --tariff "$folder/odd.toml" "${readings[@]}" "${march[@]}"
export_all --tariff data/tariffs/economy-7.toml --registers "$folder/registers.csv" "${march[@]}"
export_all --tariff data/tariffs/go.toml "${readings[@]}" --from 2026-03-28T10:00 --to 2026-03-29T05:30

# A ledger that grows month by month: its accounts are opened once.
for program in beancount hledger; do
    ledger=$folder/grown.$program more=()
    for month in 2025-11 2025-12 2026-01 2026-02 2026-03; do
        next=$(date -d "$month-01 +1 month" +%F)
        "$kwhen" bill --tariff data/tariffs/go.toml "${readings[@]}" --from "$month-01" --to "$next" --export "$program" "${more[@]}" >> "$ledger"
        more=(--no-open)
    done
    check "$program" "$ledger"
done
echo "$checked journals checked"
