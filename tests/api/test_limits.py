# SPDX-License-Identifier: LGPL-2.1-or-later
"""What one caller, or one file, may cost: each of these once ended the daemon, or starved everybody else."""
import os
import sqlite3
import time

import pytest

import data
from daemon import query_path


def test_deep_with_tables_do_not_overflow_the_stack(shop):
    for step in ("select a from c{0}", "select a from c{0} union select 1"):
        sql = "with c0 as (select 1 a), " + ", ".join(f"c{i + 1} as ({step.format(i)})" for i in range(1500)) + " select a from c1500"
        assert shop.post(sql).status_code in (200, 400)
        shop.alive()


@pytest.mark.not_tsan("takes most of a minute, in SQLite and on one thread")
def test_a_chain_of_views_does_not_overflow_the_stack(start, tmp_path):
    c = sqlite3.connect(tmp_path / "views.db")
    c.execute("create view v0 as select 1 as a")
    for i in range(2500):
        c.execute(f"create view v{i + 1} as select a from v{i}")
    c.close()
    d = start(tmp_path / "views.db")
    d.get("/views/v2500.json")
    d.alive()


@pytest.mark.not_tsan("measures memory")
def test_many_small_objects_are_refused(shop):
    body = b'{"sql": "select 1", "params": [' + b",".join([b"{}"] * 600000) + b"]}"
    assert shop.client.post("/shop/-/query.json", content=body).status_code == 400
    with open(f"/proc/{shop.pid}/status") as f:
        peak = next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))
    assert peak < 400_000  # KiB, with the sanitizers' own


@pytest.mark.parametrize("make", [
    lambda p: os.mkfifo(p, 0o444), lambda p: os.symlink("/nonexistent", p), lambda p: os.symlink("/dev/zero", p), os.mkdir,
    lambda p: os.symlink(p, p)])
def test_what_is_no_file_in_the_state_directory(start, tmp_path, make):
    folder = tmp_path / "state"
    folder.mkdir()
    data.small(folder / "good.db")
    make(folder / "bad.db")
    d = start("--state-directory", folder)
    assert d.get("/bad.json").status_code in (404, 503)
    assert d.get("/good.json").status_code == 200


def test_views_and_generated_columns_do_not_hold_up_the_loop(start, tmp_path):
    """They run code of the file's, so they are read on the slow lane; a plain table is read on the loop."""
    c = sqlite3.connect(tmp_path / "x.db")
    c.execute("create table plain (id integer primary key)")
    c.execute("create table made (id integer primary key, twice as (id * 2))")
    c.execute("create view v as select id from plain")
    c.execute("create virtual table f using fts5(t)")
    c.close()
    d = start(tmp_path / "x.db")

    def slow(path):
        before = d.get("/-/metrics").text
        assert d.get(path).status_code == 200
        after = d.get("/-/metrics").text
        number = lambda text: int(text.split("\ndbd_slow_total ")[1].split("\n")[0])
        return number(after) - number(before)
    for path in ("/x/plain.json", "/x/made.json", "/x/v.json", "/x/f.json"):
        d.get(path)
    assert [slow(p) for p in ("/x/plain.json", "/x/made.json", "/x/v.json", "/x/f.json")] == [0, 1, 1, 1]


def test_many_databases(start, tmp_path):
    """Two hundred files are served with less memory than their page caches together would take."""
    folder = tmp_path / "state"
    folder.mkdir()
    first = folder / "d0.db"
    c = sqlite3.connect(first)
    c.execute("create table t (id integer primary key, x)")
    c.executemany("insert into t (x) values (?)", [("y" * 1000,)] * 1000)
    c.commit()
    c.close()
    for i in range(1, 200):
        (folder / f"d{i}.db").write_bytes(first.read_bytes())
    d = start("--state-directory", folder, "-s", "max_heap_mb", "32")
    for _ in range(2):
        for i in range(200):
            r = d.sql("select sum(length(x)) as n from t", f"d{i}")
            assert r.status_code == 200 and r.json()["rows"] == [{"n": 1000000}], r.text
    assert len(os.listdir(f"/proc/{d.pid}/fd")) < 1000


def test_a_stream_has_an_end(start, databases):
    """A client that reads too slowly, but reads, is cut off when stream_max_age has passed."""
    d = start(databases / "shop.db", "-s", "stream_max_age", "1", "-s", "max_returned_rows", "100000", "-s", "sql_time_limit_ms", "60000")
    sql = "with recursive c(n) as (select 1 union all select n + 1 from c where n < 50000) select printf('%.1000c', 'x') as x from c"
    with d.wire() as w:
        w.sock.setsockopt(1, 8, 4096)
        w.send(f"GET {query_path(sql)} HTTP/1.1\r\nHost: x\r\n\r\n")
        got = 0
        while piece := w.sock.recv(2048):
            got += len(piece)
            time.sleep(0.005)
        assert got < 50_000_000
    d.alive()


def test_an_immutable_file_beside_a_live_wal_is_refused(start, tmp_path):
    path = tmp_path / "w.db"
    c = sqlite3.connect(path)
    c.execute("pragma journal_mode = wal")
    c.execute("create table t (id integer primary key)")
    c.commit()
    d = start("-i", path)
    assert "immutable" in d.error("/w/t.json", 503)["error"]
    c.close()


def test_a_file_put_over_one_with_a_wal_is_refused_until_the_wal_is_gone(start, tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    c = sqlite3.connect(folder / "w.db")
    c.execute("pragma journal_mode = wal")
    c.execute("create table t (id integer primary key)")
    c.execute("insert into t values (1)")
    c.commit()
    d = start("--state-directory", folder)
    assert d.json("/w/t.json")["rows"] == [{"id": 1}]
    other = sqlite3.connect(tmp_path / "new.db")
    other.execute("create table t (id integer primary key)")
    other.execute("insert into t values (2)")
    other.commit()
    other.close()
    (tmp_path / "new.db").rename(folder / "w.db")
    assert "-wal" in d.error("/w/t.json", 503)["error"]
    c.close()
    (folder / "w.db-wal").unlink(missing_ok=True)
    assert d.json("/w/t.json")["rows"] == [{"id": 2}]
