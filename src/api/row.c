/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /DB/TABLE/KEY.json: one row. */
#include "api/resources.h"
#include "api/table.h"
#include "base/clock.h"
#include "format/json_write.h"

static const char *const unsupported[] = {"_extra", "_json", "_json_infinity"};

struct row {
    const struct table *table;
    const struct keyset *key;
};

static void write_head(struct buf *b, const struct rows *rows)
{
    const struct row *row = rows->context;
    buf_adds(b, "{\"ok\": true, \"database\": ");
    json_write_str(b, rows->request->database->name);
    buf_adds(b, ", \"table\": ");
    json_write_str(b, row->table->name);
    buf_adds(b, ", \"rows\": ");
}

static void write_tail(struct buf *b, const struct rows *rows)
{
    const struct row *row = rows->context;
    buf_adds(b, ", \"primary_keys\": [");
    for (size_t i = 0; i < row->table->n_keys; i++) {
        buf_adds(b, i ? ", " : "");
        json_write_str(b, row->table->keys[i]);
    }
    buf_adds(b, "], \"primary_key_values\": [");
    for (size_t i = 0; i < row->key->n; i++) {
        buf_adds(b, i ? ", " : "");
        json_write_text(b, row->key->parts[i].text, row->key->parts[i].len);
    }
    buf_adds(b, "], \"query_ms\": ");
    json_write_double(b, (double)(clock_usec() - rows->request->begun) / USEC_PER_MSEC);
    buf_adds(b, ", \"truncated\": false}");
}

static int find_key(struct request *req, const struct table *t, struct keyset *key)
{
    int rc = keyset_read(req->arena, req->row, strlen(req->row), key);
    if (rc < 0)
        return error_set(&req->error, rc, "%s", error_text(rc));
    if (t->is_view)
        return error_set(&req->error, ERR_NOT_FOUND, "Row not found");
    if (key->n != t->n_keys)
        return error_set(&req->error, ERR_BAD_INPUT,
                         "URL row identifier does not match the primary key for this table");
    return 0;
}

int row_answer(struct request *req, struct reply *reply)
{
    struct page p;
    struct rows *rows = arena_new_array(req->arena, struct rows, 1);
    struct table *t = arena_new_array(req->arena, struct table, 1);
    struct keyset *key = arena_new_array(req->arena, struct keyset, 1);
    struct row *row = arena_new_array(req->arena, struct row, 1);
    if (!rows || !t || !key || !row)
        return error_set(&req->error, ERR_NOMEM, "no memory for the request");
    *row = (struct row){.table = t, .key = key};
    *rows = (struct rows){.request = req, .head = write_head, .tail = write_tail, .context = row, .limit = 1};
    int rc = request_refuse_params(req, unsupported, ARRAY_SIZE(unsupported));
    if (rc == 0)
        rc = request_reader(req);
    if (rc == 0)
        rc = table_page(req, t, &p);
    if (rc == 0)
        rc = find_key(req, t, key);
    if (rc == 0)
        rc = rows_parse_shape(req, rows);
    if (rc == 0)
        rc = table_key_columns(req, t, rows);
    if (rc == 0)
        rc = table_prepare(req, t, &p, key, row_write, &rows->statement);
    if (rc == 0)
        rc = rows_answer(rows, reply);
    if (rc == 0 && rows->written == 0)
        rc = error_set(&req->error, ERR_NOT_FOUND, "Row not found");
    if (rc == 0)
        table_headers(req, reply);
    return rc;
}
