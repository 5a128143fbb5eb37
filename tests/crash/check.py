"""Commands that write are killed, or their disk fails, at operations chosen by a seed. Whatever was there before must be there still, or
what was asked for must be there whole; and the same command, run again, must end as if nothing had happened.

usage: check.py KWHEN FAULT_SO FAKE_API [--faults N] [--seed S] [--only JOB]
"""

import argparse
import errno
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

ERRORS = {"no space": errno.ENOSPC, "broken": errno.EIO, "quota": errno.EDQUOT}


class Wrong(Exception):
    """What must not be."""


def run(command, folder, environment=None):
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=300)


def tables(path):
    """What a store holds, but for the moments at which it was fetched; none if there is no store yet."""
    if not path.exists():
        return None
    with tempfile.TemporaryDirectory() as folder:
        for beside in path.parent.glob(path.name + "*"):
            if not beside.name.endswith("-shm"):
                shutil.copy(beside, folder)
        with sqlite3.connect(Path(folder) / path.name) as base:
            names = {row[0] for row in base.execute("select name from sqlite_master where type = 'table'")}
            if "row" not in names:
                return {"rows": set(), "coverage": set(), "documents": set()}
            series = dict(base.execute("select id, key from series"))
            rows = {(series[row[0]], *row[1:]) for row in base.execute("select series, method, start, stop, exc, inc from row")}
            coverage = {(series[row[0]], *row[1:]) for row in base.execute("select series, start, stop from coverage")}
            kept = {row for row in base.execute("select kind, name, json from document") if row[0] in ("account", "product")}
        base.close()
        return {"rows": rows, "coverage": coverage, "documents": kept}


class Job:
    """A command that writes: `before` is made by commands that nothing disturbs; `again` is what is run after a fault."""

    def __init__(self, name, command, outputs=(), before=(), again=None, store=False):
        self.name, self.command, self.outputs = name, command, outputs
        self.before, self.again, self.store = before, again or command, store

    def state(self, folder):
        if self.store:
            return tables(folder / "kwhen.db")
        return {name: (folder / name).read_bytes() if (folder / name).exists() else None for name in self.outputs}

    def valid(self, state, old, new):
        """After a fault, before anything else is run."""
        if not self.store:
            for name in self.outputs:
                if state[name] not in (old[name], new[name]):
                    raise Wrong(f"{name} is neither what it was nor what it was to be ({len(state[name] or b'')} bytes)")
            return
        if state is None:
            return
        for row in state["rows"] - new["rows"]:
            raise Wrong(f"a row that nobody sent: {row}")
        if old is not None and old["rows"] - state["rows"]:
            raise Wrong(f"{len(old['rows'] - state['rows'])} rows that were there are gone")
        for key, start, stop in state["coverage"]:
            for row in new["rows"] - state["rows"]:
                if row[0] == key and start <= row[2] < stop:
                    raise Wrong(f"{row} is said to have been fetched and is not there")


def jobs(kwhen, url):
    fetch = [kwhen, "fetch"]
    place = ["--instance", url, "--allow-http", "--store", "kwhen.db"]
    march, days = ["--from", "2024-03-01", "--to", "2024-04-01"], ["--from", "2024-03-01", "--to", "2024-03-09"]
    account = [*fetch, "account", "A-12AB34CD", *place]
    data = Path(__file__).parents[2] / "data"
    bill = [kwhen, "bill", "--tariff", str(data / "tariffs/go.toml"), "--consumption", str(data / "consumption.csv")]
    made = [kwhen, "batch", "generate", "--out", "in", "--meters", "40", "--seed", "3"]
    batch = [
        *[kwhen, "batch", "--consumption", "in/consumption.parquet", "--rates", "in/rates.parquet"],
        *["--agreements", "in/agreements.parquet", "--from", "2025-01-01", "--to", "2025-07-01"],
        *["--out", "bills.parquet", "--report", "left.csv"],
    ]
    return [
        Job("an account in a new store", account, store=True),
        Job("readings in a store", [*fetch, "consumption", *march, *place], before=[account], store=True),
        Job(
            "more readings in a store",
            [*fetch, "consumption", *march, *place],
            before=[account, [*fetch, "consumption", *days, *place]],
            store=True,
        ),
        Job("rates in a store", [*fetch, "rates", *march, *place], before=[account], store=True),
        Job("everything in a store", [*fetch, "everything", "A-12AB34CD", *march, *place], store=True),
        Job("a page in the place of another", [*bill, "--during", "2026-03", "--html", "bill.html"],
            ["bill.html"], before=[[*bill, "--during", "2026-02", "--html", "bill.html"]]),
        Job("rows as CSV", [kwhen, "convert", str(data / "consumption.csv"), "out.csv"], ["out.csv"]),
        Job("rows as Parquet", [kwhen, "convert", str(data / "consumption.csv"), "out.parquet"], ["out.parquet"]),
        Job("a batch", batch, ["bills.parquet", "left.csv"], before=[made]),
        Job("a batch that is gone on with", batch, ["bills.parquet", "left.csv"], before=[made], again=[*batch, "--resume"]),
        Job("a denser layout", [*made[:2], "convert", "--consumption", "in/consumption.parquet", "--out", "dense.parquet", "--to", "dense"],
            ["dense.parquet"], before=[made]),
        Job("made-up meters", [*made[:3], "--out", ".", *made[5:]], ["consumption.parquet", "rates.parquet", "agreements.parquet"]),
        Job("a file of defaults", [kwhen, "init", "kwhen.toml", "--account", "A-12AB34CD", "--from", "2024-03-01", *place],
            ["kwhen.toml"], again=["sh", "-c", 'test -e kwhen.toml || exec "$@"', "-", kwhen, "init", "kwhen.toml",
                                   "--account", "A-12AB34CD", "--from", "2024-03-01", *place]),
    ]


