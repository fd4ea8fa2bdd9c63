/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/priority.h"
#include "base/workers.h"
#include "config.h"
#include "daemon/configuration.h"
#include "daemon/probe.h"
#include "daemon/service.h"
#include "daemon/uds.h"
#include "http/server.h"
#include "store/watch.h"
#include "systemd/listen.h"
#include "systemd/notify.h"

#define PROBE_DELAY_USEC (200 * USEC_PER_MSEC) /* the request that started us comes first */
#define PROBE_AGAIN_USEC (5 * USEC_PER_SEC)
#define EXPIRE_USEC (30 * USEC_PER_SEC) /* a reader that nobody has used for so long is closed */
#define CUT_DELAY_USEC (2 * USEC_PER_SEC)      /* between stopping queries, hanging up, and giving up */
#define STATUS_MAX 2048

/* How a drain goes on when requests do not finish by themselves. */
enum stage { STAGE_SERVE, STAGE_DRAIN, STAGE_CANCEL, STAGE_CUT, STAGE_GIVE_UP };

struct service {
    const struct options *options;
    struct catalogue_sources sources;
    struct catalogue *catalogue;
    struct metrics metrics;
    struct pool pool;
    struct loop *loop;
    struct workers *workers;
    struct server *server;
    struct listener *listeners;
    size_t n_listeners;
    struct uds_node node;   /* of --uds */
    bool activated;         /* the sockets are systemd's, which starts us again */
    struct source signals, changes, jobs;
    struct probe probe;
    int64_t probe_at, expire_at;
    bool failed; /* the drain ends with an error */
    struct error refused; /* why the last reload was; "" when it was not */
    int64_t watchdog_interval, watchdog_at;
    enum stage stage;
    int64_t stage_ends;
};

struct catalogue_sources service_sources(const struct options *o)
{
    return (struct catalogue_sources){.files = o->files,
                                      .n_files = o->n_files,
                                      .immutables = o->immutables,
                                      .n_immutables = o->n_immutables,
                                      .directory = o->state_directory,
                                      .memory = o->memory};
}

/* Returns how many databases cannot be opened. */
static size_t describe(const struct service *s, void (*tell)(const char *status))
{
    _cleanup_(buf_free) struct buf status = BUF_INIT(STATUS_MAX);
    size_t bad = probe_describe(s->catalogue, &status);
    if (s->refused.text[0])
        buf_addf(&status, "; the configuration is not reloaded: %s", s->refused.text);
    const char *text = buf_cstr(&status);
    tell(text ? text : "Serving");
    return bad;
}

/* While something is wrong it is looked at again: a file may have been half copied. */
static void on_probed(struct probe *p)
{
    struct service *s = container_of(p, struct service, probe);
    if (s->stage == STAGE_SERVE && describe(s, notify_status) > 0 && s->probe_at == NEVER)
        s->probe_at = clock_usec() + PROBE_AGAIN_USEC;
}

static void use_catalogue(struct service *s, struct catalogue *c)
{
    server_set_catalogue(s->server, c);
    catalogue_unref(s->catalogue);
    s->catalogue = c;
    s->probe_at = MIN(s->probe_at, clock_usec() + PROBE_DELAY_USEC);
}

static void on_changes(struct source *source, uint32_t events)
{
    struct service *s = container_of(source, struct service, changes);
    struct catalogue *c = NULL;
    struct error e;
    (void)events;
    if (!watch_read(source->fd, &s->sources))
        return;
    if (catalogue_new(&s->sources, &s->catalogue->settings, &s->pool, s->catalogue, &c, &e) < 0) {
        log_error("the list of databases stays as it was: %s", e.text);
        return;
    }
    use_catalogue(s, c);
}

static bool under_systemd(const struct service *s)
{
    return s->activated && (notify_active() || getenv("INVOCATION_ID"));
}

/* What is read once, at the start. */
static void keep_fixed_settings(struct settings *to, const struct settings *from)
{
    if (to->num_sql_threads != from->num_sql_threads || to->max_queued_queries != from->max_queued_queries ||
        to->cache_size_kb != from->cache_size_kb || to->max_heap_mb != from->max_heap_mb)
        log_warning("num_sql_threads, max_queued_queries, cache_size_kb and max_heap_mb change with the next start only");
    to->num_sql_threads = from->num_sql_threads;
    to->max_queued_queries = from->max_queued_queries;
    to->cache_size_kb = from->cache_size_kb;
    to->max_heap_mb = from->max_heap_mb;
}

