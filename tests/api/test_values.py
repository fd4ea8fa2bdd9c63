# SPDX-License-Identifier: LGPL-2.1-or-later
"""Values as JSON: exact integers, shortest doubles, text of any bytes, blobs."""
import base64
import json
import random
import struct

import pytest

import data


def spelled(text):
    """The rows of an answer with numbers as they are spelled."""
    return json.loads(text, parse_int=lambda s: "int " + s, parse_float=lambda s: "float " + s,
                      parse_constant=lambda s: "constant " + s)["rows"]


def value(shop, expression):
    r = shop.sql(f"select {expression} as v")
    assert r.status_code == 200, r.text
    return spelled(r.text)[0]["v"]


@pytest.mark.parametrize("n", [0, 1, -1, 9, 10, 2**31 - 1, 2**31, -2**31, 2**53 - 1, 2**53, 2**53 + 1, 2**62,
                               2**63 - 1, -2**63 + 1, 10**18, -10**18])
def test_integers_are_exact(shop, n):
    assert value(shop, str(n)) == f"int {n}"


def test_smallest_integer(shop):
    assert value(shop, "-9223372036854775807 - 1") == "int -9223372036854775808"


def test_integers_beyond_int64_are_real(shop):
    assert value(shop, "9223372036854775808") == "float 9.223372036854776e+18"
    assert value(shop, "9223372036854775807 + 1") == "float 9.223372036854776e+18"


@pytest.mark.parametrize("sql, text", [
    ("1.0", "1.0"), ("0.0", "0.0"), ("100.0", "100.0"), ("0.1", "0.1"), ("1/3.0", "0.3333333333333333"),
    ("3.141592653589793", "3.141592653589793"), ("1e15", "1000000000000000.0"), ("1e16", "1e+16"),
    ("123456789012345680.0", "1.2345678901234568e+17"), ("9007199254740993.0", "9007199254740992.0"),
    ("1e21", "1e+21"), ("1e22", "1e+22"), ("1e308", "1e+308"), ("0.0001", "0.0001"), ("0.00001", "1e-05"),
    ("1e-7", "1e-07"), ("5e-324", "5e-324"), ("2.2250738585072014e-308", "2.2250738585072014e-308"),
    ("1.7976931348623157e308", "1.7976931348623157e+308"), ("123456789.125", "123456789.125"),
    ("-2.5", "-2.5"), ("0.1 + 0.2", "0.30000000000000004")])
def test_doubles(shop, sql, text):
    assert value(shop, sql) == f"float {text}"


def test_infinity_is_null(shop):
    assert value(shop, "1e999") is None and value(shop, "-1e999") is None


@pytest.mark.limit(120)
def test_doubles_of_all_sizes_round_trip_as_short_as_possible(start, tmp_path):
    rng = random.Random(20)
    numbers = []
    while len(numbers) < 20000:
        x = struct.unpack("<d", struct.pack("<Q", rng.getrandbits(64)))[0]
        if x == x and abs(x) != float("inf"):
            numbers.append(x)
    numbers += [round(rng.uniform(-1e6, 1e6), d) for d in range(10) for _ in range(500)]
    numbers += [float(10**e) for e in range(23)] + [2.0**e for e in range(-1074, 1024, 7)]
    c = data.connect(tmp_path / "n.db")
    c.executescript("begin; create table n (id integer primary key, x)")
    c.executemany("insert into n(x) values (?)", [(x,) for x in numbers])
    c.execute("commit")
    c.close()
    d = start(tmp_path / "n.db", "-s", "max_returned_rows", "100000")
    got = [r["x"] for r in spelled(d.get("/n/n.json?_size=max").text)]
    wrong = [(g, repr(x)) for g, x in zip(got, numbers) if g != f"float {x!r}"]
    assert len(got) == len(numbers)
    assert not wrong, wrong[:20]


def test_null(shop):
    assert value(shop, "null") is None


