#!/usr/bin/env bash
# chrono-tz 0.10.4 (crates.io; its newest) holds IANA 2025b, so local days of late 2026 are wrong where a zone has changed its clock since.
#
# A tariff's day, band and standing charge go by the local clock. tzdata 2026.6 (PyPI, IANA 2026f) has Edmonton at UTC-6 for good
# from November 2026; chrono-tz goes back to UTC-7. Expected: 2026-12-01T06:30Z is 00:30 on 1 December.
# Seen: 23:30 on 30 November, another day and another month. No later release of the crate exists and no feature takes newer tables.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tzdata==2026.6
mkdir -p "$work/crate/src"
cat > "$work/crate/Cargo.toml" <<'TOML'
[package]
name = "zones"
version = "0.0.0"
edition = "2021"
[dependencies]
chrono = { version = "=0.4.45", default-features = false }
chrono-tz = "=0.10.4"
TOML
cat > "$work/crate/src/main.rs" <<'RS'
use chrono::{TimeZone, Utc};

fn main() {
    println!("{}", chrono_tz::IANA_TZDB_VERSION);
    let instant = Utc.with_ymd_and_hms(2026, 12, 1, 6, 30, 0).unwrap();
    for zone in [chrono_tz::America::Edmonton, chrono_tz::America::Vancouver, chrono_tz::America::Winnipeg] {
        println!("{} {}", zone.name(), instant.with_timezone(&zone).naive_local());
    }
}
RS
cat > "$work/run.py" <<'PY'
from datetime import datetime, timezone
import zoneinfo

zoneinfo.reset_tzpath([])
instant = datetime(2026, 12, 1, 6, 30, tzinfo=timezone.utc)
for name in ("America/Edmonton", "America/Vancouver", "America/Winnipeg"):
    print(name, instant.astimezone(zoneinfo.ZoneInfo(name)).replace(tzinfo=None))
PY
echo "tzdata 2026.6:"
"$work/venv/bin/python" "$work/run.py" | tee "$work/python"
echo "chrono-tz 0.10.4:"
CARGO_TARGET_DIR="$work/target" cargo run --quiet --manifest-path "$work/crate/Cargo.toml" | tee "$work/rust"
grep -q "^2025b$" "$work/rust"
grep -q "Edmonton 2026-11-30 23:30:00" "$work/rust"
grep -q "Edmonton 2026-12-01 00:30:00" "$work/python"