static void reload(struct service *s)
{
    struct settings settings;
    struct catalogue *c = NULL;
    struct error e;
    notify_reloading();
    int rc = configuration_load(s->options, &settings, &e);
    if (rc == 0)
        rc = configuration_check_idle(s->options, &settings, under_systemd(s), &e);
    if (rc == 0)
        keep_fixed_settings(&settings, &s->catalogue->settings);
    if (rc == 0)
        rc = catalogue_new(&s->sources, &settings, &s->pool, s->catalogue, &c, &e);
    if (rc < 0)
        log_error("the configuration is not reloaded, the old one stays in force: %s", e.text);
    s->refused.text[0] = '\0';
    if (rc < 0)
        s->refused = e;
    else {
        use_catalogue(s, c);
        log_info("the configuration is reloaded");
    }
    describe(s, notify_ready);
}

static void enter_stage(struct service *s, enum stage stage)
{
    s->stage = stage;
    switch (stage) {
    case STAGE_SERVE:
        break;
    case STAGE_DRAIN:
        uds_remove(&s->node); /* nobody would serve who connects now */
        s->node = (struct uds_node){0};
        probe_cancel(&s->probe);
        server_drain(s->server);
        s->stage_ends = clock_usec() + s->catalogue->settings.drain_timeout_ms * USEC_PER_MSEC;
        break;
    case STAGE_CANCEL:
        log_warning("requests still run: their queries are stopped");
        server_cancel_all(s->server);
        s->stage_ends = clock_usec() + CUT_DELAY_USEC;
        break;
    case STAGE_CUT:
        server_cut_all(s->server);
        s->stage_ends = clock_usec() + CUT_DELAY_USEC;
        break;
    case STAGE_GIVE_UP:
        log_error("what a worker does cannot be stopped; ending without it");
        break;
    }
}

/* The first signal lets requests finish, a second one stops them. */
static void end(struct service *s, const char *why)
{
    if (s->stage == STAGE_SERVE) {
        log_info("%s: ending", why);
        notify_stopping(why);
        enter_stage(s, STAGE_DRAIN);
    } else if (s->stage == STAGE_DRAIN)
        enter_stage(s, STAGE_CANCEL);
}

static void on_signal(struct source *source, uint32_t events)
{
    struct service *s = container_of(source, struct service, signals);
    struct signalfd_siginfo info;
    (void)events;
    while (read(source->fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGHUP)
            end(s, info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
        else if (s->stage == STAGE_SERVE)
            reload(s);
    }
}

static void on_jobs(struct source *source, uint32_t events)
{
    (void)events;
    workers_reap(container_of(source, struct service, jobs)->workers);
}

static int64_t idle_deadline(const struct service *s)
{
    int64_t since = server_idle_since(s->server);
    if (!s->activated || s->stage != STAGE_SERVE || since == NEVER || workers_pending(s->workers) > 0)
        return NEVER;
    return since + s->catalogue->settings.idle_exit_ms * USEC_PER_MSEC;
}

static void keep_time(struct service *s)
{
    int64_t now = clock_usec();
    if (now >= s->watchdog_at) {
        notify_watchdog();
        s->watchdog_at = now + s->watchdog_interval / 2;
    }
    if (now >= s->probe_at && s->stage == STAGE_SERVE) {
        bool started = probe_start(&s->probe, s->workers, s->catalogue);
        s->probe_at = started ? NEVER : now + PROBE_DELAY_USEC;
    }
    if (now >= s->expire_at) {
        pool_expire(&s->pool, now - EXPIRE_USEC);
        s->expire_at = now + EXPIRE_USEC / 2;
    }
    if (workers_exhausted(s->workers) && s->stage == STAGE_SERVE) {
        s->failed = true;
        end(s, "too many queries cannot be stopped");
    }
    if (now >= idle_deadline(s))
        end(s, "nobody has asked for a while");
    if (s->stage != STAGE_SERVE && now >= s->stage_ends)
        enter_stage(s, s->stage + 1);
}

static bool has_ended(const struct service *s)
{
    return s->stage == STAGE_GIVE_UP ||
           (s->stage != STAGE_SERVE && server_is_drained(s->server) && workers_pending(s->workers) == 0);
}

static void serve(struct service *s)
{
    while (!has_ended(s)) {
        int64_t deadline = MIN(server_deadline(s->server), idle_deadline(s));
        deadline = MIN(deadline, s->expire_at);
        deadline = MIN(deadline, MIN(s->watchdog_at, s->stage == STAGE_SERVE ? s->probe_at : s->stage_ends));
        loop_wait(s->loop, deadline);
        server_run(s->server);
        keep_time(s);
    }
}

/* Before the socket exists, so that nobody who has seen it can end us without our cleaning up, and before the
 * first thread, so that all threads inherit the mask. */
static int open_signals(struct error *e)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd < 0 ? error_system(e, errno, "signalfd") : fd;
}