@pytest.mark.parametrize("sql, text", [
    ("''", ""), ("'a'||char(10)||char(9)||char(34)||char(92)||char(8)||char(127)", "a\n\t\"\\\b\x7f"),
    ("char(0)", "\0"), ("'a'||char(0)||'b'", "a\0b"), ("char(1,31,32)", "\x01\x1f "), ("char(8232,8233)", "\u2028\u2029"),
    ("char(65533)", "\ufffd"), ("char(65535)", "\uffff"), ("char(127880)", "🎈"), ("char(1114111)", "\U0010ffff"),
    ("'</script>'", "</script>"), ("'é日本'", "é日本")])
def test_text(shop, sql, text):
    r = shop.sql(f"select {sql} as v")
    assert r.text.isascii()
    assert r.json()["rows"] == [{"v": text}]


# Python's bytes.decode("utf-8", "replace"), which the reference uses, on its own.
@pytest.mark.parametrize("raw", [
    b"\xff", b"\xffA", b"A\xff", b"\x80", b"\xc3", b"\xc3(", b"\xe6\x97", b"\xe6\x97A", b"\xf0\x9f\x8e", b"\xf0\x9f\x8eA",
    b"\xc0\x80", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xe0\x80\x80",
    b"ok\xe2\x82", b"\xc3\xa9\xff\xc3\xa9", b"\xfe\xff", b"\xf0\x80\x80\x80", b"a\x00\xff"])
def test_invalid_utf8_is_replaced(shop, raw):
    r = shop.sql(f"select cast(x'{raw.hex()}' as text) as v")
    assert r.status_code == 200
    assert r.json()["rows"] == [{"v": raw.decode("utf-8", "replace")}]


def test_random_bytes_as_text(shop):
    rng = random.Random(4)
    for _ in range(40):
        raws = [bytes(rng.choice(b"\x00A\x7f\x80\xbf\xc2\xe0\xa0\xed\xf0\x90\xf4\xff") for _ in range(rng.randrange(12)))
                for _ in range(20)]
        columns = ", ".join(f"cast(x'{raw.hex()}' as text) as c{i}" for i, raw in enumerate(raws))
        row = shop.post("select " + columns).json()["rows"][0]
        assert list(row.values()) == [raw.decode("utf-8", "replace") for raw in raws]


@pytest.mark.parametrize("raw", [b"", b"\0", b"hello world", bytes(range(256)), b"\x89PNG\r\n", b"1", b"12", b"123"])
def test_blobs(shop, raw):
    got = shop.sql(f"select x'{raw.hex()}' as v").json()["rows"][0]["v"]
    assert got == {"$base64": True, "encoded": base64.b64encode(raw).decode()}


def test_a_blob_of_many_blocks(start, tmp_path):
    raw = random.Random(1).randbytes(1_000_003)
    c = data.connect(tmp_path / "b.db")
    c.execute("create table b (id integer primary key, x)")
    c.execute("insert into b(x) values (?)", (raw,))
    c.execute("insert into b(x) values (?)", ("é" * 300_000,))
    c.close()
    rows = start(tmp_path / "b.db", "-s", "sql_time_limit_ms", "30000").json("/b/b.json")["rows"]
    assert base64.b64decode(rows[0]["x"]["encoded"]) == raw
    assert rows[1]["x"] == "é" * 300_000


def test_column_names(shop):
    row = shop.sql('select 1 as "we ird ""col""", 2 as [é], 3 as "a\nb", 4 as ""').json()["rows"][0]
    assert row == {'we ird "col"': 1, "é": 2, "a\nb": 3, "": 4}


def test_repeated_column_names(shop):
    sql = "select 1 as a, 2 as a, 3 as b"
    assert shop.sql(sql).json()["rows"] == [{"a": 2, "b": 3}]
    assert shop.sql(sql, _shape="arrays").json()["rows"] == [[1, 2, 3]]


def test_affinity_is_not_applied_to_values(shop):
    row = shop.sql("select 1 as i, 1.0 as r, '1' as t, x'31' as b").json()["rows"][0]
    assert (type(row["i"]), type(row["r"]), row["t"]) == (int, float, "1")


def test_the_spelling_of_the_frame(shop):
    assert shop.sql("select 1 as a, 'x' as b, null as c").text == \
        '{"ok": true, "rows": [{"a": 1, "b": "x", "c": null}], "truncated": false}'
