/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <strings.h>

#include "store/functions.h"
#include "store/guard.h"

/* Lengths in bytes. A caller's SQL could otherwise make one opcode work for minutes on a huge value, and no deadline
 * reaches into an opcode: hex(randomblob(300000000)) takes 14 s, and LIKE and json_patch take time in the product of
 * their arguments' lengths. Pages read values that are there. */
#define PAGE_VALUE_MAX (16 * 1024 * 1024)
#define QUERY_TEXT_MAX (256 * 1024) /* what recursion in SQLite's parser and planner is bounded by */
static int query_value_max = 1024 * 1024;

void guard_configure(int value_max)
{
    query_value_max = value_max;
}

/*
 * Functions that a statement may call, in order. Everything else is refused, above all fts3_tokenizer (its
 * second argument is an address that the next FTS4 read jumps to), load_extension, fts5() and whatever a later
 * SQLite adds before somebody has looked at it. Sources: sqlite.org/lang_corefunc.html, lang_datefunc.html,
 * lang_aggfunc.html, windowfunctions.html, json1.html, lang_mathfunc.html, fts3.html, fts5.html.
 */
static const char *const allowed_functions[] = {
    "->", "->>", "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "avg", "bm25",
    "ceil", "ceiling", "changes", "char", "coalesce", "concat", "concat_ws", "cos", "cosh", "count",
    "cume_dist", "current_date", "current_time", "current_timestamp", "date", "datetime", "degrees",
    "dense_rank", "exp", "first_value", "floor", "format", "fts5_source_id", "glob", "group_concat", "hex",
    "highlight", "if", "ifnull", "iif", "instr", "json", "json_array", "json_array_length",
    "json_error_position", "json_extract", "json_group_array", "json_group_object", "json_insert",
    "json_object", "json_patch", "json_pretty", "json_quote", "json_remove", "json_replace", "json_set",
    "json_type", "json_valid", "jsonb", "jsonb_array", "jsonb_extract", "jsonb_group_array",
    "jsonb_group_object", "jsonb_insert", "jsonb_object", "jsonb_patch", "jsonb_remove", "jsonb_replace",
    "jsonb_set", "julianday", "lag", "last_insert_rowid", "last_value", "lead", "length", "like",
    "likelihood", "likely", "ln", "log", "log10", "log2", "lower", "ltrim", "match", "matchinfo", "max",
    "median", "min", "mod", "nth_value", "ntile", "nullif", "octet_length", "offsets",
    "percent_rank", "percentile", "percentile_cont", "percentile_disc", "pi", "pow", "power", "printf",
    "quote", "radians", "random", "randomblob", "rank", "replace", "round", "row_number", "rtrim", "sign",
    "sin", "sinh", "snippet", "soundex", "sqlite_compileoption_get", "sqlite_compileoption_used",
    "sqlite_source_id", "sqlite_version", "sqrt", "strftime", "string_agg", "substr", "substring",
    "subtype", "sum", "tan", "tanh", "time", "timediff", "total", "total_changes", "trim", "trunc",
    "typeof", "unhex", "unicode", "unixepoch", "unlikely", "upper", "zeroblob",
};

/* PRAGMAs that read and do not change: what pragma_NAME() in a SELECT, and FTS5 inside, may use. */
static const char *const allowed_pragmas[] = {
    "collation_list", "compile_options", "data_version", "database_list", "foreign_key_list",
    "function_list", "index_info", "index_list", "index_xinfo", "max_page_count", "module_list",
    "page_count", "page_size", "pragma_list", "schema_version", "table_info", "table_list", "table_xinfo",
};

/* Virtual table modules; all others are dropped from the connection: sqlite_stmt shows other callers' SQL,
 * sqlite_dbpage reads and writes raw pages. The pragma_* modules come by name and pass the list above. */
static const char *const allowed_modules[] = {
    "fts3", "fts4", "fts4aux", "fts5", "fts5vocab", "geopoly", "json_each", "json_tree", "rtree", "rtree_i32",
    NULL,
};

