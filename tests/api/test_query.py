# SPDX-License-Identifier: LGPL-2.1-or-later
"""/DB/-/query.json, with parameters in the URL or posted as JSON."""
import json
import time

import pytest

from daemon import query_path

TOO_LONG = "SQL query took too long. The time limit is controlled by the sql_time_limit_ms setting."
ENDLESS = "with recursive c(n) as (select 1 union all select n+1 from c) select max(n) from c"


def query_error(r, status, text=None):
    """A standard error that says as well that there are no rows."""
    assert r.status_code == status, r.text
    body = r.json()
    assert body["ok"] is False and body["status"] == status and body["errors"] == [body["error"]]
    if "rows" in body:
        assert body["rows"] == [] and body["truncated"] is False
    if text is not None:
        assert body["error"] == text
    return body


def test_frame(shop):
    r = shop.sql("select 1 as a")
    assert r.status_code == 200
    assert r.json() == {"ok": True, "rows": [{"a": 1}], "truncated": False}
    assert r.headers["content-type"] == "application/json; charset=utf-8"
    assert "cache-control" not in r.headers


def test_no_rows(shop):
    assert shop.sql("select id from customers where 0").json() == {"ok": True, "rows": [], "truncated": False}


@pytest.mark.parametrize("sql, rows", [
    ("-- comment\nselect 1", [{"1": 1}]), ("/* c */ -- d\n select 2", [{"2": 2}]),
    ("with x as (select 5 as a) select a from x", [{"a": 5}]), ("select 1;", [{"1": 1}]), ("select 1; ", [{"1": 1}]),
    ("select count(*) as c from orders", [{"c": 1203}]), ("  select 3 ", [{"3": 3}]), ("SELECT 4", [{"4": 4}]),
    ("explain query plan select 1", [{"id": 1, "parent": 0, "notused": 0, "detail": "SCAN CONSTANT ROW"}]),
    ("select * from (select 1 as a) as x order by a", [{"a": 1}]), ("select cast('12abc' as integer)",
                                                                    [{"cast('12abc' as integer)": 12}])])
def test_statements(shop, sql, rows):
    r = shop.sql(sql)
    assert r.status_code == 200, r.text
    assert r.json()["rows"] == rows


def test_full_text_search(shop):
    sql = "select body from words where words match 'river' order by rowid"
    assert [r["body"] for r in shop.sql(sql).json()["rows"]] == ["salt river", "river garden"]
    sql = "select highlight(words, 0, '<b>', '</b>') as h, bm25(words) < 0 as b from words where words match 'iron'"
    assert shop.sql(sql).json()["rows"] == [{"h": "<b>iron</b> engine", "b": 1}]
    sql = "select snippet(words4) as s from words4 where words4 match 'iron'"
    assert shop.sql(sql).json()["rows"] == [{"s": "<b>iron</b> engine"}]


# Parameters in the URL

def test_named_parameters_are_text(shop):
    assert shop.sql("select :a as a, typeof(:a) as t", a="1").json()["rows"] == [{"a": "1", "t": "text"}]


def test_a_missing_parameter_is_empty(shop):
    assert shop.sql("select :a as a, :b as b", a="1").json()["rows"] == [{"a": "1", "b": ""}]


def test_all_three_marks(shop):
    assert shop.sql("select :a as a, @b as b, $c as c", a="1", b="2", c="3").json()["rows"] == [
        {"a": "1", "b": "2", "c": "3"}]


def test_the_first_of_a_repeated_parameter(shop):
    assert shop.get("/shop/-/query.json?sql=select+:a+as+a&a=x&a=y").json()["rows"] == [{"a": "x"}]


def test_parameter_used_twice_and_in_text(shop):
    assert shop.sql("select ':no' as s, :a as a, :a as b", a="x").json()["rows"] == [{"s": ":no", "a": "x", "b": "x"}]


def test_parameter_as_number(shop):
    assert shop.sql("select :a + 1 as n", a="41").json()["rows"] == [{"n": 42}]


def test_parameter_bytes(shop):
    assert shop.get("/shop/-/query.json?sql=select+:a+as+a&a=%00").json()["rows"] == [{"a": "\0"}]
    assert shop.sql("select :a as a", a="é日本🎈&=+%").json()["rows"] == [{"a": "é日本🎈&=+%"}]
    assert shop.sql("select :café as c", **{"café": "1"}).json()["rows"] == [{"c": "1"}]
    assert shop.get("/shop/-/query.json?sql=select+:a+as+a&a=%FFA").json()["rows"] == [{"a": "\ufffdA"}]


def test_an_injected_quote_stays_text(shop):
    r = shop.sql("select id from customers where name = :n", n="x' or '1'='1")
    assert r.json()["rows"] == []


# Posted

def test_post(shop):
    assert shop.post("select 1 as a").json() == {"ok": True, "rows": [{"a": 1}], "truncated": False}


