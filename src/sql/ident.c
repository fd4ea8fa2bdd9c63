/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>

#include "sql/ident.h"

/* sqlite.org/lang_keywords.html, and WITHIN of SQLite 3.47; sorted. Most could stand as a name unquoted, but
 * which ones differs between versions. */
/* clang-format off */
static const char *const KEYWORDS[] = {
    "abort", "action", "add", "after", "all", "alter", "always", "analyze", "and", "as", "asc", "attach",
    "autoincrement", "before", "begin", "between", "by", "cascade", "case", "cast", "check", "collate",
    "column", "commit", "conflict", "constraint", "create", "cross", "current", "current_date",
    "current_time", "current_timestamp", "database", "default", "deferrable", "deferred", "delete", "desc",
    "detach", "distinct", "do", "drop", "each", "else", "end", "escape", "except", "exclude", "exclusive",
    "exists", "explain", "fail", "filter", "first", "following", "for", "foreign", "from", "full",
    "generated", "glob", "group", "groups", "having", "if", "ignore", "immediate", "in", "index", "indexed",
    "initially", "inner", "insert", "instead", "intersect", "into", "is", "isnull", "join", "key", "last",
    "left", "like", "limit", "match", "materialized", "natural", "no", "not", "nothing", "notnull", "null",
    "nulls", "of", "offset", "on", "or", "order", "others", "outer", "over", "partition", "plan", "pragma",
    "preceding", "primary", "query", "raise", "range", "recursive", "references", "regexp", "reindex",
    "release", "rename", "replace", "restrict", "returning", "right", "rollback", "row", "rows",
    "savepoint", "select", "set", "table", "temp", "temporary", "then", "ties", "to", "transaction",
    "trigger", "unbounded", "union", "unique", "update", "using", "vacuum", "values", "view", "virtual",
    "when", "where", "window", "with", "within", "without",
};
/* clang-format on */

#define KEYWORD_MAX 17 /* current_timestamp */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int compare(const void *key, const void *element)
{
    return strcmp(key, *(const char *const *)element);
}

static bool is_keyword(const char *name)
{
    char word[KEYWORD_MAX + 1];
    size_t n = 0;
    for (; name[n] && n < KEYWORD_MAX; n++)
        word[n] = lower(name[n]);
    word[n] = '\0';
    return !name[n] && bsearch(word, KEYWORDS, ARRAY_SIZE(KEYWORDS), sizeof *KEYWORDS, compare);
}

static bool is_plain(const char *name)
{
    if (!*name || (*name >= '0' && *name <= '9'))
        return false;
    for (; *name; name++) {
        char c = lower(*name);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return true;
}

void ident_write(struct buf *sql, const char *name)
{
    if (is_plain(name) && !is_keyword(name)) {
        buf_adds(sql, name);
    } else if (!strchr(name, ']')) {
        buf_addc(sql, '[');
        buf_adds(sql, name);
        buf_addc(sql, ']');
    } else {
        buf_addc(sql, '"');
        for (; *name; name++) {
            if (*name == '"')
                buf_addc(sql, '"');
            buf_addc(sql, *name);
        }
        buf_addc(sql, '"');
    }
}
