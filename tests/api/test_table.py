# SPDX-License-Identifier: LGPL-2.1-or-later
"""/DB/TABLE.json: rows, pages, shapes."""
import json
import urllib.parse

import pytest

import data


def pages(d, path, limit=2000):
    """All rows and the number of pages, as arrays, by following next_url; _next and next_url must agree."""
    rows, count, join = [], 0, "&" if "?" in path else "?"
    url = path
    while url:
        r = d.get(url)
        assert r.status_code == 200, r.text
        body = r.json()
        rows += body["rows"]
        count += 1
        assert count < limit
        assert (body["next"] is None) == (body["next_url"] is None)
        if body["next"] is None:
            assert "link" not in r.headers
            return rows, count
        assert r.headers["link"] == f'<{body["next_url"]}>; rel="next"'
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(body["next_url"]).query)
        assert query["_next"] == [body["next"]]
        same = d.json(f'{path}{join}_next={urllib.parse.quote(body["next"], safe="")}')
        assert [r[:2] for r in same["rows"]] == [r[:2] for r in d.json(body["next_url"])["rows"]]
        url = body["next_url"]


def test_frame(shop):
    body = shop.json("/shop/customers.json")
    assert body == {"ok": True, "next": None, "next_url": None, "truncated": False, "rows": [
        {"id": 1, "name": "Ursula Vane", "country": "FR"}, {"id": 2, "name": "Ito Haruki", "country": "JP"},
        {"id": 3, "name": "Zoë Ångström", "country": "SE"}, {"id": 4, "name": "", "country": None}]}


def test_text_beyond_ascii_is_escaped(shop):
    text = shop.get("/shop/customers/3.json").text
    assert '"Zo\\u00eb \\u00c5ngstr\\u00f6m"' in text
    assert text.isascii()


def test_default_page(shop):
    r = shop.get("/shop/orders.json")
    body = r.json()
    assert [x["id"] for x in body["rows"]] == list(range(1, 101))
    assert body["next"] == "100"
    assert body["next_url"] == "http://localhost/shop/orders.json?_next=100"
    assert r.headers["link"] == '<http://localhost/shop/orders.json?_next=100>; rel="next"'


def test_headers(shop):
    h = shop.get("/shop/orders.json?_size=1").headers
    assert h["content-type"] == "application/json; charset=utf-8"
    assert h["cache-control"] == "max-age=5"
    assert h["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("size, number, token", [(0, 0, None), (1, 1, "1"), (3, 3, "3"), (1000, 1000, "1000"),
                                                 ("max", 1000, "1000")])
def test_size(shop, size, number, token):
    body = shop.json(f"/shop/orders.json?_size={size}")
    assert len(body["rows"]) == number and body["next"] == token


def test_size_repeated_first_wins(shop):
    body = shop.json("/shop/customers.json?_size=1&_size=2")
    assert len(body["rows"]) == 1
    assert body["next_url"] == "http://localhost/shop/customers.json?_size=1&_size=2&_next=1"


@pytest.mark.parametrize("size, text", [("-1", "_size must be a positive integer"),
                                        ("1.5", "_size must be a positive integer"),
                                        ("x", "_size must be a positive integer"),
                                        ("1001", "_size must be <= 1000"),
                                        ("99999999999999999999", None)])
def test_bad_size(shop, size, text):
    shop.error(f"/shop/customers.json?_size={size}", 400, text)


def test_size_follows_max_returned_rows(start, databases):
    d = start(databases / "shop.db", "-s", "max_returned_rows", "20", "-s", "default_page_size", "5")
    assert len(d.json("/shop/orders.json")["rows"]) == 5
    assert len(d.json("/shop/orders.json?_size=max")["rows"]) == 20
    d.error("/shop/orders.json?_size=21", 400, "_size must be <= 20")


def test_the_page_that_ends_exactly(shop):
    assert shop.json("/shop/customers.json?_size=4")["next"] is None
    assert shop.json("/shop/customers.json?_size=3")["next"] == "3"


@pytest.mark.parametrize("table, size, number", [
    ("orders", 100, 1203), ("orders", 1000, 1203), ("lines", 1, 15), ("lines", 2, 15), ("lines", 4, 15),
    ("log", 1, 6), ("log", 2, 6), ("countries", 1, 3), ("backwards", 1, 6), ("pairs", 1, 6), ("mixed", 10, 5),
    ("odd_keys", 1, len(data.ODD)), ("odd_keys", 7, len(data.ODD)), ("order_view", 400, 1203), ("select", 1, 2),
    ("weird+table~2Ename~2Fwith~7Echars", 1, 3), ("words", 1, 3)])
