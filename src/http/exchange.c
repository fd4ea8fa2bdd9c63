/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "api/route.h"
#include "api/rows.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/exchange.h"
#include "http/framing.h"
#include "http/stream.h"

#define URL_MAX ((size_t)8 * 1024)
#define HEADERS_MAX ((size_t)12 * 1024) /* with the request line */
#define BODY_MAX ((size_t)1 << 30)      /* for max_post_body_bytes = 0 */
#define BODIES_MAX ((size_t)64 << 20)   /* of all requests together */
#define DISCARD_MAX ((size_t)64 << 20)  /* of a body that is refused; past it the connection ends */
#define INLINE_BUDGET_USEC USEC_PER_MSEC
#define QUEUE_MAX_USEC (10 * USEC_PER_SEC) /* who has waited so long for a worker has probably given up */
#define STUCK_USEC (2 * USEC_PER_SEC) /* after which a query that was told to stop is given up */

void *exchange_begin(void *cls, const char *uri, struct MHD_Connection *mhd)
{
    (void)cls;
    struct connection *c = connection_of(mhd);
    struct exchange *x = c ? calloc(1, sizeof *x) : NULL;
    if (!x)
        return NULL;
    x->connection = c;
    x->spool_fd = -1;
    x->target = strdup(uri);
    reply_init(&x->reply);
    c->exchange = x;
    c->mhd = mhd;
    if (c->phase != PHASE_HEADERS) /* of a first request they count from the connection's beginning */
        connection_enter(c, PHASE_HEADERS);
    return x;
}

static size_t body_max(const struct exchange *x)
{
    int64_t max = server_settings(x->connection->server)->max_post_body_bytes;
    return max > 0 ? (size_t)max : BODY_MAX;
}

static enum method parse_method(const char *name)
{
    if (streq(name, "GET"))
        return METHOD_GET;
    if (streq(name, "HEAD"))
        return METHOD_HEAD;
    return streq(name, "POST") ? METHOD_POST : METHOD_OTHER;
}

/* Makes the reply for an error that keeps the request from being looked at. */
static int refuse(struct exchange *x, int code, const char *what, size_t max)
{
    error_set(&x->request->error, code, "%s; the limit is %zu bytes", what, max);
    reply_error(&x->reply, x->request);
    x->refused = true;
    return code;
}

/* Whether a refused body is better not read at all: it is huge, or the client waits to be told to send it. A
 * smaller one is read and thrown away, because a proxy that is still writing it takes our end for a failure. */
static bool refuse_unread(const struct exchange *x, struct MHD_Connection *mhd)
{
    const char *length = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return x->refused && x->reply.status == 413 &&
           (MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT) ||
            (length && strtoull(length, NULL, 10) > DISCARD_MAX));
}

static int check_sizes(struct exchange *x, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    const char *length = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (strlen(x->target) > URL_MAX)
        return refuse(x, ERR_LONG_URL, "the URL is too long", URL_MAX);
    if (info && info->header_size > HEADERS_MAX)
        return refuse(x, ERR_LONG_HEADERS, "the headers are too long", HEADERS_MAX);
    if (length && strtoull(length, NULL, 10) > body_max(x))
        return refuse(x, ERR_LONG_BODY, "the body is too long", body_max(x));
    return 0;
}

/* The request's headers are there. */
static int begin_request(struct exchange *x, struct MHD_Connection *mhd, const char *method,
                         const char *version)
{
    struct server *s = x->connection->server;
    if (!x->target)
        return ERR_NOMEM;
    int rc = request_new(s->catalogue, parse_method(method), x->target, &x->request);
    if (!x->request)
        return rc;
    x->http10 = streq(version, MHD_HTTP_VERSION_1_0);
    x->body = BUF_INIT(body_max(x));
    const char *host = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    if (rc == 0)
        rc = framing_check(mhd, x->http10, &x->request->error);
    if (rc == 0 && host)
        rc = request_set_host(x->request, host);
    x->close = rc < 0;
    if (rc < 0) {
        reply_error(&x->reply, x->request);
        x->refused = true;
    } else
        check_sizes(x, mhd);
    connection_enter(x->connection, PHASE_BODY);
    x->state = EXCHANGE_BODY;
    return 0;
}

