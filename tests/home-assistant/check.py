"""Home Assistant's own process finds what `kwhen run` publishes, reads it back by its API and commands it, through the night on which
the clock goes back.

The agent's clock is set to that night by libfaketime and runs faster; Home Assistant and the broker go by their own."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import aiohttp

KWHEN, HASS = sys.argv[1:3]
# So many seconds of the agent's pass in one.
SPEED = 120
# 23:20 UTC: 00:20 by the wall, forty minutes before the first 01:00.
BEGIN = datetime(2026, 10, 24, 23, 20, tzinfo=UTC)
CAR = """name = "Car"
capacity_kwh = 60
kw = "7.4"
charge = { efficiency = "0.9" }
discharge = { kw = 0 }
"""
USER, TOKEN, KEY = "a" * 32, "b" * 32, "c" * 64


def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def pence(start: datetime) -> int:
    """A half-hour's rate is its number of the day in UTC."""
    return (start.hour * 60 + start.minute) // 30


def wait(what: str, look, seconds: float = 90):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, KeyError, ValueError):
            if found := look():
                return found
        time.sleep(0.2)
    raise SystemExit(f"waited in vain for {what}")


def token() -> str:
    """A token of the user whose key stands in the configuration below, as Home Assistant signs it."""
    now = int(time.time())

    def part(value: object) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=")

    signed = part({"alg": "HS256", "typ": "JWT"}) + b"." + part({"iss": TOKEN, "iat": now, "exp": now + 36_000})
    seal = hmac.new(KEY.encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(seal).rstrip(b"=")).decode()


def configuration(folder: pathlib.Path, own: int, broker: int) -> None:
    """A Home Assistant that somebody has set up: an owner, and the MQTT integration."""
    storage = folder / ".storage"
    storage.mkdir(parents=True)
    (folder / "configuration.yaml").write_text(
        f"homeassistant:\n  time_zone: Europe/London\n  currency: GBP\n"
        f"http:\n  server_host: 127.0.0.1\n  server_port: {own}\napi:\nrecorder:\n"
        f"logger:\n  default: warning\n"
    )

    def store(name: str, version: int, minor: int, data: object) -> None:
        (storage / name).write_text(
            json.dumps({"version": version, "minor_version": minor, "key": name, "data": data})
        )

    then = "2026-01-01T00:00:00+00:00"
    store(
        "auth",
        1,
        1,
        {
            "users": [
                {
                    "id": USER,
                    "group_ids": ["system-admin"],
                    "is_owner": True,
                    "is_active": True,
                    "name": "owner",
                    "system_generated": False,
                    "local_only": False,
                }
            ],
            "groups": [{"id": "system-admin", "name": "Administrators"}],
            "credentials": [],
            "refresh_tokens": [
                {
                    "id": TOKEN,
                    "user_id": USER,
                    "client_id": None,
                    "client_name": "test",
                    "client_icon": None,
                    "token_type": "long_lived_access_token",
                    "created_at": then,
                    "access_token_expiration": 36_000.0,
                    "token": "d" * 128,
                    "jwt_key": KEY,
                    "last_used_at": None,
                    "last_used_ip": None,
                    "expire_at": None,
                    "credential_id": None,
                    "version": "2025.4.4",
                }
            ],
        },
    )
    store("onboarding", 4, 1, {"done": ["user", "core_config", "analytics", "integration"]})
    store(
        "core.config_entries",
        1,
        5,
        {
            "entries": [
                {
                    "created_at": then,
                    "modified_at": then,
                    "data": {"broker": "127.0.0.1", "port": broker},
                    "disabled_by": None,
                    "discovery_keys": {},
                    "domain": "mqtt",
                    "entry_id": "01JA0000000000000000000000",
                    "minor_version": 2,
                    "options": {},
                    "pref_disable_new_entities": False,
                    "pref_disable_polling": False,
                    "source": "user",
                    "subentries": [],
                    "title": "mqtt",
                    "unique_id": None,
                    "version": 1,
                }
            ]
        },
    )


