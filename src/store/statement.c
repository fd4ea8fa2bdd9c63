/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/hash.h"
#include "store/pool.h"
#include "store/reader_private.h"
#include "store/statement.h"

#define CACHED_TEXT_MAX 4096
#define CACHED_SIZE_MAX (64 * 1024)

static struct statement *cache_find(struct reader *r, enum policy policy, const char *sql, size_t len,
                                    uint64_t hash)
{
    for (size_t i = 0; i < STATEMENT_CACHE_SIZE; i++) {
        struct statement *s = r->cache[i];
        if (s && s->hash == hash && s->len == len && s->policy == policy && !s->in_use &&
            memcmp(s->sql, sql, len) == 0)
            return s;
    }
    return NULL;
}

static void finalize(struct statement *s)
{
    sqlite3_finalize(s->handle);
    free(s->notes);
    free(s);
}

/* Keeps `s`, in a free place or in that of the statement that was not used for longest. */
static void cache_keep(struct statement *s)
{
    struct reader *r = s->reader;
    size_t place = STATEMENT_CACHE_SIZE;
    for (size_t i = 0; i < STATEMENT_CACHE_SIZE; i++) {
        if (!r->cache[i]) {
            place = i;
            break;
        }
        if (!r->cache[i]->in_use && (place == STATEMENT_CACHE_SIZE || r->cache[i]->used < r->cache[place]->used))
            place = i;
    }
    if (place == STATEMENT_CACHE_SIZE)
        return;
    if (r->cache[place])
        finalize(r->cache[place]);
    r->cache[place] = s;
}

static bool is_cached(const struct statement *s)
{
    for (size_t i = 0; i < STATEMENT_CACHE_SIZE; i++)
        if (s->reader->cache[i] == s)
            return true;
    return false;
}

void statement_clear_cache(struct reader *r)
{
    for (size_t i = 0; i < STATEMENT_CACHE_SIZE; i++)
        if (r->cache[i]) {
            finalize(r->cache[i]);
            r->cache[i] = NULL;
        }
}

/* Whether text after the first statement holds another one; comments and semicolons do not count. */
static bool has_statement(struct reader *r, const char *tail, const char *end)
{
    while (tail < end) {
        sqlite3_stmt *handle = NULL;
        const char *rest = NULL;
        int rc = sqlite3_prepare_v2(r->handle, tail, (int)(end - tail), &handle, &rest);
        sqlite3_finalize(handle);
        if (rc != SQLITE_OK || handle)
            return true;
        if (rest <= tail)
            break;
        tail = rest;
    }
    return false;
}

static int prepare(struct statement *s, struct error *e)
{
    struct reader *r = s->reader;
    const char *tail = NULL;
    r->guard.denied[0] = '\0';
    int rc = sqlite3_prepare_v3(r->handle, s->sql, (int)s->len, SQLITE_PREPARE_PERSISTENT, &s->handle, &tail);
    if (rc != SQLITE_OK)
        return reader_error(r, rc, e);
    if (!s->handle)
        return error_set(e, ERR_BAD_INPUT, "the SQL holds no statement");
    if (has_statement(r, tail, s->sql + s->len))
        return error_set(e, ERR_BAD_INPUT, "You can only execute one statement at a time.");
    return 0;
}

static int check_text(struct reader *r, const char *sql, size_t len, struct error *e)
{
    size_t max = (size_t)sqlite3_limit(r->handle, SQLITE_LIMIT_SQL_LENGTH, -1);
    if (len > max)
        return error_set(e, ERR_TOO_LARGE, "the SQL is longer than %zu bytes", max);
    if (memchr(sql, '\0', len))
        return error_set(e, ERR_BAD_INPUT, "the SQL contains a null character");
    return 0;
}

int statement_prepare(struct reader *r, enum policy policy, const char *sql, size_t len,
                      struct statement **ret, struct error *e)
{
    guard_set_policy(&r->guard, policy);
    uint64_t hash = hash_bytes(sql, len);
    struct statement *s = cache_find(r, policy, sql, len, hash);
    metrics_add(r->database->pool->metrics, s ? METRIC_statement_hits_total : METRIC_statement_misses_total, 1);
    if (!s) {
        int rc = check_text(r, sql, len, e);
        if (rc < 0)
            return rc;
        s = calloc(1, sizeof *s + len);
        if (!s)
            return error_set(e, ERR_NOMEM, "no memory for a statement");
        s->reader = r;
        s->policy = policy;
        s->hash = hash;
        s->len = len;
        memcpy(s->sql, sql, len);
        rc = prepare(s, e);
        if (rc < 0) {
            finalize(s);
            return rc;
        }
    }
    s->in_use = true;
    s->used = ++r->clock;
    *ret = s;
    return 0;
}