static enum MHD_Result add_body(struct exchange *x, const char *bytes, size_t n)
{
    x->discarded += x->refused ? n : 0;
    if (x->refused)
        return x->discarded > DISCARD_MAX ? MHD_NO : MHD_YES;
    if (x->connection->server->body_bytes + n > BODIES_MAX) {
        error_set(&x->request->error, ERR_OVERLOAD, "too many large requests are being sent; try again");
        reply_error(&x->reply, x->request);
        x->refused = true;
        return MHD_YES;
    }
    size_t before = x->body.len;
    buf_add(&x->body, bytes, n);
    x->connection->server->body_bytes += x->body.len - before;
    if (x->body.err)
        refuse(x, ERR_LONG_BODY, "the body is too long", body_max(x));
    return MHD_YES;
}

static struct MHD_Response *whole_response(struct exchange *x)
{
    struct buf *b = &x->reply.body;
    server_count(x->connection->server, METRIC_sent_bytes_total, (int64_t)b->len);
    struct MHD_Response *r =
        MHD_create_response_from_buffer(b->len, b->len ? b->data : (char *)"",
                                        b->len ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (r && b->len)
        *b = BUF_INIT(b->max); /* libmicrohttpd frees it */
    return r;
}

static enum MHD_Result respond(struct exchange *x, struct MHD_Connection *mhd)
{
    struct reply *reply = &x->reply;
    struct MHD_Response *r = reply->rows || x->spool_fd >= 0 || reply->body.len > REPLY_BLOCK_SIZE ? stream_response(x) : whole_response(x);
    if (!r)
        return MHD_NO;
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
    for (size_t i = 0; i < reply->n_headers; i++)
        MHD_add_response_header(r, reply->headers[i].name, reply->headers[i].value);
    if (x->connection->server->draining)
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
    server_count(x->connection->server, METRIC_requests_total, 1);
    server_count(x->connection->server, METRIC_errors_total, reply->status >= 400);
    enum MHD_Result result = MHD_queue_response(mhd, reply->status, r);
    MHD_destroy_response(r);
    x->state = EXCHANGE_SENDING;
    connection_enter(x->connection, PHASE_SEND);
    return result;
}

/* Counts an answer that has become a stream, or refuses it when there are too many. On the loop. */
static void admit_stream(struct exchange *x)
{
    struct server *s = x->connection->server;
    if (!x->reply.rows && x->spool_fd < 0)
        return;
    connection_begin_stream(x->connection);
    if (s->n_streams < (size_t)server_settings(s)->max_streams) {
        s->n_streams++;
        server_count(s, METRIC_streams_total, 1);
        server_count(s, METRIC_streams, 1);
        x->streams = true;
        return;
    }
    rows_end(&x->reply);
    stream_discard_spool(x);
    server_count(s, METRIC_refused_total, 1);
    error_set(&x->request->error, ERR_OVERLOAD, "too many long answers are being sent; try again");
    reply_error(&x->reply, x->request);
}

/* In rollback mode nobody can commit while a read transaction is open. */
static bool hinders_writers(const struct request *req)
{
    return req->database && req->database->path && !req->database->immutable && !reader_is_wal(req->reader);
}

static void run_request(struct job *job)
{
    struct exchange *x = container_of(job, struct exchange, job);
    struct request *req = x->request;
    req->turn = NULL;
    request_begin_work(req);
    if (clock_usec() - x->queued_at > QUEUE_MAX_USEC) {
        error_set(&req->error, ERR_OVERLOAD, "the query has waited too long for its turn; try again");
        reply_error(&x->reply, req);
    } else
        route_answer(req, &x->reply);
    if (x->reply.rows && (x->http10 || hinders_writers(req)))
        stream_spool(x);
    request_end_work(req);
}

static void request_done(struct job *job)
{
    struct exchange *x = container_of(job, struct exchange, job);
    server_count(x->connection->server, METRIC_slow_jobs, -1);
    server_count(x->connection->server, METRIC_time_limits_total, x->request->error.code == ERR_TIME_LIMIT);
    admit_stream(x);
    x->state = EXCHANGE_READY;
    connection_resume(x->connection);
}

static enum MHD_Result go_slow(struct exchange *x, struct MHD_Connection *mhd)
{
    x->job = (struct job){.run = run_request, .done = request_done};
    struct server *s = x->connection->server;
    cancel_set_deadline(&x->request->cancel, NEVER, ERR_TIME_LIMIT); /* it may wait for its turn */
    connection_enter(x->connection, PHASE_QUERY);
    x->queued_at = clock_usec();
    int rc = workers_submit(s->workers, &x->job, false);
    server_count(s, rc < 0 ? METRIC_refused_total : METRIC_slow_total, 1);
    if (rc < 0) {
        error_set(&x->request->error, rc, "%s", error_text(rc));
        reply_error(&x->reply, x->request);
        return respond(x, mhd);
    }
    server_count(s, METRIC_slow_jobs, 1);
    x->state = EXCHANGE_WAITING;
    connection_suspend(x->connection);
    return MHD_YES;
}

/* The whole request is there. */
static enum MHD_Result dispatch(struct exchange *x, struct MHD_Connection *mhd)
{
    struct request *req = x->request;
    if (x->refused)
        return respond(x, mhd);
    req->body = x->body.data;
    req->body_len = x->body.len;
    if (route_find(req) < 0) {
        reply_error(&x->reply, req);
        return respond(x, mhd);
    }
    if (req->route->cost == COST_LARGE)
        return go_slow(x, mhd);
    req->turn = &x->connection->server->turn;
    cancel_set_deadline(&req->cancel, clock_usec() + INLINE_BUDGET_USEC, ERR_BUDGET);
    if (route_answer(req, &x->reply) == ERR_BUDGET) {
        server_count(x->connection->server, METRIC_overruns_total, 1);
        return go_slow(x, mhd);
    }
    server_count(x->connection->server, METRIC_inline_total, 1);
    return respond(x, mhd);
}

enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                                const char *version, const char *upload_data, size_t *upload_data_size,
                                void **context)
{
    struct exchange *x = *context;
    size_t len;
    (void)cls;
    (void)url;
    if (!x)
        return MHD_NO;
    switch (x->state) {
    case EXCHANGE_NEW:
        if (begin_request(x, mhd, method, version) < 0)
            return MHD_NO;
        /* A response in this first call makes libmicrohttpd close the connection (0.9.75, 1.0.1): right only
         * for a body that nobody will read. */
        return x->close || refuse_unread(x, mhd) ? respond(x, mhd) : MHD_YES;
    case EXCHANGE_BODY:
        if (*upload_data_size == 0)
            return dispatch(x, mhd);
        len = *upload_data_size;
        *upload_data_size = 0;
        return add_body(x, upload_data, len);
    case EXCHANGE_READY:
        return respond(x, mhd);
    default:
        return MHD_YES;
    }
}

