"""Opens every page of HTML that the command writes, as a person with a wide screen and one with a phone would, light and dark.

A page fails where it is wider than the screen, hides text, asks for anything from outside, has a fault that axe-core calls serious, cannot be
walked by keys, shows no value for a finger or a key, writes smaller than 11 px in a chart, or loses anything on paper.

    check.py KWHEN [--shots FOLDER] [--only NAME] [--prove]
"""

import argparse
import concurrent.futures
import contextlib
import datetime
import io
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time
import unicodedata
import urllib.error
import urllib.request

import pypdf
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, PHONE = (1280, 900), (360, 740)
# The narrowest screen that is not laid out as a phone's.
TABLET = (720, 900)
# What is left of A4 between margins of 15 mm, at 96 px an inch.
PAPER = (680, 1009)

BROWSERS = 2

BILL = "bill --rates data/rates.csv --consumption data/consumption.csv --standing-charges data/standing-charges.csv"
HOME = (
    "--rates data/rates.csv --export-rates data/export-rates.csv --load data/consumption.csv --solar data/solar.csv "
    "--capacity-kwh 10 --kw 5 --wear 1.5 --fill-gaps"
)
NIGHT = "--from 2026-10-24T16:30 --to 2026-10-25T23:00"
PAGES = {
    "bill": f"{BILL} --during 2026-03",
    "bill-days": f"{BILL} --during 2026-03 --by day",
    "bill-months": f"{BILL} --from 2025-11-01 --to 2026-11-01 --by month",
    "bill-year": f"{BILL} --from 2025-11-01 --to 2026-11-01 --by day",
    "bill-half-hours": f"{BILL} --during 2026-10-25 --by half-hour",
    "compare": "compare --tariff data/rates.csv --tariff data/tariffs/go.toml --tariff data/tariffs/flat.toml "
    "--tariff data/tariffs/economy-7.toml --consumption data/consumption.csv --during 2026-03",
    "compare-best": "compare --tariff data/rates.csv --tariff data/tariffs/go.toml --tariff data/tariffs/economy-7.toml --now data/tariffs/flat.toml "
    "--consumption data/consumption.csv --battery data/batteries/ten.toml --resample 200 --size-kwh 5,10 --size-price 2500,4000 "
    "--from 2025-11-01 --to 2026-11-01",
    "battery": f"battery {HOME} {NIGHT}",
    "battery-reasons": f"battery {HOME} {NIGHT} --explain",
    "battery-year": f"battery {HOME} --from 2025-11-01 --to 2026-11-01",
    "charge": "charge --rates data/rates.csv --kwh 22 --kw 7.4 --from 2026-01-14T18:00 --by 07:00",
    "charge-night": "charge --rates data/rates.csv --kwh 22 --kw 7.4 --from 2026-10-24T16:30 --by 07:00",
    "cheapest": f"cheapest --rates data/rates.csv --duration 3h {NIGHT} --top 5",
    "cheapest-free": "cheapest --rates free.csv --duration 1h30m",
    "backtest": f"backtest {HOME} --from 2026-03-01 --to 2026-03-15",
    "reconcile": "reconcile --tariff data/tariffs/flat.toml --consumption data/consumption.csv --during 2026-03 --rules octopus "
    "--statement statement.csv",
    "audit": "audit --statements statements.txt --rates data/rates.csv --consumption data/consumption.csv "
    "--standing-charges data/standing-charges.csv",
    "batch": "batch --consumption homes/consumption.parquet --rates homes/rates.parquet --agreements agreements.parquet "
    "--from 2025-01-01 --to 2025-03-01 --by month --out bills.parquet",
    "now": "now --rates data/rates.csv --at 2026-10-24T16:40 --duration 1h,3h",
    "today": "today --rates data/rates.csv --consumption data/consumption.csv --at 2026-10-24T16:40",
    "demo": "demo",
    "fleet": "battery --rates data/rates.csv --load data/consumption.csv --from 2026-10-14 --to 2026-10-16 "
    "--battery data/batteries/home.toml --battery data/batteries/car.toml --appliance data/batteries/dishwasher.toml --budget 500ms",
    "expected": "battery --rates data/rates.csv --load data/consumption.csv --solar data/solar.csv --capacity-kwh 10 --kw 5 "
    "--fill-gaps --past-days 28 --from 2026-07-14T16:00 --rates-until 2026-07-15T23:00 --to 2026-07-16T16:00 --explain",
    "forecast": "forecast --rates data/rates.csv --load data/consumption.csv --solar data/solar.csv --fill-gaps --from 2026-02-01 --to 2026-05-01",
    "tariff": "tariff show data/tariffs/go.toml --date 2026-03-09",
    "home": "serve --config home.toml --at 2026-10-24T16:40 --get /",
    # The same from a process that hears commands, on the days around today.
    "live": "run --config live.toml --no-fetch --state live.json --listen 127.0.0.1:0 --log json",
}
HOUSE = """consumption = "{readings}"
load = "{readings}"
rates = "{rates}"
standing_charges = "{charges}"
battery = ["{here}/data/batteries/home.toml", "{here}/data/batteries/car.toml"]
appliance = "{here}/data/batteries/dishwasher.toml"
budget = "500ms"
[command.compare]
tariff = ["{rates}", "{here}/data/tariffs/go.toml"]
during = "2026-03"
"""
# Of a served page in all, with whatever it asks for.
LARGEST = 150_000
MADE = {
    # The first has a day of standing charge too few, the second an energy that no reading counts.
    "statements.txt": "statement 2026-03-01 2026-04-01\nenergy 360.892 kWh £75.39\nstanding 30 days 37.65 p £11.30\nvat £4.33\ntotal £91.02\n"
    "statement 2026-04-01 2026-05-01\nenergy 400 kWh £100.00\nvat £5.00\ntotal £105.00\n",
    "statement.csv": "kind,kwh,rate,days,amount_minor\nenergy,400,24.5,,9800\nstanding_charge,,45.00,30,1350\ntotal,,,,11707.50\n",
    # A night at nothing and below: what is best is seen even where it has no height.
    "free.csv": "valid_from,valid_to,value_inc_vat\n"
    + "".join(
        f"2026-03-09T{hour:02}:{half:02}:00Z,2026-03-{9 + (hour == 23 and half == 30):02}T"
        f"{(hour + (half == 30)) % 24:02}:{30 - half:02}:00Z,{rate}\n"
        for hour in range(24)
        for half in (0, 30)
        for rate in [0 if 3 <= hour < 6 else 35 if 16 <= hour < 19 else 18]
    ),
}

