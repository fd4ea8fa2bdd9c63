# SPDX-License-Identifier: LGPL-2.1-or-later
"""What clients get through nginx (as configured here, and with its HTTP/1.0 default) and through Apache."""
import json
import socket
import threading
import urllib.parse

import httpx
import pytest

BREAKS = ("with recursive c(n) as (select 1 union all select n+1 from c where n < 950) "
          "select n, hex(zeroblob(2000)) as z, case when n = 900 then abs(-9223372036854775807 - 1) else n end as x from c")


def query(sql):
    return "/shop/-/query.json?" + urllib.parse.urlencode({"sql": sql})


@pytest.fixture
def client(proxy):
    with httpx.Client(base_url=f"http://{proxy.host}", timeout=30, trust_env=False) as c:
        yield c


def test_index(client):
    r = client.get("/.json")
    assert r.status_code == 200 and [d["name"] for d in r.json()["databases"]] == ["shop"]
    assert r.headers["content-type"] == "application/json; charset=utf-8"


def test_table(client, proxy):
    r = client.get("/shop/big.json?_size=2&_shape=arrayfirst")
    assert r.json() == [1, 2]
    assert r.headers["link"] == f'<http://{proxy.host}/shop/big.json?_size=2&_shape=arrayfirst&_next=2>; rel="next"'


def test_next_url_carries_the_host_that_the_client_used(client):
    for host in ("data.example.org", "data.example.org:8443"):
        body = client.get("/shop/big.json?_size=1", headers={"Host": host}).json()
        assert body["next_url"] == f"http://{host}/shop/big.json?_size=1&_next=1"


def test_next_url_can_be_followed(client):
    url, seen = "/shop/big.json?_size=300", []
    while url:
        body = client.get(url).json()
        seen += [r["id"] for r in body["rows"]]
        url = body["next_url"]
    assert seen == list(range(1, 1001))


@pytest.mark.parametrize("key, path", [("a/b", "a~2Fb"), ("a+b c", "a~2Bb+c"), ("100%", "100~25"), ("x,y", "x~2Cy"), ("é", "~C3~A9"), ("~", "~7E"),
                                       ("a?b", "a~3Fb"), ("..", "~2E~2E"), ("a;b", "a~3Bb")])
def test_odd_names(client, key, path):
    assert client.get(f"/shop/odd~2Fname~2Ex/{path}.json").json()["rows"] == [{"k": key}]


def test_query(client):
    assert client.get(query("select 1 as a")).json()["rows"] == [{"a": 1}]
    r = client.post("/shop/-/query.json", json={"sql": "select ? as a", "params": [7]})
    assert r.json()["rows"] == [{"a": 7}]


def test_a_large_body(client):
    r = client.post("/shop/-/query.json", json={"sql": "select length(?) as n", "params": ["x" * 900_000]})
    assert r.status_code == 200 and r.json()["rows"] == [{"n": 900_000}]
    r = client.post("/shop/-/query.json", json={"sql": "select length(?) as n", "params": ["x" * 3_000_000]})
    assert r.status_code == 413 and r.json()["status"] == 413


def test_ten_megabytes(client):
    rows = client.get("/shop/big.json?_size=1000&_shape=arrays").json()["rows"]
    assert len(rows) == 1000
    assert all(r == [i + 1, f"{i:05}" * 2000] for i, r in enumerate(rows))


@pytest.mark.parametrize("path, status, text", [("/nope.json", 404, "Database not found"), ("/shop/nope.json", 404, "Table not found"),
                                                (query("select nope"), 400, "no such column: nope")])
def test_errors(client, path, status, text):
    r = client.get(path)
    assert r.status_code == status and r.json()["error"] == text


def test_method_not_allowed(client):
    r = client.delete("/shop/big.json")
    assert r.status_code == 405 and "GET" in r.headers["allow"]


@pytest.mark.parametrize("path, status", [("/.json", 200), ("/shop/big.json?_size=1000", 200), ("/shop/big/1.json", 200), ("/nope.json", 404)])
def test_head(client, path, status):
    r = client.head(path)
    assert r.status_code == status and r.content == b""
    assert r.headers["content-type"] == "application/json; charset=utf-8"
    assert client.get("/-/healthz.json").json() == {"ok": True}


def test_an_answer_that_breaks_in_the_middle_fails_at_the_client(client):
    """Either the client sees a broken body, or, where nothing was sent yet, the error itself. Never half an answer as a whole one."""
    try:
        r = client.get(query(BREAKS))
    except (httpx.RemoteProtocolError, httpx.ReadError):
        return
    assert r.status_code >= 400, f"{r.status_code}, {len(r.content)} bytes that look complete"
    if r.status_code == 400:
        assert r.json()["error"] == "integer overflow"


def test_broken_for_a_client_with_http_1_0(proxy):
    """To such a client only a missing error status or a short Content-Length can tell."""
    with socket.create_connection(("127.0.0.1", proxy.port), 30) as s:
        s.sendall(f"GET {query(BREAKS)} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
        got = b""
        try:
            while piece := s.recv(65536):
                got += piece
        except ConnectionResetError:
            return
    head, _, body = got.partition(b"\r\n\r\n")
    if head and b" 200 " in head.split(b"\r\n")[0]:
        with pytest.raises(ValueError):
            json.loads(body)


def test_after_a_broken_answer_the_proxy_goes_on(client):
    assert client.get("/shop/big/1.json").status_code == 200


def test_no_answer_is_compressed_or_changed(client):
    r = client.get("/shop/big/1.json")
    assert "content-encoding" not in r.headers and r.json()["rows"][0]["id"] == 1


def test_many_at_once(proxy):
    errors = []

    def work(n):
        try:
            with httpx.Client(base_url=f"http://{proxy.host}", timeout=30, trust_env=False) as c:
                for i in range(15):
                    k = (n * 15 + i) % 1000 + 1
                    assert c.get(f"/shop/big/{k}.json").json()["rows"][0]["id"] == k
        except Exception as e:
            errors.append(repr(e))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(10)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors, errors[:3]
