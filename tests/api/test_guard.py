# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a caller's SQL may not do. Each attempt is answered, and the daemon goes on serving."""
import os
import sqlite3

import pytest

import data
from daemon import query_path

FTS4 = "select body from words4 where words4 match 'iron'"
# Not the address of anything: a daemon that lets it through dies at the next read of an FTS4 table.
ADDRESS = "x'4141414141414141'"


@pytest.fixture
def guarded(start, databases):
    # One thread for slow queries: what an attempt leaves behind, the next query meets on the same connection.
    d = start(databases / "shop.db", "--memory", "-s", "sql_time_limit_ms", "1000", "-s", "num_sql_threads", "1")
    yield d
    d.alive()
    assert d.sql("select count(*) as c from customers").json()["rows"] == [{"c": 4}]
    assert d.sql(FTS4).json()["rows"] == [{"body": "iron engine"}]


def refused(r, *texts):
    assert r.status_code == 400, f"{r.status_code} {r.text[:300]}"
    body = r.json()
    assert body["ok"] is False and body["status"] == 400 and body["error"]
    if texts:
        assert any(t in body["error"] for t in texts), body["error"]


@pytest.mark.parametrize("name", ["simple", "porter", "unicode61", "evil"])
def test_fts3_tokenizer_literal(guarded, name):
    refused(guarded.sql(f"select fts3_tokenizer('{name}', {ADDRESS})"), "not authorized")
    refused(guarded.sql(f"select hex(fts3_tokenizer('{name}'))"), "not authorized")
    for _ in range(5):
        assert guarded.sql(FTS4).status_code == 200


def test_fts3_tokenizer_bound(guarded):
    """A bound parameter is what SQLite lets pass even where two-argument calls are off; text of a pointer's length
    will do. Whoever lets it through is dead after the next read of an FTS4 table."""
    for name in ("simple", "porter", "unicode61"):
        refused(guarded.post("select fts3_tokenizer(?, ?)", [name, "AAAAAAAA"]), "not authorized")
        refused(guarded.post("select fts3_tokenizer(:n, :v)", {"n": name, "v": "AAAAAAAA"}), "not authorized")
        refused(guarded.sql("select fts3_tokenizer(:n, :v)", n=name, v="AAAAAAAA"), "not authorized")
        refused(guarded.post("select fts3_tokenizer(:n, cast(:v as blob))", {"n": name, "v": "AAAAAAAA"}), "not authorized")
    for _ in range(5):
        assert guarded.sql(FTS4).status_code == 200
        assert guarded.get("/shop/words4.json").status_code == 200
        assert guarded.sql("select rowid from words4 where words4 match :q", q="salt").json()["rows"] == [{"rowid": 1}]


def test_fts3_tokenizer_in_the_order_of_an_attack(guarded):
    """Without anything looked at between: whatever the answer was, the read behind it is what would crash."""
    with guarded.wire() as w:
        for body in (b'{"sql": "select fts3_tokenizer(?, ?)", "params": ["simple", "AAAAAAAA"]}', b'{"sql": "select body from words4 where words4 match ?", "params": ["iron"]}'):
            a = w.request("/shop/-/query.json", "POST", body=body)
    assert a.json()["rows"] == [{"body": "iron engine"}]


@pytest.mark.parametrize("sql", [
    f"select \"fts3_tokenizer\"('simple', {ADDRESS})", f"select FTS3_Tokenizer('simple', {ADDRESS})",
    f"select 1 where fts3_tokenizer('simple', {ADDRESS})", f"with a as (select fts3_tokenizer('simple', {ADDRESS}) as x) select x from a",
    f"select * from customers order by fts3_tokenizer('simple', {ADDRESS})", f"select [fts3_tokenizer]('simple', {ADDRESS})",
    f"select (select fts3_tokenizer('simple', {ADDRESS}))", f"explain select fts3_tokenizer('simple', {ADDRESS})",
    f"select count(*) filter (where fts3_tokenizer('simple', {ADDRESS})) from customers"])
def test_fts3_tokenizer_elsewhere(guarded, sql):
    refused(guarded.sql(sql))


@pytest.mark.parametrize("sql", ["select load_extension('x')", "select load_extension('x', 'y')",
                                 "select load_extension(:p)"])
def test_load_extension(guarded, sql):
    refused(guarded.sql(sql, p="/tmp/x"), "not authorized", "no such function")


