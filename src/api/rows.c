/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/rows.h"
#include "format/csv_write.h"
#include "format/json_write.h"
#include "format/keyset.h"

#define NAME_SLACK 32
#define TOKEN_MAX 4096 /* of an encoded key in `next`: URLs may have 8 KiB */

struct row_field {
    int column;
    size_t name, len; /* `"NAME": ` in the names, with `{` or `, ` before it */
};

/* The columns that an object shows, in order. Kept with the statement, for as long as the schema stays. */
struct row_fields {
    int64_t schema_cookie;
    size_t n;
    const char *names; /* behind the fields, with NAME_SLACK bytes more than they need */
    struct row_field fields[];
};

static int no_memory(struct rows *rows)
{
    return error_set(&rows->request->error, ERR_NOMEM, "no memory for the answer");
}

int rows_parse_shape(struct request *req, struct rows *rows)
{
    static const char *const names[] = {"objects", "arrays", "array", "arrayfirst", "object"};
    if (streq(req->format, "csv")) {
        int64_t mb = request_settings(req)->max_csv_mb;
        rows->shape = SHAPE_CSV;
        rows->no_names = param_is(request_param(req, "_header"), "off");
        rows->bytes_left = mb > 0 ? mb * 1024 * 1024 : INT64_MAX;
        return 0;
    }
    const struct param *shape = request_param(req, "_shape");
    const struct param *nl = request_param(req, "_nl");
    for (size_t i = 0; shape && i < ARRAY_SIZE(names); i++)
        if (param_is(shape, names[i])) {
            rows->shape = (enum shape)i;
            rows->newlines = rows->shape == SHAPE_ARRAY && nl && nl->len > 0;
            return 0;
        }
    if (shape)
        return error_set(&req->error, ERR_BAD_INPUT, "Invalid _shape: %s", shape->value);
    return 0;
}

/* Of columns with one name an object shows the last, at the first one's place, as a Python dict does. */
static bool is_repeated(const struct statement *s, int column)
{
    for (int i = 0; i < column; i++)
        if (streq(statement_column_name(s, i), statement_column_name(s, column)))
            return true;
    return false;
}

static int last_of_name(const struct statement *s, int column)
{
    for (int i = statement_columns(s) - 1; i > column; i--)
        if (streq(statement_column_name(s, i), statement_column_name(s, column)))
            return i;
    return column;
}

/* Builds what find_fields() keeps. One block of memory. */
static struct row_fields *make_fields(const struct statement *s, int64_t schema_cookie)
{
    int n = statement_columns(s);
    struct row_field fields[n + 1];
    size_t count = 0;
    _cleanup_(buf_free) struct buf names = BUF_INIT(REPLY_BLOCK_MAX);
    for (int i = 0; i < n; i++) {
        if (is_repeated(s, i))
            continue;
        size_t at = names.len;
        buf_adds(&names, count ? ", " : "{");
        json_write_key(&names, statement_column_name(s, i));
        fields[count++] = (struct row_field){last_of_name(s, i), at, names.len - at};
    }
    struct row_fields *f = names.err ? NULL : calloc(1, sizeof *f + count * sizeof *fields + names.len + NAME_SLACK);
    if (!f)
        return NULL;
    *f = (struct row_fields){.schema_cookie = schema_cookie, .n = count, .names = (char *)(f->fields + count)};
    memcpy(f->fields, fields, count * sizeof *fields);
    if (names.len)
        memcpy(f->fields + count, names.data, names.len);
    return f;
}

/* After the first step: only then has SQLite adapted the statement to a schema that somebody has changed. */
static int find_fields(struct rows *rows)
{
    int64_t cookie = reader_schema_cookie(rows->request->reader);
    rows->fields = statement_notes(rows->statement);
    if (rows->fields && rows->fields->schema_cookie == cookie)
        return 0;
    struct row_fields *f = make_fields(rows->statement, cookie);
    if (!f)
        return no_memory(rows);
    statement_set_notes(rows->statement, f);
    rows->fields = f;
    return 0;
}

/* A copy of a fixed size is a few instructions, a call of memcpy() for each short name many more. */
static inline void add_name(struct buf *b, const char *name, size_t len)
{
    char *to = len <= NAME_SLACK ? buf_reserve(b, NAME_SLACK) : NULL;
    if (!to) {
        buf_add(b, name, len);
        return;
    }
    memcpy(to, name, NAME_SLACK);
    b->len += len;
}

static void write_object(struct buf *b, const struct rows *rows)
{
    struct value v;
    const struct row_fields *fields = rows->fields;
    for (size_t i = 0; i < fields->n; i++) {
        const struct row_field *f = &fields->fields[i];
        add_name(b, fields->names + f->name, f->len);
        statement_value(rows->statement, f->column, &v);
        json_write_value(b, &v);
    }
    buf_adds(b, fields->n ? "}" : "{}");
}

