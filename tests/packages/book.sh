#!/usr/bin/env bash
# Makes the book and follows every link of its pages, within the book and into the repository. Needs mdbook (cargo install --locked mdbook).
set -euo pipefail
cd "$(dirname "$0")/../.."
mdbook build
python3 - <<'PYTHON'
import html.parser
import pathlib
import sys
import urllib.parse


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.names = [], set()

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.links.append(value)
            if name == "id":
                self.names.add(value)


book = pathlib.Path("book").resolve()
pages = {}
for path in book.rglob("*.html"):
    pages[path] = Page()
    pages[path].feed(path.read_text())
faults, seen = [], 0
# The page of all pages and the one of what is not found repeat links of others from another place.
for path, page in pages.items():
    for link in page.links if path.name not in ("print.html", "404.html", "toc.html") else ():
        place = urllib.parse.urlsplit(link)
        if place.scheme:
            continue
        seen += 1
        target = (path.parent / urllib.parse.unquote(place.path)).resolve() if place.path else path
        if not target.exists():
            faults.append(f"{path.relative_to(book)}: {link} leads nowhere")
        elif place.fragment and target in pages and urllib.parse.unquote(place.fragment) not in pages[target].names:
            faults.append(f"{path.relative_to(book)}: {link}: no such heading")
if faults or seen < 500:
    sys.exit("\n".join([*faults, f"{seen} links"]))
print(f"{len(pages)} pages of the book, {seen} links followed")
PYTHON
