#!/usr/bin/env python3
"""How long `kwhen run` takes from something new to new plans out over MQTT, what it has in memory, and what its page weighs.

    benches/house.py target/release/kwhen [--wait SECONDS]

A home with a battery, a car and two appliances that are to run, twenty days of load and rates, beside a real Mosquitto. Something new is a level
of the battery that is not as expected: everything is read, planned and published anew, as when rates are published. What is fetched before that
is the service's time, not this one's. The answer is checked before its time is taken: a plan that is not of this moment fails. Needs mosquitto and its clients.
When a browser first paints the page is told where Python has playwright and Chromium is installed (`tests/pages/run.sh` makes both: run this with the Python of
target/pages-venv)."""

import argparse
import datetime
import json
import os
import pathlib
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

BATTERY = 'name = "Home"\ncapacity_kwh = 10\nkw = "3.6"\ncharge = { efficiency = "0.95" }\ndischarge = { efficiency = "0.95" }\n'
CAR = 'name = "Car"\ncapacity_kwh = 60\nkw = "7.4"\ncharge = { efficiency = "0.9" }\ndischarge = { kw = 0 }\n'
DISHWASHER = 'name = "Dishwasher"\n[program]\nstep_minutes = 30\nkw = ["2", "0.1", "1.8"]\n'
WASHER = 'name = "Washing machine"\n[program]\nstep_minutes = 30\nkw = ["1.9", "0.3"]\n'
TIMES = 30


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def rows(head, start, count, value):
    lines = [f"start,{head}"]
    for number in range(count):
        at = start + datetime.timedelta(minutes=30 * number)
        lines.append(f"{at:%Y-%m-%dT%H:%M:%SZ},{value(at, number)}")
    return "\n".join(lines) + "\n"


def rate(at, number):
    # Cheap by night, dear in the evening, and nowhere the same.
    peak = 14 if 16 <= at.hour < 19 else 0
    return f"{8 + peak + at.hour % 7 + (number * 37 % 101) / 100:.2f}"


def used(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    held = {line.split(":")[0]: line.split(":")[1].split()[0] for line in status if line.startswith("Vm") or line.startswith("Rss")}
    return int(held["VmRSS"]), int(held["RssAnon"])


def painted(url):
    """When a browser that has nothing of the page yet paints it first, in ms from the click; by turn."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return []
    first = "new Promise(done => new PerformanceObserver(list => done(list.getEntries()[0].startTime)).observe({type: 'paint', buffered: true}))"
    times = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-quic"])
        for _ in range(10):
            context = browser.new_context(viewport={"width": 360, "height": 740})
            page = context.new_page()
            page.goto(url)
            times.append(page.evaluate(first))
            context.close()
        browser.close()
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kwhen")
    parser.add_argument("--wait", type=float, default=60, help="for how long it is watched doing nothing, in seconds")
    asked = parser.parse_args()
    now = datetime.datetime.now(datetime.timezone.utc)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    start = midnight - datetime.timedelta(days=20)
    processes = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        past = int((now - start).total_seconds() // 1800)
        for path, text in [
            ("rates.csv", rows("rate", start, 22 * 48, rate)),
            ("load.csv", rows("kwh", start, past, lambda at, number: f"{0.1 + (number * 29 % 71) / 200:.3f}")),
            ("home.toml", BATTERY),
            ("car.toml", CAR),
            ("dishwasher.toml", DISHWASHER),
            ("washer.toml", WASHER),
        ]:
            (folder / path).write_text(text)
        broker, page = free_port(), free_port()
        (folder / "mosquitto.conf").write_text(f"listener {broker} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        try:
            log = (folder / "log").open("w")
            processes.append(subprocess.Popen(["mosquitto", "-c", folder / "mosquitto.conf"], stderr=subprocess.DEVNULL))
            time.sleep(1)
            line = [pathlib.Path(asked.kwhen).resolve(), "run", "--rates", "rates.csv", "--load", "load.csv", "--consumption", "load.csv"]
            for flag, path in [("battery", "home"), ("battery", "car"), ("appliance", "dishwasher"), ("appliance", "washer")]:
                line += [f"--{flag}", f"{path}.toml"]
            line += ["--mqtt", f"mqtt://127.0.0.1:{broker}", "--listen", f"127.0.0.1:{page}", "--ready", "Car=80%@07:00"]
            agent = subprocess.Popen(line, cwd=folder, env={**os.environ, "KWHEN_CONFIG": "none"}, stderr=log)
            processes.append(agent)
            heard = subprocess.Popen(
                ["mosquitto_sub", "-p", str(broker), "-t", "kwhen/#", "-F", "%U %t %p"], stdout=subprocess.PIPE, text=True
            )
            processes.append(heard)

            def until(topic, fits):
                while True:
                    at, told, payload = heard.stdout.readline().split(" ", 2)
                    if told == topic and fits(payload):
                        return float(at)

            until("kwhen/availability", lambda payload: payload.strip() == "online")
            said = {}

            def say(topic, payload):
                if topic not in said:
                    said[topic] = subprocess.Popen(
                        ["mosquitto_pub", "-p", str(broker), "-t", f"kwhen/device/{topic}/set", "-l"], stdin=subprocess.PIPE, text=True
                    )
                    processes.append(said[topic])
                    time.sleep(0.5)
                began = time.time()
                said[topic].stdin.write(payload + "\n")
                said[topic].stdin.flush()
                return began

            say("car/level", "20")
            say("dishwasher/run", "ON")
            say("washing_machine/run", "ON")
            say("home/level", "5")
            time.sleep(3)
            took, before = [], used(agent.pid)
            for number in range(TIMES):
                began = say("home/level", str(2 + number % 2 * 6))
                second = datetime.datetime.fromtimestamp(int(began), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
                of_now = lambda payload: json.loads(payload)["at"][:19] >= second
                took.append((until("kwhen/plan", of_now) - began) * 1000)
                time.sleep(1.2)
            took.sort()
            work = (used(agent.pid) - before) / TIMES * 1000
            print(f"from something new to the plan out over MQTT, {TIMES} times: median {statistics.median(took):.0f} ms, most {took[-1]:.0f} ms; {work:.0f} ms of a core each")
            pages = []
            for _ in range(10):
                began = time.time()
                with urllib.request.urlopen(f"http://127.0.0.1:{page}/") as answer:
                    body = answer.read()
                pages.append((time.time() - began) * 1000)
            print(f"the page: {len(body) / 1000:.0f} kB in all, {statistics.median(pages):.0f} ms (the first {pages[0]:.0f} ms)")
            paints = painted(f"http://127.0.0.1:{page}/")
            if paints:
                print(f"first paint: median {statistics.median(paints):.0f} ms, the first {paints[0]:.0f} ms")
            else:
                print("first paint: not measured, for this Python has no playwright")
            time.sleep(5)
            before = used(agent.pid)
            time.sleep(asked.wait)
            part = (used(agent.pid) - before) / asked.wait * 100
            whole, own = resident(agent.pid)
            print(f"idle: {whole / 1000:.1f} MB resident, of which {own / 1000:.1f} MB are its own and not the program's file; {part:.3f} % of a core")
        finally:
            for process in reversed(processes):
                process.terminate()
            for process in processes:
                process.wait()


if __name__ == "__main__":
    main()
