# SPDX-License-Identifier: LGPL-2.1-or-later
"""What long answers cost, who notices that a client has gone, and whose changes are seen when."""
import http.client
import json
import socket
import threading

import pytest

import daemon
import data
from daemon import Broken, query_path, until
from test_metrics import numbers

ROWS = 1_000_000
LINES = f"with recursive c(n) as (select 1 union all select n + 1 from c where n < {ROWS}) select n, 'row ' || n as t from c"
ENDLESS = "with recursive c(n) as (select 1 union all select n + 1 from c) select max(n) from c"
STREAM = ["-s", "max_returned_rows", str(ROWS), "-s", "sql_time_limit_ms", "100000"]


class Kept(http.client.HTTPConnection):
    """One connection that is kept alive, for many requests quickly."""

    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path, self.used = path, False

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def get(self, path, status=200):
        assert self.sock or not self.used, "the connection was not kept alive"
        self.used = True
        self.request("GET", path)
        r = self.getresponse()
        body = r.read()
        assert r.status == status, (path, r.status, body[:300])
        return json.loads(body)


def get(path):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"


def await_only_us(d):
    """A daemon that keeps a connection for good would end late, with an error of its own."""
    try:
        until(lambda: numbers(d)["connections"] == 1, 5)
    except AssertionError:
        d.kill()
        raise


@pytest.fixture
def wal(tmp_path):
    """x.db in WAL mode, with table t(id, v), and a connection that writes to it."""
    c = data.connect(data.small(tmp_path / "x.db"))
    assert c.execute("pragma journal_mode=wal").fetchone() == ("wal",)
    yield c
    c.close()


# Clients that go away

def test_a_query_is_stopped_when_its_client_has_gone(start, databases):
    d = start(databases / "shop.db", "-s", "sql_time_limit_ms", "100000")
    before = numbers(d)["cancellations_total"]
    for n in range(1, 4):
        w = d.wire()
        w.send(get(query_path(ENDLESS)))
        until(lambda: numbers(d)["slow_jobs"] == 1)
        w.close()
        until(lambda: numbers(d)["cancellations_total"] == before + n and numbers(d)["slow_jobs"] == 0)
    assert numbers(d)["connections"] == 1


def test_a_query_that_waits_is_dropped_with_its_client(start, databases):
    """It never runs: the only worker has another one all the time."""
    d = start(databases / "shop.db", "-s", "sql_time_limit_ms", "100000", "-s", "num_sql_threads", "1")
    with d.wire() as busy:
        busy.send(get(query_path(ENDLESS)))
        until(lambda: numbers(d)["slow_jobs"] == 1)
        w = d.wire()
        w.send(get(query_path(ENDLESS)))
        until(lambda: numbers(d)["slow_jobs"] == 2)
        w.close()
    until(lambda: numbers(d)["slow_jobs"] == 0)
    assert d.sql("select 1 as a").json()["rows"] == [{"a": 1}]


def test_a_stream_is_stopped_when_its_client_has_gone(start, wal, tmp_path):
    d = start(tmp_path / "x.db", *STREAM)
    for _ in range(3):
        w = d.wire()
        w.send(get(query_path(LINES, "x", _shape="array", _nl="on")))
        w.sock.recv(1000)
        assert numbers(d)["streams"] == 1
        w.close()
        until(lambda: numbers(d)["streams"] == 0 and numbers(d)["slow_jobs"] == 0)
    wal.execute("insert into t(v) values ('free')")
    await_only_us(d)


def test_a_connection_whose_answer_broke_off_is_let_go(start, wal, tmp_path):
    """libmicrohttpd closes it and waits for an event that does not come: the descriptor was kept for good."""
    d = start(tmp_path / "x.db", *STREAM)
    numbers(d)
    for _ in range(5):
        with d.wire() as w, pytest.raises(Broken):
            w.request(query_path(LINES.replace("select n,", "select abs(-9223372036854775807 - (n / 5000)),"), "x"))
    await_only_us(d)


# A million rows

@pytest.mark.limit(180)
@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_million_rows(start, tmp_path, mode):
    """In rollback mode they are kept in a file first."""
    c = data.connect(data.small(tmp_path / "x.db"))
    c.execute(f"pragma journal_mode={mode}")
    c.close()
    d = start(tmp_path / "x.db", *STREAM)
    n = 0
    with d.client.stream("GET", query_path(LINES, "x", _shape="array", _nl="on")) as r:
        assert r.status_code == 200
        for n, line in enumerate(lines(r.iter_bytes()), 1):
            assert line == b'{"n": %d, "t": "row %d"}' % (n, n)
    assert n == ROWS
    until(lambda: numbers(d)["streams"] == 0)
    assert numbers(d)["streams_broken_total"] == 0


def lines(pieces):
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:
        yield rest


def anonymous(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("RssAnon")) * 1024


def has_address_sanitizer():
    """Freed memory stays in its quarantine, so that RssAnon says nothing."""
    with open(daemon.DBD, "rb") as f:
        return b"__asan_init" in f.read()


