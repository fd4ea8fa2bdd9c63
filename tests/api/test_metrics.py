# SPDX-License-Identifier: LGPL-2.1-or-later
"""/-/metrics: the Prometheus text format, and numbers that follow what was done."""
import re

import pytest


def numbers(d):
    text = d.get("/-/metrics").text
    return {m[1]: int(m[2]) for m in re.finditer(r"^dbd_(\w+) (-?\d+)$", text, re.M)}


def test_format(shop):
    r = shop.get("/-/metrics")
    assert r.status_code == 200 and r.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = r.text.split("\n")
    assert lines.pop() == "" and len(lines) % 3 == 0
    for help_, type_, value in zip(lines[::3], lines[1::3], lines[2::3]):
        name = value.split(" ")[0]
        assert help_.startswith(f"# HELP {name} ") and re.fullmatch(rf"# TYPE {name} (counter|gauge)", type_)
        assert ("counter" in type_) == name.endswith("_total")


def test_lanes_and_caches(start, databases):
    d = start(databases / "shop.db")
    d.get("/shop/orders/1.json")  # opens the file, on the slow lane
    before = numbers(d)
    for _ in range(5):
        assert d.get("/shop/orders/1.json").status_code == 200
    d.sql("select 1 as a")
    after = numbers(d)
    grown = {k: after[k] - before[k] for k in after}
    assert grown["inline_total"] >= 5 and grown["slow_total"] == 1 and grown["schema_hits_total"] >= 4
    assert grown["schema_misses_total"] <= 1 and grown["statement_hits_total"] > grown["statement_misses_total"]
    assert after["streams"] == 0 and after["slow_jobs"] == 0 and after["readers"] >= 1


def test_errors_and_time_limits(start, databases):
    d = start(databases / "shop.db", "-s", "sql_time_limit_ms", "50")
    d.sql("with recursive c(n) as (select 1 union all select n + 1 from c) select max(n) from c")
    d.get("/nope.json")
    n = numbers(d)
    assert n["time_limits_total"] == 1 and n["errors_total"] == 2