static int compare_names(const void *name, const void *row)
{
    return strcasecmp(name, *(const char *const *)row);
}

static int in_list(const char *name, const char *const *list, size_t n)
{
    return name && bsearch(name, list, n, sizeof *list, compare_names) != NULL;
}

static int refuse(struct guard *g, const char *what, const char *name)
{
    snprintf(g->denied, sizeof g->denied, "not authorized %s%s%s", what, name ? " " : "", name ? name : "");
    return SQLITE_DENY;
}

/* The authorizer's callback (sqlite.org/c3ref/set_authorizer.html). Changes to tables are not refused here:
 * R-Tree prepares its writing statements even to read. query_only refuses them when they are stepped. */
static int authorize(void *arg, int action, const char *a, const char *b, const char *schema,
                     const char *inner)
{
    struct guard *g = arg;
    (void)schema;
    (void)inner;
    if (g->policy == POLICY_OWN)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        if (in_list(b, allowed_functions, ARRAY_SIZE(allowed_functions)))
            return SQLITE_OK;
        return refuse(g, "to use function:", b);
    case SQLITE_PRAGMA:
        if (in_list(a, allowed_pragmas, ARRAY_SIZE(allowed_pragmas)))
            return SQLITE_OK;
        return refuse(g, "to use PRAGMA", a);
    case SQLITE_ATTACH:
        return refuse(g, "to ATTACH", NULL);
    case SQLITE_DETACH:
        return refuse(g, "to DETACH", NULL);
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
        return refuse(g, "to begin or end a transaction", NULL);
    default:
        return refuse(g, "to run a statement that is not a SELECT", NULL);
    }
}

static void set_limits(sqlite3 *handle)
{
    static const struct {
        int id, value;
    } limits[] = {
        {SQLITE_LIMIT_SQL_LENGTH, QUERY_TEXT_MAX}, {SQLITE_LIMIT_COLUMN, 2000},
        {SQLITE_LIMIT_EXPR_DEPTH, 200},         {SQLITE_LIMIT_COMPOUND_SELECT, 200},
        {SQLITE_LIMIT_VDBE_OP, 1000000},        {SQLITE_LIMIT_FUNCTION_ARG, 100},
        {SQLITE_LIMIT_ATTACHED, 0},             {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
        {SQLITE_LIMIT_VARIABLE_NUMBER, 1000},   {SQLITE_LIMIT_TRIGGER_DEPTH, 10},
        {SQLITE_LIMIT_WORKER_THREADS, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
        sqlite3_limit(handle, limits[i].id, limits[i].value);
}

int guard_install(struct guard *g, sqlite3 *handle, struct error *e)
{
    static const struct {
        int id, value;
    } switches[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1}, /* a reader leaves the -wal to those who write it */
    };
    *g = (struct guard){.handle = handle, .policy = POLICY_OWN};
    int rc = SQLITE_OK;
    for (size_t i = 0; i < ARRAY_SIZE(switches) && rc == SQLITE_OK; i++)
        rc = sqlite3_db_config(handle, switches[i].id, switches[i].value, NULL);
    set_limits(handle);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, PAGE_VALUE_MAX);
    if (rc == SQLITE_OK)
        rc = functions_install(handle);
    if (rc == SQLITE_OK)
        rc = sqlite3_drop_modules(handle, (const char **)allowed_modules);
    if (rc == SQLITE_OK)
        rc = sqlite3_set_authorizer(handle, authorize, g);
    if (rc != SQLITE_OK)
        return error_set(e, ERR_UNUSABLE, "the guard cannot be installed: %s", sqlite3_errmsg(handle));
    return 0;
}

void guard_set_policy(struct guard *g, enum policy policy)
{
    if (g->policy == policy)
        return;
    sqlite3_limit(g->handle, SQLITE_LIMIT_LENGTH, policy == POLICY_QUERY ? query_value_max : PAGE_VALUE_MAX);
    g->policy = policy;
}