void exchange_completed(void *cls, struct MHD_Connection *mhd, void **context,
                        enum MHD_RequestTerminationCode code)
{
    struct exchange *x = *context;
    (void)cls;
    (void)mhd;
    (void)code;
    if (!x)
        return;
    struct connection *c = x->connection;
    *context = NULL;
    c->exchange = NULL;
    c->server->n_streams -= x->streams;
    server_count(c->server, METRIC_streams, -(int64_t)x->streams);
    if (x->breaks_off)
        connection_look_again(c);
    rows_end(&x->reply);
    reply_clear(&x->reply);
    stream_discard_spool(x);
    c->server->body_bytes -= x->body.len;
    buf_free(&x->body);
    request_free(x->request);
    free(x->target);
    free(x);
    connection_enter(c, PHASE_IDLE);
    c->server->run_needed = true; /* a connection that ends is let go in libmicrohttpd's next run only */
}

void exchange_cancel(struct exchange *x, int reason)
{
    if (!x->request)
        return;
    server_count(x->connection->server, METRIC_cancellations_total, 1);
    cancel_throw(&x->request->cancel, reason);
}

int64_t exchange_keep_deadline(struct exchange *x, int64_t now)
{
    struct server *s = x->connection->server;
    int64_t deadline = cancel_keep_deadline(&x->request->cancel, now);
    if (deadline > now) /* NEVER while it waits in the queue */
        return MIN(deadline, now + x->request->time_left);
    if (!x->stop_since)
        x->stop_since = now;
    if (now - x->stop_since < STUCK_USEC)
        return x->stop_since + STUCK_USEC;
    if (!x->stuck) {
        x->stuck = true;
        server_count(s, METRIC_workers_replaced_total, 1);
        log_warning("a query of database %s does not stop; its worker is given up",
                    x->request->database ? x->request->database->name : "(all)");
        workers_replace(s->workers, &x->job);
    }
    return now + STUCK_USEC;
}
