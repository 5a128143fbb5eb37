#!/usr/bin/env bash
# Each feature of each crate alone, none of them, and all of them: each must compile by itself. Run by hand, for it takes as many builds.
set -euo pipefail
cd "$(dirname "$0")/../.."
check() {
    printf '%s\n' "$*"
    cargo check --quiet --offline "$@"
}
for features in "" rayon schema rayon,schema; do check --package kwhen --no-default-features --features "$features"; done
for features in "" blocking async store mutations blocking,async,store,mutations; do
    check --package kwhen-fetch --no-default-features --features "$features"
done
for features in "" containers ask batch schema ask,batch,schema; do
    check --package kwhen-app --no-default-features --features "$features"
done
for crate in kwhen-batch kwhen-page kwhen-agent kwhen-serve kwhen-cli; do check --package "$crate"; done