# Each way in which a page can be broken, on which page that shows, and what is then said.
BROKEN = {
    "compare": [
        (r"--soft: #535e58", "--soft: #b3beb8", "color-contrast"),
        (r"--soft: #a3b0a9", "--soft: #4a524e", "dark: axe: color-contrast"),
        (r"<h1>", '<p style="width:600px">wide</p><h1>', "the page is 6"),
        (r"<h1>", '<img alt="x" src="https://example.org/x.png"><h1>', "asks for https://example.org"),
        (r"part\.before\(cue\);", "", "does not say so"),
        (r"figure, tr, \.card", "figure, .card", "may be cut by the end of a sheet"),
        (r"\.scroll \{ overflow: visible; \}", ".scroll { overflow: hidden; width: 200px; }", "words are not on paper"),
        (r'<dl class="cards">', '<div style="height:700px"></div><dl class="cards">', "not on the first screen"),
    ],
    "cheapest": [
        (r"(\.x \{[^}]*)font-size: \.75rem", r"\1font-size: .5rem", "8 px high"),
        (r":focus-visible \{ outline: 2px", ":focus-visible { outline: 0px", "the focus is not to be seen"),
        (r'role="img" aria-label="[^"]*"', 'role="img"', "no text in its place"),
        (r'slider\.addEventListener\("(input|focus)", show\);', "", "the arrows change nothing"),
        (r'area\.addEventListener\("pointer[a-z]*", point\);', "", "where it is pointed at"),
        (r"<footer>", '<footer tabindex="1">', "leads to stop"),
    ],
}

# A page hears of its new width in the frame after it, and answers in the next: three frames on, it has.
SETTLED = """() => new Promise(done => {
  let left = 3;
  const frame = () => left-- ? requestAnimationFrame(frame) : done();
  frame();
})"""

