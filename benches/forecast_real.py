"""Shares of what perfect foresight saves on real half-hourly rates and a real household, as a table in Markdown.

    python3 benches/forecast_real.py KWHEN RATES HOUSEHOLD

KWHEN is the command. RATES is a headerless export of Agile unit rates (UTC start, local time, region letter, region name, rate), HOUSEHOLD a CSV of
hourly readings (local_time, elec_import_kwh); neither is in the repository. The household's years and those of the rates do not overlap: every reading
is put 728 days (104 weeks) earlier, at the same time of day on the same day of the week. The sun is the sample's (data/solar.csv), put 2,184 days (312
weeks) earlier; what is exported then earns 5.5 p/kWh. So load, sun and rates are of one season and weekday, but not of one day: what a windy
or dull day does to all three at once is not in these figures.
"""

import csv
import json
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
FROM, TO = "2019-11-11", "2020-11-02"
SIZES = [(5, 2.5), (10, 5), (15, 5)]
ROWS = ["load and sun known", "expected value", "dearest share", "mean of days", "one forecast"]
# Of the ways in which a slot may turn out.
DEAREST = "70"


def write(path: Path, header: str, rows: list[tuple[datetime, str]]) -> str:
    text = "".join(f"{start:%Y-%m-%dT%H:%M:%SZ},{value}\n" for start, value in sorted(rows))
    path.write_text(f"{header}\n{text}")
    return str(path)


def household(source: str, folder: Path) -> str:
    rows = {}
    for row in csv.DictReader(open(source)):
        local = datetime.fromisoformat(row["local_time"]) - timedelta(days=728)
        # The time of the reading is kept on the clock; where the clock is turned that day, an hour is missing or counts once.
        at = local.replace(tzinfo=LONDON).astimezone(timezone.utc)
        if at.astimezone(LONDON).replace(tzinfo=None) != local:
            continue
        half = f"{float(row['elec_import_kwh']) / 2:.4f}"
        rows[at], rows[at + timedelta(minutes=30)] = half, half
    return write(folder / "load.csv", "start,kwh", list(rows.items()))


def shifted_sun(folder: Path) -> str:
    rows = csv.DictReader(open(Path(__file__).parents[1] / "data" / "solar.csv"))
    sun = [(datetime.fromisoformat(row["start"]) - timedelta(days=2184), row["kwh"]) for row in rows]
    return write(folder / "sun.csv", "start,kwh", sun)


def main(kwhen: str, rates: str, source: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        load, sun = household(source, folder), shifted_sun(folder)
        start = datetime.fromisoformat(FROM).replace(tzinfo=timezone.utc) - timedelta(days=1)
        paid = [(start + timedelta(minutes=30 * slot), "5.5") for slot in range(48 * 360)]
        export = write(folder / "export.csv", "start,rate", paid)
        print("| kWh, kW | sun | " + " | ".join(ROWS) + " | expected value, p a day beside one forecast |")
        print("|---|---|" + "---|" * (len(ROWS) + 1))
        for lit in (False, True):
            for kwh, kw in SIZES:
                words = [kwhen, "backtest", "--rates", rates, "--load", load, "--capacity-kwh", str(kwh), "--kw", str(kw)]
                words += ["--wear", "1.5", "--fill-gaps", "--from", FROM, "--to", TO, "--format", "json", "--config", "none", "--dearest-percent", DEAREST]
                words += ["--solar", sun, "--export-rates", export] if lit else []
                done = subprocess.run(words, capture_output=True, text=True)
                if done.returncode != 0:
                    sys.exit(done.stderr)
                found = {row["name"]: row for row in json.loads(done.stdout)["strategies"]}
                shares = [f"{100 * float(found[row]['share_of_perfect']):.1f} %" for row in ROWS]
                beside = found["expected value"]["beside_one_forecast"]
                low, mean, high = (float(beside[f"{end}_minor_a_day"]) for end in ("low", "mean", "high"))
                print(f"| {kwh}, {kw} | {'yes' if lit else 'no'} | {' | '.join(shares)} | {mean:+.2f} ({low:+.2f} to {high:+.2f}) |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