@pytest.mark.parametrize("sql", [
    "select * from sqlite_stmt", "select * from sqlite_dbpage", "select * from sqlite_dbpage('main')",
    "select data from sqlite_dbpage where pgno = 1", "select * from fts3tokenize('simple', 'a b')",
    "select * from bytecode('select 1')", "select * from tables_used('select 1')", "select * from sqlite_dbdata"])
def test_tables_that_show_too_much(guarded, sql):
    refused(guarded.sql(sql))


@pytest.mark.parametrize("sql", [
    "select writefile('/tmp/x', 'y')", "select readfile('/etc/passwd')", "select edit('x')", "select fts5('x')",
    "select fts5(:p)", "select match('a', 'b')", "select sqlite_compileoption_get(1), load_extension('x')",
    "select fts3_tokenizer()", "select rtreecheck('x')", "select sqlite_offset(id) from customers, load_extension",
    "select matchinfo(customers) from customers", "select shell_add_schema('a')", "select undefined_function(1)"])
def test_functions_that_are_not_on_the_list(guarded, sql):
    refused(guarded.sql(sql, p="x"))


@pytest.mark.parametrize("sql, value", [
    ("json('{\"a\": 1}')", '{"a":1}'), ("json_extract('[1,2]', '$[1]')", 2), ("json_array(1, 2)", "[1,2]"),
    ("json_object('a', 1)", '{"a":1}'), ("'[5]' ->> 0", 5), ("json_group_array(1)", "[1]"), ("json_type('{}')", "object"),
    ("json_valid('x')", 0), ("json_quote('a')", '"a"'), ("json_patch('{}', '{\"b\":1}')", '{"b":1}'),
    ("upper('a')", "A"), ("lower('A')", "a"), ("length('abc')", 3), ("substr('abc', 2)", "bc"), ("replace('a', 'a', 'b')", "b"),
    ("trim(' a ')", "a"), ("instr('abc', 'c')", 3), ("coalesce(null, 1)", 1), ("ifnull(null, 2)", 2), ("iif(1, 2, 3)", 2),
    ("nullif(1, 1)", None), ("printf('%d', 3)", "3"), ("format('%d', 3)", "3"), ("hex('a')", "61"), ("quote('a')", "'a'"),
    ("abs(-1)", 1), ("round(1.5)", 2.0), ("min(1, 2)", 1), ("max(1, 2)", 2), ("sin(0)", 0.0), ("sqrt(4)", 2.0), ("pi() > 3", 1),
    ("date('2024-02-29')", "2024-02-29"), ("datetime(0, 'unixepoch')", "1970-01-01 00:00:00"), ("julianday('2000-01-01')", 2451544.5),
    ("strftime('%Y', '2024-01-01')", "2024"), ("unixepoch('1970-01-02')", 86400), ("unicode('a')", 97), ("char(97)", "a"),
    ("typeof(1)", "integer"), ("glob('a*', 'ab')", 1), ("like('a%', 'ab')", 1), ("length(randomblob(3))", 3),
    ("typeof(random())", "integer"), ("zeroblob(1) is not null", 1), ("total(1)", 1.0), ("group_concat('a', ',')", "a"), ("avg(2)", 2.0),
    ("count(*)", 1), ("sum(1)", 1), ("sqlite_version() > '3'", 1), ("likely(1)", 1), ("changes()", 0),
    ("row_number() over ()", 1), ("lag(1) over ()", None), ("ntile(1) over ()", 1), ("first_value(1) over ()", 1)])
def test_functions_that_are_on_the_list(shop, sql, value):
    r = shop.sql(f"select {sql} as v")
    assert r.status_code == 200, r.text
    assert r.json()["rows"] == [{"v": value}]


def test_json_tables(shop):
    assert shop.sql("select key, value from json_each('[1, 2]')").json()["rows"] == [
        {"key": 0, "value": 1}, {"key": 1, "value": 2}]
    assert len(shop.sql("select * from json_tree('{\"a\": [1, {\"b\": 2}]}')").json()["rows"]) == 5


def test_schema_can_be_read(shop):
    r = shop.sql("select name from sqlite_master where name = 'customers'")
    assert r.json()["rows"] == [{"name": "customers"}]


def test_a_list_of_pragma_functions(shop):
    r = shop.sql("select name from pragma_table_info('customers')")
    assert [x["name"] for x in r.json()["rows"]] == ["id", "name", "country"]