static void write_array(struct buf *b, const struct rows *rows)
{
    struct value v;
    int n = statement_columns(rows->statement);
    buf_addc(b, '[');
    for (int i = 0; i < n; i++) {
        if (i)
            buf_add(b, ", ", 2);
        statement_value(rows->statement, i, &v);
        json_write_value(b, &v);
    }
    buf_addc(b, ']');
}

static void write_key(struct buf *b, const struct rows *rows, const struct statement *s, const int *columns)
{
    struct value v;
    for (size_t i = 0; i < rows->n_keys; i++) {
        if (i)
            buf_addc(b, ',');
        statement_value(s, columns[i], &v);
        keyset_write_part(b, &v, rows->keys_typed[i]);
    }
}

int rows_note_next(struct rows *rows, const struct statement *s, const int *columns)
{
    _cleanup_(buf_free) struct buf b = BUF_INIT(TOKEN_MAX);
    if (rows->n_keys > 0)
        write_key(&b, rows, s, columns);
    else
        buf_add_int(&b, rows->offset + rows->limit);
    if (b.len == 0)
        buf_adds(&b, KEYSET_EMPTY);
    rows->next = b.err ? NULL : arena_strndup(rows->request->arena, b.data, b.len);
    return rows->next ? 0
                      : error_set(&rows->request->error, ERR_LIMIT,
                                  "the key of the last row is too long for the next page's URL");
}

static int write_member_name(struct buf *b, const struct rows *rows)
{
    _cleanup_(buf_free) struct buf key = BUF_INIT(REPLY_BLOCK_SIZE);
    write_key(&key, rows, rows->statement, rows->keys);
    if (key.err)
        return error_set(&rows->request->error, ERR_LIMIT, "the key of a row is too long");
    json_write_text(b, key.data, key.len);
    buf_add(b, ": ", 2);
    return 0;
}

/* A lone empty field is quoted, or its line would be no row. */
static void write_csv_end(struct buf *b, size_t begun)
{
    buf_adds(b, b->len == begun ? "\"\"\r\n" : "\r\n");
}

static void write_csv_names(struct buf *b, const struct rows *rows)
{
    size_t begun = b->len;
    int n = statement_columns(rows->statement);
    for (int i = 0; i < n; i++) {
        const char *name = statement_column_name(rows->statement, i);
        buf_add(b, ",", i > 0);
        csv_write_text(b, name, strlen(name));
    }
    write_csv_end(b, begun);
}

static int write_csv_row(struct buf *b, struct rows *rows)
{
    struct value v;
    size_t begun = b->len;
    int n = statement_columns(rows->statement);
    for (int i = 0; i < n; i++) {
        buf_add(b, ",", i > 0);
        statement_value(rows->statement, i, &v);
        csv_write_value(b, &v);
    }
    write_csv_end(b, begun);
    rows->bytes_left -= (int64_t)(b->len - begun);
    return rows->bytes_left >= 0 ? 0
                                 : error_set(&rows->request->error, ERR_TOO_LARGE,
                                             "the CSV is larger than max_csv_mb allows");
}

static int write_row(struct buf *b, struct rows *rows)
{
    struct value v;
    int rc = 0;
    if (rows->written > 0 && rows->shape != SHAPE_CSV)
        buf_add(b, rows->newlines ? "\n" : ", ", rows->newlines ? 1 : 2);
    switch (rows->shape) {
    case SHAPE_OBJECT:
        rc = write_member_name(b, rows);
        if (rc < 0)
            return rc;
        /* fall through */
    case SHAPE_OBJECTS:
    case SHAPE_ARRAY:
        write_object(b, rows);
        break;
    case SHAPE_ARRAYS:
        write_array(b, rows);
        break;
    case SHAPE_ARRAYFIRST:
        statement_value(rows->statement, 0, &v);
        json_write_value(b, &v);
        break;
    case SHAPE_CSV:
        rc = write_csv_row(b, rows);
        if (rc < 0)
            return rc;
        break;
    }
    if (b->err)
        return error_set(&rows->request->error, b->err == ERR_NOMEM ? ERR_NOMEM : ERR_TOO_LARGE,
                         "a row is too large to be sent");
    return 0;
}

/* The last row of a page that goes on: the next page begins after it. Its values are gone after the step that
 * tells whether there is one more row, so its key is kept beforehand. */
static int note_last(struct rows *rows)
{
    return rows->paged && !rows->next && rows->written == rows->limit
               ? rows_note_next(rows, rows->statement, rows->keys)
               : 0;
}