@pytest.mark.not_tsan("measures memory")
@pytest.mark.limit(120)
def test_a_slow_reader_costs_nothing(start, wal, tmp_path, databases):
    """A client takes a million rows by the byte; others are answered, and memory does not grow."""
    d = start(tmp_path / "x.db", databases / "shop.db", *STREAM)
    k = Kept(d.socket)
    for n in range(1, 201):
        k.get(f"/shop/orders/{n}.json")
        k.get(f"/x/t/{n % 3 + 1}.json")
    memory, sqlite = anonymous(d.pid), numbers(d)["sqlite_bytes"]
    got, stop = bytearray(), threading.Event()
    with d.wire() as w:
        w.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        w.send(get(query_path(LINES, "x", _shape="array", _nl="on")))

        def read():
            while not stop.is_set():
                got.extend(w.sock.recv(1))
        reader = threading.Thread(target=read)
        reader.start()
        until(lambda: len(got) > 2000)
        for n in range(1, 201):
            assert k.get(f"/shop/orders/{n}.json")["rows"][0]["note"] == f"order {n:04}"
        assert numbers(d)["streams"] == 1
        if not has_address_sanitizer():
            assert anonymous(d.pid) - memory < 4 * 1024 * 1024
        assert numbers(d)["sqlite_bytes"] - sqlite < 4 * 1024 * 1024
        stop.set()
        reader.join()
    assert bytes(got).split(b"\r\n\r\n")[1].split(b"\r\n", 1)[1].startswith(b'{"n": 1, "t": "row 1"}\n{"n": 2, ')
    until(lambda: numbers(d)["streams"] == 0)
    k.close()


# What others change

@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_ddl_is_seen_by_the_next_request(start, tmp_path, mode):
    path = data.small(tmp_path / "x.db")
    c = data.connect(path)
    c.execute(f"pragma journal_mode={mode}")
    d = start(path)
    k = Kept(d.socket)

    def columns(table="t"):
        """Asked twice, that the second answer comes from the loop."""
        first = [list(r) for r in k.get(f"/x/{table}.json")["rows"][:1]]
        before = numbers(d)["inline_total"]
        assert [list(r) for r in k.get(f"/x/{table}.json")["rows"][:1]] == first
        assert numbers(d)["inline_total"] > before
        return first[0]
    assert columns() == ["id", "v"]
    for n in range(20):
        c.execute(f"alter table t add column c{n}")
        assert columns() == ["id", "v"] + [f"c{i}" for i in range(n + 1)]
        assert list(k.get("/x/t/1.json")["rows"][0]) == columns()
        assert k.get(f"/x/-/query.json?sql=select+c{n}+from+t+limit+1")["rows"] == [{f"c{n}": None}]
    for n in range(20):
        c.execute("alter table t rename to u")
        assert k.get("/x/t.json", 404)["error"] == "Table not found"
        assert k.get("/x/t/1.json", 404)["error"] == "Table not found"
        assert len(columns("u")) == 22
        c.execute("alter table u rename to t")
        assert k.get("/x/u/1.json", 404)["error"] == "Table not found"
        assert len(columns()) == 22
    for n in range(20):
        c.execute("drop table t")
        assert k.get("/x/t/1.json", 404)["error"] == "Table not found"
        c.executescript(f"begin; create table t (id integer primary key, w{n}); insert into t values (1, {n}); commit")
        assert k.get("/x/t/1.json")["rows"] == [{"id": 1, f"w{n}": n}]
        assert columns() == ["id", f"w{n}"]
        c.execute(f"alter table t rename column w{n} to z")
        assert k.get("/x/t/1.json")["rows"] == [{"id": 1, "z": n}]
    k.close()
    c.close()


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_commit_is_seen_by_the_next_request(start, tmp_path, mode):
    """Reads of one turn share a transaction; a request that is sent after a commit sees it all the same, while others
    keep the loop and its transaction busy."""
    path = data.small(tmp_path / "x.db")
    c = data.connect(path)
    c.execute("pragma busy_timeout=20000")
    c.execute(f"pragma journal_mode={mode}")
    c.execute("pragma synchronous=off")
    d = start(path)
    d.json("/x/t/1.json")
    stop, errors = threading.Event(), []

    def disturb():
        other = Kept(d.socket)
        try:
            while not stop.is_set():
                other.get("/x/t/2.json")
        except Exception as e:
            errors.append(e)
        other.close()
    others = [threading.Thread(target=disturb) for _ in range(3)]
    for t in others:
        t.start()
    k = Kept(d.socket)
    try:
        for n in range(500):
            c.execute("update t set v = ? where id = 1", (str(n),))
            assert k.get("/x/t/1.json")["rows"] == [{"id": 1, "v": str(n)}]
    finally:
        stop.set()
        for t in others:
            t.join()
    assert not errors, errors[:1]
    k.close()
    c.close()
