# SPDX-License-Identifier: LGPL-2.1-or-later
"""/DB.json"""
import os

import pytest

import data


@pytest.fixture
def tables(shop):
    return {t["name"]: t for t in shop.json("/shop.json")["tables"]}


def test_frame(shop, databases):
    body = shop.json("/shop.json")
    assert body["ok"] is True
    assert body["database"] == "shop" and body["path"] == "/shop" and body["private"] is False
    assert body["size"] == os.stat(databases / "shop.db").st_size
    assert body["allow_execute_sql"] is True
    assert body["views"] == [{"name": "broken_view", "private": False}, {"name": "order_view", "private": False}]
    assert body["queries"] == []


def test_table(tables):
    t = tables["customers"]
    assert t["columns"] == ["id", "name", "country"]
    assert t["primary_keys"] == ["id"]
    assert t["count"] == 4
    assert t["hidden"] is False
    assert t["private"] is False
    assert t["fts_table"] is None


def test_counts(tables):
    assert {n: tables[n]["count"] for n in ("orders", "lines", "log", "empty", "countries", data.NAMES)} == {
        "orders": 1203, "lines": 15, "log": 6, "empty": 0, "countries": 3, data.NAMES: 3}


def test_primary_keys(tables):
    assert tables["lines"]["primary_keys"] == ["order_no", "line_no"]
    assert tables["countries"]["primary_keys"] == ["code"]
    assert tables["log"]["primary_keys"] == []
    assert tables["select"]["primary_keys"] == ["from"]


def test_primary_key_in_the_order_of_the_declaration_of_the_key(tables):
    assert tables["backwards"]["primary_keys"] == ["b", "a"]


def test_foreign_keys(tables):
    assert tables["orders"]["foreign_keys"] == {
        "incoming": [], "outgoing": [{"other_table": "customers", "column": "customer", "other_column": "id"}]}
    assert tables["customers"]["foreign_keys"] == {
        "incoming": [{"other_table": "orders", "column": "id", "other_column": "customer"}],
        "outgoing": [{"other_table": "countries", "column": "country", "other_column": "code"}]}


def test_hidden_tables_come_last(shop):
    tables = shop.json("/shop.json")["tables"]
    names = [t["name"] for t in tables if not t["hidden"]]
    assert names == sorted(names)
    hidden = [t["name"] for t in tables if t["hidden"]]
    assert "words_data" in hidden and "words4_segments" in hidden
    assert [t["hidden"] for t in tables] == sorted(t["hidden"] for t in tables)
    assert shop.json("/shop.json")["hidden_count"] == len(hidden)


def test_a_broken_view_harms_nobody(shop):
    assert "broken_view" in [v["name"] for v in shop.json("/shop.json")["views"]]


def test_memory(shop):
    body = shop.json("/_memory.json")
    assert body["ok"] is True
    assert body["database"] == "_memory" and body["path"] == "/_memory" and body["tables"] == []
    assert body["size"] == 0


def test_no_memory_without_the_option(start, databases):
    start(databases / "shop.db").error("/_memory.json", 404, "Database not found")


def test_odd_name(shop):
    body = shop.json("/odd+name.json")
    assert body["database"] == "odd name" and body["path"] == "/odd+name"
    assert shop.json("/odd~20name.json")["database"] == "odd name"
    assert shop.json("/odd+name/t/2.json")["rows"] == [{"id": 2, "v": "v2"}]


def test_immutable(shop):
    assert [t["count"] for t in shop.json("/frozen.json")["tables"]] == [3]


def test_unknown(shop):
    shop.error("/nope.json", 404, "Database not found")
    shop.error("/nope/t.json", 404, "Database not found")
    shop.error("/nope/t/1.json", 404, "Database not found")
    shop.error("/nope/-/query.json?sql=select+1", 404, "Database not found")


def test_names_are_told_apart_by_case(shop):
    shop.error("/SHOP.json", 404, "Database not found")


def test_two_files_of_one_name(start, tmp_path):
    (tmp_path / "other").mkdir()
    first, second = data.small(tmp_path / "t.db", "a"), data.small(tmp_path / "other" / "t.db", "b")
    d = start(first, second)
    names = [x["name"] for x in d.json("/-/databases.json")["databases"]]
    assert names == ["t", "t_2"]
    assert d.json("/t/t/1.json")["rows"][0]["v"] == "a1"
    assert d.json("/t_2/t/1.json")["rows"][0]["v"] == "b1"


def test_a_write_by_another_process_is_seen(start, tmp_path):
    path = data.small(tmp_path / "live.db")
    d = start(path)
    assert len(d.json("/live/t.json")["rows"]) == 3
    c = data.connect(path)
    c.execute("insert into t(v) values ('new')")
    assert len(d.json("/live/t.json")["rows"]) == 4
    c.execute("create table fresh (a)")
    assert "fresh" in [t["name"] for t in d.json("/live.json")["tables"]]
    c.execute("pragma journal_mode=wal")
    c.execute("insert into t(v) values ('newer')")
    assert len(d.json("/live/t.json")["rows"]) == 5
    c.execute("alter table t add column more text default 'x'")
    assert d.json("/live/t/1.json")["rows"] == [{"id": 1, "v": "v1", "more": "x"}]
    c.close()
