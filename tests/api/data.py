# SPDX-License-Identifier: LGPL-2.1-or-later
"""The databases that the tests serve."""
import sqlite3

ODD = ["plain", "a/b", "a.b", "a~b", "x,y", "naïve", "日本", "sp ace", "100%", "q?x", "#hash", "+plus", "it's",
       "dots..", ".lead", "-dash", "_under", "a&b", "new\nline", '"dq"', "tab\there", "🎈", "~7E", "%2F", "a=b",
       "semi;colon", "1", "007", "1.5", "null", "a\\b", "[br]", "{x}", "tail/"]
PAIRS = [("a", "b", 1), ("a,b", "c", 2), ("a", "b,c", 3), ("x/y", "z.z", 4), ("~", "~", 5), ("é", "", 6)]
NAMES = "weird table.name/with~chars"

SHOP = f"""
create table customers (id integer primary key, name text not null, country text references countries(code));
create table countries (code text primary key, label text) without rowid;
create table orders (id integer primary key, customer integer references customers(id), amount real, note text);
create table lines (order_no integer, line_no integer, sku text, qty integer, primary key (order_no, line_no));
create table backwards (a integer, b integer, v text, primary key (b, a));
create table log (level text, message text);
create table odd_keys (k text primary key, v text);
create table pairs (k1 text, k2 text, v integer, primary key (k1, k2));
create table "{NAMES}" ("col with space" text, "sel[ect]" integer, "a""b" text, "dot.col" text, "naïve" text);
create table "select" ("from" integer primary key, "where" text);
create table empty (id integer primary key, name text);
create table mixed (k primary key, v text);
create view order_view as select orders.id, customers.name from orders join customers on customers.id = customer
    order by orders.id;
create view broken_view as select * from gone;
create virtual table words using fts5(body);
create virtual table words4 using fts4(body);
create index orders_customer on orders(customer);
"""


def connect(path):
    return sqlite3.connect(path, isolation_level=None)


def shop(path):
    c = connect(path)
    c.executescript("begin;" + SHOP)
    c.executemany("insert into countries values (?, ?)", [("FR", "France"), ("JP", "Japan"), ("SE", None)])
    c.executemany("insert into customers(name, country) values (?, ?)",
                  [("Ursula Vane", "FR"), ("Ito Haruki", "JP"), ("Zoë Ångström", "SE"), ("", None)])
    c.executemany("insert into orders values (?, ?, ?, ?)",
                  [(i, i % 4 + 1, i / 4, f"order {i:04}") for i in range(1, 1204)])
    c.executemany("insert into lines values (?, ?, ?, ?)",
                  [(o * 10, n, f"SKU-{o}{n}", o + n) for o in range(1, 6) for n in range(1, 4)])
    c.executemany("insert into backwards values (?, ?, ?)", [(a, b, f"{a}.{b}") for a in (1, 2, 3) for b in (1, 2)])
    c.executemany("insert into log(rowid, level, message) values (?, ?, ?)",
                  [(n, "info", f"message {n}") for n in (1, 2, 5, 6, 9, -3)])
    c.executemany("insert into odd_keys values (?, ?)", [(k, f"value {i}") for i, k in enumerate(ODD)])
    c.executemany("insert into pairs values (?, ?, ?)", PAIRS)
    c.executemany(f'insert into "{NAMES}" values (?, ?, ?, ?, ?)',
                  [("c1", 1, "ab1", "d1", "n1"), ("c 2", 2, 'a"b2', "d2", "n2"), (None, 3, None, None, "ï")])
    c.executemany('insert into "select" values (?, ?)', [(1, "w1"), (2, "w2")])
    c.executemany("insert into mixed values (?, ?)",
                  [(1, "int"), (1.5, "real"), ("1", "text one"), ("z", "text"), (b"\x00\xff", "blob")])
    c.executemany("insert into words values (?)", [("salt river",), ("iron engine",), ("river garden",)])
    c.executemany("insert into words4 values (?)", [("salt river",), ("iron engine",)])
    c.execute("commit")
    c.close()
    return path


def small(path, value="v"):
    """A database with table t(id, v) of three rows."""
    c = connect(path)
    c.executescript("begin; create table t (id integer primary key, v text)")
    c.executemany("insert into t(v) values (?)", [(f"{value}{i}",) for i in (1, 2, 3)])
    c.execute("commit")
    c.close()
    return path
