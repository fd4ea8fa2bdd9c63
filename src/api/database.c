/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /DB.json: what tables a database has. */
#include "api/resources.h"
#include "api/summary.h"
#include "format/json_write.h"

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

static size_t write_tables(struct buf *b, const struct summary *s, bool hidden, const char **before)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct entry *t = &s->entries[i];
        if (t->item->is_view || t->item->hidden != hidden)
            continue;
        buf_adds(b, *before);
        summary_write_entry(b, t, true);
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

static int compare_names(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

static int write_sorted_columns(struct request *req, struct buf *b, const struct table *t)
{
    const char **names = arena_new_array(req->arena, const char *, t->n_columns + 1);
    if (!names)
        return error_set(&req->error, ERR_NOMEM, "no memory for the columns");
    for (size_t i = 0; i < t->n_columns; i++)
        names[i] = t->columns[i].name;
    qsort(names, t->n_columns, sizeof *names, compare_names);
    for (size_t i = 0; i < t->n_columns; i++) {
        buf_adds(b, i ? ", " : "");
        json_write_str(b, names[i]);
    }
    return 0;
}

/* What an SQL editor completes: the columns of each table sorted by name; views last, without. */
static int write_table_columns(struct request *req, struct buf *b, const struct summary *s)
{
    const char *before = "";
    int rc = 0;
    for (int views = 0; views <= 1; views++)
        for (size_t i = 0; i < s->n && rc == 0; i++) {
            const struct entry *t = &s->entries[i];
            if (t->item->is_view != views)
                continue;
            buf_adds(b, before);
            json_write_key(b, t->item->name);
            buf_addc(b, '[');
            rc = views ? 0 : write_sorted_columns(req, b, &t->table);
            buf_addc(b, ']');
            before = ", ";
        }
    return rc;
}

int database_answer(struct request *req, struct reply *reply)
{
    struct buf *b = &reply->body;
    struct summary s;
    const char *before = "";
    const struct param *sql = request_param(req, "sql");
    if (sql && sql->len > 0)
        return error_set(&req->error, ERR_BAD_INPUT, "SQL is answered at /%s/-/query.json?sql=", req->database->name);
    int rc = summary_read(req, &s);
    if (rc < 0)
        return rc;
    buf_adds(b, "{\"ok\": true, \"database\": ");
    json_write_str(b, req->database->name);
    buf_adds(b, ", \"private\": false, ");
    summary_write_path(b, req, req->database);
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
    rc = write_table_columns(req, b, &s);
    buf_adds(b, "}, \"metadata\": {}}");
    return rc;
}
