"""Which tariff would have been best on real half-hourly rates and a real household, and whether advice held, as a table in Markdown.

    python3 benches/choice_real.py KWHEN RATES HOUSEHOLD

As benches/forecast_real.py: neither file is in the repository, and the household's readings are put 104 weeks earlier, so that load and rates are of one
season and weekday but not of one day. The other tariffs are made up, at the level of prices of those years: a flat one, and one with four cheap hours.
"""

import json
import subprocess
import sys
import tempfile
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


def main() -> None:
    kwhen, rates, source = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        tariffs = [rates]
        for name, text in (("flat", FLAT), ("night", NIGHT)):
            path = Path(folder) / f"{name}.toml"
            path.write_text(text)
            tariffs.append(str(path))
        load = household(source, Path(folder))
        for devices in (["ten"], ["ten", "commuter"]):
            line = [kwhen, "compare", "--consumption", load, "--from", FROM, "--to", TO, "--format", "json", "--config", "none", "--resample", "1000"]
            for tariff in tariffs:
                line += ["--tariff", tariff]
            for device in devices:
                line += ["--battery", str(DATA / f"batteries/{device}.toml")]
            done = subprocess.run(line, capture_output=True, text=True, check=True)
            choice = json.loads(done.stdout)["choice"]
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
