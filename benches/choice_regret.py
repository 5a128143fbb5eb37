"""How often the advice of one month or year was right in the next, and what following it cost more than hindsight, as a table in Markdown.

    python3 benches/choice_regret.py KWHEN [RATES HOUSEHOLD]

On the sample of the repository; with two more files also on real half-hourly rates and a real household, as benches/choice_real.py has them (neither is in
the repository). Staying is on the flat tariff.
"""

import sys
import tempfile
from pathlib import Path

from choice_real import DATA, FROM, TO, choices, pounds, written
from forecast_real import household


def rows(kwhen: str, name: str, load: str, span: tuple[str, str], tariffs: list[str], now: str) -> None:
    for choice in choices(kwhen, load, span, tariffs, "--now", now):
        for advice in choice["advice"]:
            followed, stayed = pounds(advice["regret_minor"]), pounds(advice["stay_regret_minor"])
            cells = [name, " and ".join(choice["devices"]), advice["every"], f"{advice['right']} of {advice['rounds']}", followed, stayed]
            print(f"| {' | '.join(cells)} |")


def main() -> None:
    kwhen, *real = sys.argv[1:]
    print("| data | devices | every | right | following it cost more | staying cost more |")
    print("|---|---|---|---|---|---|")
    named = [f"tariffs/{name}.toml" for name in ("go", "economy-7", "flat")]
    sample = [f"{DATA / 'rates.csv'},{DATA / 'standing-charges.csv'}", *(str(DATA / name) for name in named)]
    rows(kwhen, "sample", str(DATA / "consumption.csv"), ("2025-11-01", "2026-11-01"), sample, "E-1R-VAR-22-11-01-C")
    if not real:
        return
    rates, source = real
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        rows(kwhen, "real", household(source, here), (FROM, TO), written(rates, here), "FLAT")


if __name__ == "__main__":
    main()
