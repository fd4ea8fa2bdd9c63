/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sqlite3.h>

#include "sql/ident.h"
#include "../tap.h"

static void test_forms(void)
{
    static const struct {
        const char *name, *written;
    } names[] = {
        {"id", "id"},
        {"_x9", "_x9"},
        {"Name", "Name"},
        {"9a", "[9a]"},
        {"", "[]"},
        {"two words", "[two words]"},
        {"a-b", "[a-b]"},
        {"a\"b", "[a\"b]"},
        {"a[b", "[a[b]"},
        {"a]b", "\"a]b\""},
        {"a]\"b", "\"a]\"\"b\""},
        {"]", "\"]\""},
        {"caf\303\251", "[caf\303\251]"},
        {"a\n", "[a\n]"},
        {"a;drop table x", "[a;drop table x]"},
        {"order", "[order]"},
        {"ORDER", "[ORDER]"},
        {"Group", "[Group]"},
        {"orders", "orders"},
        {"orde", "orde"},
        {"abort", "[abort]"},
        {"without", "[without]"},
        {"current_timestamp", "[current_timestamp]"},
        {"current_timestamps", "current_timestamps"},
        {"rowid", "rowid"},
    };
    struct buf b = BUF_INIT(1000);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        ident_write(&b, names[i].name);
        is_buf(&b, names[i].written, names[i].written);
    }
    buf_free(&b);
}

/* Every keyword of the SQLite that is installed, which may be newer than the list. */
static void test_keywords(void)
{
    struct buf b = BUF_INIT(1000);
    for (int i = 0; i < sqlite3_keyword_count(); i++) {
        const char *word;
        int n;
        char name[64], want[sizeof name + 2];
        sqlite3_keyword_name(i, &word, &n);
        snprintf(name, sizeof name, "%.*s", n, word);
        snprintf(want, sizeof want, "[%s]", name);
        ident_write(&b, name);
        is_buf(&b, want, want);
    }
    buf_free(&b);
}

/* What SQLite makes of a written name is the name. */
static void test_round_trip(void)
{
    static const char *const names[] = {"a",   "a b", "order", "a]b",  "a\"b",     "a]\"b]\"", "a'b",
                                        "a[b", "",    "]",     "9",    "\303\251", "--",       "/*",
                                        "a;b", "?1",  ":a",    "\xff", "nothing",  "\t"};
    sqlite3 *db;
    sqlite3_open(":memory:", &db);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct buf b = BUF_INIT(1000);
        buf_adds(&b, "select 1 as ");
        ident_write(&b, names[i]);
        sqlite3_stmt *s = NULL;
        if (ok(sqlite3_prepare_v2(db, b.data, (int)b.len, &s, NULL) == SQLITE_OK, "name %zu is taken", i))
            is_str(sqlite3_column_name(s, 0), names[i], "and means itself");
        sqlite3_finalize(s);
        buf_free(&b);
    }
    sqlite3_close(db);
}

int main(void)
{
    test_forms();
    test_keywords();
    test_round_trip();
    return done();
}
