/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /DB.json and /.json: what tables a database has, and what databases there are. */
#include "api/resources.h"
#include "base/clock.h"
#include "format/json_write.h"
#include "format/tilde.h"
#include "sql/ident.h"
#include "store/schema.h"
#include "store/statement.h"

#define COUNT_LIMIT 10000   /* rows of a table that changes are counted so far, as Datasette does */
#define INDEX_TABLES 5      /* tables of each database that the index shows */
#define SQL_MAX (64 * 1024)

/* One table or view with all that the answers say about it. */
struct entry {
    const struct schema_item *item;
    struct table table;
    const char *fts_table;
    int64_t count; /* -1: could not be counted */
    bool count_truncated;
};

struct summary {
    struct entry *entries; /* sorted by name */
    size_t n;
    struct foreign_key *foreign_keys;
    size_t n_foreign_keys;
};

static bool must_stop(int rc)
{
    return rc == ERR_TIME_LIMIT || rc == ERR_CANCELLED || rc == ERR_BUSY || rc == ERR_NOMEM || rc == ERR_UNUSABLE;
}

static int count_rows(struct request *req, struct entry *t)
{
    _cleanup_(buf_free) struct buf sql = BUF_INIT(SQL_MAX);
    _cleanup_(statement_freep) struct statement *s = NULL;
    buf_adds(&sql, "select count(*) from (select 1 from ");
    ident_write(&sql, t->item->name);
    if (!req->database->immutable)
        buf_addf(&sql, " limit %d", COUNT_LIMIT + 1);
    buf_addc(&sql, ')');
    if (sql.err)
        return ERR_LIMIT;
    int rc = statement_prepare(req->reader, POLICY_PAGE, sql.data, sql.len, &s, &req->error);
    if (rc == 0)
        rc = statement_step(s, &req->error);
    if (rc < 0)
        return rc;
    t->count = statement_int(s, 0);
    t->count_truncated = !req->database->immutable && t->count > COUNT_LIMIT;
    return 0;
}

/* A broken view or a virtual table whose module is not allowed is shown without columns or count. */
static int describe(struct request *req, struct entry *t)
{
    t->count = -1;
    int rc = schema_table(req->reader, req->arena, t->item->name, &t->table, &req->error);
    if (rc < 0)
        t->table = (struct table){.name = t->item->name, .is_view = t->item->is_view};
    if (rc == 0)
        rc = schema_fts_table(req->reader, req->arena, t->item->name, &t->fts_table, &req->error);
    if (rc == 0 && !t->item->is_view)
        rc = count_rows(req, t);
    return must_stop(rc) ? rc : 0;
}

static int summarize(struct request *req, struct summary *s)
{
    struct schema_item *items = NULL;
    *s = (struct summary){0};
    int rc = request_reader(req);
    if (rc == 0)
        rc = schema_items(req->reader, req->arena, &items, &s->n, &req->error);
    if (rc == 0)
        rc = schema_foreign_keys(req->reader, req->arena, &s->foreign_keys, &s->n_foreign_keys, &req->error);
    if (rc < 0)
        return rc;
    s->entries = arena_new_array(req->arena, struct entry, s->n + 1);
    if (!s->entries)
        return error_set(&req->error, ERR_NOMEM, "no memory for the list of tables");
    for (size_t i = 0; i < s->n && rc == 0; i++) {
        s->entries[i].item = &items[i];
        rc = describe(req, &s->entries[i]);
    }
    return rc;
}

static void write_names(struct buf *b, const char *key, const struct table *t, bool keys)
{
    size_t n = keys ? (t->use_rowid ? 0 : t->n_keys) : t->n_columns;
    json_write_key(b, key);
    buf_addc(b, '[');
    for (size_t i = 0; i < n; i++) {
        buf_adds(b, i ? ", " : "");
        json_write_str(b, keys ? t->keys[i] : t->columns[i].name);
    }
    buf_addc(b, ']');
}

static void write_path(struct buf *b, const struct request *req, const struct database *d)
{
    _cleanup_(buf_free) struct buf path = BUF_INIT(8192);
    buf_adds(&path, request_settings(req)->base_url);
    tilde_encode(&path, d->name, strlen(d->name));
    json_write_key(b, "path");
    json_write_text(b, path.data, path.len);
}