@pytest.mark.parametrize("sql", ["select * from pragma_database_list", "select * from pragma_wal_checkpoint",
                                 "select * from pragma_journal_mode('wal')", "select * from pragma_writable_schema(1)",
                                 "select * from pragma_user_version(3)", "select * from pragma_hard_heap_limit(1)",
                                 "select * from pragma_query_only(0)", "select * from pragma_trusted_schema(1)",
                                 "select * from pragma_mmap_size(1000000)", "select * from pragma_temp_store_directory('/')",
                                 "select * from pragma_function_list", "select * from pragma_integrity_check(1)"])
def test_pragma_functions_outside_the_list(guarded, sql):
    """Most have no table-valued form, and none of these is allowed; what matters is that nothing is changed."""
    r = guarded.sql(sql)
    if r.status_code == 200:
        assert sql.split("pragma_")[1] in ("function_list", "integrity_check(1)", "database_list")
    else:
        refused(r)


@pytest.mark.parametrize("sql", [
    "attach database '/etc/passwd' as x", "attach ':memory:' as x", "/* select */ attach ':memory:' as x",
    "-- select\nattach ':memory:' as x", "pragma query_only = 0", "pragma writable_schema = 1", "pragma journal_mode = wal",
    "/**/pragma user_version = 7", "with x as (select 1) insert into customers(name) select 'x'",
    "with x as (select 1) delete from customers", "with x as (select 1) update customers set name = 'y'",
    "explain insert into customers(name) values ('x')", "explain attach 'x' as y", "explain pragma query_only = 0",
    "select 1; attach ':memory:' as x", "select 1; drop table customers", "\ufeffattach ':memory:' as x",
    "with a as (select 1) replace into customers values (1, 'x', 'y')", "insert into customers(name) values ('x') returning id",
    "create temp table x (a)", "create temp view x as select 1", "begin exclusive", "savepoint x", "drop view order_view"])
def test_nothing_is_written_or_attached(guarded, databases, sql):
    before = (databases / "shop.db").read_bytes()
    for r in (guarded.sql(sql), guarded.post(sql)):
        if r.status_code == 200:
            assert sql.startswith("explain"), r.text
    assert (databases / "shop.db").read_bytes() == before
    assert guarded.sql("select count(*) as c from pragma_table_list where schema not in ('main', 'temp')").json().get("rows") in ([{"c": 0}], [])


def test_full_text_commands_do_not_write(guarded, databases):
    before = (databases / "shop.db").read_bytes()
    for command in ("optimize", "rebuild", "integrity-check"):
        refused(guarded.sql(f"insert into words(words) values ('{command}')"))
    assert (databases / "shop.db").read_bytes() == before


@pytest.mark.parametrize("what", ["url", "post"])
def test_long_sql(guarded, what):
    sql = "select 1 /* " + "x" * (60_000 if what == "url" else 1_500_000) + " */"
    r = guarded.sql(sql) if what == "url" else guarded.post(sql)
    assert r.status_code in ((414,) if what == "url" else (400, 413)), r.status_code


@pytest.mark.parametrize("sql", [
    "select " + "(" * 2000 + "1" + ")" * 2000, "select " + "abs(" * 2000 + "1" + ")" * 2000, "select " + "+".join(["1"] * 5000), "select " + "not " * 5000 + "1",
    "select 1 " + "union all select 1 " * 3000, "select " + ",".join(["1"] * 30000), "select max(" + ",".join(["1"] * 2000) + ")",
    "select * from " + ",".join(f"customers c{i}" for i in range(100)), "select " + "-" * 1 + " -" * 20000 + "1",
    "select ?999999", "select ?0", "with " + ",".join(f"a{i} as (select 1)" for i in range(3000)) + " select 1"])
def test_depth_and_breadth(guarded, sql):
    r = guarded.post(sql)
    assert r.status_code in (200, 400, 413)
    if r.status_code == 200:  # parentheses alone are no depth, once SQLite's parser is past its fixed stack (3.46)
        assert sql.startswith(("with ", "select ((")) or "union all" in sql
    guarded.alive()


@pytest.mark.not_tsan("a gigabyte takes longer than anybody waits")
@pytest.mark.parametrize("sql", [
    "select zeroblob(2000000000)", "select randomblob(2000000000)", "select hex(zeroblob(1000000000))",
    "select printf('%2000000000d', 1)", "select printf('%.*c', 1000000000, 'x')", "select replace(hex(zeroblob(100000)), '0', hex(zeroblob(100000)))",
    "select group_concat(a) from (with recursive c(n) as (select 1 union all select n+1 from c) select hex(zeroblob(1000000)) as a from c)",
    "select zeroblob(9223372036854775807)", "select substr(zeroblob(-1), 1)"])
