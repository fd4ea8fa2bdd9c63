/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /DB/-/query.json: SQL that a caller wrote, by GET with its parameters in the query string, or by POST of JSON
 * {"sql": "...", "params": {...} or [...]}. */
#include "api/resources.h"
#include "api/rows.h"
#include "format/json_read.h"
#include "format/json_write.h"
#include "sql/select.h"

#define PARAMETER_MAX ((size_t)4 * 1024 * 1024) /* an array or object that is bound as its JSON text */

static const char *const unsupported[] = {"_extra", "_json", "_json_infinity"};

/* What is asked: the text, and where its parameters come from. */
struct query {
    const char *sql;
    size_t len;
    bool is_post;
    const struct json *params; /* object, array, or NULL for none */
};

static int parse_post(struct request *req, struct json **tree, struct query *q)
{
    struct json_iter it = {0};
    int rc = json_parse(req->body ? req->body : "", req->body_len, tree, &req->error);
    if (rc == ERR_SYNTAX) {
        const struct error said = req->error;
        return error_set(&req->error, rc, "the body is not JSON like {\"sql\": \"...\", \"params\": {...}}: %s",
                         said.text);
    }
    if (rc < 0)
        return rc;
    if (json_kind(*tree) != JSON_OBJECT)
        return error_set(&req->error, ERR_BAD_INPUT,
                         "the body must be a JSON object: {\"sql\": \"...\", \"params\": {...} or [...]}");
    while (json_next(*tree, &it)) {
        struct value v;
        if (streq(it.key, "params")) {
            q->params = json_kind(it.value) == JSON_NULL ? NULL : it.value;
            if (q->params && json_kind(q->params) != JSON_OBJECT && json_kind(q->params) != JSON_ARRAY)
                return error_set(&req->error, ERR_BAD_INPUT, "\"params\" must be an object or an array");
        } else if (!streq(it.key, "sql"))
            return error_set(&req->error, ERR_BAD_INPUT, "unknown key \"%.64s\"; known are \"sql\" and \"params\"",
                             it.key);
        else if (json_kind(it.value) != JSON_TEXT || json_value(it.value, &v) < 0)
            return error_set(&req->error, ERR_BAD_INPUT, "\"sql\" must be a string");
        else {
            q->sql = v.bytes;
            q->len = v.len;
        }
    }
    return q->len ? 0 : error_set(&req->error, ERR_BAD_INPUT, "\"sql\" is required");
}

static int parse_get(struct request *req, struct query *q)
{
    const struct param *p = request_param(req, "sql");
    if (!p || p->len == 0)
        return error_set(&req->error, ERR_BAD_INPUT, "?sql= is required");
    q->sql = p->value;
    q->len = p->len;
    return 0;
}

/* A parameter of the query string is text; a missing one is empty, as in Datasette. */
static int get_value(struct request *req, const char *name, struct value *v)
{
    const struct param *p = name ? request_param(req, name + 1) : NULL;
    if (!name || name[0] == '?')
        return error_set(&req->error, ERR_BAD_INPUT,
                         "parameters without a name need a POST with \"params\" as an array; or name them :a, :b");
    if (streq(name + 1, "sql") || (!p && name[1] != '_')) {
        *v = (struct value){.type = VALUE_TEXT, .bytes = "", .len = 0};
        return 0;
    }
    if (!p)
        return error_set(&req->error, ERR_SQL, "You did not supply a value for binding parameter %s.", name);
    *v = (struct value){.type = VALUE_TEXT, .bytes = p->value, .len = p->len};
    return 0;
}

/* An array or object is bound as its JSON text, ready for json_each(). */
static int json_to_value(struct request *req, const struct json *j, struct value *v)
{
    if (json_kind(j) != JSON_ARRAY && json_kind(j) != JSON_OBJECT)
        return json_value(j, v);
    _cleanup_(buf_free) struct buf b = BUF_INIT(PARAMETER_MAX);
    json_write(&b, j);
    char *text = b.err ? NULL : arena_strndup(req->arena, b.data, b.len);
    if (!text)
        return error_set(&req->error, ERR_TOO_LARGE, "a parameter is too large");
    *v = (struct value){.type = VALUE_TEXT, .bytes = text, .len = b.len};
    return 0;
}