/* The foreign keys of `table` in one direction: those that it has, or those of others that point to it. */
static void write_foreign_keys(struct buf *b, const struct summary *s, const char *table, bool incoming)
{
    const char *before = "";
    buf_adds(b, incoming ? "\"incoming\": [" : "\"outgoing\": [");
    for (size_t i = 0; i < s->n_foreign_keys; i++) {
        const struct foreign_key *k = &s->foreign_keys[i];
        if (!streq(incoming ? k->other_table : k->table, table))
            continue;
        buf_adds(b, before);
        buf_adds(b, "{\"other_table\": ");
        json_write_str(b, incoming ? k->table : k->other_table);
        buf_adds(b, ", \"column\": ");
        json_write_str(b, incoming ? k->other_column : k->column);
        buf_adds(b, ", \"other_column\": ");
        json_write_str(b, incoming ? k->column : k->other_column);
        buf_addc(b, '}');
        before = ", ";
    }
    buf_addc(b, ']');
}

static void write_optional_text(struct buf *b, const char *text)
{
    if (text)
        json_write_str(b, text);
    else
        json_write_null(b);
}

/* The members that the index and the database's own page share. */
static void write_entry(struct buf *b, const struct entry *t, bool with_truncated)
{
    buf_adds(b, "{\"name\": ");
    json_write_str(b, t->item->name);
    buf_adds(b, ", ");
    write_names(b, "columns", &t->table, false);
    buf_adds(b, ", ");
    write_names(b, "primary_keys", &t->table, true);
    buf_adds(b, ", \"count\": ");
    if (t->count >= 0)
        json_write_int(b, t->count);
    else
        json_write_null(b);
    if (with_truncated) {
        buf_adds(b, ", \"count_truncated\": ");
        json_write_bool(b, t->count_truncated);
    }
    buf_adds(b, ", \"hidden\": ");
    json_write_bool(b, t->item->hidden);
    buf_adds(b, ", \"fts_table\": ");
    write_optional_text(b, t->fts_table);
}

static size_t write_tables(struct buf *b, const struct summary *s, bool hidden, const char **before)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct entry *t = &s->entries[i];
        if (t->item->is_view || t->item->hidden != hidden)
            continue;
        buf_adds(b, *before);
        write_entry(b, t, true);
        buf_adds(b, ", \"foreign_keys\": {");
        write_foreign_keys(b, s, t->item->name, true);
        buf_adds(b, ", ");
        write_foreign_keys(b, s, t->item->name, false);
        buf_adds(b, "}, \"private\": false}");
        *before = ", ";
        n++;
    }
    return n;
}

static void write_views(struct buf *b, const struct summary *s)
{
    const char *before = "";
    for (size_t i = 0; i < s->n; i++) {
        if (!s->entries[i].item->is_view)
            continue;
        buf_adds(b, before);
        buf_adds(b, "{\"name\": ");
        json_write_str(b, s->entries[i].item->name);
        buf_adds(b, ", \"private\": false}");
        before = ", ";
    }
}

