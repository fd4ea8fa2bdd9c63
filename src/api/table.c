/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /DB/TABLE.json: a page of a table or view. */
#include <errno.h>

#include "api/resources.h"
#include "api/rows.h"
#include "api/table.h"
#include "format/json_write.h"
#include "format/keyset.h"
#include "sql/page.h"
#include "store/schema.h"

#define SQL_MAX (1024 * 1024)

static const char *const unsupported[] = {
    "_col",    "_extra",      "_facet",  "_facet_array", "_facet_date", "_filter_column", "_json", "_json_infinity",
    "_label",  "_labels",     "_nocol",  "_search",      "_searchmode", "_sort",          "_sort_desc",
    "_through", "_where",
};

/* A parameter without a leading underscore, or with an operator, asks for some of the rows only. */
static int refuse_filters(struct request *req)
{
    for (size_t i = 0; i < req->n_params; i++) {
        const char *name = req->params[i].name;
        if (name[0] != '_' || strstr(name, "__") || strncmp(name, "_search_", 8) == 0)
            return error_set(&req->error, ERR_BAD_INPUT,
                             "filters (%.64s) are not supported by this version; ask with SQL: /%s/-/query.json?sql=",
                             name, req->database->name);
    }
    return 0;
}

static int parse_size(struct request *req, int64_t *ret)
{
    const struct settings *s = request_settings(req);
    const struct param *p = request_param(req, "_size");
    *ret = MIN(s->default_page_size, s->max_returned_rows);
    if (!p || p->len == 0)
        return 0;
    if (param_is(p, "max")) {
        *ret = s->max_returned_rows;
        return 0;
    }
    errno = 0;
    long long size = strtoll(p->value, NULL, 10);
    if (strspn(p->value, "0123456789") != p->len || errno != 0)
        return error_set(&req->error, ERR_BAD_INPUT, "_size must be a positive integer");
    if (size > s->max_returned_rows)
        return error_set(&req->error, ERR_BAD_INPUT, "_size must be <= %lld", (long long)s->max_returned_rows);
    *ret = size;
    return 0;
}

int table_page(struct request *req, struct table *t, struct page *p)
{
    int rc = schema_table(req->reader, req->arena, req->table, t, &req->error);
    if (rc == 0 && !t->is_plain && req->turn)
        rc = ERR_BUDGET;
    if (rc < 0)
        return rc;
    const char **columns = arena_new_array(req->arena, const char *, t->n_columns + 1);
    if (!columns)
        return error_set(&req->error, ERR_NOMEM, "no memory for the columns");
    for (size_t i = 0; i < t->n_columns; i++)
        columns[i] = t->columns[i].name;
    *p = (struct page){.table = t->name,
                       .columns = columns,
                       .n_columns = t->n_columns,
                       .select_rowid = t->use_rowid,
                       .keys = t->keys,
                       .n_keys = t->n_keys};
    return 0;
}

int table_key_columns(struct request *req, const struct table *t, struct rows *rows)
{
    int *keys = arena_new_array(req->arena, int, t->n_keys + 1);
    bool *typed = arena_new_array(req->arena, bool, t->n_keys + 1);
    if (!keys || !typed)
        return error_set(&req->error, ERR_NOMEM, "no memory for the columns");
    if (rows->shape == SHAPE_OBJECT && (t->use_rowid || t->is_view))
        return error_set(&req->error, ERR_BAD_INPUT,
                         "_shape=object not available for tables with no primary keys");
    for (size_t k = 0; k < t->n_keys; k++) {
        typed[k] = table_key_is_typed(t, k);
        for (size_t i = 0; i < t->n_columns && !t->use_rowid; i++)
            if (t->columns[i].pk == (int)k + 1)
                keys[k] = (int)i;
    }
    rows->keys = keys; /* the rowid comes first */
    rows->keys_typed = typed;
    rows->n_keys = t->n_keys;
    return 0;
}

bool table_key_is_typed(const struct table *t, size_t k)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (t->columns[i].pk == (int)k + 1)
            return t->columns[i].is_typed;
    return true;
}

int table_prepare(struct request *req, const struct table *t, const struct page *p, const struct keyset *key,
                  void (*write)(struct buf *sql, const struct page *p), struct statement **ret)
{
    _cleanup_(buf_free) struct buf sql = BUF_INIT(SQL_MAX);
    write(&sql, p);
    if (sql.err)
        return error_set(&req->error, ERR_TOO_LARGE, "the table has too many columns");
    _cleanup_(statement_freep) struct statement *s = NULL;
    int rc = statement_prepare(req->reader, POLICY_PAGE, sql.data, sql.len, &s, &req->error);
    for (size_t i = 0; key && i < key->n && rc == 0; i++) {
        struct value v;
        keyset_value(&key->parts[i], table_key_is_typed(t, i), &v);
        rc = statement_bind(s, (int)i + 1, &v, &req->error);
    }
    if (rc == 0)
        *ret = TAKE_PTR(s);
    return rc;
}

/* Where the page begins. A token with another number of parts than the key begins at the first row. */
static int parse_next(struct request *req, const struct table *t, struct page *p, struct keyset *key)
{
    const struct param *next = request_param(req, "_next");
    *key = (struct keyset){0};
    if (!next || next->len == 0)
        return 0;
    if (t->is_view) {
        errno = 0;
        p->offset = strtoll(next->value, NULL, 10);
        if (strspn(next->value, "0123456789") != next->len || errno)
            return error_set(&req->error, ERR_BAD_INPUT, "_next must be a token from an earlier answer");
        return 0;
    }
    int rc = keyset_read(req->arena, next->value, next->len, key);
    if (rc < 0)
        return error_set(&req->error, rc, "_next must be a token from an earlier answer");
    p->after = key->n == t->n_keys;
    if (!p->after)
        *key = (struct keyset){0};
    for (size_t i = 0; i < key->n; i++)
        if (key->parts[i].kind == KEYSET_NULL)
            return error_set(&req->error, ERR_BAD_INPUT,
                             "nothing comes after a primary key with a NULL in it; ask with SQL");
    return 0;
}