OVERFLOW = """() => {
  const faults = [], page = document.documentElement;
  if (page.scrollWidth > innerWidth) {
    const wide = [...document.body.querySelectorAll("*")].filter(part =>
      part.getBoundingClientRect().right > innerWidth + 0.5 && !part.closest(".scroll"));
    faults.push(`the page is ${page.scrollWidth} px wide: ${wide.slice(0, 3).map(part => part.outerHTML.slice(0, 80)).join(" | ")}`);
  }
  for (const part of document.body.querySelectorAll("*")) {
    const style = getComputedStyle(part);
    if (style.display === "none" || part.closest("details:not([open])") || !part.clientWidth) continue;
    if (part.scrollWidth <= part.clientWidth + 1) continue;
    if (style.overflowX === "auto" || style.overflowX === "scroll") {
      const cue = part.querySelector(":scope > .more") || part.previousElementSibling;
      const seen = cue && cue.classList.contains("more") && cue.offsetHeight > 0;
      if (!seen) faults.push("a part that scrolls sideways does not say so: " + part.outerHTML.slice(0, 90));
      if (part.tabIndex < 0) faults.push("a part that scrolls sideways takes no keys: " + part.outerHTML.slice(0, 90));
    } else if (style.overflowX === "hidden" || style.overflowX === "clip") {
      faults.push("text is cut off: " + part.outerHTML.slice(0, 90));
    }
  }
  // Words that lie over each other, beside a chart and in its key.
  for (const row of document.querySelectorAll(".x, .y, .key, .cards")) {
    const words = [...row.querySelectorAll("span, b, .card")].filter(word => word.offsetWidth);
    const boxes = words.map(word => word.getBoundingClientRect());
    boxes.forEach((one, i) => boxes.slice(i + 1).forEach((other, j) => {
      if (words[i].contains(words[i + 1 + j])) return;
      if (Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1
        && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 3)
        faults.push(`"${words[i].textContent}" lies over "${words[i + 1 + j].textContent}"`);
    }));
    for (const [i, box] of boxes.entries())
      if (box.right > innerWidth || box.left < 0) faults.push(`"${words[i].textContent}" lies outside of the screen`);
  }
  return faults;
}"""

CHARTS = """() => {
  const faults = [];
  for (const figure of document.querySelectorAll("figure")) {
    const walk = document.createTreeWalker(figure, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const holder = walk.currentNode.parentElement;
      if (!walk.currentNode.data.trim() || !holder.getClientRects().length) continue;
      const scale = holder.ownerSVGElement ? holder.getScreenCTM().d : 1;
      const size = parseFloat(getComputedStyle(holder).fontSize) * scale;
      if (size < 11) faults.push(`"${walk.currentNode.data}" is ${size} px high`);
    }
    const drawn = figure.querySelector("[role=img]");
    if (!drawn || (drawn.getAttribute("aria-label") || "").length < 30) faults.push("a chart has no text in its place");
    if (!figure.querySelector("figcaption")) faults.push("a chart has no caption");
    if (!figure.querySelector("table")) faults.push("a chart has no table of its figures");
  }
  return faults;
}"""

# What matters most, its money and its dearest time, is on the first screen of a phone, before anything is scrolled.
FIRST = """() => {
  const cards = document.querySelector(".cards"), chart = document.querySelector("figure .area");
  const faults = [];
  if (cards && cards.getBoundingClientRect().bottom > innerHeight) faults.push("what matters most is not on the first screen");
  if (!cards && chart) faults.push("a page with a chart does not say what matters most");
  for (const part of document.querySelectorAll(".card, .ranks li"))
    if (part.scrollWidth > part.clientWidth + 1) faults.push("does not fit: " + part.textContent);
  return faults;
}"""

STOPS = """() => {
  const all = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")];
  window.stops = all.filter(part => part.tabIndex >= 0 && part.getClientRects().length && !part.disabled
    && !(part.tagName !== "SUMMARY" && part.closest("details:not([open])")));
  return window.stops.length;
}"""

STOP = """() => {
  const part = document.activeElement, style = getComputedStyle(part), box = part.getBoundingClientRect();
  const output = part.parentElement && part.parentElement.querySelector("output");
  return {
    place: window.stops.indexOf(part), name: part.tagName + " " + (part.getAttribute("aria-label") || part.textContent).slice(0, 40),
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2, slider: part.type === "range",
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    said: output && output.textContent, spoken: part.getAttribute("aria-valuetext"),
  };
}"""

