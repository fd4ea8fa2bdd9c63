# SPDX-License-Identifier: LGPL-2.1-or-later
"""/DB/TABLE/KEY.json"""
import pytest

import data

LITERAL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def tilde(text):
    return "".join(chr(b) if b in LITERAL else "+" if b == 0x20 else f"~{b:02X}" for b in text.encode())


def test_frame(shop):
    body = shop.json("/shop/customers/1.json")
    assert isinstance(body.pop("query_ms"), float)
    assert body == {"ok": True, "database": "shop", "table": "customers", "truncated": False,
                    "rows": [{"id": 1, "name": "Ursula Vane", "country": "FR"}],
                    "primary_keys": ["id"], "primary_key_values": ["1"]}


def test_headers(shop):
    h = shop.get("/shop/customers/1.json").headers
    assert h["cache-control"] == "max-age=5" and h["referrer-policy"] == "no-referrer" and "link" not in h


@pytest.mark.parametrize("key", data.ODD)
def test_tilde_encoding(shop, key):
    body = shop.json(f"/shop/odd_keys/{tilde(key)}.json")
    assert body["rows"] == [{"k": key, "v": f"value {data.ODD.index(key)}"}]
    assert body["primary_key_values"] == [key]


def test_lower_case_hex_and_escaped_letters(shop):
    assert shop.json("/shop/odd_keys/a~2eb.json")["rows"][0]["k"] == "a.b"
    assert shop.json("/shop/odd_keys/sp~20ace.json")["rows"][0]["k"] == "sp ace"
    assert shop.json("/shop/odd_keys/~70lain.json")["rows"][0]["k"] == "plain"


@pytest.mark.parametrize("k1, k2, v", data.PAIRS)
def test_compound(shop, k1, k2, v):
    body = shop.json(f"/shop/pairs/{tilde(k1)},{tilde(k2)}.json")
    assert body["rows"] == [{"k1": k1, "k2": k2, "v": v}]
    assert body["primary_keys"] == ["k1", "k2"] and body["primary_key_values"] == [k1, k2]


def test_compound_numbers(shop):
    assert shop.json("/shop/lines/10,1.json")["rows"] == [
        {"order_no": 10, "line_no": 1, "sku": "SKU-11", "qty": 2}]


def test_key_in_another_order_than_the_columns(shop):
    body = shop.json("/shop/backwards/1,3.json")
    assert body["primary_keys"] == ["b", "a"]
    assert body["rows"] == [{"a": 3, "b": 1, "v": "3.1"}]


def test_rowid(shop):
    body = shop.json("/shop/log/5.json")
    assert body["rows"] == [{"rowid": 5, "level": "info", "message": "message 5"}]
    assert body["primary_keys"] == ["rowid"]
    assert shop.json("/shop/log/-3.json")["rows"][0]["message"] == "message -3"


def test_without_rowid(shop):
    assert shop.json("/shop/countries/FR.json")["rows"] == [{"code": "FR", "label": "France"}]
    shop.error("/shop/countries/fr.json", 404, "Row not found")


def test_odd_names(shop):
    assert shop.json("/shop/select/1.json")["rows"] == [{"from": 1, "where": "w1"}]
    assert shop.json("/shop/weird+table~2Ename~2Fwith~7Echars/3.json")["rows"][0]["naïve"] == "ï"
    assert shop.json("/odd~20name/t/1.json")["rows"] == [{"id": 1, "v": "v1"}]


@pytest.mark.parametrize("path", ["customers/999", "customers/abc", "lines/10,99", "log/3", "log/x",
                                  "countries/XX", "odd_keys/", "odd_keys/nope", "customers/1~00"])
def test_row_not_found(shop, path):
    shop.error(f"/shop/{path}.json", 404, "Row not found")


@pytest.mark.parametrize("path", ["customers/1,2", "lines/10", "lines/10,1,2", "log/1,2"])
def test_wrong_number_of_keys(shop, path):
    shop.error(f"/shop/{path}.json", 400, "URL row identifier does not match the primary key for this table")


def test_key_is_compared_with_the_columns_affinity(shop):
    body = shop.json("/shop/customers/1~2E0.json")
    assert body["rows"][0]["id"] == 1 and body["primary_key_values"] == ["1.0"]


def test_huge_numbers_are_not_found(shop):
    for key in ("9223372036854775807", "-9223372036854775808", "99999999999999999999"):
        shop.error(f"/shop/customers/{key}.json", 404, "Row not found")


def test_unknown_table_or_database(shop):
    shop.error("/shop/nope/1.json", 404, "Table not found")
    shop.error("/nope/customers/1.json", 404, "Database not found")


def test_row_of_a_view(shop):
    shop.error("/shop/order_view/1.json", 404, "Row not found")


@pytest.mark.parametrize("shape, rows", [("arrays", [[1, "Ursula Vane", "FR"]]),
                                         ("objects", [{"id": 1, "name": "Ursula Vane", "country": "FR"}])])
def test_shapes(shop, shape, rows):
    assert shop.json(f"/shop/customers/1.json?_shape={shape}")["rows"] == rows


def test_bare_shapes(shop):
    row = {"id": 1, "name": "Ursula Vane", "country": "FR"}
    assert shop.json("/shop/customers/1.json?_shape=array") == [row]
    assert shop.json("/shop/customers/1.json?_shape=arrayfirst") == [1]
    assert shop.json("/shop/customers/1.json?_shape=object") == {"1": row}
    shop.error("/shop/customers/1.json?_shape=nope", 400, "Invalid _shape: nope")
