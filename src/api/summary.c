/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/summary.h"
#include "format/json_write.h"
#include "format/tilde.h"
#include "sql/ident.h"
#include "store/statement.h"

#define COUNT_LIMIT 10000 /* rows of a table that changes are counted so far, as Datasette does */
#define SQL_MAX (64 * 1024)

bool summary_must_stop(int rc)
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
    return summary_must_stop(rc) ? rc : 0;
}

int summary_read(struct request *req, struct summary *s)
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

void summary_write_path(struct buf *b, const struct request *req, const struct database *d)
{
    _cleanup_(buf_free) struct buf path = BUF_INIT(8192);
    buf_adds(&path, request_settings(req)->base_url);
    tilde_encode(&path, d->name, strlen(d->name));
    json_write_key(b, "path");
    json_write_text(b, path.data, path.len);
}

static void write_optional_text(struct buf *b, const char *text)
{
    if (text)
        json_write_str(b, text);
    else
        json_write_null(b);
}

/* The members that the index and the database's own page share. */
void summary_write_entry(struct buf *b, const struct entry *t, bool with_truncated)
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
