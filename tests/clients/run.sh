#!/usr/bin/env bash
# Public clients of the API against the stand-in: what they read from the service they must read from it. The packages are pinned and
# kept under target/clients; the second run needs no network.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
work=$target/clients
export PIP_DISABLE_PIP_VERSION_CHECK=1
mkdir -p "$work"

# The newest Python that is there; one of the clients needs 3.12.
python=${PYTHON:-}
for candidate in python3.14 python3.13 python3.12 "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python python3; do
    [ -n "$python" ] && break
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && python=$candidate
done
if [ -z "$python" ]; then
    echo "Python 3.12 or newer is needed for the public clients in Python" >&2
    exit 1
fi
if ! cmp -s "$here/requirements.txt" "$work/python/installed"; then
    rm -rf "$work/python"
    "$python" -m venv "$work/python"
    "$work/python/bin/pip" install --quiet --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$work/python/installed"
fi
cargo build --quiet --manifest-path "$root/Cargo.toml" --workspace --bin kwhen-fake-api
CARGO_TARGET_DIR=$work/octopust cargo build --quiet --locked --manifest-path "$here/octopust/Cargo.toml"

coproc server { exec "$target/debug/kwhen-fake-api" serve; }
trap 'kill "$server_PID" 2>/dev/null || true' EXIT
read -r url <&"${server[0]}"

"$work/python/bin/python" "$here/python.py" "$url"
"$work/octopust/debug/public-client-octopust" "$url"