static int open_sockets(struct service *s, struct error *e)
{
    const struct options *o = s->options;
    if (o->uds) {
        s->listeners = calloc(1, sizeof *s->listeners);
        if (!s->listeners)
            return error_set(e, ERR_NOMEM, "no memory for a socket");
        int rc = uds_listen(o->uds, o->uds_mode, s->listeners, &s->node, e);
        s->n_listeners = rc == 0;
        return rc;
    }
    if (listen_inherited(&s->listeners, &s->n_listeners, e) < 0)
        return e->code = ERR_SYSTEM; /* whatever is wrong with it, the command line is not */
    s->activated = s->n_listeners > 0;
    if (!s->activated)
        return error_set(e, ERR_BAD_INPUT,
                         "no socket to serve: give --uds PATH, or start by systemd (systemctl start %s.socket; "
                         "or systemd-socket-activate -l PATH dbd FILE.db)",
                         SERVICE_NAME);
    return 0;
}

static int add_source(struct service *s, struct source *source, int fd,
                      void (*ready)(struct source *, uint32_t), struct error *e)
{
    *source = (struct source){.fd = fd, .ready = ready};
    return fd < 0 ? fd : loop_add(s->loop, source, EPOLLIN, e);
}

static int start(struct service *s, const struct settings *settings, struct error *e)
{
    int rc = workers_new((unsigned)settings->num_sql_threads, (unsigned)settings->max_queued_queries, &s->workers,
                         e);
    if (rc == 0)
        rc = add_source(s, &s->jobs, workers_fd(s->workers), on_jobs, e);
    if (rc == 0)
        rc = add_source(s, &s->changes, watch_open(&s->sources, e), on_changes, e);
    if (rc == 0)
        rc = catalogue_new(&s->sources, settings, &s->pool, NULL, &s->catalogue, e);
    if (rc == 0)
        rc = server_new(s->loop, s->workers, s->catalogue, &s->server, e);
    for (size_t i = 0; i < s->n_listeners && rc == 0; i++)
        rc = server_listen(s->server, s->listeners[i].fd, e);
    return rc;
}

static void stop(struct service *s)
{
    uds_remove(&s->node);
    workers_free(s->workers);
    server_free(s->server);
    catalogue_unref(s->catalogue);
    probe_destroy(&s->probe);
    pool_destroy(&s->pool);
    closep(&s->signals.fd);
    closep(&s->changes.fd);
    loop_free(s->loop);
    listeners_free(s->listeners, s->n_listeners);
}

static int run(struct service *s, const struct settings *settings, struct error *e)
{
    if (loop_new(&s->loop, e) < 0 || add_source(s, &s->signals, open_signals(e), on_signal, e) < 0)
        return EXIT_FAILED;
    int rc = open_sockets(s, e);
    if (rc == 0)
        rc = configuration_check_idle(s->options, settings, under_systemd(s), e);
    if (rc < 0)
        return s->activated ? EXIT_BAD_CONFIGURATION : rc == ERR_BAD_INPUT ? EXIT_BAD_COMMAND_LINE : EXIT_FAILED;
    if (start(s, settings, e) < 0)
        return EXIT_FAILED;
    s->watchdog_interval = notify_watchdog_usec();
    s->watchdog_at = s->watchdog_interval > 0 ? clock_usec() : NEVER;
    s->probe_at = clock_usec() + PROBE_DELAY_USEC;
    priority_be_quick();
    describe(s, notify_ready);
    log_info("serving %zu database%s", s->catalogue->n, s->catalogue->n == 1 ? "" : "s");
    serve(s);
    return s->stage == STAGE_GIVE_UP || s->failed ? EXIT_FAILED : EXIT_OK;
}

int service_run(const struct options *o, const struct settings *settings)
{
    struct error e = {0};
    struct service s = {.options = o, .sources = service_sources(o), .probe_at = NEVER, .watchdog_at = NEVER};
    s.signals.fd = s.changes.fd = -1;
    pool_init(&s.pool, (size_t)settings->max_idle_readers, &s.metrics);
    probe_init(&s.probe, on_probed);
    int status = run(&s, settings, &e);
    if (e.text[0])
        log_error("%s", e.text);
    if (s.stage == STAGE_GIVE_UP)
        _exit(status); /* a worker still uses what stop() would free */
    stop(&s);
    return status;
}
