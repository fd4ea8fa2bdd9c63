/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/reply.h"
#include "api/route.h"
#include "format/json_write.h"

unsigned reply_status(int code)
{
    switch (code) {
    case ERR_FORBIDDEN:
        return 403;
    case ERR_NOT_FOUND:
        return 404;
    case ERR_METHOD:
        return 405;
    case ERR_LONG_BODY:
        return 413;
    case ERR_LONG_URL:
        return 414;
    case ERR_LONG_HEADERS:
        return 431;
    case ERR_NOMEM:
    case ERR_BUSY:
    case ERR_OVERLOAD:
    case ERR_UNUSABLE:
    case ERR_CANCELLED:
        return 503;
    case ERR_SYSTEM:
        return 500;
    default:
        return 400;
    }
}

void reply_init(struct reply *reply)
{
    *reply = (struct reply){.status = 200, .content_type = CONTENT_JSON, .body = BUF_INIT(REPLY_BLOCK_MAX)};
}

void reply_clear(struct reply *reply)
{
    buf_free(&reply->body);
    reply_init(reply);
}

void reply_header(struct reply *reply, const char *name, const char *value)
{
    if (value && reply->n_headers < REPLY_HEADERS_MAX)
        reply->headers[reply->n_headers++] = (struct header){name, value};
}

void reply_error(struct reply *reply, const struct request *req)
{
    const struct error *e = &req->error;
    const char *text = e->text[0] ? e->text : error_text(e->code);
    bool query = route_is_query(req) && (e->code == ERR_SQL || e->code == ERR_DENIED || e->code == ERR_TOO_LARGE);
    reply_clear(reply);
    reply->status = reply_status(e->code);
    struct buf *b = &reply->body;
    buf_adds(b, "{\"ok\": false, ");
    if (query)
        buf_adds(b, "\"rows\": [], ");
    json_write_key(b, "error");
    json_write_str(b, text);
    buf_adds(b, ", \"errors\": [");
    json_write_str(b, text);
    buf_adds(b, "], \"status\": ");
    json_write_int(b, reply->status);
    buf_adds(b, query ? ", \"truncated\": false}" : "}");
    if (reply->status == 405)
        reply_header(reply, "Allow", route_allow(req));
    if (e->code == ERR_BUSY || e->code == ERR_OVERLOAD || e->code == ERR_NOMEM)
        reply_header(reply, "Retry-After", "1");
}
