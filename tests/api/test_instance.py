# SPDX-License-Identifier: LGPL-2.1-or-later
"""/.json, /-/*.json: what the instance says about itself."""
import os
import sqlite3

import pytest

SETTINGS = {"default_page_size": 100, "max_returned_rows": 1000, "max_insert_rows": 100,
            "max_post_body_bytes": 2097152, "num_sql_threads": 3, "sql_time_limit_ms": 1000,
            "default_facet_size": 30, "facet_time_limit_ms": 200, "facet_suggest_time_limit_ms": 50,
            "allow_facet": True, "allow_download": True, "allow_signed_tokens": True, "default_allow_sql": True,
            "max_signed_tokens_ttl": 0, "suggest_facets": True, "default_cache_ttl": 5, "cache_size_kb": 0,
            "allow_csv_stream": True, "max_csv_mb": 100, "truncate_cells_html": 2048, "force_https_urls": False,
            "template_debug": False, "trace_debug": False, "base_url": "/"}


def test_index(shop):
    body = shop.json("/.json")
    assert body["ok"] is True
    assert "may change" in body["unstable"]
    by_name = {d["name"]: d for d in body["databases"]}
    assert set(by_name) == {"_memory", "shop", "odd name", "frozen"}
    assert by_name["shop"]["path"] == "/shop"
    assert by_name["odd name"]["path"] == "/odd+name"
    assert by_name["_memory"]["path"] == "/_memory"
    assert by_name["frozen"]["tables_count"] == 1
    assert by_name["frozen"]["views_count"] == 0
    assert by_name["shop"]["views_count"] == 2
    assert by_name["_memory"]["tables_count"] == 0
    assert all(d["private"] is False for d in body["databases"])


def test_index_has_the_other_spelling(shop):
    assert shop.json("/-/.json")["databases"] == shop.json("/.json")["databases"]


def test_versions(shop):
    body = shop.json("/-/versions.json")
    assert body["ok"] is True
    sqlite = body["sqlite"]
    assert sqlite["version"] == sqlite3.sqlite_version  # the same shared library on this machine
    assert "FTS5" in sqlite["fts_versions"]
    assert isinstance(sqlite["compile_options"], list) and sqlite["compile_options"]


def test_databases(shop, databases):
    by_name = {d["name"]: d for d in shop.json("/-/databases.json")["databases"]}
    assert set(by_name) == {"_memory", "shop", "odd name", "frozen"}
    path = databases / "shop.db"
    assert by_name["shop"] == {"name": "shop", "route": "shop", "path": str(path),
                               "size": os.stat(path).st_size, "is_mutable": True, "is_memory": False,
                               "hash": None}
    assert by_name["_memory"] == {"name": "_memory", "route": "_memory", "path": None, "size": 0,
                                  "is_mutable": False, "is_memory": True, "hash": None}
    assert by_name["frozen"]["is_mutable"] is False
    assert by_name["odd name"]["route"] == "odd name"


def test_settings_are_the_documented_ones_in_order(shop):
    body = shop.json("/-/settings.json")
    assert body.pop("ok") is True
    assert body == SETTINGS
    assert list(body) == list(SETTINGS)
    assert all(type(body[k]) is type(v) for k, v in SETTINGS.items())


def test_settings_show_what_is_set(start, databases):
    d = start(databases / "shop.db", "-s", "default_page_size", "7", "-s", "allow_facet", "off")
    body = d.json("/-/settings.json")
    assert body["default_page_size"] == 7 and body["allow_facet"] is False
    assert len(d.json("/shop/orders.json")["rows"]) == 7


def test_actor_is_in_the_answer(shop):
    body = shop.json("/-/actor.json")
    assert body["ok"] is True
    assert "actor" in body


def test_health(shop):
    assert shop.json("/-/healthz.json") == {"ok": True}


def test_health_touches_no_database(start, tmp_path):
    bad = tmp_path / "bad.db"
    bad.write_bytes(b"this is no database, and long enough to have a header" * 100)
    assert start(bad).json("/-/healthz.json") == {"ok": True}


@pytest.mark.parametrize("path", ["/-/nope.json", "/-/tables.json", "/-/permissions.json", "/a/b/c/d.json"])
def test_unknown_path(shop, path):
    shop.error(path, 404)


def test_nothing_served(start):
    d = start()
    assert d.json("/.json")["databases"] == []
    assert d.json("/-/databases.json")["databases"] == []


@pytest.mark.parametrize("path", ["/.json", "/-/versions.json", "/-/databases.json", "/-/settings.json",
                                  "/-/actor.json", "/-/healthz.json", "/shop.json"])
def test_what_is_not_a_table_page_is_not_cached(shop, path):
    assert "cache-control" not in shop.get(path).headers
