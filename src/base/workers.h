/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A few threads of lower priority and one bounded queue of jobs: the slow lane.
 *
 * A job is embedded in what it works for. `run` is called on a worker; when it has returned, the owner's
 * thread learns of it through workers_fd() and workers_reap() calls `done` there. Between submit and done the
 * job belongs to the workers.
 */
#pragma once

#include <stdbool.h>
#include "base/error.h"

struct job {
    void (*run)(struct job *job);  /* on a worker */
    void (*done)(struct job *job); /* on the thread that calls workers_reap() */
    struct job *next; /* private */
    bool more;        /* private */
    bool given_up;    /* private */
};

struct workers;

#define WORKERS_REPLACED_MAX 4

/* Starts n threads. At most queue_max jobs wait. Errors: ERR_NOMEM, ERR_SYSTEM. */
int workers_new(unsigned n, unsigned queue_max, struct workers **ret, struct error *e);

/* Waits for running jobs, then ends the threads. Jobs that still wait are not run; reap before. */
void workers_free(struct workers *w);
DEFINE_CLEANUP(struct workers *, workers_free)

/* ERR_OVERLOAD when the queue is full. `more` marks the next block of an answer that has begun: neither refused nor
 * counted for others, because the number of such answers is bounded elsewhere. Owner's thread. */
int workers_submit(struct workers *w, struct job *job, bool more);

/* Readable when jobs are done. */
int workers_fd(const struct workers *w);

/* Calls done() for each finished job. */
void workers_reap(struct workers *w);

/* Starts a thread in the place of the one that works on `job` without end; that one goes when it comes back. Owner's
 * thread. ERR_LIMIT after WORKERS_REPLACED_MAX times: then the program had better begin anew. */
int workers_replace(struct workers *w, struct job *job);

/* Whether workers_replace() has failed. */
bool workers_exhausted(const struct workers *w);

/* Jobs that wait or run or are finished and not reaped yet. Owner's thread only. */
unsigned workers_pending(const struct workers *w);
