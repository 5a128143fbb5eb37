"""The flow of Node-RED and the snippet of ESPHome, by those programs themselves.

kwhen runs beside Mosquitto and Node-RED: the charger says how full the car is, the flow tells kwhen, kwhen plans, and the flow tells the charger.

    check.py KWHEN ROOM
"""

import datetime
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

CAR = 'name = "Car"\ncapacity_kwh = 60\nkw = "7.4"\ncharge = { efficiency = "0.9" }\ndischarge = { kw = 0 }\nstart_kwh = 30\n'


def free_port():
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


def rates():
    """One rate for three days: whoever is to charge now does."""
    start = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = (start + datetime.timedelta(minutes=30 * number) for number in range(-48, 144))
    return "start,rate\n" + "".join(f"{at:%Y-%m-%dT%H:%M:%SZ},10\n" for at in rows)


def heard(port, topic, seconds=30):
    """The next message of a topic."""
    words = ["mosquitto_sub", "-p", str(port), "-t", topic, "-C", "1", "-W", str(seconds)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def say(port, topic, payload):
    subprocess.run(["mosquitto_pub", "-p", str(port), "-t", topic, "-m", payload], check=True)


def node_red(kwhen, room, folder):
    port, face = free_port(), free_port()
    (folder / "mosquitto.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
    (folder / "rates.csv").write_text(rates())
    (folder / "car.toml").write_text(CAR)
    flow = pathlib.Path("packaging/node-red/flow.json").read_text()
    (folder / "flow.json").write_text(flow.replace('"port": "1883"', f'"port": "{port}"'))
    (folder / "settings.js").write_text("module.exports = {flowFile: 'flow.json', uiHost: '127.0.0.1', httpAdminRoot: false, telemetry: {enabled: false}};\n")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = [subprocess.Popen(["mosquitto", "-c", str(folder / "mosquitto.conf")], **quiet)]
    try:
        time.sleep(1)
        words = [str(room / "node_modules/.bin/node-red"), "--userDir", str(folder), "--settings", str(folder / "settings.js"), "--port", str(face)]
        log = (folder / "node-red.log").open("w")
        running.append(subprocess.Popen(words, stdout=log, stderr=log))
        words = ["run", "--rates", "rates.csv", "--battery", "car.toml", "--state", "state.json", "--mqtt", f"mqtt://127.0.0.1:{port}"]
        running.append(subprocess.Popen([kwhen, *words], cwd=folder, env={**os.environ, "KWHEN_CONFIG": "none"}, **quiet))
        for _ in range(300):
            if "Connected to broker" in (folder / "node-red.log").read_text():
                break
            time.sleep(0.1)
        else:
            return [f"Node-RED does not reach the broker: {(folder / 'node-red.log').read_text()[-2000:]}"]
        faults = []
        # Nobody has said how full the car is: it is told nothing, and so is the charger.
        early = heard(port, "charger/set", 3)
        if told := early.communicate()[0]:
            faults.append(f"the charger is told {told!r} before the level is known")
        charger = heard(port, "charger/set")
        time.sleep(0.5)
        say(port, "charger/soc", "50")
        if (told := charger.communicate()[0].strip()) != "OFF":
            faults.append(f"the charger is told {told!r}, and the car waits")
        device = json.loads(heard(port, "kwhen/device/car").communicate()[0])
        if device["level_kwh"] != "30":
            faults.append(f"half of 60 kWh came as {device['level_kwh']}")
        charger = heard(port, "charger/set")
        time.sleep(0.5)
        say(port, "kwhen/device/car/charge_now/set", "ON")
        if (told := charger.communicate()[0].strip()) != "ON":
            faults.append(f"the charger is told {told!r}, and the car charges")
        return faults
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()


def esphome(room, folder):
    (folder / "secrets.yaml").write_text('wifi_ssid: "home"\nwifi_password: "not-a-password"\nmqtt_broker: "192.168.1.10"\n')
    (folder / "kwhen.yaml").write_text(pathlib.Path("packaging/esphome/kwhen.yaml").read_text())
    done = subprocess.run([room / "venv/bin/esphome", "config", folder / "kwhen.yaml"], capture_output=True, text=True)
    return [] if done.returncode == 0 else [f"ESPHome refuses the snippet: {done.stdout[-2000:]} {done.stderr[-2000:]}"]


def main():
    kwhen, room = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        faults = [*node_red(kwhen, room, folder), *esphome(room, folder)]
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        sys.exit(1)
    print("Node-RED carries levels and plans both ways; ESPHome takes its snippet")


if __name__ == "__main__":
    main()
