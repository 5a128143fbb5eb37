"""Draws the pictures of docs/pictures from pages of the bundled sample. By hand, when a page looks different:

    tests/pages/run.sh --pictures

Each is a part of a page as it is on a screen, light, at 760 px; the same command gives the same page.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import check
from playwright.sync_api import sync_playwright

# Page of check.py, which of its parts, and how wide the screen is.
PICTURES = {
    "cheapest": ("figure", 0, 760),
    "charge-night": ("figure", 0, 760),
    "battery": ("figure", 0, 760),
    "bill-days": ("figure", 0, 760),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kwhen")
    parser.add_argument("out", type=pathlib.Path)
    asked = parser.parse_args()
    kwhen = str(pathlib.Path(asked.kwhen).resolve())
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as room, sync_playwright() as playwright:
        folder = pathlib.Path(room)
        check.houses(folder)
        browser = playwright.chromium.launch(executable_path=check.CHROMIUM, args=check.ARGUMENTS)
        for name, (part, number, width) in PICTURES.items():
            file = check.make(kwhen, name, check.PAGES[name], folder)
            page = browser.new_page(viewport={"width": width, "height": 740}, device_scale_factor=1.5, color_scheme="light")
            page.goto(file.as_uri())
            page.add_style_tag(content="figure details, figure .read { display: none } figure { padding: 8px }")
            picture = asked.out / f"{name}.png"
            page.locator(part).nth(number).screenshot(path=picture)
            page.close()
        browser.close()
    print(f"{len(PICTURES)} pictures in {asked.out}")


if __name__ == "__main__":
    main()