PRINTED = """paper => {
  const faults = [], cells = [];
  for (const part of document.body.querySelectorAll("*")) {
    const style = getComputedStyle(part), box = part.getBoundingClientRect();
    if (!part.getClientRects().length) continue;
    if (box.right > paper[0] + 1) faults.push("wider than the paper: " + part.outerHTML.slice(0, 90));
    if (style.overflow !== "visible" && part.scrollHeight > part.clientHeight + 1 && part.tagName !== "svg")
      faults.push("cut off on paper: " + part.outerHTML.slice(0, 90));
  }
  for (const part of document.querySelectorAll("figure, tr, .card")) {
    const box = part.getBoundingClientRect();
    if (!box.height) continue;
    if (box.height > paper[1]) faults.push("higher than the paper: " + part.outerHTML.slice(0, 90));
    if (getComputedStyle(part).breakInside !== "avoid") faults.push("may be cut by the end of a sheet: " + part.outerHTML.slice(0, 90));
  }
  for (const part of document.querySelectorAll("h1, h2, th, td, p, li, .card, figcaption"))
    if (part.getClientRects().length && !part.closest("[aria-hidden]")) cells.push(part.innerText);
  return {faults, cells};
}"""


def houses(folder):
    """A home in the days of the sample, and the same sample moved to end tomorrow."""
    data = pathlib.Path("data").resolve()
    names = {"rates": "rates.csv", "readings": "consumption.csv", "charges": "standing-charges.csv"}
    here = {"here": data.parent}
    (folder / "home.toml").write_text(HOUSE.format(**here, **{key: data / name for key, name in names.items()}))
    days = (datetime.datetime.now(datetime.timezone.utc).date() - datetime.date(2026, 10, 31)).days

    def moved(at):
        moment = datetime.datetime.fromisoformat(at.group()) + datetime.timedelta(days=days)
        return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    for name in names.values():
        text = (data / name).read_text()
        (folder / f"moved-{name}").write_text(re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", moved, text))
    (folder / "live.toml").write_text(HOUSE.format(**here, **{key: folder / f"moved-{name}" for key, name in names.items()}))


@contextlib.contextmanager
def listening(kwhen, line, folder):
    """The address of a process that answers over HTTP."""
    words = [str(folder / word) if word.startswith("live.") else word for word in shlex.split(line)]
    log = folder / "live.log"
    with log.open("w") as told, subprocess.Popen([kwhen, *words], stderr=told) as process:
        try:
            for _ in range(200):
                lines = [json.loads(line) for line in log.read_text().splitlines()]
                addresses = [f"http://{line['address']}/" for line in lines if "address" in line]
                if addresses and any(line["event"] == "plan" for line in lines):
                    break
                time.sleep(0.1)
            else:
                sys.exit(f"tests/pages: nobody answers: {log.read_text()}")
            for device, level in ("home_battery", "40%"), ("car", "40%"):
                say(addresses[0], f"{device}/level", level)
            yield addresses[0]
        finally:
            process.terminate()


def say(address, what, value):
    body = json.dumps({"value": value}).encode()
    request = urllib.request.Request(f"{address}v1/devices/{what}", body, {"Content-Type": "application/json"})
    for _ in range(100):
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            # The home is looked at for the first time: it says to ask again soon.
            if error.code != 503:
                raise
            time.sleep(0.2)
    sys.exit(f"tests/pages: {what} is not heard")


def make(kwhen, name, line, folder):
    """The page of a question, as a file."""
    page = folder / f"{name}.html"
    words = shlex.split(line)
    here = [str(folder / word) if (folder / word).exists() or word == "bills.parquet" else word for word in words]
    is_file = words[0] != "serve"
    done = subprocess.run(
        [kwhen, *here, *(["--html", str(page)] if is_file else [])],
        env={**os.environ, "KWHEN_CONFIG": "none"},
        capture_output=True,
        text=True,
    )
    if not is_file and done.returncode == 0:
        page.write_text(done.stdout)
    if done.returncode != 0 or not page.exists():
        sys.exit(f"tests/pages: {name}: {line}\n{done.stderr}")
    return page


def meters(kwhen, folder):
    """Three meters, one of them with an agreement on a tariff that nobody has."""
    homes = folder / "homes"
    subprocess.run([kwhen, "batch", "generate", "--meters", "3", "--out", str(homes)], check=True, capture_output=True)
    (folder / "agreements.parquet").write_bytes((homes / "agreements.parquet").read_bytes())


def walk(page, faults):
    """By the Tab key through all that can be asked, in its order."""
    number = page.evaluate(STOPS)
    for place in range(number):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop["place"] != place:
            faults.append(f"key {place + 1} leads to stop {stop['place'] + 1} of {number}, {stop['name']}")
            return
        if not stop["ring"]:
            faults.append(f"{stop['name']}: the focus is not to be seen")
        if not stop["seen"]:
            faults.append(f"{stop['name']}: is off the screen when it has the focus")
        if not stop["slider"]:
            continue
        before = stop["said"]
        if not before or stop["spoken"] != before:
            faults.append(f"{stop['name']}: no value is shown on focus, or another is spoken: {before!r}, {stop['spoken']!r}")
        page.keyboard.press("End")
        last = page.evaluate(STOP)["said"]
        page.keyboard.press("Home")
        first = page.evaluate(STOP)["said"]
        if first == last and page.evaluate("document.activeElement.max") != "0":
            faults.append(f"{stop['name']}: the arrows change nothing: {first!r}")


def point(page, touch, faults):
    """At the middle of each chart, by a finger or a mouse."""
    for chart in page.locator("figure .area").all():
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        at = (box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
        if touch:
            page.touchscreen.tap(*at)
        else:
            page.mouse.move(*at)
        figure = chart.locator("xpath=ancestor::figure")
        output = figure.locator("output")
        said = output.text_content()
        # The row of the middle, or beside it: a pixel may lie on either side.
        rows = figure.evaluate("part => [...part.querySelectorAll('tbody tr')].map(row => row.cells[0].textContent)")
        middle = rows[max(len(rows) // 2 - 1, 0) : len(rows) // 2 + 2]
        if not any(said.startswith(f"{when}: ") for when in middle):
            faults.append(f"a chart shows {said!r} where it is pointed at {middle}")
        elif (output.bounding_box() or {"y": 9e9})["y"] > box["y"] + box["height"] + 200:
            faults.append("the value is far below its chart")


def printed(page, faults):
    """On paper: nothing is wider than it, and every word is there."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER[0], "height": PAPER[1]})
    found = page.evaluate(PRINTED, list(PAPER))
    faults.extend(found["faults"][:5])
    margin = {side: "15mm" for side in ("top", "bottom", "left", "right")}
    paper = page.pdf(format="A4", margin=margin, print_background=False)
    sheets = pypdf.PdfReader(io.BytesIO(paper)).pages
    # Without spaces, and with letters that a font has joined taken apart.
    plain = lambda text: "".join(unicodedata.normalize("NFKC", text).split())
    text = plain("".join(sheet.extract_text() for sheet in sheets))
    lost = [cell for cell in found["cells"] if plain(cell) not in text]
    if lost:
        faults.append(f"{len(lost)} of {len(found['cells'])} words are not on paper: {lost[:3]}")
    page.emulate_media(media="screen")


def look(axe, page, said):
    """What axe-core finds, light and dark. The rows of a long table are alike: it sees the first of them."""
    page.evaluate("for (const row of document.querySelectorAll('tbody tr:nth-child(n + 9)')) row.remove()")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        # The same page in other colours can have faults of contrast alone.
        rules = {} if scheme == "light" else {"runOnly": ["color-contrast"]}
        for rule in axe.run(page, options={**rules, "resultTypes": ["violations"]}).response["violations"]:
            if rule["impact"] in ("serious", "critical"):
                part = rule["nodes"][0]
                said.append(f"{scheme}: axe: {rule['id']}: {part['html'][:120]} {part.get('failureSummary', '')[:200]}")


def spoken(page, faults):
    """A page that is served is spoken to, weighs little, and asks nobody else."""
    sizes = page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".map(part => [part.name, part.transferSize || part.decodedBodySize])"
    )
    if sum(size for _, size in sizes) > LARGEST:
        faults.append(f"weighs more than {LARGEST} bytes: {sizes}")
    group = page.locator(".say[data-device=car]")
    for text in ("Hold", "Tell Car"):
        if text == "Tell Car":
            group.locator("input").fill("61")
        group.get_by_role("button", name=text).click()
        wanted = "hold" if text == "Hold" else "61 kWh is more than"
        for _ in range(100):
            said = group.locator("output").text_content()
            if wanted in said:
                break
            page.wait_for_timeout(50)
        else:
            faults.append(f"the button {text} gets {said!r}")


def check(browser, name, file, axe, shots):
    faults = []
    served = isinstance(file, str)
    address = file if served else file.as_uri()
    for width, height in (WIDE, PHONE):
        touch = width == PHONE[0]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="light", has_touch=touch, offline=not served
        )
        page = context.new_page()

        def fault(text, width=width):
            faults.append(f"{name} at {width} px: {text}")

        own = (address, f"{address}events") if served else (address,)
        page.on("request", lambda request: request.url.startswith(own[0]) and served or request.url in own or fault(f"asks for {request.url[:80]}"))
        page.on("pageerror", lambda error: fault(f"script: {error}"))
        page.on("console", lambda said: said.type == "error" and fault(f"console: {said.text}"))
        if served:
            # What is new would load the page anew while it is looked at; that it is told stands in the tests of the command.
            page.add_init_script("window.EventSource = class { addEventListener() {} }")
        page.goto(address)
        page.evaluate(SETTLED)
        for scheme in ("dark", "light") if shots else ():
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=shots / f"{name}-{width}-{scheme}.png", full_page=True)
        said = [*page.evaluate(OVERFLOW), *page.evaluate(CHARTS)]
        if touch:
            said.extend(page.evaluate(FIRST))
        walk(page, said)
        if served and not touch:
            refused = len(faults)
            spoken(page, said)
            # A command that is refused is a line of the console too: the browser writes it.
            faults[refused:] = [text for text in faults[refused:] if "status of 422" not in text]
        point(page, touch, said)
        page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        page.evaluate(SETTLED)
        said.extend(f"opened: {text}" for text in page.evaluate(OVERFLOW))
        if not touch:
            page.evaluate("for (const part of document.querySelectorAll('details')) part.open = false")
            printed(page, said)
            page.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
            page.evaluate(SETTLED)
            said.extend(f"at {TABLET[0]} px: {text}" for text in page.evaluate(OVERFLOW))
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        look(axe, page, said)
        for text in said:
            fault(text)
        context.close()
    return faults


def work(kwhen, wanted, folder, shots):
    """Some of the pages, in a browser of their own."""
    faults = []
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        axe = Axe()
        for name, line in wanted.items():
            if name == "live":
                with listening(kwhen, line, folder) as address:
                    found = check(browser, name, address, axe, shots)
            else:
                found = check(browser, name, make(kwhen, name, line, folder), axe, shots)
            print(f"{name}: {'as it should be' if not found else f'{len(found)} faults'}", flush=True)
            faults.extend(found)
        browser.close()
    return faults


def prove(kwhen, folder):
    """Breaks pages, each in one way, and gives the ways that nobody noticed."""
    unseen = []
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        axe = Axe()
        for name, ways in BROKEN.items():
            page = make(kwhen, name, PAGES[name], folder)
            whole = page.read_text()
            for what, instead, said in ways:
                broken, times = re.subn(what, instead, whole, flags=re.MULTILINE)
                page.write_text(broken)
                faults = check(browser, name, page, axe, None)
                if not times or not any(said in fault for fault in faults):
                    unseen.append(f"{name}: with {what!r} broken ({times} times) nobody says {said!r}: {faults}")
        browser.close()
    return unseen


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kwhen")
    parser.add_argument("--shots", type=pathlib.Path, help="a folder for pictures of all pages")
    parser.add_argument("--only", help="one page by its name")
    parser.add_argument("--prove", action="store_true", help="break pages and see that it is noticed")
    arguments = parser.parse_args()
    kwhen = str(pathlib.Path(arguments.kwhen).resolve())
    if arguments.shots:
        arguments.shots.mkdir(parents=True, exist_ok=True)
    wanted = {name: line for name, line in PAGES.items() if arguments.only in (None, name)}
    with tempfile.TemporaryDirectory() as room:
        folder = pathlib.Path(room)
        for name, text in MADE.items():
            (folder / name).write_text(text)
        if arguments.prove:
            unseen = prove(kwhen, folder)
            sys.exit("\n".join(unseen) or 0)
        houses(folder)
        if "batch" in wanted:
            meters(kwhen, folder)
        halves = [dict(list(wanted.items())[half::BROWSERS]) for half in range(BROWSERS)]
        with concurrent.futures.ProcessPoolExecutor(BROWSERS) as browsers:
            done = [browsers.submit(work, kwhen, half, folder, arguments.shots) for half in halves if half]
            faults = [fault for half in done for fault in half.result()]
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        sys.exit(f"{len(faults)} faults on pages")
    print(f"{len(wanted)} pages, each at {WIDE[0]} and {PHONE[0]} px, light and dark, by keys, by finger and on paper")


if __name__ == "__main__":
    main()