def test_following_next_gives_each_row_once(shop, table, size, number):
    rows, count = pages(shop, f"/shop/{table}.json?_size={size}&_shape=arrays")
    seen = [json.dumps(r) for r in rows]
    assert len(seen) == len(set(seen)) == number
    assert count == -(-number // size)


def test_order_of_rows(shop):
    keys = [(r["k1"], r["k2"]) for r in shop.json("/shop/pairs.json")["rows"]]
    assert keys == sorted(((a, b) for a, b, _ in data.PAIRS), key=lambda p: [x.encode() for x in p])
    assert [r["k"] for r in shop.json("/shop/odd_keys.json")["rows"]] == \
        sorted(data.ODD, key=lambda k: k.encode())
    assert [r["rowid"] for r in shop.json("/shop/log.json")["rows"]] == [-3, 1, 2, 5, 6, 9]


def test_compound_token(shop):
    body = shop.json("/shop/lines.json?_size=2&_shape=arrays")
    assert body["next"] == "10,2"
    assert body["next_url"] == "http://localhost/shop/lines.json?_size=2&_shape=arrays&_next=10%2C2"
    assert shop.json("/shop/lines.json?_size=1&_next=10,3")["rows"][0]["sku"] == "SKU-21"


def test_text_token_is_tilde_encoded(shop):
    body = shop.json("/shop/pairs.json?_size=1&_next=a,b~2Cc")
    assert body["rows"] == [{"k1": "a,b", "k2": "c", "v": 2}]
    assert body["next"] == "a~2Cb,c"
    assert body["next_url"] == "http://localhost/shop/pairs.json?_size=1&_next=a~2Cb%2Cc"


def test_token_replaces_the_old_one(shop):
    body = shop.json("/shop/orders.json?_size=1&_next=5")
    assert body["rows"][0]["id"] == 6
    assert body["next_url"].count("_next=") == 1


def test_empty_token_starts_again(shop):
    assert shop.json("/shop/orders.json?_size=1&_next=")["rows"][0]["id"] == 1


def test_token_of_wrong_arity_starts_again(shop):
    assert shop.json("/shop/lines.json?_size=1&_next=10")["rows"][0] == \
        {"order_no": 10, "line_no": 1, "sku": "SKU-11", "qty": 2}


def test_token_of_the_wrong_type_is_past_all_numbers(shop):
    assert shop.json("/shop/orders.json?_size=3&_next=abc")["rows"] == []


def test_token_beyond_int64(shop):
    assert shop.json("/shop/orders.json?_next=9223372036854775807")["rows"] == []
    assert shop.get("/shop/orders.json?_next=99999999999999999999999").status_code in (200, 400)


def test_rowid_tables_show_the_rowid(shop):
    assert shop.json("/shop/log.json?_size=1")["rows"] == [
        {"rowid": -3, "level": "info", "message": "message -3"}]


def test_without_rowid(shop):
    assert shop.json("/shop/countries.json")["rows"] == [
        {"code": "FR", "label": "France"}, {"code": "JP", "label": "Japan"}, {"code": "SE", "label": None}]


def test_view_by_offset(shop):
    body = shop.json("/shop/order_view.json?_size=2&_next=4")
    assert [r["id"] for r in body["rows"]] == [5, 6]
    assert body["next"] == "6"
    assert shop.json("/shop/order_view.json?_size=3&_next=1200")["next"] is None
    assert [r["id"] for r in shop.json("/shop/order_view.json?_size=3&_next=1202")["rows"]] == [1203]


def test_view_with_a_bad_offset(shop):
    assert shop.get("/shop/order_view.json?_next=x").status_code in (400, 500)
    shop.alive()


def test_broken_view(shop):
    r = shop.get("/shop/broken_view.json")
    assert r.status_code in (400, 500) and "gone" in r.json()["error"]


def test_odd_names(shop):
    row = shop.json("/shop/weird+table~2Ename~2Fwith~7Echars.json?_size=1")["rows"][0]
    assert row == {"rowid": 1, "col with space": "c1", "sel[ect]": 1, 'a"b': "ab1", "dot.col": "d1", "naïve": "n1"}
    assert shop.json("/shop/weird~20table~2ename~2fwith~7echars.json?_size=1")["rows"] == [row]
    assert shop.json("/shop/select.json")["rows"] == [{"from": 1, "where": "w1"}, {"from": 2, "where": "w2"}]


def test_full_text_tables(shop):
    assert [r["body"] for r in shop.json("/shop/words.json")["rows"]] == \
        ["salt river", "iron engine", "river garden"]
    assert [r["body"] for r in shop.json("/shop/words4.json")["rows"]] == ["salt river", "iron engine"]


@pytest.mark.parametrize("table", ["nope", "ORDERS", "sqlite_master", "sqlite_schema", "sqlite_temp_master", "",
                                   "-", "orders~00", "words_fake", "orders_customer", "sqlite_dbpage",
                                   "pragma_table_info", "sqlite_stmt", "dbstat", "json_each"])
def test_no_such_table(shop, table):
    shop.error(f"/shop/{table}.json", 404)


def test_unknown_table_text(shop):
    shop.error("/shop/nope.json", 404, "Table not found")


# Shapes

def test_shape_objects(shop):
    assert shop.json("/shop/customers.json?_size=1&_shape=objects")["rows"] == [
        {"id": 1, "name": "Ursula Vane", "country": "FR"}]


def test_shape_arrays(shop):
    body = shop.json("/shop/customers.json?_size=2&_shape=arrays")
    assert body["rows"] == [[1, "Ursula Vane", "FR"], [2, "Ito Haruki", "JP"]]
    assert body["next"] == "2"


def test_shape_array(shop):
    r = shop.get("/shop/customers.json?_size=1&_shape=array")
    assert r.json() == [{"id": 1, "name": "Ursula Vane", "country": "FR"}]
    assert r.headers["link"] == '<http://localhost/shop/customers.json?_size=1&_shape=array&_next=1>; rel="next"'


def test_shape_arrayfirst(shop):
    r = shop.get("/shop/customers.json?_size=3&_shape=arrayfirst")
    assert r.json() == [1, 2, 3]
    assert 'rel="next"' in r.headers["link"]


def test_shape_object(shop):
    assert shop.json("/shop/countries.json?_shape=object") == {
        "FR": {"code": "FR", "label": "France"}, "JP": {"code": "JP", "label": "Japan"},
        "SE": {"code": "SE", "label": None}}
    assert shop.json("/shop/lines.json?_size=1&_shape=object") == {
        "10,1": {"order_no": 10, "line_no": 1, "sku": "SKU-11", "qty": 2}}
    assert "a~2Cb,c" in shop.json("/shop/pairs.json?_shape=object")
    assert shop.json("/shop/empty.json?_shape=object") == {}


@pytest.mark.parametrize("table", ["log", "order_view"])
def test_shape_object_needs_a_key(shop, table):
    shop.error(f"/shop/{table}.json?_shape=object", 400,
               "_shape=object not available for tables with no primary keys")


@pytest.mark.parametrize("shape", ["nope", "", "Objects", "array%00"])
def test_bad_shape(shop, shape):
    body = shop.error(f"/shop/customers.json?_shape={shape}", 400)
    assert body["error"].startswith("Invalid _shape")


def test_bad_shape_text(shop):
    shop.error("/shop/customers.json?_shape=nope", 400, "Invalid _shape: nope")


@pytest.mark.parametrize("nl", ["on", "1", "off"])
def test_newline_delimited(shop, nl):
    r = shop.get(f"/shop/customers.json?_size=2&_shape=array&_nl={nl}")
    assert r.headers["content-type"] == "text/plain"
    assert not r.text.endswith("\n")
    assert [json.loads(line) for line in r.text.split("\n")] == [
        {"id": 1, "name": "Ursula Vane", "country": "FR"}, {"id": 2, "name": "Ito Haruki", "country": "JP"}]


def test_newline_delimited_when_empty(shop):
    assert shop.get("/shop/empty.json?_shape=array&_nl=on").text == ""
    assert shop.get("/shop/customers.json?_shape=array&_nl=").json()[0]["id"] == 1


@pytest.mark.parametrize("shape, empty", [("arrays", []), ("objects", [])])
def test_empty_table(shop, shape, empty):
    assert shop.json(f"/shop/empty.json?_shape={shape}") == {
        "ok": True, "next": None, "next_url": None, "rows": empty, "truncated": False}
    assert shop.json("/shop/empty.json?_shape=array") == []
    assert shop.json("/shop/empty.json?_shape=arrayfirst") == []


def test_unknown_underscore_parameters_are_ignored(shop):
    assert shop.json("/shop/customers.json?_size=1&_unknown=1")["rows"][0]["id"] == 1


def test_next_url_repeats_the_query_string(shop):
    body = shop.json("/shop/customers.json?_size=1&_shape=objects&_unknown=a%20b%26c")
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(body["next_url"]).query)
    assert query == {"_size": ["1"], "_shape": ["objects"], "_unknown": ["a b&c"], "_next": ["1"]}


def test_base_url_and_https_in_links(start, databases):
    d = start(databases / "shop.db", "-s", "base_url", "/pre/fix/", "-s", "force_https_urls", "on")
    for path in ("/pre/fix/shop/customers.json?_size=1", "/shop/customers.json?_size=1"):
        assert d.json(path)["next_url"] == "https://localhost/pre/fix/shop/customers.json?_size=1&_next=1"


def test_cache_ttl(start, databases):
    d = start(databases / "shop.db", "-s", "default_cache_ttl", "77")
    assert d.get("/shop/customers.json").headers["cache-control"] == "max-age=77"
    d = start(databases / "shop.db", "-s", "default_cache_ttl", "0")
    assert d.get("/shop/customers.json").headers["cache-control"] == "no-cache"