/* CSV names no next page, and with `_stream` has no end but the table's: then each block gets the time limit anew,
 * as each page has it in Datasette, which fetches one after the other. */
static int parse_stream(struct request *req, struct rows *rows)
{
    const struct param *p = request_param(req, "_stream");
    if (rows->shape != SHAPE_CSV)
        return 0;
    rows->paged = false;
    if (!p || p->len == 0)
        return 0;
    if (!request_settings(req)->allow_csv_stream)
        return error_set(&req->error, ERR_BAD_INPUT, "CSV streaming is disabled");
    if (request_param(req, "_next"))
        return error_set(&req->error, ERR_BAD_INPUT, "_next not allowed for CSV streaming");
    rows->limit = INT64_MAX;
    req->time_is_per_block = true;
    return 0;
}

static void write_head(struct buf *b, const struct rows *rows)
{
    const char *url = rows->next ? request_next_url(rows->request, rows->next) : NULL;
    buf_adds(b, "{\"ok\": true, \"next\": ");
    if (rows->next)
        json_write_str(b, rows->next);
    else
        json_write_null(b);
    buf_adds(b, ", \"next_url\": ");
    if (url)
        json_write_str(b, url);
    else
        json_write_null(b);
    buf_adds(b, ", \"rows\": ");
}

static void write_tail(struct buf *b, const struct rows *rows)
{
    (void)rows;
    buf_adds(b, ", \"truncated\": false}");
}

/* `_ttl` in seconds takes the setting's place; what is not a number is ignored. */
void table_headers(struct request *req, struct reply *reply)
{
    const struct param *p = request_param(req, "_ttl");
    bool given = p && p->len > 0 && p->len <= 9 && strspn(p->value, "0123456789") == p->len;
    int64_t ttl = given ? atoll(p->value) : request_settings(req)->default_cache_ttl;
    reply_header(reply, "Cache-Control",
                 ttl == 0 ? "no-cache" : arena_printf(req->arena, "max-age=%lld", (long long)ttl));
    reply_header(reply, "Referrer-Policy", "no-referrer");
}

static void link_next(struct request *req, struct reply *reply, const struct rows *rows)
{
    const char *url = rows->next ? request_next_url(req, rows->next) : NULL;
    if (url)
        reply_header(reply, "Link", arena_printf(req->arena, "<%s>; rel=\"next\"", url));
}

/* What a page is made of; lives as long as its answer. */
struct place {
    struct table table;
    struct page page;
    struct keyset key; /* after which it begins */
    struct rows rows;
};

/* The last row of the page and the one after it, by their keys alone: an index, or the rowids, serve that. */
static int look_ahead(struct rows *rows)
{
    struct request *req = rows->request;
    const struct place *at = container_of(rows, struct place, rows);
    struct page p = at->page;
    _cleanup_(statement_freep) struct statement *s = NULL;
    int *columns = arena_new_array(req->arena, int, p.n_keys + 1);
    if (!columns)
        return error_set(&req->error, ERR_NOMEM, "no memory for the columns");
    for (size_t i = 0; i < p.n_keys; i++)
        columns[i] = (int)i;
    if (p.n_keys > 0)
        p.columns = p.keys;
    p.n_columns = MAX(p.n_keys, (size_t)1);
    p.select_rowid = false;
    p.offset += rows->limit - 1;
    p.limit = 2;
    int rc = table_prepare(req, &at->table, &p, &at->key, page_write, &s);
    if (rc == 0)
        rc = statement_step(s, &req->error);
    if (rc == 1 && (rc = rows_note_next(rows, s, columns)) == 0)
        rc = statement_step(s, &req->error);
    rows->more = rc == 1;
    if (!rows->more)
        rows->next = NULL;
    return MIN(rc, 0);
}

int table_answer(struct request *req, struct reply *reply)
{
    struct place *at = arena_new_array(req->arena, struct place, 1);
    if (!at)
        return error_set(&req->error, ERR_NOMEM, "no memory for the request");
    struct rows *rows = &at->rows;
    *rows = (struct rows){
        .request = req, .head = write_head, .tail = write_tail, .paged = true, .look_ahead = look_ahead};
    int rc = request_refuse_params(req, unsupported, ARRAY_SIZE(unsupported));
    if (rc == 0)
        rc = request_reader(req);
    if (rc == 0)
        rc = table_page(req, &at->table, &at->page);
    if (rc == 0)
        rc = request_check_time_limit(req);
    if (rc == 0)
        rc = refuse_filters(req);
    if (rc == 0)
        rc = parse_size(req, &rows->limit);
    if (rc == 0)
        rc = rows_parse_shape(req, rows);
    if (rc == 0)
        rc = parse_stream(req, rows);
    if (rc == 0)
        rc = parse_next(req, &at->table, &at->page, &at->key);
    if (rc == 0)
        rc = table_key_columns(req, &at->table, rows);
    if (rc < 0)
        return rc;
    rows->offset = at->page.offset;
    at->page.limit = rows->limit == INT64_MAX ? -1 : rows->limit + 1;
    rc = table_prepare(req, &at->table, &at->page, &at->key, page_write, &rows->statement);
    if (rc == 0)
        rc = rows_answer(rows, reply);
    if (rc == 0) {
        link_next(req, reply, rows);
        table_headers(req, reply);
        rows_csv_headers(rows, reply, at->table.name);
    }
    return rc;
}
