# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keys of every kind: paging shows each row once, and each row is found under the key that paging gives it."""
import sqlite3
import urllib.parse

import pytest

KEYS = {
    "untyped": ("k primary key", [1, 2, 10, -5, 2.5, 1e20, "1", "10", "a", "b,c", "", "2.5", b"1", b"\x00\xff", b""]),
    "blob": ("k blob primary key", [b"", b"\x00", b"a", b"a,b", b"\xff\xfe"]),
    "text": ("k text primary key", ["", "$t:1", "$x:41", "$nul", "1", "10", "2", "a,b", "a~b", "ñ", "x" * 1000]),
    "integer": ("k integer primary key", [-2**63, -1, 0, 1, 2**63 - 1]),
    "real": ("k real primary key", [-1e308, -0.5, 0.0, 1.5, 1e16, 1e-7]),
    "numeric": ("k numeric primary key", [1, 1.5, "x", b"y", 10**15]),
}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "keys.db"
    c = sqlite3.connect(path)
    for name, (column, values) in KEYS.items():
        c.execute(f"create table {name} ({column}, n integer)")
        c.executemany(f"insert into {name} values (?, ?)", [(v, i) for i, v in enumerate(values)])
        c.execute(f"create table {name}_pair (a text, {column.replace(' primary key', '')}, n integer, primary key (a, k))")
        c.executemany(f"insert into {name}_pair values (?, ?, ?)", [(a, v, i) for a in "xy" for i, v in enumerate(values)])
    c.execute("create table shadowed (rowid text, v integer)")
    c.executemany("insert into shadowed values (?, ?)", [("same", i) for i in range(7)])
    c.execute("create table nulls (k text primary key, v integer)")
    c.executemany("insert into nulls values (?, ?)", [(None, 1), (None, 2), ("a", 3)])
    c.commit()
    c.close()
    return path


@pytest.mark.parametrize("table", [t + s for t in KEYS for s in ("", "_pair")])
def test_each_row_once_and_under_its_key(start, keys, table):
    d = start(keys)
    seen, token = [], ""
    for _ in range(100):
        page = d.json(f"/keys/{table}.json?_size=1&_next={urllib.parse.quote(token, safe='')}")
        seen += [r["n"] for r in page["rows"]]
        if not page["next"]:
            break
        token = page["next"]
        assert d.json(f"/keys/{table}/{urllib.parse.quote(token, safe='~+,$:')}.json")["rows"] == page["rows"]
    assert sorted(seen) == sorted(list(range(len(KEYS[table.split('_')[0]][1]))) * (2 if table.endswith("_pair") else 1))


def test_a_column_called_rowid_is_not_the_rowid(start, keys):
    d = start(keys)
    seen, path = [], "/keys/shadowed.json?_size=2"
    while path:
        page = d.json(path)
        seen += [r["v"] for r in page["rows"]]
        path = page["next_url"] and page["next_url"].removeprefix("http://localhost")
    assert seen == list(range(7))


def test_a_null_in_a_key_is_told(start, keys):
    d = start(keys)
    page = d.json("/keys/nulls.json?_size=1")
    d.error(page["next_url"].removeprefix("http://localhost"), 400)