static int compare_columns(const void *a, const void *b)
{
    const struct column *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* What an SQL editor completes: the columns of each table sorted by name; views last, without. Sorts the
 * entries' columns, so it comes last. */
static void write_table_columns(struct buf *b, const struct summary *s)
{
    const char *before = "";
    for (int views = 0; views <= 1; views++)
        for (size_t i = 0; i < s->n; i++) {
            const struct entry *t = &s->entries[i];
            if (t->item->is_view != views)
                continue;
            buf_adds(b, before);
            json_write_key(b, t->item->name);
            buf_addc(b, '[');
            if (t->table.n_columns)
                qsort(t->table.columns, t->table.n_columns, sizeof *t->table.columns, compare_columns);
            for (size_t c = 0; c < t->table.n_columns && !views; c++) {
                buf_adds(b, c ? ", " : "");
                json_write_str(b, t->table.columns[c].name);
            }
            buf_addc(b, ']');
            before = ", ";
        }
}

int database_answer(struct request *req, struct reply *reply)
{
    struct buf *b = &reply->body;
    struct summary s;
    const char *before = "";
    const struct param *sql = request_param(req, "sql");
    if (sql && sql->len > 0)
        return error_set(&req->error, ERR_BAD_INPUT, "SQL is answered at /%s/-/query.json?sql=", req->database->name);
    int rc = summarize(req, &s);
    if (rc < 0)
        return rc;
    buf_adds(b, "{\"ok\": true, \"database\": ");
    json_write_str(b, req->database->name);
    buf_adds(b, ", \"private\": false, ");
    write_path(b, req, req->database);
    buf_adds(b, ", \"size\": ");
    json_write_int(b, database_size(req->database));
    buf_adds(b, ", \"tables\": [");
    write_tables(b, &s, false, &before);
    size_t hidden = write_tables(b, &s, true, &before);
    buf_adds(b, "], \"hidden_count\": ");
    json_write_int(b, (int64_t)hidden);
    buf_adds(b, ", \"views\": [");
    write_views(b, &s);
    buf_adds(b, "], \"queries\": [], \"queries_more\": false, \"queries_count\": 0, \"allow_execute_sql\": ");
    json_write_bool(b, request_settings(req)->default_allow_sql);
    buf_adds(b, ", \"table_columns\": {");
    write_table_columns(b, &s);
    buf_adds(b, "}, \"metadata\": {}}");
    return 0;
}

/* The fullest tables first; of equal ones the last by name, as Datasette sorts. */
static int compare_counts(const void *a, const void *b)
{
    const struct entry *const *x = a, *const *y = b;
    int64_t m = MAX((*x)->count, 0), n = MAX((*y)->count, 0);
    return m != n ? (m < n) - (m > n) : strcmp((*y)->item->name, (*x)->item->name);
}

struct totals {
    size_t tables, hidden, views;
    int64_t rows, hidden_rows;
};

static struct totals add_up(const struct summary *s)
{
    struct totals t = {0};
    for (size_t i = 0; i < s->n; i++) {
        const struct entry *e = &s->entries[i];
        t.views += e->item->is_view;
        t.tables += !e->item->is_view && !e->item->hidden;
        t.hidden += !e->item->is_view && e->item->hidden;
        *(e->item->hidden ? &t.hidden_rows : &t.rows) += MAX(e->count, 0);
    }
    return t;
}

/* The first few visible tables, then views, up to INDEX_TABLES together. */
static int write_index_tables(struct request *req, struct buf *b, const struct summary *s)
{
    struct entry **sorted = arena_new_array(req->arena, struct entry *, s->n + 1);
    size_t n = 0;
    if (!sorted)
        return error_set(&req->error, ERR_NOMEM, "no memory for the list of tables");
    for (size_t i = 0; i < s->n; i++)
        if (!s->entries[i].item->is_view && !s->entries[i].item->hidden)
            sorted[n++] = &s->entries[i];
    qsort(sorted, n, sizeof *sorted, compare_counts);
    for (size_t i = 0; i < s->n; i++)
        if (s->entries[i].item->is_view)
            sorted[n++] = &s->entries[i];
    for (size_t i = 0; i < MIN(n, (size_t)INDEX_TABLES); i++) {
        buf_adds(b, i ? ", " : "");
        if (sorted[i]->item->is_view) {
            buf_adds(b, "{\"name\": ");
            json_write_str(b, sorted[i]->item->name);
        } else {
            write_entry(b, sorted[i], false);
            buf_adds(b, ", \"num_relationships_for_sorting\": 0");
        }
        buf_adds(b, ", \"private\": false}");
    }
    return 0;
}

/* One database of the index. One that cannot be read says so, and the others are shown all the same. */
static int write_index_entry(struct request *req, struct buf *b)
{
    const struct database *d = req->database;
    struct summary s;
    int rc = summarize(req, &s);
    if (must_stop(rc) && rc != ERR_UNUSABLE && rc != ERR_BUSY)
        return rc;
    if (rc < 0)
        s = (struct summary){0};
    struct totals t = add_up(&s);
    buf_adds(b, "{\"name\": ");
    json_write_str(b, d->name);
    buf_adds(b, ", \"hash\": null, ");
    write_path(b, req, d);
    buf_adds(b, ", \"tables_and_views_truncated\": [");
    if (write_index_tables(req, b, &s) < 0)
        return ERR_NOMEM;
    buf_adds(b, "], \"tables_and_views_more\": ");
    json_write_bool(b, t.tables + t.views > INDEX_TABLES);
    buf_addf(b, ", \"tables_count\": %zu, \"table_rows_sum\": %lld, \"show_table_row_counts\": %s, ", t.tables,
             (long long)t.rows, d->path ? "true" : "false");
    buf_addf(b, "\"hidden_table_rows_sum\": %lld, \"hidden_tables_count\": %zu, \"views_count\": %zu, \"private\": false",
             (long long)t.hidden_rows, t.hidden, t.views);
    if (rc < 0) {
        buf_adds(b, ", \"error\": ");
        json_write_str(b, req->error.text);
    }
    buf_addc(b, '}');
    return 0;
}

int index_answer(struct request *req, struct reply *reply)
{
    struct buf *b = &reply->body;
    const struct catalogue *c = req->catalogue;
    int rc = 0;
    buf_adds(b, "{\"ok\": true, \"unstable\": \"This API is not part of Datasette's stable interface and may change at any time\""
                ", \"databases\": [");
    for (size_t i = 0; i < c->n && rc == 0; i++) {
        buf_adds(b, i ? ", " : "");
        req->database = c->by_name[i];
        rc = write_index_entry(req, b);
        request_release(req);
    }
    req->database = NULL;
    buf_adds(b, "], \"metadata\": {}}");
    return rc;
}
