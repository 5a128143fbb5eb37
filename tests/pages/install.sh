#!/usr/bin/env bash
# The browser that the pages are opened in, where it is absent: Debian's or Ubuntu's.
set -euo pipefail
command -v chromium > /dev/null && exit
if [ "$(id -u)" != 0 ]; then
    echo "tests/pages: needs chromium: apt-get install chromium" >&2
    exit 1
fi
apt-get update --quiet=2
DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends chromium fonts-dejavu-core
