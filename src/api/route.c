/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/resources.h"
#include "api/route.h"
#include "api/rows.h"
#include "format/tilde.h"

#define READS (METHOD_GET | METHOD_HEAD)

/* The first match counts. "-" never stands for a name: a database or table of that name is reached as "~2D". */
static const struct route routes[] = {
    {"/", READS, COST_LARGE, false, index_answer},
    {"/-/", READS, COST_LARGE, false, index_answer},
    {"/-/healthz", READS, COST_NONE, false, health_answer},
    {"/-/metrics", READS, COST_NONE, false, metrics_answer},
    {"/-/versions", READS, COST_NONE, false, versions_answer},
    {"/-/settings", READS, COST_NONE, false, settings_answer},
    {"/-/databases", READS, COST_NONE, false, databases_answer},
    {"/-/actor", READS, COST_NONE, false, actor_answer},
    {"/{database}", READS, COST_LARGE, false, database_answer},
    {"/{database}/-/query", READS | METHOD_POST, COST_LARGE, true, query_answer},
    {"/{database}/{table}", READS, COST_SMALL, true, table_answer},
    {"/{database}/{table}/{row}", READS, COST_SMALL, false, row_answer},
};

struct segment {
    const char *text;
    size_t len;
};

#define SEGMENTS_MAX 8

/* Splits at '/', after the first. Returns how many, or SEGMENTS_MAX + 1. */
static size_t split(const char *path, struct segment *segments)
{
    size_t n = 0;
    while (*path == '/') {
        size_t len = strcspn(++path, "/");
        if (n == SEGMENTS_MAX)
            return SEGMENTS_MAX + 1;
        segments[n++] = (struct segment){path, len};
        path += len;
    }
    return n;
}

/* Takes ".json" off the last segment. A dot inside a name is sent as "~2E". */
static int take_format(struct request *req, struct segment *last)
{
    const char *dot = memrchr(last->text, '.', last->len);
    if (!dot)
        return 0;
    req->format = arena_strndup(req->arena, dot + 1, last->len - (size_t)(dot + 1 - last->text));
    last->len = (size_t)(dot - last->text);
    return req->format ? 0 : error_set(&req->error, ERR_NOMEM, "no memory for the path");
}

static bool matches(const char *pattern, const struct segment *segments, size_t n)
{
    struct segment want[SEGMENTS_MAX];
    if (split(pattern, want) != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct segment *s = &segments[i];
        bool is_name = want[i].len > 0 && want[i].text[0] == '{';
        bool is_dash = s->len == 1 && s->text[0] == '-';
        if (is_name ? is_dash || (s->len == 0 && i + 1 < n)
                    : s->len != want[i].len || memcmp(s->text, want[i].text, s->len) != 0)
            return false;
    }
    return true;
}

/* Fills in what the segments name; the pattern's are {database}, {table}, {row}, in that order. */
static int take_names(struct request *req, const char *pattern, const struct segment *segments)
{
    size_t len;
    struct segment want[SEGMENTS_MAX];
    size_t n = split(pattern, want);
    for (size_t i = 0; i < n; i++) {
        if (want[i].len == 0 || want[i].text[0] != '{')
            continue;
        char *text = want[i].text[1] == 'r'
                         ? arena_strndup(req->arena, segments[i].text, segments[i].len)
                         : tilde_decode(req->arena, segments[i].text, segments[i].len, &len);
        if (!text)
            return error_set(&req->error, ERR_NOMEM, "no memory for the path");
        bool has_nul = want[i].text[1] != 'r' && strlen(text) != len; /* no name has one */
        if (want[i].text[1] == 't' && has_nul)
            return error_set(&req->error, ERR_NOT_FOUND, "Table not found");
        if (want[i].text[1] == 't')
            req->table = text;
        else if (want[i].text[1] == 'r')
            req->row = text;
        else if (has_nul || !(req->database = catalogue_find(req->catalogue, text)))
            return error_set(&req->error, ERR_NOT_FOUND, "Database not found");
    }
    return 0;
}

int route_find(struct request *req)
{
    struct segment segments[SEGMENTS_MAX];
    size_t n = split(req->path, segments);
    if (n == 0 || n > SEGMENTS_MAX)
        return error_set(&req->error, ERR_NOT_FOUND, "404");
    int rc = take_format(req, &segments[n - 1]);
    for (size_t i = 0; i < ARRAY_SIZE(routes) && rc == 0 && !req->route; i++)
        if (matches(routes[i].pattern, segments, n))
            req->route = &routes[i];
    if (rc < 0)
        return rc;
    if (!req->route)
        return error_set(&req->error, ERR_NOT_FOUND, "404");
    rc = take_names(req, req->route->pattern, segments);
    if (rc < 0)
        return rc;
    if (!(req->route->methods & req->method))
        return error_set(&req->error, ERR_METHOD, "Method not allowed");
    if (req->format[0] && !streq(req->format, "json") && !(req->route->has_csv && streq(req->format, "csv")))
        return error_set(&req->error, ERR_NOT_FOUND, "Unknown format: %.64s; this version knows .json%s", req->format,
                         req->route->has_csv ? " and .csv" : "");
    return 0;
}

int route_answer(struct request *req, struct reply *reply)
{
    int rc = req->route->answer(req, reply);
    if (rc == 0 && reply->body.err)
        rc = error_set(&req->error, reply->body.err, "the answer is too large to be held in memory");
    if (rc < 0)
        rows_end(reply);
    if (rc < 0 || !reply->rows)
        request_release(req);
    /* The loop waits for nobody's lock; a worker does. */
    if (rc == ERR_BUSY && req->turn)
        rc = ERR_BUDGET;
    if (rc == ERR_BUDGET) {
        reply_clear(reply);
        return rc;
    }
    if (rc < 0) {
        req->error.code = rc;
        reply_error(reply, req);
    }
    return 0;
}

bool route_is_query(const struct request *req)
{
    return req->route && req->route->answer == query_answer;
}

const char *route_allow(const struct request *req)
{
    return req->route && req->route->methods & METHOD_POST ? "GET, HEAD, POST" : "GET, HEAD";
}
