/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libgen.h>

#include "base/clock.h"
#include "daemon/probe.h"
#include "store/reader.h"

#define PROBE_LIMIT_USEC (2 * USEC_PER_SEC) /* for one database that somebody has locked */
#define NAMED_MAX 5                         /* databases whose problem a status line tells */

int probe_database(struct database *d, struct error *e)
{
    struct cancel cancel;
    struct reader *r = NULL;
    cancel_init(&cancel);
    cancel_set_deadline(&cancel, clock_usec() + PROBE_LIMIT_USEC, ERR_TIME_LIMIT);
    int rc = reader_take(d, NULL, &cancel, &r, e);
    reader_release(r);
    cancel_destroy(&cancel);
    return rc;
}

static void probe_all(struct job *job)
{
    const struct catalogue *c = container_of(job, struct probe, job)->catalogue;
    struct error e;
    for (size_t i = 0; i < c->n; i++)
        probe_database(c->databases[i], &e);
}

static void probed(struct job *job)
{
    struct probe *p = container_of(job, struct probe, job);
    p->running = false;
    p->done(p);
    catalogue_unref(TAKE_PTR(p->catalogue));
}

void probe_start(struct probe *p, struct workers *w, struct catalogue *c, void (*done)(struct probe *probe))
{
    if (p->running)
        return;
    p->job = (struct job){.run = probe_all, .done = probed};
    p->done = done;
    p->catalogue = catalogue_ref(c);
    p->running = workers_submit(w, &p->job, false) == 0;
    if (!p->running)
        catalogue_unref(TAKE_PTR(p->catalogue));
}

void probe_describe(const struct catalogue *c, struct buf *out)
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
}
