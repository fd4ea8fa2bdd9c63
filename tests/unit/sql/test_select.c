/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sql/select.h"
#include "../tap.h"

static int check(const char *sql, size_t len, struct error *e)
{
    _cleanup_free_ char *copy = malloc(len ? len : 1);
    memcpy(copy, sql, len);
    *e = (struct error){0};
    return select_check(copy, len, e);
}

static const char *const good[] = {
    "select 1",
    "SELECT 1",
    "SeLeCt*from t",
    "select(1)",
    "select/**/1",
    "select",
    "with x as (select 1) select * from x",
    " \t\r\n\fselect 1",
    "-- a comment\nselect 1",
    "--\nselect 1",
    "/* a */ /* b */select 1",
    "/* insert */-- delete\n  -- update\n/**/with a as (select 1) select 1",
    "/* * / */ select 1",
    "explain select 1",
    "EXPLAIN\nQUERY\tPLAN select 1",
    "explain query plan with x as (select 1) select * from x",
    "explain with x as (select 1) select * from x",
    "/**/explain/**/query/**/plan/**/select 1",
};

static const char *const bad[] = {
    "",
    " ",
    "insert into t values (1)",
    "update t set a = 1",
    "delete from t",
    "pragma table_info(t)",
    "attach 'x' as y",
    "vacuum",
    "selects",
    "select1",
    "select_x",
    "select$",
    "select\303\251",
    "selec",
    "within",
    "xselect",
    "(select 1)",
    ";select 1",
    "-- select 1",
    "/* select 1",
    "/* select 1 *",
    "/*/select 1",
    "-select 1",
    "- - select 1",
    "explain",
    "explain insert into t values (1)",
    "explain query select 1",
    "explain query plan",
    "explain query plan delete from t",
    "explain plan select 1",
    "explain explain select 1",
    "explainselect 1",
    "query plan select 1",
    "values (1)",
    "\xef\xbb\xbfselect 1",
};

int main(void)
{
    struct error e;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        ok(check(good[i], strlen(good[i]), &e) == 0, "query %zu is one", i);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        if (!ok(check(bad[i], strlen(bad[i]), &e) == ERR_BAD_INPUT, "text %zu is none", i))
            tap_show("text:", bad[i], strlen(bad[i]));
    is_str(e.text, "Statement must be a SELECT", "the message is Datasette's");
    is_int(check("select 1", 5, &e), ERR_BAD_INPUT, "nothing past the length counts");
    is_int(check("selectx", 6, &e), 0, "not for the end of a word either");
    is_int(check("\0select 1", 9, &e), ERR_BAD_INPUT, "a NUL is no space");
    is_int(select_check("x", 1, NULL), ERR_BAD_INPUT, "without a struct error");
    return done();
}
