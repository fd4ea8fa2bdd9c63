# SPDX-License-Identifier: LGPL-2.1-or-later
"""CSV as Python's csv module writes it, for pages, queries and whole tables."""
import csv
import io
import sqlite3

import pytest

from daemon import query_path


def text_of(values):
    out = io.StringIO()
    csv.writer(out).writerows(values)
    return out.getvalue()


def rows_of(r):
    assert r.status_code == 200, r.text
    return list(csv.reader(io.StringIO(r.text, newline="")))


VALUES = [1, -2**63, 2**63 - 1, 1.5, 1e16, 1e-7, -0.0, "", "a", "a,b", 'q"q', '"', "l1\nl2", "cr\rlf", " lead", "tail ", "'", "ñ", "=1+1", None, "\t"]


def test_values_are_written_as_python_writes_them(shop):
    names = [f"c{i}" for i in range(len(VALUES))]
    r = shop.post("select " + ", ".join(f"? as {n}" for n in names), VALUES, query="")
    assert r.status_code == 200
    r = shop.client.post("/shop/-/query.csv", json={"sql": "select " + ", ".join(f"? as {n}" for n in names), "params": VALUES})
    assert r.headers["content-type"] == "text/plain; charset=utf-8"
    assert r.content.decode() == text_of([names, VALUES])


@pytest.mark.parametrize("value", VALUES)
def test_a_lone_value(shop, value):
    r = shop.client.post("/shop/-/query.csv", json={"sql": "select ? as v", "params": [value]})
    assert r.content.decode() == text_of([["v"], [value]])


def test_invalid_utf8_is_mended(shop):
    r = shop.get(query_path("select cast(x'61ff2c62' as text) as t").replace("query.json", "query.csv"))
    assert r.content == 't\r\n"a\ufffd,b"\r\n'.encode()


def test_pages(shop):
    table = shop.json("/shop/customers.json?_shape=arrays")["rows"]
    got = rows_of(shop.get("/shop/customers.csv"))
    assert got[0] == ["id", "name", "country"] and len(got) == len(table) + 1
    assert rows_of(shop.get("/shop/customers.csv?_header=off"))[0] == got[1]
    r = shop.get("/shop/orders.csv?_size=2")
    assert len(rows_of(r)) == 3 and "link" not in r.headers and r.headers["cache-control"] == "max-age=5"
    assert rows_of(shop.get("/shop/orders.csv?_size=2&_next=2"))[1][0] == "3"


def test_to_be_saved(shop):
    r = shop.get("/shop/customers.csv?_dl=1")
    assert r.headers["content-type"] == "text/csv; charset=utf-8"
    assert r.headers["content-disposition"] == 'attachment; filename="customers.csv"'


def test_errors_are_json(shop):
    shop.error("/shop/nope.csv", 404)
    shop.error("/shop/customers/1.csv", 404)
    shop.error("/shop.csv", 404)
    shop.error("/shop/customers.csv?_stream=1&_next=1", 400)
    assert shop.get(query_path("select nope").replace("query.json", "query.csv")).status_code == 400


@pytest.fixture(scope="module")
def long_table(tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / "long.db"
    c = sqlite3.connect(path)
    c.execute("pragma journal_mode = wal")
    c.execute("create table t (id integer primary key, x text)")
    c.executemany("insert into t (x) values (?)", [(f"row {i}",) for i in range(200_000)])
    c.execute("create view v as select x from t where id <= 1500")
    c.commit()
    c.close()
    return path


def test_a_whole_table(start, long_table):
    d = start(long_table)
    assert len(rows_of(d.get("/long/t.csv"))) == 101
    got = d.get("/long/t.csv?_stream=on").content
    assert got == ("id,x\r\n" + "".join(f"{i + 1},row {i}\r\n" for i in range(200_000))).encode()


def test_a_whole_view(start, long_table):
    assert len(rows_of(start(long_table).get("/long/v.csv?_stream=on"))) == 1501


def test_streams_can_be_forbidden(start, long_table):
    start(long_table, "-s", "allow_csv_stream", "off").error("/long/t.csv?_stream=on", 400, "CSV streaming is disabled")


def test_past_max_csv_mb_the_answer_breaks_off(start, long_table):
    d = start(long_table, "-s", "max_csv_mb", "1")
    with d.wire() as w:
        with pytest.raises(Exception) as e:
            w.request("/long/t.csv?_stream=on")
        assert type(e.value).__name__ == "Broken"
    d.alive()