@pytest.mark.limit(90)
def test_huge_values(guarded, sql):
    r = guarded.sql(sql)
    assert r.status_code in (400, 413, 503) or (r.status_code == 200 and len(r.content) < 1_000_000), r.status_code
    guarded.alive()


@pytest.mark.parametrize("sql", [
    "with recursive c(n) as (select 1 union all select n+1 from c) select max(n) from c",
    "with recursive c(n) as (select 1 union all select n+1 from c) select n from c where n < 0",
    "with recursive c(n) as (select 1 union select n+1 from c) select count(*) from c",
    "select count(*) from orders a, orders b, orders c where a.id + b.id + c.id < 0",
    "select a.id from orders a, orders b, orders c order by random() limit 1",
    "select '" + "a" * 3000 + "' like '" + "%a" * 1000 + "b'",
    "select '" + "a" * 3000 + "' glob '" + "*a" * 1000 + "b'",
    "select sum(length(hex(randomblob(400000)))) from orders, orders b"])
@pytest.mark.limit(90)
def test_endless_queries_end(guarded, sql):
    r = guarded.post(sql)
    assert r.status_code in (200, 400, 503), r.status_code
    if r.status_code == 200:
        assert "like" in sql or "glob" in sql
    guarded.alive()


def test_read_only_by_option_of_the_file_too(start, tmp_path):
    """A database that its owner may write is not written: neither header, journal nor wal appears or changes."""
    path = data.small(tmp_path / "ro.db")
    before, stat = path.read_bytes(), os.stat(path)
    d = start(path)
    d.sql("delete from t", db="ro")
    d.json("/ro/t.json")
    assert path.read_bytes() == before and os.stat(path).st_mtime_ns == stat.st_mtime_ns
    assert sorted(p.name for p in tmp_path.glob("ro.db*")) == ["ro.db"]


def test_a_schema_that_would_harm(start, tmp_path):
    """Views and generated columns written by somebody else run under the same guard."""
    path = tmp_path / "trap.db"
    c = data.connect(path)
    c.execute("create table t (a)")
    c.execute("insert into t values (1)")
    c.execute(f"create view v as select fts3_tokenizer('simple', {ADDRESS}) as x from t")
    c.execute("create view w as select load_extension('/nope') as x from t")
    c.execute("create virtual table f using fts4(body)")
    c.execute("insert into f values ('one')")
    c.close()
    d = start(path)
    for view in ("v", "w"):
        assert d.get(f"/trap/{view}.json").status_code in (400, 500)
        assert d.sql(f"select * from {view}", db="trap").status_code == 400
    assert d.sql("select body from f where f match 'one'", db="trap").json()["rows"] == [{"body": "one"}]
    assert d.get("/trap.json").status_code == 200
    d.alive()


def test_a_corrupt_schema(start, tmp_path):
    path = tmp_path / "corrupt.db"
    c = data.connect(path)
    c.execute("create table t (a)")
    c.execute("create table u (a)")
    c.execute("insert into u values (1)")
    c.execute("pragma writable_schema = 1")
    c.execute("update sqlite_master set sql = 'create table t (' where name = 't'")
    c.close()
    d = start(path)
    for path in ("/corrupt.json", "/corrupt/t.json", "/corrupt/u.json"):
        r = d.get(path)
        assert r.status_code in (500, 503) and r.json()["ok"] is False, (path, r.status_code)
    d.alive()


def test_many_attempts_on_one_connection(guarded):
    """Keep-alive: a refused statement leaves nothing behind for the next caller of the same connection."""
    with guarded.wire() as w:
        for _ in range(30):
            assert w.request(query_path(f"select fts3_tokenizer('simple', {ADDRESS})")).status == 400
            assert w.request(query_path("attach ':memory:' as x")).status == 400
            assert w.request(query_path(FTS4)).json()["rows"] == [{"body": "iron engine"}]


def test_this_sqlite_would_let_it_through():
    """The tests above mean something only where the library has the function."""
    c = sqlite3.connect(":memory:")
    try:
        c.execute("select fts3_tokenizer('simple')")
    except sqlite3.OperationalError as e:
        if "no such function" in str(e):
            pytest.skip("this SQLite has no fts3_tokenizer")
