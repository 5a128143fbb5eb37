"""Which tariff would have been best on real half-hourly rates and a real household, and whether advice held, as a table in Markdown.

    python3 benches/choice_real.py KWHEN RATES HOUSEHOLD

As benches/forecast_real.py: neither file is in the repository, and the household's readings are put 104 weeks earlier, so that load and rates are of one
season and weekday but not of one day. The other tariffs are made up, at the level of prices of those years: a flat one, and one with four cheap hours.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from forecast_real import household

FROM, TO = "2019-11-01", "2021-06-01"
FLAT = 'code = "FLAT"\nunit_rate = "14.5"\n'
NIGHT = '''code = "NIGHT"
[[bands]]
name = "night"
from = "00:30"
to = "04:30"
rate = "4.7619"
[[bands]]
name = "day"
from = "04:30"
to = "00:30"
rate = "13.3"
'''
DATA = Path(__file__).parent.parent / "data"


def pounds(minor: str) -> str:
    return f"£{float(minor) / 100:,.2f}"


def choices(kwhen: str, load: str, span: tuple[str, str], tariffs: list[str], *more: str) -> Iterator[dict]:
    """The choice with a battery, and with a battery and a car."""
    for devices in (["ten"], ["ten", "commuter"]):
        line = [kwhen, "compare", "--consumption", load, "--from", span[0], "--to", span[1], "--format", "json", "--config", "none", *more]
        for tariff in tariffs:
            line += ["--tariff", tariff]
        for device in devices:
            line += ["--battery", str(DATA / f"batteries/{device}.toml")]
        done = subprocess.run(line, capture_output=True, text=True, check=True)
        yield json.loads(done.stdout)["choice"]


def written(rates: str, folder: Path) -> list[str]:
    """The real rates and the two tariffs that are made up."""
    tariffs = [rates]
    for name, text in (("flat", FLAT), ("night", NIGHT)):
        path = folder / f"{name}.toml"
        path.write_text(text)
        tariffs.append(str(path))
    return tariffs


def main() -> None:
    kwhen, rates, source = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for choice in choices(kwhen, household(source, folder), (FROM, TO), written(rates, folder), "--resample", "1000"):
            print(f"\n{' and '.join(choice['devices'])}, {choice['from'][:10]} to {choice['to'][:10]}\n")
            print("| tariff | as used | foresight | known then | costs more than the cheapest: P10, P50, P90 |")
            print("|---|---|---|---|---|")
            for offer in choice["offers"]:
                cells = [pounds(offer[way]["cost_minor"]) for way in ("used", "foresight", "rolling")]
                spread = offer.get("range")
                spread = ", ".join(pounds(spread[p]) for p in ("p10_minor", "p50_minor", "p90_minor")) if spread else ""
                print(f"| {offer['code']} | {' | '.join(cells)} | {spread} |")
            for advice in choice["advice"]:
                print(
                    f"\nThe cheapest of one {advice['every']} was so in the next {advice['right']} of {advice['rounds']} times; "
                    f"following it cost {pounds(advice['regret_minor'])} more than hindsight."
                )


if __name__ == "__main__":
    main()
