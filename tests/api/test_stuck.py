# SPDX-License-Identifier: LGPL-2.1-or-later
"""What takes long inside one opcode: SQLite's own instr, replace and trim took time in the product of their arguments'
lengths, and no time limit reached them."""
import time

import pytest

from daemon import query_path

LONG = "hex(zeroblob(1000000))"


@pytest.mark.not_tsan("measures time")
@pytest.mark.parametrize("sql", [
    f"select instr({LONG}, hex(zeroblob(500000)) || '1') as v",
    f"select length(replace({LONG}, hex(zeroblob(500000)) || '1', '')) as v"])
def test_long_arguments_are_quick(start, databases, sql):
    shop = start(databases / "shop.db", "-s", "max_query_value_bytes", "16777216")
    begun = time.monotonic()
    r = shop.sql(sql)
    assert r.status_code == 200 and r.json()["rows"][0]["v"] in (0, 2000000)
    assert time.monotonic() - begun < 10  # SQLite's own need minutes


@pytest.mark.parametrize("sql, value", [
    ("instr('abc', 'c')", 3), ("instr('abc', 'x')", 0), ("instr('abc', '')", 1), ("instr('', 'a')", 0), ("instr(null, 'a')", None),
    ("instr('ñaña', 'ña')", 1), ("instr('xñaña', 'a')", 3), ("instr(x'c3b1c3b1', x'b1')", 2), ("instr(x'0001', x'01')", 2),
    ("instr(12345, 34)", 3), ("instr('a' || char(0) || 'b', 'b')", 3),
    ("replace('aaa', 'a', 'bb')", "bbbbbb"), ("replace('aaa', '', 'x')", "aaa"), ("replace('aaaa', 'aa', 'b')", "bb"),
    ("replace('abc', 'abc', '')", ""), ("replace('abc', 'x', 'y')", "abc"), ("replace(null, 'a', 'b')", None), ("replace('a', 'a', null)", None),
    ("replace(121, 1, 3)", "323"), ("typeof(replace(121, 9, 3))", "text"), ("replace('añb', 'ñ', 'nn')", "annb"),
    ("trim('  a ')", "a"), ("ltrim('  a ')", "a "), ("rtrim('  a ')", "  a"), ("trim('xyaxy', 'yx')", "a"), ("trim('ñañ', 'ñ')", "a"),
    ("trim('', 'a')", ""), ("trim('aaa', 'a')", ""), ("trim(' a ', '')", " a "), ("trim(null)", None), ("trim('a', null)", None), ("trim(5)", "5")])
def test_same_results_as_sqlites_own(shop, sql, value):
    assert shop.sql(f"select {sql} as v").json()["rows"] == [{"v": value}]


def test_trim_takes_a_short_set_only(shop):
    assert shop.sql("select trim('a', hex(zeroblob(5000)))").status_code == 400


def test_a_worker_that_does_not_come_back_is_replaced(start, databases):
    """A LIKE over a long text works for seconds in one opcode: meanwhile others are answered, and the worker is given up."""
    d = start(databases / "shop.db", "-s", "sql_time_limit_ms", "1000", "-s", "num_sql_threads", "1", "-s", "max_query_value_bytes", "16777216")
    slow = "select printf('%.8000000c', 'a') like '%' || printf('%.900c', 'a') || 'b' as v"
    with d.wire() as w:
        w.send(f"GET {query_path(slow)} HTTP/1.1\r\nHost: x\r\n\r\n")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and "dbd_workers_replaced_total 1" not in d.get("/-/metrics").text:
            time.sleep(0.05)
        assert "dbd_workers_replaced_total 1" in d.get("/-/metrics").text
        assert d.sql("select 1 as a").json()["rows"] == [{"a": 1}]
        assert w.answer().status == 400
