/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>

#include "api/request.h"
#include "base/clock.h"
#include "format/percent.h"

#define HOST_MAX 255
#define URL_MAX (256 * 1024)

static size_t count_params(const char *query)
{
    size_t n = *query != '\0';
    for (; *query; query++)
        n += *query == '&';
    return n;
}

/* application/x-www-form-urlencoded (url.spec.whatwg.org): NAME=VALUE pairs between '&'; empty ones skipped. */
static int parse_query(struct request *req, const char *query)
{
    size_t most = count_params(query);
    if (most > REQUEST_PARAMS_MAX)
        return error_set(&req->error, ERR_LIMIT, "more than %d parameters in the query string",
                         REQUEST_PARAMS_MAX);
    req->params = arena_new_array(req->arena, struct param, most + 1);
    if (!req->params)
        return error_set(&req->error, ERR_NOMEM, "no memory for the parameters");
    while (*query) {
        size_t pair = strcspn(query, "&");
        size_t name = strcspn(query, "=&");
        if (pair > 0) {
            const char *value = name < pair ? query + name + 1 : query + name;
            struct param *p = &req->params[req->n_params];
            size_t name_len;
            p->name = percent_decode(req->arena, query, name, true, &name_len);
            p->value = percent_decode(req->arena, value, (size_t)(query + pair - value), true, &p->len);
            if (!p->name || !p->value)
                return error_set(&req->error, ERR_NOMEM, "no memory for the parameters");
            req->n_params++;
        }
        query += pair + (query[pair] == '&');
    }
    return 0;
}

/* The path without the prefix under which a proxy serves dbd. Both spellings are answered. */
static const char *skip_base_url(const struct settings *s, const char *path)
{
    size_t n = strlen(s->base_url);
    return n > 1 && strncmp(path, s->base_url, n) == 0 ? path + n - 1 : path;
}

/* A positive number of at most nine digits, or 0. */
static int64_t read_number(const struct param *p)
{
    return p->len <= 9 && strspn(p->value, "0123456789") == p->len ? strtoll(p->value, NULL, 10) : 0;
}

/* The setting, or a shorter `_timelimit`, in microseconds. */
static int64_t time_limit(const struct request *req)
{
    const struct param *p = request_param(req, "_timelimit");
    int64_t ms = request_settings(req)->sql_time_limit_ms;
    int64_t shorter = p ? read_number(p) : 0;
    return (shorter > 0 ? MIN(ms, shorter) : ms) * USEC_PER_MSEC;
}

int request_new(struct catalogue *catalogue, enum method method, const char *target, struct request **ret)
{
    *ret = NULL;
    struct arena *arena = arena_new(REQUEST_ARENA_MAX);
    struct request *req = arena ? arena_alloc(arena, sizeof *req) : NULL;
    if (!req) {
        arena_free(arena);
        return ERR_NOMEM;
    }
    req->arena = arena;
    req->catalogue = catalogue_ref(catalogue);
    req->method = method;
    req->host = "localhost";
    req->format = "";
    req->begun = clock_usec();
    cancel_init(&req->cancel);
    *ret = req;
    target = skip_base_url(&catalogue->settings, target);
    size_t path = strcspn(target, "?");
    req->path = arena_strndup(arena, target, path);
    if (!req->path)
        return error_set(&req->error, ERR_NOMEM, "no memory for the path");
    int rc = parse_query(req, target[path] ? target + path + 1 : "");
    req->time_left = time_limit(req);
    return rc;
}

int request_check_time_limit(struct request *req)
{
    const struct param *p = request_param(req, "_timelimit");
    if (p && read_number(p) == 0)
        return error_set(&req->error, ERR_BAD_INPUT, "_timelimit must be a positive number of milliseconds");
    return 0;
}

void request_begin_work(struct request *req)
{
    req->work_begun = clock_usec();
    cancel_set_deadline(&req->cancel, req->work_begun + req->time_left, ERR_TIME_LIMIT);
}

void request_end_work(struct request *req)
{
    int64_t used = clock_usec() - req->work_begun;
    if (!req->time_is_per_block)
        req->time_left = MAX(req->time_left - used, (int64_t)0);
    cancel_set_deadline(&req->cancel, NEVER, ERR_TIME_LIMIT);
}

void request_free(struct request *req)
{
    if (!req)
        return;
    request_release(req);
    cancel_destroy(&req->cancel);
    catalogue_unref(req->catalogue);
    arena_free(req->arena);
}

int request_set_host(struct request *req, const char *host)
{
    size_t n = strlen(host);
    bool good = n > 0 && n <= HOST_MAX;
    for (size_t i = 0; i < n && good; i++)
        good = isalnum((unsigned char)host[i]) || strchr(".-_:[]", host[i]) != NULL;
    if (!good)
        return error_set(&req->error, ERR_BAD_INPUT, "The Host header is not a host name, with or without a port");
    req->host = arena_strndup(req->arena, host, n);
    return req->host ? 0 : error_set(&req->error, ERR_NOMEM, "no memory for the host name");
}

const struct param *request_param(const struct request *req, const char *name)
{
    for (size_t i = 0; i < req->n_params; i++)
        if (streq(req->params[i].name, name))
            return &req->params[i];
    return NULL;
}

bool param_is(const struct param *p, const char *text)
{
    return p && p->len == strlen(text) && memcmp(p->value, text, p->len) == 0;
}

int request_refuse_params(struct request *req, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (request_param(req, names[i]))
            return error_set(&req->error, ERR_BAD_INPUT, "%s is not supported by this version", names[i]);
    return 0;
}

int request_reader(struct request *req)
{
    return reader_take(req->database, req->turn, &req->cancel, &req->reader, &req->error);
}

void request_release(struct request *req)
{
    reader_release(TAKE_PTR(req->reader));
}

const char *request_next_url(struct request *req, const char *token)
{
    _cleanup_(buf_free) struct buf b = BUF_INIT(URL_MAX);
    buf_adds(&b, request_settings(req)->force_https_urls ? "https://" : "http://");
    buf_adds(&b, req->host);
    buf_adds(&b, request_settings(req)->base_url);
    for (const char *p = req->path; *p; p++)
        if (p > req->path && (*p == '<' || *p == '>' || *p == '"' || *p <= ' '))
            percent_encode(&b, p, 1); /* it would end the URL in a Link header */
        else if (p > req->path)
            buf_addc(&b, *p);
    buf_addc(&b, '?');
    for (size_t i = 0; i < req->n_params; i++) {
        const struct param *p = &req->params[i];
        if (p->len == 0 || streq(p->name, "_next"))
            continue;
        percent_encode(&b, p->name, strlen(p->name));
        buf_addc(&b, '=');
        percent_encode(&b, p->value, p->len);
        buf_addc(&b, '&');
    }
    buf_adds(&b, "_next=");
    percent_encode(&b, token, strlen(token));
    return b.err ? NULL : arena_strndup(req->arena, b.data, b.len);
}