static int post_value(struct request *req, const struct query *q, const char *name, int index,
                      struct value *v)
{
    bool by_place = json_kind(q->params) == JSON_ARRAY;
    if (!by_place && (!name || name[0] == '?'))
        return error_set(&req->error, ERR_BAD_INPUT, "parameter %d has no name: \"params\" must be an array",
                         index);
    const struct json *j = by_place ? json_at(q->params, (size_t)index - 1) : json_get(q->params, name + 1);
    if (!j)
        return error_set(&req->error, ERR_BAD_INPUT, "\"params\" has no value for parameter %d%s%s", index,
                         name ? ", " : "", name ? name : "");
    return json_to_value(req, j, v);
}

/* A name in "params" that the statement does not have is a slip of the pen, and told. */
static int check_names(struct request *req, const struct query *q, const struct statement *s)
{
    int n = statement_parameters(s);
    if (json_kind(q->params) == JSON_ARRAY) {
        if (json_length(q->params) == (size_t)n)
            return 0;
        return error_set(&req->error, ERR_BAD_INPUT, "the statement has %d parameters, \"params\" has %zu values",
                         n, json_length(q->params));
    }
    struct json_iter it = {0};
    while (json_next(q->params, &it)) {
        bool found = false;
        for (int i = 1; i <= n && !found; i++) {
            const char *name = statement_parameter_name(s, i);
            found = name && name[0] != '?' && streq(name + 1, it.key);
        }
        if (!found)
            return error_set(&req->error, ERR_BAD_INPUT,
                             "the statement has no parameter \"%.64s\" (names are written without their colon)", it.key);
    }
    return 0;
}

static int bind(struct request *req, const struct query *q, struct statement *s)
{
    int n = statement_parameters(s);
    int rc = q->is_post && q->params ? check_names(req, q, s) : 0;
    if (q->is_post && !q->params && n > 0)
        return error_set(&req->error, ERR_BAD_INPUT, "the statement has %d parameters: \"params\" is required", n);
    for (int i = 1; i <= n && rc == 0; i++) {
        const char *name = statement_parameter_name(s, i);
        struct value v;
        rc = q->is_post ? post_value(req, q, name, i, &v) : get_value(req, name, &v);
        if (rc == 0)
            rc = statement_bind(s, i, &v, &req->error);
    }
    return rc;
}

static void write_head(struct buf *b, const struct rows *rows)
{
    (void)rows;
    buf_adds(b, "{\"ok\": true, \"rows\": ");
}

static void write_tail(struct buf *b, const struct rows *rows)
{
    buf_adds(b, ", \"truncated\": ");
    json_write_bool(b, rows->more);
    buf_addc(b, '}');
}

/* Prepares and binds. What SQLite would have found wrong with the text is an error of the SQL. */
static int prepare(struct request *req, struct query *q, struct rows *rows)
{
    int rc = statement_prepare(req->reader, POLICY_QUERY, q->sql, q->len, &rows->statement, &req->error);
    if (rc == ERR_BAD_INPUT)
        rc = ERR_SQL;
    if (rc == 0 && !statement_is_readonly(rows->statement))
        rc = error_set(&req->error, ERR_SQL, "attempt to write a readonly database");
    if (rc == 0)
        rc = bind(req, q, rows->statement);
    return rc;
}

int query_answer(struct request *req, struct reply *reply)
{
    _cleanup_(json_freep) struct json *tree = NULL;
    struct query q = {.is_post = req->method == METHOD_POST};
    struct rows *rows = arena_new_array(req->arena, struct rows, 1);
    if (!rows)
        return error_set(&req->error, ERR_NOMEM, "no memory for the request");
    if (request_refuse_params(req, unsupported, ARRAY_SIZE(unsupported)) < 0)
        return ERR_BAD_INPUT;
    if (!request_settings(req)->default_allow_sql)
        return error_set(&req->error, ERR_FORBIDDEN, "execute-sql");
    *rows = (struct rows){.request = req,
                          .head = write_head,
                          .tail = write_tail,
                          .limit = request_settings(req)->max_returned_rows};
    int rc = q.is_post ? parse_post(req, &tree, &q) : parse_get(req, &q);
    if (rc == 0)
        rc = request_check_time_limit(req);
    if (rc == 0)
        rc = rows_parse_shape(req, rows);
    if (rc == 0 && rows->shape == SHAPE_OBJECT)
        rc = error_set(&req->error, ERR_BAD_INPUT, "_shape=object is only available on tables");
    if (rc == 0)
        rc = select_check(q.sql, q.len, &req->error);
    if (rc == 0)
        rc = request_reader(req);
    if (rc == 0)
        rc = prepare(req, &q, rows);
    if (rc < 0) {
        statement_free(rows->statement);
        return rc;
    }
    rc = rows_answer(rows, reply);
    rows_csv_headers(rows, reply, req->database->name);
    return rc;
}
