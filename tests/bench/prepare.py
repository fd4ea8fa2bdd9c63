# SPDX-License-Identifier: LGPL-2.1-or-later
"""The databases, the yardsticks and dbd itself: made once, in the build directory."""
import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
FIXTURES = "fixtures-1"  # another number when what is in them changes
SIZES = (10_000, 1_000_000, 100_000)  # those that are compared stand together, as in time


def make_rows(db, n):
    r = random.Random(n)
    db.execute(f"create table rows_{n}(id integer primary key, category integer, score integer, name text, note text)")
    db.executemany(f"insert into rows_{n} values(?, ?, ?, ?, ?)",
                   ((i, r.randrange(50), r.randrange(1_000_000), f"name of {i}", f"a note of some length, {r.random()}")
                    for i in range(1, n + 1)))
    db.execute(f"create index rows_{n}_category on rows_{n}(category, score)")


def make_wide(db):
    r = random.Random(8)
    db.execute("create table wide(id integer primary key, amount integer, stock integer, price real, ratio real,"
               " name text, note text, created text)")
    db.executemany("insert into wide values(?, ?, ?, ?, ?, ?, ?, ?)",
                   ((i, r.randrange(1000), r.randrange(10**9), r.randrange(10**6) / 100, r.random(), f"article {i}",
                     f'said "{r.random()}" and went on' if i % 10 == 0 else f"plain text {r.random()} of a note",
                     f"2024-{i % 12 + 1:02}-{i % 28 + 1:02}T12:{i % 60:02}:00") for i in range(1, 100_001)))


def make_fixtures(build):
    folder = os.path.join(build, FIXTURES)
    if os.path.isdir(folder):
        return
    half = folder + ".new"
    shutil.rmtree(half, ignore_errors=True)
    os.makedirs(half)
    with contextlib.closing(sqlite3.connect(os.path.join(half, "bench.db"))) as db:
        for n in SIZES:
            make_rows(db, n)
        make_wide(db)
        db.commit()
        db.execute("pragma journal_mode = wal")
    with contextlib.closing(sqlite3.connect(os.path.join(half, "cold.db"))) as db:
        db.execute("create table t(id integer primary key, name text, price real)")
        db.executemany("insert into t values(?, ?, ?)", ((i, f"name of {i}", i / 4) for i in range(1, 1001)))
        db.commit()
        db.execute("pragma journal_mode = wal")
    os.rename(half, folder)


def is_newer(path, *sources):
    return os.path.exists(path) and all(os.stat(path).st_mtime > os.stat(s).st_mtime for s in sources)


def build_yardsticks(build):
    for name, libraries in (("load", []), ("floor_http", ["libmicrohttpd"]), ("floor_sql", ["sqlite3"])):
        program, source = os.path.join(build, name), os.path.join(HERE, name + ".c")
        if is_newer(program, source):
            continue
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", *libraries], check=True, capture_output=True,
                               text=True).stdout.split() if libraries else []
        cc = os.environ.get("CC", "cc")
        subprocess.run([cc, "-std=gnu11", "-O2", "-Wall", "-o", program, source, *flags], check=True)


def build_dbd(build):
    """Elsewhere and from a copy, for a tree that was configured for something else can be built only there."""
    program, log = os.path.join(build, "dbd", "src", "dbd"), os.path.join(build, "dbd.log")
    tree = [os.path.join(TOP, "configure.ac"), os.path.join(TOP, "Makefile.am")]
    tree += [os.path.join(folder, f) for folder, _, names in os.walk(os.path.join(TOP, "src"))
             for f in names if f.endswith((".c", ".h", ".mk"))]
    if is_newer(program, *tree):
        return program
    print("building dbd", file=sys.stderr)
    script = """rm -rf "$1/source" && "$0/packaging/copy-tree" "$1/source" && cd "$1/source" && autoreconf -fi &&
        mkdir -p "$1/dbd" && cd "$1/dbd" && ../source/configure CFLAGS='-O2 -g' && make -j "$(nproc)" &&
        touch src/dbd"""
    with open(log, "w") as f:
        if subprocess.run(["sh", "-c", script, TOP, build], stdout=f, stderr=f).returncode:
            sys.exit(f"tests/bench/run: dbd cannot be built, see {log}")
    return program
