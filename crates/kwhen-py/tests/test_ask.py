"""Any question of the command, by its name and the names of its flags."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

import kwhen
from conftest import DATA, ROOT
from kwhen import fetch

pytestmark = pytest.mark.skipif(not fetch.AVAILABLE, reason="this build cannot ask")
MARCH = {"from_": "2026-03-01", "to": date(2026, 4, 1)}
FILES = {"consumption": DATA / "consumption.csv", "rates": DATA / "rates.csv", "standing_charges": DATA / "standing-charges.csv"}

FOUR_RATES = """code = "FOUR"
dispatch_rate = "7"
dispatch_hours = 6
device = { off_peak_rate = "6", peak_rate = "30" }
[[bands]]
name = "night"
from = "23:30"
to = "05:30"
rate = "7"
[[bands]]
name = "day"
from = "05:30"
to = "23:30"
rate = "27"
"""


def test_a_bill_is_the_commands(command):
    flags = [word for name, path in FILES.items() for word in (f"--{name.replace('_', '-')}", str(path.relative_to(ROOT)))]
    theirs = command("bill", *flags, "--from", "2026-03-01", "--to", "2026-04-01")
    ours = kwhen.ask("bill", **FILES, **MARCH)
    assert ours == theirs
    bill = kwhen.bill(
        kwhen.Consumption.from_csv(FILES["consumption"].read_bytes()), kwhen.RateSeries.from_csv(FILES["rates"].read_bytes()),
        "2026-03", standing_charges=kwhen.StandingCharges.from_csv(FILES["standing_charges"].read_bytes()),
    )  # fmt: skip
    assert Decimal(ours["total_minor"]) == bill.total_minor
    # A bill as another program takes it is a text.
    journal = kwhen.ask("bill", **FILES, **MARCH, export="hledger")
    assert isinstance(journal, str) and "kWh" in journal


def test_a_home_with_appliances_and_things_to_buy(command, tmp_path):
    (tmp_path / "washer.toml").write_text(
        'name = "Washer"\n[program]\nstep_minutes = 30\nkw = ["2", "0.5"]\n[[runs]]\ndays = ["mon", "thu"]\nearliest = "20:00"\nlatest = "07:00"\n'
    )
    (tmp_path / "ten.toml").write_text((DATA / "batteries" / "ten.toml").read_text())
    (tmp_path / "buy.toml").write_text('[[options]]\nname = "ten"\nprice = "4000"\nbattery = ["ten.toml"]\n')
    told: list[tuple[int, int]] = []
    ours = kwhen.ask(
        "compare", consumption=DATA / "consumption.csv", from_="2026-03-20", to="2026-04-03", at="2026-04-03",
        tariff=[DATA / "tariffs" / "go.toml", DATA / "tariffs" / "flat.toml"], appliance=tmp_path / "washer.toml", buy=tmp_path / "buy.toml",
        foresight=True, progress=lambda done, of: told.append((done, of)),
    )  # fmt: skip
    theirs = command(
        "compare", "--consumption", "data/consumption.csv", "--from", "2026-03-20", "--to", "2026-04-03", "--at", "2026-04-03", "--tariff", "data/tariffs/go.toml",
        "--tariff", "data/tariffs/flat.toml", "--appliance", str(tmp_path / "washer.toml"), "--buy", str(tmp_path / "buy.toml"), "--foresight",
    )  # fmt: skip
    assert ours == theirs and ours["sizes"][0]["name"] == "ten" and told


def test_intelligent_gos_inputs_and_free_hours(command, tmp_path):
    (tmp_path / "four.toml").write_text(FOUR_RATES)
    start = datetime(2026, 1, 10, tzinfo=timezone.utc)

    def readings(name: str, kwh: str, count: int = 48) -> str:
        at = (start + timedelta(minutes=30 * place) for place in range(count))
        rows = "".join(f"{moment:%Y-%m-%dT%H:%M}:00Z,{kwh}\n" for moment in at)
        path = tmp_path / name
        path.write_text("start,kwh\n" + rows)
        return str(path)

    (tmp_path / "dispatches.csv").write_text("start,end\n2026-01-10T01:10:00Z,2026-01-10T02:50:00Z\n")
    asked = {
        "consumption": readings("use.csv", "0.5"), "tariff": str(tmp_path / "four.toml"), "from_": "2026-01-10", "to": "2026-01-11",
        "dispatches": str(tmp_path / "dispatches.csv"), "device_consumption": readings("car.csv", "0.25", 6), "dispatch_count": "minutes", "dispatch_hours": 4,
    }  # fmt: skip
    flags = [word for name, value in asked.items() for word in (f"--{name.rstrip('_').replace('_', '-')}", str(value))]
    ours = kwhen.ask("bill", **asked)
    assert ours == command("bill", *flags) and json.dumps(ours).count("minutes")


def test_what_is_on_sale_is_a_list_of_tariffs(tmp_path):
    listed = [
        {"code": code, "name": code, "unit_rate": rate, "standing_charge": "40"}
        for code, rate in [("ONE", "20"), ("TWO", "10")]
    ]
    assert {"tariff-on-sale", "tariff-import", "audit", "compare"} <= set(kwhen.questions())
    path = tmp_path / "one.json"
    path.write_text(json.dumps({"code": listed[0]["code"], "unit_rate": "20", "standing_charge": "40"}))
    both = kwhen.read_tariffs(f"{DATA / 'rates.csv'},{DATA / 'standing-charges.csv'}") + kwhen.read_tariffs(path)
    assert [tariff.code for tariff in both] == ["rates", "ONE"]
    with pytest.raises(kwhen.KwhenError, match="nowhere.toml"):
        kwhen.read_tariffs("nowhere.toml")


def test_what_cannot_be_asked():
    with pytest.raises(kwhen.ParseError, match="did you mean bill"):
        kwhen.ask("bil")
    with pytest.raises(kwhen.ParseError, match="tarif.*did you mean tariff"):
        kwhen.ask("compare", tarif="x")
    with pytest.raises(kwhen.KwhenError, match="nothing.csv"):
        kwhen.ask("bill", consumption="nothing.csv", rates=DATA / "rates.csv")
    with pytest.raises(kwhen.NaiveDatetimeError):
        kwhen.ask("now", rates=DATA / "rates.csv", at=datetime(2026, 3, 1))
    with pytest.raises(kwhen.WrongTypeError, match="consumption"):
        kwhen.ask("bill", consumption=b"start,kwh")
    with pytest.raises(kwhen.ParseError, match="did you mean 'bill'"):
        kwhen.questions("bil")

    def stop(done, total):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        kwhen.ask(
            "compare", consumption=DATA / "consumption.csv", tariff=[DATA / "tariffs" / "go.toml", DATA / "tariffs" / "flat.toml"],
            battery=DATA / "batteries" / "ten.toml", from_="2026-03-20", to="2026-03-22", foresight=True, progress=stop,
        )  # fmt: skip


def test_every_field_of_a_question_is_a_word():
    fields = json.loads((ROOT / "docs" / "schema" / "compare-ask.json").read_text())["properties"]
    ours = kwhen.questions("compare")["properties"]
    assert set(fields) <= set(ours) | {"store", "time_zone"}
    assert "store" in ours
