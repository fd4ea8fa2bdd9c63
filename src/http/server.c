/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/exchange.h"

#define ACCEPTS_PER_TURN 64
#define FRESH_DRAIN_USEC (3 * USEC_PER_SEC) /* for a connection that has sent nothing when a drain begins */
#define RETRY_ACCEPT_USEC USEC_PER_SEC
/* Of each connection. libmicrohttpd clears it after every request, so more costs time; a request line or headers
 * past it get libmicrohttpd's own short error page instead of ours. */
#define CONNECTION_MEMORY ((size_t)32 * 1024)

/* Paths and parameters are decoded by route.c and request.c, from what the client sent. */
static size_t leave_escaped(void *cls, struct MHD_Connection *mhd, char *text)
{
    (void)cls;
    (void)mhd;
    return strlen(text);
}

static void on_mhd_ready(struct source *source, uint32_t events)
{
    (void)events;
    container_of(source, struct server, mhd)->run_needed = true;
}

static struct MHD_Daemon *start_daemon(struct server *s)
{
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME;
    return MHD_start_daemon(flags, 0, NULL, NULL, exchange_handle, s,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
                            MHD_OPTION_CONNECTION_LIMIT, 1000000u, /* kept by our accept() */
                            MHD_OPTION_CONNECTION_TIMEOUT, 0u,     /* kept by the sweeper */
                            MHD_OPTION_NOTIFY_CONNECTION, connection_notify, s,
                            MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, s,
                            MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, s,
                            MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, s,
                            MHD_OPTION_END);
}

int server_new(struct loop *loop, struct workers *workers, struct catalogue *catalogue, struct server **ret,
               struct error *e)
{
    _cleanup_(server_freep) struct server *s = calloc(1, sizeof *s);
    if (!s)
        return error_set(e, ERR_NOMEM, "no memory for the server");
    s->loop = loop;
    s->workers = workers;
    s->catalogue = catalogue_ref(catalogue);
    s->idle_since = clock_usec();
    s->next_sweep = NEVER;
    s->daemon = start_daemon(s);
    if (!s->daemon)
        return error_set(e, ERR_SYSTEM, "libmicrohttpd does not start");
    s->mhd.fd = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    s->mhd.ready = on_mhd_ready;
    int rc = loop_add(loop, &s->mhd, EPOLLIN, e);
    if (rc < 0)
        return rc;
    *ret = TAKE_PTR(s);
    return 0;
}

static void watch_listening(struct server *s, bool yes)
{
    for (size_t i = 0; i < s->n_listening; i++) {
        struct listening *l = &s->listening[i];
        if (l->watched == yes)
            continue;
        if (yes && loop_add(s->loop, &l->source, EPOLLIN, NULL) < 0)
            continue;
        if (!yes)
            loop_remove(s->loop, &l->source);
        l->watched = yes;
    }
}

void server_free(struct server *s)
{
    if (!s)
        return;
    watch_listening(s, false);
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    catalogue_unref(s->catalogue);
    free(s);
}

static bool has_room(const struct server *s)
{
    return s->n_connections < (size_t)server_settings(s)->max_connections;
}

/* Lets the backlog wait: until a connection ends, or a second has passed. */
static void pause_accepting(struct server *s, const char *why)
{
    log_debug("%s: new connections wait", why);
    watch_listening(s, false);
    s->next_sweep = MIN(s->next_sweep, clock_usec() + RETRY_ACCEPT_USEC);
}

static void on_listening_ready(struct source *source, uint32_t events)
{
    struct server *s = container_of(source, struct listening, source)->server;
    (void)events;
    for (int i = 0; i < ACCEPTS_PER_TURN && !s->draining; i++) {
        if (!has_room(s)) {
            pause_accepting(s, "max_connections is reached");
            return;
        }
        struct sockaddr_storage address;
        socklen_t len = sizeof address;
        int fd = accept4(source->fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
                pause_accepting(s, strerror(errno));
            return;
        }
        /* On failure libmicrohttpd has closed the descriptor. */
        if (MHD_add_connection(s->daemon, fd, (struct sockaddr *)&address, len) != MHD_YES)
            log_warning("a connection could not be taken: %s", strerror(errno));
        s->run_needed = true;
    }
}

int server_listen(struct server *s, int fd, struct error *e)
{
    if (s->n_listening == LISTENERS_MAX)
        return error_set(e, ERR_LIMIT, "more than %d listening sockets", LISTENERS_MAX);
    struct listening *l = &s->listening[s->n_listening];
    *l = (struct listening){.source = {.fd = fd, .ready = on_listening_ready}, .server = s};
    int rc = loop_add(s->loop, &l->source, EPOLLIN, e);
    l->watched = rc == 0;
    s->n_listening += rc == 0;
    return rc;
}

void server_set_catalogue(struct server *s, struct catalogue *catalogue)
{
    struct catalogue *old = s->catalogue;
    s->catalogue = catalogue_ref(catalogue);
    s->next_sweep = 0; /* max_connections may be another */
    catalogue_unref(old);
}

static void sweep(struct server *s)
{
    int64_t now = clock_usec();
    if (now < s->next_sweep)
        return;
    s->next_sweep = NEVER;
    int64_t next = NEVER;
    for (struct connection *c = s->connections; c; c = c->next) {
        int64_t deadline = connection_sweep(c, now);
        next = MIN(next, deadline);
    }
    if (!s->draining && has_room(s))
        watch_listening(s, true);
    s->next_sweep = MIN(s->next_sweep, next);
}

void server_run(struct server *s)
{
    if (s->run_needed) {
        s->run_needed = false;
        MHD_run(s->daemon);
        turn_end(&s->turn);
    }
    sweep(s);
}

int64_t server_deadline(struct server *s)
{
    MHD_UNSIGNED_LONG_LONG ms;
    if (!s->run_needed)
        s->run_needed = MHD_get_timeout(s->daemon, &ms) == MHD_YES && ms == 0;
    return s->run_needed ? 0 : s->next_sweep;
}

int64_t server_idle_since(const struct server *s)
{
    return s->idle_since;
}

void server_drain(struct server *s)
{
    int64_t now = clock_usec();
    s->draining = true;
    watch_listening(s, false);
    for (struct connection *c = s->connections; c; c = c->next) {
        if (c->phase == PHASE_IDLE)
            c->deadline = now;
        else if (c->phase == PHASE_HEADERS && !c->exchange)
            c->deadline = MIN(c->deadline, now + FRESH_DRAIN_USEC);
    }
    s->next_sweep = 0;
}

bool server_is_drained(const struct server *s)
{
    return s->n_connections == 0;
}

void server_cancel_all(struct server *s)
{
    for (struct connection *c = s->connections; c; c = c->next)
        if (c->exchange)
            exchange_cancel(c->exchange, ERR_CANCELLED);
}

void server_cut_all(struct server *s)
{
    for (struct connection *c = s->connections; c; c = c->next)
        shutdown(c->fd, SHUT_RDWR);
}
