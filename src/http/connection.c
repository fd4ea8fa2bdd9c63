/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/connection.h"
#include "http/exchange.h"


static void schedule(struct connection *c, int64_t deadline)
{
    c->deadline = MIN(deadline, c->ends);
    c->server->next_sweep = MIN(c->server->next_sweep, c->deadline);
}

void connection_begin_stream(struct connection *c)
{
    c->ends = clock_usec() + server_settings(c->server)->stream_max_age * USEC_PER_SEC;
}

void connection_touch(struct connection *c)
{
    const struct settings *s = server_settings(c->server);
    int64_t ms = 0;
    switch (c->phase) {
    case PHASE_HEADERS:
        ms = s->header_timeout_ms;
        break;
    case PHASE_BODY:
        ms = s->body_timeout_ms;
        break;
    case PHASE_QUERY:
        schedule(c, clock_usec() + c->exchange->request->time_left);
        return;
    case PHASE_SEND:
        ms = s->send_timeout_ms;
        break;
    case PHASE_IDLE:
        c->ends = NEVER;
        ms = c->server->draining ? 0 : s->keepalive_timeout_ms;
        break;
    }
    schedule(c, clock_usec() + ms * USEC_PER_MSEC);
}

void connection_enter(struct connection *c, enum phase phase)
{
    c->phase = phase;
    connection_touch(c);
}

struct connection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void on_hangup(struct source *source, uint32_t events)
{
    struct connection *c = container_of(source, struct connection, hangup);
    (void)events;
    loop_remove(c->server->loop, source);
    c->hangup_watched = false;
    if (c->exchange)
        exchange_cancel(c->exchange, ERR_CANCELLED);
}

static void begin(struct server *s, struct MHD_Connection *mhd, void **context)
{
    struct connection *c = calloc(1, sizeof *c);
    *context = c;
    if (!c) {
        shutdown(MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd, SHUT_RDWR);
        return;
    }
    c->server = s;
    c->ends = NEVER;
    c->mhd = mhd;
    c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    c->hangup = (struct source){.fd = c->fd, .ready = on_hangup};
    c->next = s->connections;
    if (c->next)
        c->next->prev = c;
    s->connections = c;
    s->n_connections++;
    s->idle_since = NEVER;
    server_count(s, METRIC_connections_total, 1);
    server_count(s, METRIC_connections, 1);
    connection_enter(c, PHASE_HEADERS);
}

static void end(struct server *s, struct connection *c)
{
    if (!c)
        return;
    if (c->next)
        c->next->prev = c->prev;
    *(c->prev ? &c->prev->next : &s->connections) = c->next;
    if (--s->n_connections == 0)
        s->idle_since = clock_usec();
    server_count(s, METRIC_connections, -1);
    s->next_sweep = 0; /* there is room to accept again */
    free(c);
}

void connection_notify(void *cls, struct MHD_Connection *mhd, void **context,
                       enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        begin(cls, mhd, context);
    else
        end(cls, *context);
}

void connection_suspend(struct connection *c)
{
    MHD_suspend_connection(c->mhd);
    struct error e;
    c->hangup_watched = loop_add(c->server->loop, &c->hangup, 0, &e) == 0;
    if (!c->hangup_watched)
        log_warning("a client's hang-up will not stop its query: %s", e.text);
}

void connection_resume(struct connection *c)
{
    if (c->hangup_watched)
        loop_remove(c->server->loop, &c->hangup);
    c->hangup_watched = false;
    MHD_resume_connection(c->mhd);
    c->server->run_needed = true; /* without a thread of its own libmicrohttpd does not notice */
}

void connection_look_again(struct connection *c)
{
    MHD_suspend_connection(c->mhd);
    MHD_resume_connection(c->mhd);
}

int64_t connection_sweep(struct connection *c, int64_t now)
{
    if (now < c->deadline)
        return c->deadline;
    switch (now >= c->ends ? PHASE_SEND : c->phase) {
    case PHASE_QUERY:
        c->deadline = MAX(exchange_keep_deadline(c->exchange, now), now + USEC_PER_MSEC);
        break;
    case PHASE_HEADERS:
    case PHASE_IDLE:
        /* Whole requests that are in the socket already are still read and answered. */
        shutdown(c->fd, SHUT_RD);
        c->deadline = NEVER;
        break;
    case PHASE_BODY:
    case PHASE_SEND:
        shutdown(c->fd, SHUT_RDWR); /* in PHASE_QUERY our own watch for a hang-up sees it, and stops the query */
        c->deadline = c->ends = NEVER;
        break;
    }
    return c->deadline;
}
