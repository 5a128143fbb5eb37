#!/usr/bin/env bash
# A real broker for the agent's tests, its clients, and a clock that can be set, where they are absent: Debian's or Ubuntu's.
set -euo pipefail
if command -v mosquitto mosquitto_sub > /dev/null && ls /usr/lib/*/faketime/libfaketimeMT.so.1 > /dev/null 2>&1; then
    exit
fi
if [ "$(id -u)" != 0 ]; then
    echo "tests/home-assistant: needs apt-get install mosquitto mosquitto-clients libfaketime" >&2
    exit 1
fi
apt-get update --quiet=2
DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends mosquitto mosquitto-clients libfaketime
