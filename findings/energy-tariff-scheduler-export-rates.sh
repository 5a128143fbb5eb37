#!/usr/bin/env bash
# energy-tariff-scheduler 0.0.8 (PyPI) plans a home's use by the price of its export when the account lists the export meter second.
#
# For Agile it looks through the account's agreements for one that has "AGILE" in its code, with `code.find("AGILE")` as the test. find gives
# -1, which is true, where there is none, and any other place is true as well, so that every agreement fits; and what it returns is not
# the one that fitted but the last one of its loop. An Octopus Energy account with solar has an import and an export meter point.
# Expected: the import tariff, E-1R-AGILE-24-10-01-C, and a refusal for a home on a flat tariff, which is written a few lines below.
# Seen (2026-11-29): the export's tariff, and the flat one taken for Agile.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check energy-tariff-scheduler==0.0.8
cat > "$work/run.py" <<'PY'
from energy_tariff_scheduler.prices import OctopusCurrentTariffAndProductClient

def chosen(*codes):
    client = OctopusCurrentTariffAndProductClient(None)
    point = lambda code: {"agreements": [{"tariff_code": code, "valid_from": "2026-01-01T00:00:00Z", "valid_to": None}]}
    client.get_account = lambda: {"properties": [{"electricity_meter_points": [point(code) for code in codes]}]}
    return client.get_accounts_tariff_and_matched_product_code("AGILE")

AGILE, OUTGOING, FLAT = "E-1R-AGILE-24-10-01-C", "E-1R-OUTGOING-VAR-24-10-26-C", "E-1R-VAR-22-11-01-C"
seen = {codes: chosen(*codes) for codes in ((OUTGOING, AGILE), (AGILE, OUTGOING), (FLAT,))}
for codes, (tariff, product) in seen.items():
    print(f"an account with {' and '.join(codes)}: the prices of {tariff}, product {product}")
assert seen[OUTGOING, AGILE][0] == AGILE, "the behaviour has changed"
assert seen[AGILE, OUTGOING][0] == OUTGOING and seen[FLAT,][0] == FLAT, "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
