#!/usr/bin/env bash
# Makes the Debian package of the command, with its manual pages and completions, and looks at what is in it.
# Needs cargo-deb (cargo install cargo-deb) and dpkg-deb. Not a part of the tests that run every time: it builds a release, or
# the profile that PROFILE names.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-$PWD/target}
made=$PWD/target/deb
profile=${PROFILE:-release}
folder=$([ "$profile" = dev ] && echo debug || echo "$profile")

cargo build --profile "$profile" --locked --workspace --bin kwhen
kwhen=$target/$folder/kwhen
rm -rf "$made"
mkdir -p "$made"
"$kwhen" completions man > "$made/kwhen.1"
for command in $("$kwhen" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' | grep -v '^help$'); do
    "$kwhen" completions man "$command" > "$made/kwhen-$command.1"
done
"$kwhen" completions bash > "$made/kwhen.bash"
"$kwhen" completions zsh > "$made/_kwhen"
"$kwhen" completions fish > "$made/kwhen.fish"

cargo deb --no-build --profile "$profile" --package kwhen-cli --output "$made/"
package=$(ls "$made"/*.deb)
held=$(dpkg-deb --contents "$package")
for path in usr/bin/kwhen usr/share/man/man1/kwhen.1.gz usr/share/man/man1/kwhen-bill.1.gz usr/share/man/man1/kwhen-self-test.1.gz \
    usr/lib/systemd/system/kwhen-run.service \
    usr/share/bash-completion/completions/kwhen usr/share/zsh/vendor-completions/_kwhen usr/share/fish/vendor_completions.d/kwhen.fish; do
    grep -q " ./$path\$" <<< "$held" || { echo "$package lacks $path" >&2; exit 1; }
done
# What is in it runs.
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
dpkg-deb --extract "$package" "$unpacked"
"$unpacked/usr/bin/kwhen" --version
"$unpacked/usr/bin/kwhen" bill --config none --tariff data/tariffs/go.toml --consumption data/consumption.csv --during 2026-03 > /dev/null
"$unpacked/usr/bin/kwhen" self-test > /dev/null
echo "$package holds what it should"
