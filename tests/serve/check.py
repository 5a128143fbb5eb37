"""What is answered over HTTP in the eyes of the programs that it is for.

Schemathesis asks everything that the description names, right and wrong, and holds each answer to its schema; charging profiles are held to
the schemas of OCPP, the calendar is read by icalendar, figures by the client of Prometheus.

    check.py KWHEN [--examples N]
"""

import argparse
import asyncio
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

import icalendar
import ocpp.messages
from ocpp.messages import Call
from prometheus_client.parser import text_string_to_metric_families

DATA = pathlib.Path("data").resolve()
HOUSE = """rates = "rates.csv"
consumption = "consumption.csv"
load = "consumption.csv"
standing_charges = "standing-charges.csv"
battery = ["{data}/batteries/home.toml", "{data}/batteries/car.toml"]
appliance = "{data}/batteries/dishwasher.toml"
budget = "200ms"
"""


def moved(folder):
    """The sample, moved to end tomorrow."""
    days = (datetime.datetime.now(datetime.timezone.utc).date() - datetime.date(2026, 10, 31)).days

    def later(at):
        moment = datetime.datetime.fromisoformat(at.group()) + datetime.timedelta(days=days)
        return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    for name in ("rates.csv", "consumption.csv", "standing-charges.csv"):
        text = (DATA / name).read_text()
        (folder / name).write_text(re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", later, text))
    (folder / "kwhen.toml").write_text(HOUSE.format(data=DATA))


def begin(kwhen, folder):
    """The process, and its address."""
    log = folder / "log"
    words = ["run", "--no-fetch", "--state", str(folder / "state.json"), "--listen", "127.0.0.1:0", "--log", "json"]
    with log.open("w") as told:
        process = subprocess.Popen([kwhen, *words], stderr=told, env={**os.environ, "KWHEN_CONFIG": str(folder / "kwhen.toml")})
    for _ in range(300):
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        addresses = [line["address"] for line in lines if "address" in line]
        if addresses and any(line["event"] == "plan" for line in lines):
            return process, f"http://{addresses[0]}"
        time.sleep(0.1)
    process.kill()
    sys.exit(f"tests/serve: nobody answers: {log.read_text()}")


def get(address, path):
    with urllib.request.urlopen(address + path) as answer:
        return answer.read().decode()


def say(address, what, value):
    body = json.dumps({"value": value}).encode()
    request = urllib.request.Request(f"{address}/v1/devices/{what}", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def profiles(address):
    """Each version and unit by the schemas of OCPP; limits never above the plan's power."""
    car = json.loads(get(address, "/v1/devices/car"))
    blocks = [block for block in car["blocks"] if block["doing"] == "charging"]
    if not blocks:
        return ["the car is to charge, and does not"]
    faults = []
    for version, unit, phases in (("1.6", "W", 1), ("1.6", "A", 1), ("2.0.1", "W", 1), ("2.0.1", "A", 3)):
        profile = json.loads(get(address, f"/v1/devices/car/ocpp?version={version}&unit={unit}&phases={phases}"))
        call = Call(unique_id="1", action=profile["action"], payload=profile["payload"])
        asyncio.run(ocpp.messages.validate_payload(call, version))
        if version == "1.6":
            schedule = profile["payload"]["csChargingProfiles"]["chargingSchedule"]
        else:
            schedule = profile["payload"]["chargingProfile"]["chargingSchedule"][0]
        start = datetime.datetime.fromisoformat(schedule["startSchedule"])
        periods = schedule["chargingSchedulePeriod"]
        for block in blocks:
            middle = (datetime.datetime.fromisoformat(block["from"]) + datetime.timedelta(seconds=61) - start).total_seconds()
            limits = [period["limit"] for period in periods if period["startPeriod"] <= max(middle, 0)]
            watts = limits[-1] * (230 * phases if unit == "A" else 1)
            planned = float(block["kw"]) * 1000
            lost = 0.1 * (230 * phases if unit == "A" else 1)
            if not planned - lost - 1e-6 <= watts <= planned + 1e-6:
                faults.append(f"OCPP {version} in {unit}: {watts} W, where {planned} W are planned")
    return faults


def read(address):
    """The calendar and the figures by their readers."""
    faults = []
    events = list(icalendar.Calendar.from_ical(get(address, "/calendar.ics")).walk("VEVENT"))
    if len({event["UID"] for event in events}) != len(events) or len(events) < 3:
        faults.append(f"{len(events)} events of the calendar, not all with a name of their own")
    if any(event.decoded("DTSTART") >= event.decoded("DTEND") or "DTSTAMP" not in event for event in events):
        faults.append("an event of the calendar that ends before it begins, or has no stamp")
    figures = {family.name: family for family in text_string_to_metric_families(get(address, "/metrics"))}
    rate = json.loads(get(address, "/v1/rates"))["rate"]
    if figures["kwhen_rate"].samples[0].value != float(rate):
        faults.append("the rate of the figures is not that of /v1/rates")
    prices = json.loads(get(address, "/evcc.json"))
    if not all(isinstance(price["value"], (int, float)) and price["start"] < price["end"] for price in prices):
        faults.append("a price of evcc that is no number, or a time that ends before it begins")
    return faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kwhen")
    parser.add_argument("--examples", default="10", help="how many requests are made up for each path")
    arguments = parser.parse_args()
    kwhen = str(pathlib.Path(arguments.kwhen).resolve())
    with tempfile.TemporaryDirectory() as room:
        folder = pathlib.Path(room)
        moved(folder)
        process, address = begin(kwhen, folder)
        try:
            morning = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=12)).strftime("%Y-%m-%dT%H:%M:%SZ")
            for what, value in (("home_battery/level", "40%"), ("car/level", "40%"), ("car/target", f"80%@{morning}"), ("dishwasher/run", "ON")):
                say(address, what, value)
            for _ in range(100):
                # What was said last is planned before the next answer of the devices.
                if json.loads(get(address, "/v1/devices/dishwasher"))["blocks"]:
                    break
                time.sleep(0.1)
            faults = [*profiles(address), *read(address)]
            # What is valid by its schema may still be refused: two flags that exclude each other, a tariff that is not there.
            asked = subprocess.run(
                [
                    pathlib.Path(sys.executable).with_name("st"), "run", f"{address}/openapi.json", "--checks", "all",
                    "--exclude-checks", "positive_data_acceptance", "--exclude-path", "/events", "--max-examples", arguments.examples,
                    "--phases", "examples,coverage,fuzzing", "--seed", "1", "--continue-on-failure", "--generation-database", "none",
                    "--no-color", "--warnings", "off",
                ],
                cwd=folder, capture_output=True, text=True,
            )
            if asked.returncode != 0:
                print(asked.stdout[-6000:], asked.stderr, file=sys.stderr)
                faults.append("schemathesis found answers that are not as described")
            if process.poll() is not None:
                faults.append("the process has ended")
        finally:
            process.terminate()
            process.wait()
        if str(folder) in asked.stdout:
            faults.append("a path of this machine is in an answer")
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        sys.exit(1)
    found = re.search(r"(\d+) generated", asked.stdout)
    print(f"{found.group(1) if found else 'all'} requests answered as described; profiles, calendar, figures and prices as their readers take them")


if __name__ == "__main__":
    main()
