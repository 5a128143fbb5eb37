#!/usr/bin/env bash
# `cargo install` as the README says it, into a folder that is thrown away; the command then works from elsewhere.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
cargo install --path crates/kwhen-cli --locked --root "$root" "$@"
data=$PWD/data
cd "$root"
"$root/bin/kwhen" --version
"$root/bin/kwhen" bill --config none --tariff "$data/tariffs/go.toml" --consumption "$data/consumption.csv" --during 2026-03 > /dev/null
echo "kwhen is installed and works"