class Trial:
    def __init__(self, job, arguments, base):
        self.job, self.arguments, self.base = job, arguments, base
        self.clean = {name: value for name, value in os.environ.items() if not name.startswith("FAULT_")}
        self.clean |= {"KWHEN_CONFIG": "none", "KWHEN_API_KEY": "sk_test_fake", "KWHEN_NOW": "2026-04-01T12:00:00Z"}

    def whole(self, command, folder):
        ended = run(command, folder, self.clean)
        if ended.returncode != 0:
            raise Wrong(f"{' '.join(command)}: {ended.stderr.decode()}")

    def start(self):
        """The folder before, what is in it, and how many operations the command needs."""
        self.before = self.base / "before"
        self.before.mkdir()
        for command in self.job.before:
            self.whole(command, self.before)
        self.old = self.job.state(self.before)
        folder = self.copy()
        count, log = self.base / "count", self.base / "log"
        ended = run(self.job.command, folder, self.clean | self.fault(folder, count, log))
        if ended.returncode != 0:
            raise Wrong(f"without a fault: {ended.stderr.decode()}")
        if log.exists() and log.read_text():
            raise Wrong(f"given its name before it was on the disk: {log.read_text().split()}")
        self.new = self.job.state(folder)
        if self.new == self.old:
            raise Wrong("the command changes nothing, so nothing is tried")
        return int.from_bytes(count.read_bytes(), "little")

    def copy(self):
        """Always of one name: what is written may say where it lies."""
        folder = self.base / "tried"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.before, folder)
        return folder

    def fault(self, folder, count, log, **more):
        fault = {"LD_PRELOAD": self.arguments.fault, "FAULT_UNDER": str(folder), "FAULT_COUNT": str(count), "FAULT_LOG": str(log)}
        return fault | more

    def disturb(self, at, kind, error):
        folder, count, log = self.copy(), self.base / "count", self.base / "log"
        count.unlink(missing_ok=True)
        environment = self.fault(folder, count, log, FAULT_AT=str(at), FAULT_KIND=kind, FAULT_ERRNO=str(ERRORS.get(error, 0)))
        ended = run(self.job.command, folder, self.clean | environment)
        told = ended.stderr.decode(errors="replace")
        state = self.job.state(folder)
        reached = int.from_bytes(count.read_bytes(), "little") >= at
        if "panicked" in told:
            raise Wrong(f"a panic: {told}")
        if kind == "kill" and reached and ended.returncode != -signal.SIGKILL:
            raise Wrong(f"killed, and ended with {ended.returncode}")
        if kind != "kill" and ended.returncode not in (0, 1):
            raise Wrong(f"ended with {ended.returncode}: {told}")
        if ended.returncode == 1 and "error" not in told:
            raise Wrong(f"failed and said nothing of it: {told!r}")
        if ended.returncode == 0 and state != self.new:
            raise Wrong("said that all went well, and not all is there")
        self.job.valid(state, self.old, self.new)
        if self.job.store and (folder / "kwhen.db").exists():
            looked = run([self.arguments.kwhen, "store", "check", "--store", "kwhen.db"], folder, self.clean)
            if looked.returncode != 0:
                raise Wrong(f"the store is damaged: {looked.stdout.decode()}{looked.stderr.decode()}")
        self.whole(self.job.again, folder)
        if self.job.state(folder) != self.new:
            raise Wrong("run again, it does not end as if nothing had happened")
        return reached, ended.returncode

    def together(self):
        """Two processes at once: each does its work, or waits for the other."""
        folder = self.copy()
        both = [subprocess.Popen(self.job.command, cwd=folder, env=self.clean, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(2)]
        for process in both:
            told = process.communicate(timeout=300)[1].decode()
            if process.returncode != 0:
                raise Wrong(f"two at once: {told}")
        if self.job.state(folder) != self.new:
            raise Wrong("two at once do not end as one does")


def tried(job, arguments, faults, chance):
    """How many faults hit, how many the command told of."""
    hit = told = over = 0
    with tempfile.TemporaryDirectory(prefix="kwhen-crash-") as base:
        trial = Trial(job, arguments, Path(base))
        operations = trial.start()
        if job.store:
            trial.together()
        for _ in range(faults):
            at = chance.randint(1, operations)
            kind, error = chance.choice([("kill", ""), ("kill", ""), ("once", "broken"), ("once", "no space"), ("lasting", "no space"), ("lasting", "quota")])
            try:
                reached, code = trial.disturb(at, kind, error)
            except Wrong as wrong:
                raise Wrong(f"{job.name}: {kind} {error} at operation {at} of {operations}: {wrong}") from wrong
            hit += reached
            told += code == 1
            over += code == 0
    print(f"{job.name}: {operations} operations, {hit} faults hit; {told} were told of, {over} got over")
    return hit


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kwhen")
    parser.add_argument("fault")
    parser.add_argument("fake")
    parser.add_argument("--faults", type=int, default=40, help="for each job")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    server = subprocess.Popen([arguments.fake, "serve"], stdout=subprocess.PIPE, text=True)
    wrong = hit = 0
    try:
        url = server.stdout.readline().strip()
        for job in jobs(arguments.kwhen, url):
            if arguments.only not in job.name:
                continue
            try:
                hit += tried(job, arguments, arguments.faults, random.Random(f"{arguments.seed} {job.name}"))
            except Wrong as error:
                wrong += 1
                print(f"WRONG (seed {arguments.seed}): {job.name}: {error}", file=sys.stderr)
    finally:
        server.kill()
    print(f"{hit} faults hit, {wrong} jobs wrong")
    return 1 if wrong or not hit else 0


if __name__ == "__main__":
    sys.exit(main())