/* The cache is bounded by number; so that it is by size, too, no statement in it is large. */
static bool is_worth_keeping(const struct statement *s)
{
    return s->len <= CACHED_TEXT_MAX && sqlite3_stmt_status(s->handle, SQLITE_STMTSTATUS_MEMUSED, 0) <= CACHED_SIZE_MAX;
}

void statement_free(struct statement *s)
{
    if (!s)
        return;
    sqlite3_reset(s->handle);
    sqlite3_clear_bindings(s->handle);
    s->in_use = false;
    if (is_cached(s))
        return;
    if (is_worth_keeping(s))
        cache_keep(s);
    if (!is_cached(s))
        finalize(s);
}

bool statement_is_readonly(const struct statement *s)
{
    return sqlite3_stmt_readonly(s->handle);
}

int statement_parameters(const struct statement *s)
{
    return sqlite3_bind_parameter_count(s->handle);
}

const char *statement_parameter_name(const struct statement *s, int index)
{
    return sqlite3_bind_parameter_name(s->handle, index);
}

int statement_bind(struct statement *s, int index, const struct value *v, struct error *e)
{
    int rc = SQLITE_OK;
    switch (v->type) {
    case VALUE_NULL:
        rc = sqlite3_bind_null(s->handle, index);
        break;
    case VALUE_INT:
        rc = sqlite3_bind_int64(s->handle, index, v->i);
        break;
    case VALUE_REAL:
        rc = sqlite3_bind_double(s->handle, index, v->d);
        break;
    case VALUE_TEXT:
        rc = sqlite3_bind_text64(s->handle, index, v->len ? v->bytes : "", v->len, SQLITE_TRANSIENT, SQLITE_UTF8);
        break;
    case VALUE_BLOB:
        rc = sqlite3_bind_blob64(s->handle, index, v->len ? v->bytes : "", v->len, SQLITE_TRANSIENT);
        break;
    }
    return rc == SQLITE_OK ? 0 : reader_error(s->reader, rc, e);
}

int statement_step(struct statement *s, struct error *e)
{
    struct reader *r = s->reader;
    int reason = r->cancel ? cancel_check(r->cancel) : 0;
    if (unlikely(reason))
        return error_set(e, reason, "%s", error_text(reason));
    guard_set_policy(&r->guard, s->policy);
    int rc = sqlite3_step(s->handle);
    if (rc == SQLITE_ROW)
        return 1;
    if (rc == SQLITE_DONE)
        return 0;
    return reader_error(r, rc, e);
}

void statement_rewind(struct statement *s)
{
    sqlite3_reset(s->handle);
}

void *statement_notes(const struct statement *s)
{
    return s->notes;
}

void statement_set_notes(struct statement *s, void *block)
{
    free(s->notes);
    s->notes = block;
}

int statement_columns(const struct statement *s)
{
    return sqlite3_column_count(s->handle);
}

const char *statement_column_name(const struct statement *s, int column)
{
    const char *name = sqlite3_column_name(s->handle, column);
    return name ? name : "";
}

/* sqlite3_column_value() gives an unprotected value. In multi-thread mode, which reader_configure() chooses, there is no
 * difference (sqlite.org/c3ref/value.html), and one look-up of the column serves type, bytes and length. */
void statement_value(const struct statement *s, int column, struct value *ret)
{
    sqlite3_value *v = sqlite3_column_value(s->handle, column);
    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER:
        *ret = (struct value){.type = VALUE_INT, .i = sqlite3_value_int64(v)};
        return;
    case SQLITE_FLOAT:
        *ret = (struct value){.type = VALUE_REAL, .d = sqlite3_value_double(v)};
        return;
    case SQLITE_TEXT:
        *ret = (struct value){.type = VALUE_TEXT, .bytes = sqlite3_value_text(v)};
        break;
    case SQLITE_BLOB:
        *ret = (struct value){.type = VALUE_BLOB, .bytes = sqlite3_value_blob(v)};
        break;
    default:
        *ret = (struct value){.type = VALUE_NULL};
        return;
    }
    ret->len = (size_t)sqlite3_value_bytes(v);
    /* Without memory SQLite gives NULL for a value that has a length; for an empty blob, too. */
    if (!ret->bytes) {
        ret->bytes = "";
        ret->len = 0;
    }
}

const char *statement_text(const struct statement *s, int column)
{
    return (const char *)sqlite3_column_text(s->handle, column);
}

int64_t statement_int(const struct statement *s, int column)
{
    return sqlite3_column_int64(s->handle, column);
}