/* Steps and writes until `enough` bytes are there. 1: there may be more rows; 0: done; or an error. */
static int fill(struct rows *rows, struct buf *b, size_t enough)
{
    struct error *e = &rows->request->error;
    int rc;
    while ((rc = statement_step(rows->statement, e)) == 1) {
        if (rows->written == rows->limit) {
            rows->more = true;
            return 0;
        }
        rc = rows->fields ? 0 : find_fields(rows);
        if (rc == 0)
            rc = write_row(b, rows);
        rows->written++;
        if (rc == 0)
            rc = note_last(rows);
        if (rc < 0)
            return rc;
        if (b->len >= enough)
            return 1;
    }
    return rc;
}

static bool has_envelope(const struct rows *rows)
{
    return rows->shape == SHAPE_OBJECTS || rows->shape == SHAPE_ARRAYS;
}

static bool is_lines(const struct rows *rows)
{
    return rows->newlines || rows->shape == SHAPE_CSV;
}

static void write_head(struct buf *b, const struct rows *rows)
{
    if (has_envelope(rows))
        rows->head(b, rows);
    if (rows->shape == SHAPE_CSV && !rows->no_names)
        write_csv_names(b, rows);
    if (!is_lines(rows))
        buf_addc(b, rows->shape == SHAPE_OBJECT ? '{' : '[');
}

static void write_tail(struct buf *b, const struct rows *rows)
{
    if (!is_lines(rows))
        buf_addc(b, rows->shape == SHAPE_OBJECT ? '}' : ']');
    if (has_envelope(rows))
        rows->tail(b, rows);
}

/* What is written when the rows are over; `next` only counts when there is a row past the last. */
static void finish(struct rows *rows, struct buf *b)
{
    if (!rows->more)
        rows->next = NULL;
    write_tail(b, rows);
    rows->done = true;
}

static int put_head_before(struct rows *rows, struct buf *body)
{
    _cleanup_(buf_free) struct buf head = BUF_INIT(REPLY_BLOCK_MAX);
    write_head(&head, rows);
    if (head.len == 0 && !head.err)
        return 0; /* lines have no head, and perhaps there are none */
    if (head.err || !buf_reserve(body, head.len))
        return no_memory(rows);
    memmove(body->data + head.len, body->data, body->len);
    memcpy(body->data, head.data, head.len);
    body->len += head.len;
    return 0;
}

/* The first block is full, and there may be more. */
static int begin_stream(struct rows *rows, struct reply *reply)
{
    if (rows->request->turn)
        return ERR_BUDGET;
    int rc = rows->paged ? rows->look_ahead(rows) : 0;
    if (rc == 0)
        rc = put_head_before(rows, &reply->body);
    if (rc == 0)
        reply->rows = rows;
    return rc;
}

int rows_answer(struct rows *rows, struct reply *reply)
{
    reply->content_type = rows->newlines ? "text/plain" : rows->shape == SHAPE_CSV ? CONTENT_TEXT : CONTENT_JSON;
    int rc = fill(rows, &reply->body, REPLY_BLOCK_SIZE);
    if (rc == 0) {
        finish(rows, &reply->body);
        rc = put_head_before(rows, &reply->body);
    } else if (rc == 1)
        rc = begin_stream(rows, reply);
    if (rc < 0 || !reply->rows)
        statement_free(TAKE_PTR(rows->statement));
    return rc;
}

void rows_csv_headers(struct rows *rows, struct reply *reply, const char *name)
{
    const struct param *dl = request_param(rows->request, "_dl");
    if (rows->shape != SHAPE_CSV || !dl || dl->len == 0)
        return;
    _cleanup_(buf_free) struct buf b = BUF_INIT(1024);
    for (; *name; name++)
        buf_addc(&b, *name == '"' || *name == '\\' || (unsigned char)*name < 0x20 || *name == 0x7f ? '_' : *name);
    reply->content_type = "text/csv; charset=utf-8";
    reply_header(reply, "Content-Disposition",
                 arena_printf(rows->request->arena, "attachment; filename=\"%.*s.csv\"", (int)b.len, b.data));
}

int rows_continue(struct reply *reply)
{
    struct rows *rows = reply->rows;
    buf_clear(&reply->body);
    if (reply->body.cap > 4 * REPLY_BLOCK_SIZE)
        buf_free(&reply->body);
    if (rows->done)
        return 0;
    int rc = fill(rows, &reply->body, REPLY_BLOCK_SIZE);
    if (rc == 0)
        finish(rows, &reply->body);
    if (reply->body.err)
        return no_memory(rows);
    return rc;
}

void rows_end(struct reply *reply)
{
    struct rows *rows = TAKE_PTR(reply->rows);
    if (!rows)
        return;
    statement_free(TAKE_PTR(rows->statement));
    request_release(rows->request);
}