def test_post_named(shop):
    r = shop.post("select :a as a, typeof(:a) as t, :b as b", {"a": 7, "b": "x"})
    assert r.json()["rows"] == [{"a": 7, "t": "integer", "b": "x"}]


def test_post_positional(shop):
    r = shop.post("select ? as a, ? as b, ?2 as c", [1, "two"])
    assert r.json()["rows"] == [{"a": 1, "b": "two", "c": "two"}]


@pytest.mark.parametrize("value, kind, back", [
    (0, "integer", 0), (9223372036854775807, "integer", 9223372036854775807),
    (-9223372036854775808, "integer", -9223372036854775808), (9007199254740993, "integer", 9007199254740993),
    (1.5, "real", 1.5), (1.0, "real", 1.0), (1e300, "real", 1e300), (5e-324, "real", 5e-324), ("", "text", ""),
    ("é\0🎈", "text", "é\0🎈"), (None, "null", None), (True, "integer", 1), (False, "integer", 0)])
def test_types_of_posted_parameters(shop, value, kind, back):
    for params in ({"p": value}, [value]):
        mark = ":p" if isinstance(params, dict) else "?"
        row = shop.post(f"select {mark} as v, typeof({mark.replace('?', '?1')}) as t", params).json()["rows"][0]
        assert row == {"v": back, "t": kind}
        assert type(row["v"]) is type(back)


def test_post_has_shapes(shop):
    assert shop.post("select 1 as a, 2 as b", query="?_shape=arrays").json()["rows"] == [[1, 2]]


@pytest.mark.parametrize("params", ["x", 5, True, [1, 2, 3], {"p": 1}])
def test_bad_params(shop, params):
    assert shop.post("select ?1 as a", params).status_code == 400


@pytest.mark.parametrize("value, text", [([1, "a"], '[1, "a"]'), ({"k": None}, '{"k": null}')])
def test_arrays_and_objects_are_bound_as_json(shop, value, text):
    assert shop.post("select ?1 as a", [value]).json()["rows"] == [{"a": text}]
    assert shop.post("select count(*) as n from json_each(:v)", {"v": value}).json()["rows"] == [{"n": len(value)}]


@pytest.mark.parametrize("body", [
    b"", b"{", b"nope", b"[]", b"1", b"null", b'"select 1"', b"{}", b'{"sql": 1}', b'{"sql": null}', b'{"sql": ""}',
    b'{"sql": "select 1"', b'{"sql": "select 1"} x', b"{'sql': 'select 1'}", b'{"sql": "select 1",}', b"\xff\xfe",
    b'{"sql": "select \xff"}', b'{"sql": "select 1", "params": {"a": NaN}}', b'{"sql": "select 1", "params": {"a": 1e999}}',
    b'{"sql": "select :a", "params": {"a": 99999999999999999999}}', b"[" * 100000, b'{"a":' * 50000, b"\0",
    b'{"sql": "select 1\x01"}', b'{"sql": "\\ud800"}'])
def test_malformed_json(shop, body):
    r = shop.client.post("/shop/-/query.json", content=body, headers={"Content-Type": "application/json"})
    query_error(r, 400)
    shop.alive()


def test_the_last_of_duplicate_keys_wins(shop):
    r = shop.client.post("/shop/-/query.json", content=b'{"sql": "select 1 as a", "sql": "select 2 as a"}',
                         headers={"Content-Type": "application/json"})
    assert r.json()["rows"] == [{"a": 2}]


def test_escapes_in_posted_sql(shop):
    r = shop.client.post("/shop/-/query.json", content=rb'{"sql": "select \u0027\u00e9\ud83c\udf88\u0027 as a"}',
                         headers={"Content-Type": "application/json"})
    assert r.json()["rows"] == [{"a": "é🎈"}]


# Bounds

def test_truncated(shop):
    body = shop.sql("select id from orders").json()
    assert len(body["rows"]) == 1000 and body["truncated"] is True
    body = shop.sql("select id from orders limit 1000").json()
    assert len(body["rows"]) == 1000 and body["truncated"] is False
    assert shop.sql("select id from orders limit 1001").json()["truncated"] is True


def test_truncated_at_a_set_number(start, databases):
    d = start(databases / "shop.db", "-s", "max_returned_rows", "2")
    body = d.sql("select id from customers").json()
    assert body["rows"] == [{"id": 1}, {"id": 2}] and body["truncated"] is True
    assert d.sql("select id from customers limit 2").json()["truncated"] is False


def test_size_is_ignored(shop):
    assert len(shop.sql("select id from customers", _size="1").json()["rows"]) == 4


