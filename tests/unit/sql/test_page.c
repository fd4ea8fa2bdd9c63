/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sqlite3.h>

#include "sql/page.h"
#include "../tap.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__})

static const struct page authors = {.table = "authors",
                                    .columns = NAMES("id", "name"),
                                    .n_columns = 2,
                                    .keys = NAMES("id"),
                                    .n_keys = 1,
                                    .limit = 101};
static const struct page notes = {.table = "notes",
                                  .columns = NAMES("a", "b"),
                                  .n_columns = 2,
                                  .select_rowid = true,
                                  .keys = NAMES("rowid"),
                                  .n_keys = 1,
                                  .limit = 101};
static const struct page odd = {.table = "order]",
                                .columns = NAMES("a b", "group", "v"),
                                .n_columns = 3,
                                .keys = NAMES("a b", "group"),
                                .n_keys = 2,
                                .limit = 3};

static void is_page(struct page p, bool after, const char *want)
{
    struct buf b = BUF_INIT(1000);
    p.after = after;
    page_write(&b, &p);
    is_buf(&b, want, want);
    buf_free(&b);
}

static void is_row(const struct page *p, const char *want)
{
    struct buf b = BUF_INIT(1000);
    row_write(&b, p);
    is_buf(&b, want, want);
    buf_free(&b);
}

static void test_text(void)
{
    is_page(authors, false, "select id, name from authors order by id limit 101");
    is_page(authors, true, "select id, name from authors where id > :p0 order by id limit 101");
    is_page(notes, false, "select rowid, a, b from notes order by rowid limit 101");
    is_page(notes, true, "select rowid, a, b from notes where rowid > :p0 order by rowid limit 101");
    is_page(odd, false, "select [a b], [group], v from \"order]\" order by [a b], [group] limit 3");
    is_page(odd, true,
            "select [a b], [group], v from \"order]\" where ([a b], [group]) > (:p0, :p1) "
            "order by [a b], [group] limit 3");

    struct page view = {.table = "v", .columns = NAMES("x"), .n_columns = 1, .limit = 11};
    is_page(view, false, "select x from v limit 11");
    view.offset = 20;
    is_page(view, false, "select x from v limit 11 offset 20");
    is_page(view, true, "select x from v limit 11 offset 20");
    struct page bare = notes;
    bare.n_columns = 0;
    is_page(bare, false, "select rowid from notes order by rowid limit 101");

    is_row(&authors, "select id, name from authors where id = :p0");
    is_row(&notes, "select rowid, a, b from notes where rowid = :p0");
    is_row(&odd, "select [a b], [group], v from \"order]\" where [a b] = :p0 and [group] = :p1");
}

/* Column 2 of each row, one after the other. */
static void is_result(sqlite3 *db, const struct page *p, const char *const *key, const char *want,
                      const char *what)
{
    struct buf b = BUF_INIT(1000), seen = BUF_INIT(1000);
    page_write(&b, p);
    sqlite3_stmt *s = NULL;
    ok(sqlite3_prepare_v2(db, b.data, (int)b.len, &s, NULL) == SQLITE_OK, "SQLite takes it");
    for (int i = 0; key && i < (int)p->n_keys; i++)
        sqlite3_bind_text(s, i + 1, key[i], -1, SQLITE_STATIC);
    while (sqlite3_step(s) == SQLITE_ROW)
        buf_adds(&seen, (const char *)sqlite3_column_text(s, 2));
    is_buf(&seen, want, what);
    sqlite3_finalize(s);
    buf_free(&seen);
    buf_free(&b);
}

/* A compound key goes on after the last row, within equal first parts, too. */
static void test_order(void)
{
    sqlite3 *db;
    sqlite3_open(":memory:", &db);
    int r = sqlite3_exec(
        db,
        "create table \"order]\" ([a b] text, [group] text, v text, primary key ([a b], [group]));"
        "insert into \"order]\" values ('x', '1', 'A'), ('x', '2', 'B'), ('y', '0', 'C'),"
        " ('y', '3', 'D'), ('z', '0', 'E')",
        NULL, NULL, NULL);
    is_int(r, SQLITE_OK, "a table with a compound key");
    struct page p = odd;
    is_result(db, &p, NULL, "ABC", "the first page");
    p.after = true;
    is_result(db, &p, NAMES("x", "2"), "CDE", "the next after (x, 2)");
    is_result(db, &p, NAMES("x", "1"), "BCD", "the next after (x, 1)");
    sqlite3_close(db);
}

int main(void)
{
    test_text();
    test_order();
    return done();
}