class Assistant:
    def __init__(self, own: int) -> None:
        self.base, self.token = f"http://127.0.0.1:{own}/api", token()

    def ask(self, path: str, body: object = None):
        request = urllib.request.Request(
            f"{self.base}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def costs(self) -> dict[str, dict[str, tuple[float, float]]]:
        """What each hour used and cost, by the recorder's statistics: of the hour itself, and the sum to its end."""

        async def asked():
            async with aiohttp.ClientSession() as session, session.ws_connect(f"{self.base}/websocket") as line:
                await line.receive_json()
                await line.send_json({"type": "auth", "access_token": self.token})
                await line.receive_json()
                kinds = ["kwhen:import_energy", "kwhen:import_cost"]
                await line.send_json(
                    {
                        "id": 1,
                        "type": "recorder/statistics_during_period",
                        "start_time": "2026-10-20T00:00:00Z",
                        "statistic_ids": kinds,
                        "period": "hour",
                        "types": ["state", "sum"],
                    }
                )
                found = (await line.receive_json())["result"]
                when = lambda row: datetime.fromtimestamp(row["start"] / 1000, UTC).strftime("%dT%H")
                return {kind: {when(row): (row["state"], row["sum"]) for row in found.get(kind, [])} for kind in kinds}

        return asyncio.run(asked())

    def states(self) -> dict[str, dict]:
        return {state["entity_id"]: state for state in self.ask("states")}

    def state(self, entity: str) -> str:
        return self.states()[entity]["state"]


def main() -> None:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="kwhen-home-assistant-"))
    running: list[subprocess.Popen] = []
    try:
        check(folder, running)
    except BaseException:
        for log in sorted(folder.glob("*.log")):
            print(f"== {log.name}", log.read_text()[-4_000:], sep="\n", file=sys.stderr)
        raise
    finally:
        for process in running:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def check(folder: pathlib.Path, running: list[subprocess.Popen]) -> None:
    own, broker = port(), port()

    def begin(name: str, line: list[str], **more) -> subprocess.Popen:
        log = (folder / f"{name}.log").open("a")
        running.append(subprocess.Popen(line, stdout=log, stderr=log, stdin=subprocess.DEVNULL, **more))
        return running[-1]

    (folder / "mosquitto.conf").write_text(f"listener {broker} 127.0.0.1\nallow_anonymous true\n")
    begin("mosquitto", ["mosquitto", "-c", str(folder / "mosquitto.conf")])
    configuration(folder / "config", own, broker)
    begin("hass", [HASS, "--config", str(folder / "config")])
    assistant = Assistant(own)
    version = wait("Home Assistant (its first start installs what it needs)", lambda: assistant.ask("config"), 600)["version"]
    print(f"Home Assistant {version} on Python {sys.version.split()[0]}")

    start = datetime(2026, 10, 20, tzinfo=UTC)
    slots = [start + timedelta(minutes=30 * number) for number in range(48 * 8)]
    rows = "".join(f"{slot:%Y-%m-%dT%H:%M:%SZ},{pence(slot)}\n" for slot in slots)
    (folder / "rates.csv").write_text("start,rate\n" + rows)
    (folder / "car.toml").write_text(CAR)
    (folder / "token").write_text(assistant.token + "\n")

    def readings(first: str) -> None:
        """A quarter of a kWh in each half-hour from the 20th to midnight on the 25th; of the very first, something else."""
        read = [f"{slot:%Y-%m-%dT%H:%M:%SZ},{first if slot == start else '0.25'}\n" for slot in slots[: 48 * 5 - 2]]
        (folder / "new.csv").write_text("start,kwh\n" + "".join(read))
        (folder / "new.csv").rename(folder / "readings.csv")

    readings("0.25")
    line = f"{KWHEN} run --rates rates.csv --battery car.toml --ready Car=80%@07:00 --state state.json --refuse-after 600m"

    def agent(now: datetime) -> subprocess.Popen:
        environment = {
            **os.environ,
            "KWHEN_CONFIG": "none",
            "LD_PRELOAD": library(),
            "FAKETIME": f"@{now:%Y-%m-%d %H:%M:%S} x{SPEED}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "TZ": "UTC",
        }
        words = [*line.split(), "--mqtt", f"mqtt://127.0.0.1:{broker}"]
        words += ["--consumption", "readings.csv", "--home-assistant", f"http://127.0.0.1:{own}", "--home-assistant-token-file", "token"]
        return begin("kwhen", words, cwd=folder, env=environment)

    process = agent(BEGIN)
    rate = "sensor.kwhen_home_rate"
    wait("the rate to be found", lambda: assistant.state(rate) not in ("unknown", "unavailable"))
    states = assistant.states()
    found = sorted(entity for entity in states if ".kwhen_" in entity)
    print(f"{len(found)} entities")
    attributes = states[rate]["attributes"]
    assert attributes["unit_of_measurement"] == "GBP/kWh", attributes
    # 50 half-hours of Sunday and 48 of Monday.
    assert len(attributes["rates"]) == 98, len(attributes["rates"])
    for entity in [
        "sensor.kwhen_home_next_rate",
        "sensor.kwhen_home_band",
        "sensor.kwhen_home_cheapest_60m",
        "binary_sensor.kwhen_home_cheapest_60m_now",
        "sensor.kwhen_home_cost_today",
        "binary_sensor.kwhen_home_problem",
        "binary_sensor.kwhen_car_running",
        "sensor.kwhen_car_power",
        "sensor.kwhen_car_next_start",
        "number.kwhen_car_level",
        "number.kwhen_car_target",
        "text.kwhen_car_target_by",
        "switch.kwhen_car_charge_now",
        "switch.kwhen_car_hold",
    ]:
        assert entity in states, f"{entity} is not among {found}"
    assert states["sensor.kwhen_car_status"]["state"] == "level_unknown", states["sensor.kwhen_car_status"]

    # Home Assistant says the level, and the car is told what to do.
    assistant.ask("services/number/set_value", {"entity_id": "number.kwhen_car_level", "value": 30})
    wait("the level", lambda: assistant.state("number.kwhen_car_level") == "30")
    wait("what the car is told", lambda: assistant.state("sensor.kwhen_car_status") in ("waiting", "charging"))
    assistant.ask("services/switch/turn_on", {"entity_id": "switch.kwhen_car_hold"})
    wait("the hold", lambda: assistant.state("switch.kwhen_car_hold") == "on")
    assistant.ask("services/switch/turn_off", {"entity_id": "switch.kwhen_car_hold"})
    wait("no hold", lambda: assistant.state("switch.kwhen_car_hold") == "off")

    # What each hour cost, for the energy dashboard: two half-hours of a quarter of a kWh, at their numbers of the day in pence.
    def hour(number: int) -> float:
        return 0.25 * (4 * (number % 24) + 1) / 100

    costs = wait("the hours' statistics", lambda: (found := assistant.costs())["kwhen:import_cost"] and found)
    assert len(costs["kwhen:import_cost"]) == len(costs["kwhen:import_energy"]) == 119, costs
    sums = 0.0
    for number in range(119):
        sums += hour(number)
        at = f"{20 + number // 24}T{number % 24:02}"
        for said, right in zip(costs["kwhen:import_cost"][at], (hour(number), sums), strict=True):
            assert abs(said - right) < 1e-9, (at, said, right)
    assert costs["kwhen:import_energy"]["24T22"] == (0.5, 59.5), costs["kwhen:import_energy"]["24T22"]
    # The first reading comes in anew: its hour and every later sum follow it.
    readings("1.25")

    def corrected() -> bool:
        found = assistant.costs()
        return found["kwhen:import_energy"]["20T00"] == (1.5, 1.5) and found["kwhen:import_energy"]["24T22"] == (0.5, 60.5)

    wait("the corrected reading", corrected)
    assert abs(assistant.costs()["kwhen:import_cost"]["20T00"][0] - (1.25 * 0 + 0.25 * 1) / 100) < 1e-12
    print("119 hours in the statistics, a reading corrected in them")

    # Through both 01:00s of the wall: each half-hour's own rate is read back.
    seen: dict[str, str] = {}

    def through_the_night() -> bool:
        state = assistant.states()[rate]
        seen[state["attributes"]["from"]] = state["state"]
        return "2026-10-25T02:30:00Z" in seen

    wait("the night to pass", through_the_night, 240)
    for minutes in range(30, 180, 30):
        slot = BEGIN.replace(minute=30) + timedelta(minutes=minutes)
        text = f"{slot:%Y-%m-%dT%H:%M:%SZ}"
        assert float(seen[text]) == pence(slot) / 100, (text, seen)
    assert wait("the car to charge in the cheapest hours", lambda: assistant.state("binary_sensor.kwhen_car_running") == "on")
    print(f"{len(seen)} half-hours read back, the two from 01:00 by the wall with rates of their own")

    # Killed, all is unavailable by the broker's word; started again, all is back with what was said.
    process.send_signal(signal.SIGKILL)
    wait("all to be unavailable", lambda: assistant.state(rate) == "unavailable")
    agent(datetime(2026, 10, 25, 2, 40, tzinfo=UTC))
    wait("all to be back", lambda: float(assistant.state(rate)) == 0.05)
    assert assistant.state("number.kwhen_car_level") == "30"
    warnings = [line for line in (folder / "hass.log").read_text().splitlines() if "mqtt" in line and " ERROR " in line]
    assert warnings == [], warnings
    print("Home Assistant found, read and commanded the agent")


def library() -> str:
    for place in pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"):
        return str(place)
    raise SystemExit("libfaketime is needed: apt-get install libfaketime")


main()
