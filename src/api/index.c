/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /.json: what databases there are, each with its fullest tables. */
#include "api/resources.h"
#include "api/summary.h"
#include "format/json_write.h"

#define INDEX_TABLES 5 /* tables and views of each database that are shown */

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
            summary_write_entry(b, sorted[i], false);
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
    int rc = summary_read(req, &s);
    if (summary_must_stop(rc) && rc != ERR_UNUSABLE && rc != ERR_BUSY)
        return rc;
    if (rc < 0)
        s = (struct summary){0};
    struct totals t = add_up(&s);
    buf_adds(b, "{\"name\": ");
    json_write_str(b, d->name);
    buf_adds(b, ", \"hash\": null, ");
    summary_write_path(b, req, d);
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
