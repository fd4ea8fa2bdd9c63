/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"
#include "daemon/probe.h"
#include "store/reader.h"

#define PROBE_LIMIT_USEC (2 * USEC_PER_SEC) /* for one database that somebody has locked */
#define NAMED_MAX 5                         /* databases whose problem a status line tells */

int probe_database(struct database *d, struct cancel *c, struct error *e)
{
    cancel_set_deadline(c, clock_usec() + PROBE_LIMIT_USEC, ERR_BUDGET);
    return reader_probe(d, c, e);
}

static void probe_all(struct job *job)
{
    struct probe *p = container_of(job, struct probe, job);
    struct error e;
    for (size_t i = 0; i < p->catalogue->n && atomic_load(&p->cancel.reason) != ERR_CANCELLED; i++) {
        struct database *d = p->catalogue->databases[i];
        if (!atomic_load(&d->works))
            probe_database(d, &p->cancel, &e);
    }
}

static void probed(struct job *job)
{
    struct probe *p = container_of(job, struct probe, job);
    p->running = false;
    p->done(p);
    catalogue_unref(TAKE_PTR(p->catalogue));
}

void probe_init(struct probe *p, void (*done)(struct probe *probe))
{
    *p = (struct probe){.job = {.run = probe_all, .done = probed}, .done = done};
    cancel_init(&p->cancel);
}

void probe_destroy(struct probe *p)
{
    cancel_destroy(&p->cancel);
}

bool probe_start(struct probe *p, struct workers *w, struct catalogue *c)
{
    if (p->running)
        return false;
    p->catalogue = catalogue_ref(c);
    p->running = workers_submit(w, &p->job, false) == 0;
    if (!p->running)
        catalogue_unref(TAKE_PTR(p->catalogue));
    return p->running;
}

void probe_cancel(struct probe *p)
{
    cancel_throw(&p->cancel, ERR_CANCELLED);
}

size_t probe_describe(const struct catalogue *c, struct buf *out)
{
    size_t bad = 0;
    char problem[sizeof c->databases[0]->problem];
    _cleanup_(buf_free) struct buf problems = BUF_INIT(out->max);
    for (size_t i = 0; i < c->n; i++) {
        struct database *d = c->databases[i];
        database_problem(d, problem, sizeof problem);
        if (!problem[0])
            continue;
        if (bad++ < NAMED_MAX)
            buf_addf(&problems, "; %s", problem);
    }
    buf_addf(out, "Serving %zu database%s", c->n - bad, c->n - bad == 1 ? "" : "s");
    buf_add(out, problems.data, problems.len);
    if (bad > NAMED_MAX)
        buf_addf(out, "; and %zu more that cannot be read", bad - NAMED_MAX);
    return bad;
}
