#!/usr/bin/env bash
# The command in a folder that holds what the image of the Containerfile holds (the C library and libgcc, no shell, no certificates, no zone
# tables), as a user without rights. With --image the image itself is made and run before, by podman.
#   tests/packages/bare.sh [target/release/kwhen] [--image]
set -euo pipefail
cd "$(dirname "$0")/../.."
kwhen=${1:-target/release/kwhen}
if [ "${2:-}" = --image ]; then
    podman build --tag kwhen .
    podman run --rm --volume "$PWD/data:/data:ro,Z" kwhen bill --tariff tariffs/go.toml --consumption consumption.csv --during 2026-03 > /dev/null
    echo "the image bills the sample"
fi
if ! chroot / true 2> /dev/null; then
    echo "skipped: nobody here may change what the root folder is"
    exit
fi
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/usr/local/bin" "$root/data" "$root/tmp"
cp "$kwhen" "$root/usr/local/bin/kwhen"
cp -r data/. "$root/data/"
# What it is linked to, and nothing that the image lacks.
while read -r library; do
    case ${library##*/} in
        libc.so.* | libm.so.* | libgcc_s.so.* | libdl.so.* | libpthread.so.* | librt.so.* | ld-linux*) ;;
        *) echo "$kwhen needs $library, which the image does not have" >&2; exit 1 ;;
    esac
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
done < <(ldd "$kwhen" | grep -o '/[^ ]*')
chmod -R a+rX "$root"
chmod 1777 "$root/tmp"
inside() {
    env -i "$(command -v chroot)" --userspec=65532:65532 "$root" /usr/local/bin/kwhen "$@"
}
inside --version
inside self-test
cd "$root/data"
inside bill --tariff /data/tariffs/go.toml --consumption /data/consumption.csv --during 2026-03 | tail -n 1
inside now --rates /data/rates.csv --at 2026-10-24T16:30 | tail -n 1
echo "the command needs nothing but the C library"
