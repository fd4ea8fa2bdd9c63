# SPDX-License-Identifier: LGPL-2.1-or-later
"""HTTP itself: methods, limits, deadlines, connections, and answers that break."""
import json
import select
import threading
import time

import httpx
import pytest

import data
from daemon import Broken, Daemon, check_error, query_path

# Row 900 overflows, some 360 KB after the first byte.
BREAKS = ("with recursive c(n) as (select 1 union all select n+1 from c where n < 950) "
          "select n, hex(zeroblob(200)) as z, case when n = 900 then abs(-9223372036854775807 - 1) else n end as x from c")
BREAKS_EARLY = BREAKS.replace("= 900", "= 3")
SLOW = "with recursive c(n) as (select 1 union all select n+1 from c where n < {}) select max(n) as n from c"


@pytest.fixture(scope="module", params=["delete", "wal"])
def big(request, tmp_path_factory):
    """big.db, in either journal mode: table big of 1000 rows of 10 KB, table many of 100,000 short rows."""
    path = tmp_path_factory.mktemp("big") / "big.db"
    c = data.connect(path)
    c.execute(f"pragma journal_mode={request.param}")
    c.executescript("begin; create table big (id integer primary key, t text); create table many (id integer primary key, t text)")
    c.executemany("insert into big(t) values (?)", [(f"{i:05}" * 2000,) for i in range(1000)])
    c.executemany("insert into many(t) values (?)", [(f"row {i}",) for i in range(100_000)])
    c.execute("commit")
    c.close()
    return path


@pytest.fixture(scope="module")
def streaming(tmp_path_factory):
    """A dbd with a database in WAL mode, whose answers stream. In rollback mode an open read would keep writers
    out, so there an answer is made whole first, and an error in it comes instead of it."""
    folder = tmp_path_factory.mktemp("streaming")
    path = data.shop(folder / "shop.db")
    c = data.connect(path)
    assert c.execute("pragma journal_mode=wal").fetchone() == ("wal",)
    d = Daemon(folder / "dbd.sock", path)
    yield d
    d.end()
    c.close()


def request(path, method="GET", *headers):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""])


# Methods

@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "BREW", "TRACE", "get"])
@pytest.mark.parametrize("path", ["/.json", "/-/versions.json", "/-/healthz.json", "/shop.json", "/shop/customers.json",
                                  "/shop/customers/1.json", "/shop/-/query.json?sql=select+1"])
def test_method_not_allowed(shop, method, path):
    r = shop.client.request(method, path)
    if method == "get":  # a client library may spell it right; then it is a GET
        assert r.status_code in (200, 405)
        return
    check_error(r, 405)
    allow = {m.strip() for m in r.headers["allow"].split(",")}
    assert {"GET", "HEAD"} <= allow and method not in allow
    assert ("POST" in allow) == ("query" in path)


@pytest.mark.parametrize("path", ["/.json", "/-/versions.json", "/shop.json", "/shop/customers.json", "/shop/customers/1.json"])
def test_post_where_nothing_is_posted(shop, path):
    r = shop.client.post(path, json={})
    assert r.status_code == 405 and "GET" in r.headers["allow"] and "POST" not in r.headers["allow"]


@pytest.mark.parametrize("path, status", [
    ("/.json", 200), ("/shop.json", 200), ("/shop/customers.json?_size=1", 200), ("/shop/customers/1.json", 200), ("/nope.json", 404),
    ("/shop/orders.json?_size=max", 200), ("/shop/-/query.json?sql=select+1", 200), ("/shop/-/query.json?sql=nope", 400)])
def test_head(shop, path, status):
    with shop.wire() as w:
        a = w.request(path, "HEAD")
        b = w.request(path)  # what came of a body would be read as this answer's first line
        assert a.status == b.status == status and b.json() is not None
        for name in ("content-type", "link", "cache-control"):
            assert a.headers.get(name) == b.headers.get(name)


