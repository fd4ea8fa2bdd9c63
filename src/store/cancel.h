/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stops the statements of one request: the deadline that the progress handler keeps, and a switch that any
 * thread may throw.
 *
 * A request owns one `struct cancel`. While a reader works for the request it is attached here, so that a
 * throw also reaches SQLite by sqlite3_interrupt(), which stops what no progress handler sees (count(*) is one
 * opcode). Attaching, detaching, throwing and setting the deadline exclude each other: a throw never hits the next
 * request's statement on the same reader, nor is an old deadline kept after a new one was set.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/error.h"

struct cancel {
    pthread_mutex_t lock;
    void *handle;             /* the attached sqlite3, or NULL; under lock */
    _Atomic int reason;       /* 0, or the error code that stopped statements report */
    _Atomic int64_t deadline; /* clock_usec() at which the reason becomes `overdue`; NEVER without */
    _Atomic int overdue;      /* ERR_TIME_LIMIT, or ERR_BUDGET on the inline lane */
};

void cancel_init(struct cancel *c);
void cancel_destroy(struct cancel *c);

/* Sets a new deadline and forgets an earlier ERR_BUDGET (not an earlier throw). Any thread. */
void cancel_set_deadline(struct cancel *c, int64_t deadline_usec, int overdue);

/* From any thread: stops what runs and what is begun later. The first reason stays. */
void cancel_throw(struct cancel *c, int reason);

/* The same, if the deadline has passed at `now`. Returns the deadline that is in force. */
int64_t cancel_keep_deadline(struct cancel *c, int64_t now);

/* 0, or the reason to stop; looks at the clock. */
int cancel_check(struct cancel *c);

/* store/ only: the sqlite3 handle that a throw interrupts; NULL detaches. */
void cancel_attach(struct cancel *c, void *handle);