def test_shapes(shop):
    sql = "select id, name from customers limit 2"
    assert shop.sql(sql, _shape="objects").json()["rows"][0] == {"id": 1, "name": "Ursula Vane"}
    assert shop.sql(sql, _shape="arrays").json()["rows"][0] == [1, "Ursula Vane"]
    assert shop.sql(sql, _shape="array").json() == [{"id": 1, "name": "Ursula Vane"}, {"id": 2, "name": "Ito Haruki"}]
    assert shop.sql(sql, _shape="arrayfirst").json() == [1, 2]
    r = shop.sql(sql, _shape="array", _nl="on")
    assert r.headers["content-type"] == "text/plain"
    assert [json.loads(x)["id"] for x in r.text.split("\n")] == [1, 2]
    query_error(shop.sql(sql, _shape="object"), 400, "_shape=object is only available on tables")
    query_error(shop.sql(sql, _shape="nope"), 400, "Invalid _shape: nope")


# Errors

@pytest.mark.parametrize("sql, text", [
    ("select * from nope", "no such table: nope"), ("select nope", "no such column: nope"),
    ("select", "incomplete input"), ("select 'unterminated", "unrecognized token: \"'unterminated\""),
    ("select 1; select 2", "You can only execute one statement at a time."),
    ("select abs(-9223372036854775807 - 1)", "integer overflow"),
    ("select sum(9223372036854775807) from customers", "integer overflow"),
    ("select regexp('a', 'a')", "no such function: regexp"), ("select 1 from", "incomplete input"),
    ("select * from words where words match '\"'", "unterminated string")])
def test_sql_errors(shop, sql, text):
    body = query_error(shop.sql(sql), 400, text)
    assert body["rows"] == [] and body["truncated"] is False
    query_error(shop.post(sql), 400, text)


@pytest.mark.parametrize("sql", [
    "insert into customers(name) values ('x')", "delete from customers", "update customers set name = 'x'",
    "drop table customers", "create table x (y)", "begin", "commit", "vacuum", "attach 'x' as y", "detach main",
    "pragma table_info(customers)", "pragma user_version = 3", "reindex", "analyze", "savepoint a", "release a",
    "values (1)", "replace into customers values (1, 2, 3)", "alter table customers rename to c"])
def test_only_select(shop, sql):
    for r in (shop.sql(sql), shop.post(sql)):
        query_error(r, 400, "Statement must be a SELECT")


@pytest.mark.parametrize("sql", ["", " ", "--", "-- only a comment", "/* open", ";", ";;"])
def test_no_statement(shop, sql):
    query_error(shop.sql(sql), 400)


def test_sql_is_required(shop):
    shop.error("/shop/-/query.json?sql=", 400, "?sql= is required")
    shop.error("/shop/-/query.json", 400, "?sql= is required")


def test_nul_in_sql(shop):
    assert shop.get("/shop/-/query.json?sql=select+1%00;drop").status_code == 400


@pytest.mark.serial
def test_time_limit(start, databases):
    d = start(databases / "shop.db", "-s", "sql_time_limit_ms", "200")
    before = time.monotonic()
    query_error(d.sql(ENDLESS), 400, TOO_LONG)
    assert 0.19 < time.monotonic() - before < 2
    query_error(d.post(ENDLESS), 400, TOO_LONG)
    assert d.sql("select 1 as a").json()["rows"] == [{"a": 1}]


def test_timelimit_parameter_shortens(shop):
    query_error(shop.sql(ENDLESS, _timelimit="20"), 400, TOO_LONG)


@pytest.mark.serial
def test_lookups_do_not_wait_for_slow_queries(start, databases):
    """Two endless queries fill the slow lane; lookups beside them answer at once."""
    d = start(databases / "shop.db", "-s", "sql_time_limit_ms", "3000", "-s", "num_sql_threads", "2")
    slow = [d.wire() for _ in range(2)]
    for w in slow:
        w.send(f"GET {query_path(ENDLESS)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    d.alive()
    took = []
    for i in range(200):
        before = time.monotonic()
        assert d.get(f"/shop/customers/{i % 4 + 1}.json").status_code == 200
        took.append(time.monotonic() - before)
    assert sorted(took)[190] < 0.25, sorted(took)[-20:]
    for w in slow:
        assert w.answer().status == 400
        w.close()


@pytest.mark.serial
def test_a_full_queue_says_so(start, databases):
    d = start(databases / "shop.db", "-s", "sql_time_limit_ms", "2000", "-s", "num_sql_threads", "1",
              "-s", "max_queued_queries", "1")
    wires = [d.wire() for _ in range(6)]
    for w in wires:
        w.send(f"GET {query_path(ENDLESS)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    answers = [w.answer() for w in wires]
    busy = [a for a in answers if a.status == 503]
    assert busy and all(a.headers["retry-after"].isdigit() and a.json()["status"] == 503 for a in busy)
    assert {a.status for a in answers} == {400, 503}
    for w in wires:
        w.close()
    d.alive()