# The Host of links

@pytest.mark.parametrize("host", ["example.org", "example.org:8080", "[::1]:81", "10.0.0.1", "a-b.c_d", "LOCALHOST"])
def test_links_carry_the_host(shop, host):
    with shop.wire() as w:
        a = w.request("/shop/orders.json?_size=1", host=host)
        assert a.json()["next_url"] == f"http://{host}/shop/orders.json?_size=1&_next=1"
        assert a.headers["link"] == f'<http://{host}/shop/orders.json?_size=1&_next=1>; rel="next"'


@pytest.mark.parametrize("host", ['a"b', "a\\b", "a>b; rel=x", "a b", "<script>", "a\tb", "é".encode().decode("latin-1"), "x" * 5000, "a/../b", "@"])
def test_a_hostile_host(shop, host):
    """Refused, or at least never able to break the JSON or the Link header."""
    with shop.wire() as w:
        w.send(f"GET /shop/orders.json?_size=1 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode("latin-1"))
        a = w.answer()
        assert a.status in (200, 400, 431)
        body = a.json()
        if a.status == 200:
            assert a.headers["link"].count(">") == 1 and body["next_url"].startswith("http://")
    shop.alive()


def test_no_host(shop):
    with shop.wire() as w:
        a = w.request("/shop/orders.json?_size=1", version="HTTP/1.0", host=None)
        assert a.status == 200
        assert a.json()["next_url"] == "http://localhost/shop/orders.json?_size=1&_next=1"
    with shop.wire() as w:
        assert w.request("/-/healthz.json", host=None).status in (200, 400)


# Limits

@pytest.mark.parametrize("size", [9_000, 20_000, 60_000, 1_000_000])
@pytest.mark.parametrize("where", ["path", "query"])
def test_url_too_long(shop, size, where):
    with shop.wire() as w:
        w.send(request(("/" if where == "path" else "/shop.json?x=") + "a" * size))
        a = w.answer()
        assert a.status == 414
        if size <= 20_000:  # longer than its buffer for a connection, libmicrohttpd answers by itself
            assert a.json()["status"] == 414 and a.json()["ok"] is False
    shop.alive()


def test_a_url_of_four_kilobytes_is_fine(shop):
    assert shop.sql("select 1 as a /* " + "x" * 4000 + " */").json()["rows"] == [{"a": 1}]


@pytest.mark.parametrize("headers, ours", [(["X-Long: " + "a" * 20_000], True), (["X" * 20_000 + ": y"], True), ([f"X-{i}: {'a' * 60}" for i in range(900)], False),
                                           (["X-Long: " + "a" * 1_000_000], False), ([f"X-{i}: y" for i in range(30000)], False)])
def test_headers_too_large(shop, headers, ours):
    with shop.wire() as w:
        w.send(request("/shop.json", "GET", *headers))
        a = w.answer()
        assert a.status == 431
        if ours:
            assert a.json()["status"] == 431 and a.json()["ok"] is False
    shop.alive()


def test_headers_of_four_kilobytes_are_fine(shop):
    with shop.wire() as w:
        assert w.request("/-/healthz.json", headers=["Cookie: " + "a" * 4000]).status == 200


def test_body_too_large(start, databases):
    d = start(databases / "shop.db", "-s", "max_post_body_bytes", "400")
    assert d.post("select 1 as a").status_code == 200
    check_error(d.post("select 1 as a /* " + "x" * 400 + " */"), 413)
    with d.wire() as w:
        w.send(request("/shop/-/query.json", "POST", "Content-Length: 100000000000"))
        assert w.answer().status == 413
    with d.wire() as w:
        w.send(request("/shop/-/query.json", "POST", "Expect: 100-continue", "Content-Length: 401"))
        assert w.answer().status == 413
    with d.wire() as w:
        w.send(request("/shop/-/query.json", "POST", "Transfer-Encoding: chunked"))
        w.send("".join(f"64\r\n{'x' * 100}\r\n" for _ in range(50)) + "0\r\n\r\n")
        assert w.answer().status == 413
    d.alive()


def test_body_of_exactly_the_limit(start, databases):
    body = json.dumps({"sql": "select 1 as a /* "})[:-2].encode()
    body += b"x" * (400 - len(body) - 5) + b' */"}'
    assert len(body) == 400
    d = start(databases / "shop.db", "-s", "max_post_body_bytes", "400")
    assert d.client.post("/shop/-/query.json", content=body).status_code == 200
    check_error(d.client.post("/shop/-/query.json", content=body + b" "), 413)


def test_chunked_and_continued_bodies(shop):
    body = b'{"sql": "select 1 as a"}'
    with shop.wire() as w:
        w.send(request("/shop/-/query.json", "POST", "Transfer-Encoding: chunked"))
        for b in body:
            w.send(b"1\r\n" + bytes([b]) + b"\r\n")
        w.send("0\r\n\r\n")
        assert w.answer().json()["rows"] == [{"a": 1}]
        w.send(request("/shop/-/query.json", "POST", "Expect: 100-continue", f"Content-Length: {len(body)}"))
        assert w.answer(head=True).status == 100
        w.send(body)
        assert w.answer().json()["rows"] == [{"a": 1}]


# Connections

def test_keep_alive(shop):
    with shop.wire() as w:
        for i in range(1, 5):
            a = w.request(f"/shop/customers/{i}.json")
            assert a.json()["rows"][0]["id"] == i
            assert a.headers.get("connection", "keep-alive").lower() == "keep-alive"
        assert w.request("/nope.json").status == 404
        assert w.request("/shop/orders.json?_size=max").json()["next"] == "1000"
        assert w.request("/-/healthz.json", headers=["Connection: close"]).status == 200
        assert w.ended()


def test_errors_keep_the_connection(shop):
    with shop.wire() as w:
        for _ in range(3):
            assert w.request("/shop/-/query.json?sql=nope").status == 400
            assert w.request("/shop/customers.json", "DELETE").status == 405
            assert w.request("/shop/-/query.json", "POST", body=b"nonsense").status == 400
        assert w.request("/-/healthz.json").status == 200


def test_pipelining(shop):
    with shop.wire() as w:
        w.send("".join(request(f"/shop/customers/{i}.json") for i in (1, 2, 3, 4, 1, 2)) + request(query_path("select count(*) as c from orders"))
               + request("/shop/customers/3.json"))
        assert [w.answer().json()["rows"][0]["id"] for _ in range(6)] == [1, 2, 3, 4, 1, 2]
        assert w.answer().json()["rows"] == [{"c": 1203}]
        assert w.answer().json()["rows"][0]["id"] == 3


def test_a_request_byte_by_byte(shop):
    with shop.wire() as w:
        for b in request("/shop/customers/1.json").encode():
            w.send(bytes([b]))
        assert w.answer().json()["rows"][0]["id"] == 1


def test_http_1_0(shop):
    with shop.wire() as w:
        a = w.request("/shop/orders.json?_size=max", version="HTTP/1.0")
        assert a.status == 200 and "transfer-encoding" not in a.headers
        assert int(a.headers["content-length"]) == len(a.body) and len(a.json()["rows"]) == 1000
        assert w.ended()
    with shop.wire() as w:
        for _ in range(2):
            a = w.request("/shop/customers/1.json", version="HTTP/1.0", headers=["Connection: keep-alive"])
            assert a.json()["rows"][0]["id"] == 1
            if a.headers.get("connection", "").lower() != "keep-alive":
                break


@pytest.mark.parametrize("junk", [
    b"\r\n\r\n\r\n\r\n", b"\0" * 100, b"GET\r\n\r\n", b"GET /\r\n\r\n", b"GET  /  HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 200,
    b"POST /shop/-/query.json HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", b"GET /%zz%\xff\xfe/\x80 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /shop/-/query.json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"POST /shop/-/query.json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /shop/-/query.json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", b"GET /shop.json#frag HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n", b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET http://other/shop.json HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_malformed_requests(shop, junk):
    """An error or a closed connection, whatever is sent and however it goes on; others are served."""
    with shop.wire() as w:
        w.send(junk)
        try:
            w.send(request("/-/healthz.json", "GET", "Connection: close"))
            while True:
                assert w.answer().status < 600
        except (Broken, ValueError):
            pass
    shop.alive()


@pytest.mark.parametrize("path", ["/..%2f..%2fetc/passwd.json", "/../../etc/passwd", "/shop/../shop.json", "//shop.json", "/shop//customers.json", "/./shop.json",
                                  "/shop/%00.json", "/shop/customers/~.json", "/shop/customers/~4.json", "/shop/customers/~ZZ.json", "/%73hop.json", "/~", "/.", "/..",
                                  "/shop/customers/1.json/", "/shop/customers/1.xml", "/shop/~FF~FE.json", "/shop.json?%zz=%", "/shop.json?&&&=&a", "/shop.json?a=%00", "*"])
def test_odd_paths(shop, path):
    with shop.wire() as w:
        w.send(request(path, "GET", "Connection: close"))
        assert w.answer().status in (200, 301, 302, 400, 404)
    shop.alive()


def test_clients_that_go_away(shop):
    """At every stage: before a byte, inside the request, inside the body, before and inside the answer."""
    whole = request("/shop/orders.json?_size=max").encode()
    for data_ in [b"", whole[:3], whole[:-2], whole, request("/shop/-/query.json", "POST", "Content-Length: 500").encode() + b"{", whole * 20]:
        for _ in range(20):
            w = shop.wire()
            w.send(data_)
            w.close()
    for _ in range(5):
        w = shop.wire()
        w.send(whole)
        w.line()
        w.close()
    shop.alive()


@pytest.mark.serial
def test_a_query_ends_when_its_client_has_gone(start, databases):
    """With one thread for slow queries, the next one can only be answered early if the first is given up."""
    d = start(databases / "shop.db", "-s", "num_sql_threads", "1", "-s", "sql_time_limit_ms", "30000")
    w = d.wire()
    w.send(request(query_path(SLOW.format(10**12))))
    d.alive()
    before = time.monotonic()
    w.close()
    assert d.sql(SLOW.format(300_000)).json()["rows"] == [{"n": 300_000}]
    assert time.monotonic() - before < 10


def test_many_clients_at_once(shop):
    errors = []

    def work(n):
        try:
            with shop.wire() as w:
                for i in range(20):
                    k = (n + i) % 1203 + 1
                    assert w.request(f"/shop/orders/{k}.json").json()["rows"][0]["note"] == f"order {k:04}"
                    assert w.request(query_path("select count(*) as c from lines")).json()["rows"] == [{"c": 15}]
        except Exception as e:
            errors.append(e)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(40)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors, errors[:3]


def test_past_max_connections_clients_wait(start, databases):
    d = start(databases / "shop.db", "-s", "max_connections", "4")
    first = [d.wire() for _ in range(4)]
    for w in first:
        assert w.request("/-/healthz.json").status == 200
    late = d.wire()
    late.send(request("/-/healthz.json"))
    assert not select.select([late.sock], [], [], 0.3)[0]
    first[0].close()
    assert late.answer().status == 200
    for w in first[1:] + [late]:
        w.close()


# Deadlines

def drip(w, text, pause=0.05, most=10):
    """Sends a byte at a time, each well inside any idle timeout, until the peer has enough: (seconds, rest of the answer)."""
    before, wait = time.monotonic(), threading.Event()
    w.sock.setblocking(True)
    for b in text:
        if select.select([w.sock], [], [], 0)[0] or time.monotonic() - before > most:
            break
        w.send(bytes([b]))
        wait.wait(pause)
    return time.monotonic() - before


@pytest.mark.serial
def test_header_deadline(start, databases):
    d = start(databases / "shop.db", "-s", "header_timeout_ms", "600")
    with d.wire(5) as w:
        took = drip(w, b"GET /-/healthz.json HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 1000)
        assert 0.4 < took < 4
        rest = w.file.read()
        assert rest == b"" or b" 408 " in rest.split(b"\r\n")[0]
    with d.wire(5) as w:  # not a byte sent
        before = time.monotonic()
        w.ended() or w.file.read()
        assert time.monotonic() - before < 4
    d.alive()


@pytest.mark.serial
def test_header_deadline_of_a_later_request(start, databases):
    d = start(databases / "shop.db", "-s", "header_timeout_ms", "600", "-s", "keepalive_timeout_ms", "60000")
    with d.wire(5) as w:
        assert w.request("/-/healthz.json").status == 200
        assert drip(w, b"GET /-/healthz.json HTTP/1.1\r\nX: " + b"a" * 1000) < 4


@pytest.mark.serial
def test_body_deadline(start, databases):
    d = start(databases / "shop.db", "-s", "body_timeout_ms", "600")
    with d.wire(5) as w:
        w.send(request("/shop/-/query.json", "POST", "Content-Length: 1000"))
        assert 0.4 < drip(w, b"x" * 1000) < 4
        rest = w.file.read()
        assert rest == b"" or b" 408 " in rest.split(b"\r\n")[0]
    d.alive()


@pytest.mark.serial
def test_idle_connection_is_closed(start, databases):
    d = start(databases / "shop.db", "-s", "keepalive_timeout_ms", "500")
    with d.wire(5) as w:
        assert w.request("/-/healthz.json").status == 200
        before = time.monotonic()
        assert w.ended()
        assert 0.3 < time.monotonic() - before < 4


@pytest.mark.serial
def test_a_client_that_does_not_read(start, big):
    d = start(big, "-s", "send_timeout_ms", "600", "-s", "max_returned_rows", "100000")
    with d.wire(5) as w:
        w.send(request("/big/big.json?_size=1000&_shape=arrays"))
        poll = select.poll()
        poll.register(w.sock, 0)  # only the peer's going is awaited; nothing is read
        before = time.monotonic()
        assert poll.poll(5000), "still connected to a client that reads nothing"
        assert time.monotonic() - before > 0.4
        with pytest.raises(Broken):
            w.answer()
    d.alive()


@pytest.mark.serial
@pytest.mark.limit(120)
def test_a_slow_reader_is_served(start, big):
    d = start(big, "-s", "send_timeout_ms", "1500")
    wait, got = threading.Event(), b""
    with d.wire(10) as w:
        w.send(request("/big/big.json?_size=400&_shape=arrays", "GET", "Connection: close"))
        before = time.monotonic()
        while piece := w.sock.recv(65536):
            got += piece
            wait.wait(0.04)
        assert time.monotonic() - before > 1.6
    assert got.endswith(b"0\r\n\r\n") or b"Content-Length" in got[:1000]
    assert len(got) > 4_000_000


# Whole and broken answers

@pytest.mark.limit(120)
def test_ten_megabytes(start, big):
    d = start(big, "-s", "sql_time_limit_ms", "20000")
    rows = d.json("/big/big.json?_size=max")["rows"]
    assert len(rows) == 1000 and all(r == {"id": i + 1, "t": f"{i:05}" * 2000} for i, r in enumerate(rows))
    rows = d.sql("select id, t from big order by id desc", db="big", _shape="arrays").json()["rows"]
    assert len(rows) == 1000 and rows[0] == [1000, "00999" * 2000]
    with d.wire() as w:
        a = w.request("/big/big.json?_size=max", version="HTTP/1.0")
        assert int(a.headers["content-length"]) == len(a.body) > 10_000_000
        assert len(a.json()["rows"]) == 1000


@pytest.mark.limit(120)
def test_a_hundred_thousand_rows(start, big):
    d = start(big, "-s", "max_returned_rows", "100000", "-s", "sql_time_limit_ms", "60000")
    assert d.json("/big/many.json?_size=max&_shape=arrayfirst") == list(range(1, 100_001))
    lines = d.get("/big/many.json?_size=max&_shape=array&_nl=on").text.split("\n")
    assert len(lines) == 100_000 and json.loads(lines[-1]) == {"id": 100_000, "t": "row 99999"}


def test_streams_beside_each_other(start, big):
    """Three answers read in turns, a block each: none gets what is another's."""
    d = start(big, "-s", "max_returned_rows", "100000", "-s", "sql_time_limit_ms", "60000")
    wires = [d.wire() for _ in range(3)]
    for n, w in enumerate(wires):
        w.send(request(f"/big/many.json?_size=max&_shape=arrays&n={n}", "GET", "Connection: close"))
    got, open_ = [b""] * 3, {0, 1, 2}
    while open_:
        for n in sorted(open_):
            piece = wires[n].sock.recv(30_000)
            got[n] += piece
            if not piece:
                open_.remove(n)
    assert len(set(got[n][got[n].index(b"\r\n\r\n"):].replace(f"n={n}".encode(), b"") for n in range(3))) == 1
    d.alive()


@pytest.mark.parametrize("post", [False, True])
def test_an_error_after_the_first_byte_breaks_the_body(streaming, post):
    with streaming.wire() as w:
        with pytest.raises(Broken) as e:
            if post:
                w.request("/shop/-/query.json", "POST", body=json.dumps({"sql": BREAKS}).encode())
            else:
                w.request(query_path(BREAKS))
        assert len(e.value.got) > 10_000 and e.value.got.startswith(b'{"ok": true')
    streaming.alive()


def test_a_broken_body_is_noticed_by_a_client_library(streaming):
    with pytest.raises(httpx.RemoteProtocolError):
        streaming.sql(BREAKS)


def test_time_limit_inside_a_stream_breaks_it(streaming, tmp_path):
    """The limit is for the whole statement, also when rows have been sent already."""
    sql = ("with recursive c(n) as (select 1 union all select n+1 from c) select n, hex(zeroblob(500)) as z from c "
           "where n < 200 or n > 1000000000000")
    with streaming.wire() as w:
        with pytest.raises(Broken):
            w.request(query_path(sql))
    streaming.alive()


def test_in_rollback_mode_an_error_comes_instead(shop):
    check_error(shop.sql(BREAKS), 400, "integer overflow")


def test_writers_are_not_kept_out_by_a_slow_reader(start, tmp_path, big):
    """The client reads nothing of ten megabytes; another process writes all the same."""
    path = tmp_path / "big.db"
    path.write_bytes(big.read_bytes())
    d = start(path, "-s", "sql_time_limit_ms", "60000")
    with d.wire() as w:
        w.send(request("/big/big.json?_size=max"))
        assert select.select([w.sock], [], [], 20)[0]
        c = data.connect(path)
        c.execute("pragma busy_timeout=10000")
        c.execute("insert into big(t) values ('new')")
        c.close()
        assert len(w.answer().json()["rows"]) == 1000


@pytest.mark.parametrize("early", ["shop", "streaming"])
def test_an_early_error_is_an_answer(request, early):
    check_error(request.getfixturevalue(early).sql(BREAKS_EARLY), 400, "integer overflow")


def test_to_http_1_0_no_answer_breaks(streaming):
    """Such a client could not tell; so it gets the error itself, whole."""
    with streaming.wire() as w:
        a = w.request(query_path(BREAKS), version="HTTP/1.0")
        assert a.status == 400 and a.json()["error"] == "integer overflow"
        assert int(a.headers["content-length"]) == len(a.body)
