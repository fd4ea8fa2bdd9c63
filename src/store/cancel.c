/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sqlite3.h>

#include "base/clock.h"
#include "store/cancel.h"

void cancel_init(struct cancel *c)
{
    pthread_mutex_init(&c->lock, NULL);
    c->handle = NULL;
    atomic_init(&c->reason, 0);
    atomic_init(&c->deadline, NEVER);
    atomic_init(&c->overdue, ERR_TIME_LIMIT);
}

void cancel_destroy(struct cancel *c)
{
    pthread_mutex_destroy(&c->lock);
}

void cancel_set_deadline(struct cancel *c, int64_t deadline_usec, int overdue)
{
    int expected = ERR_BUDGET;
    pthread_mutex_lock(&c->lock);
    atomic_store(&c->overdue, overdue);
    atomic_store(&c->deadline, deadline_usec);
    atomic_compare_exchange_strong(&c->reason, &expected, 0);
    pthread_mutex_unlock(&c->lock);
}

static void stop(struct cancel *c, int reason)
{
    int expected = 0;
    atomic_compare_exchange_strong(&c->reason, &expected, reason);
    if (c->handle)
        sqlite3_interrupt(c->handle);
}

void cancel_throw(struct cancel *c, int reason)
{
    pthread_mutex_lock(&c->lock);
    stop(c, reason);
    pthread_mutex_unlock(&c->lock);
}

int64_t cancel_keep_deadline(struct cancel *c, int64_t now)
{
    pthread_mutex_lock(&c->lock);
    int64_t deadline = atomic_load(&c->deadline);
    if (now >= deadline)
        stop(c, atomic_load(&c->overdue));
    pthread_mutex_unlock(&c->lock);
    return deadline;
}

int cancel_check(struct cancel *c)
{
    int reason = atomic_load(&c->reason);
    if (reason == 0 && clock_usec() >= atomic_load(&c->deadline)) {
        int expected = 0;
        atomic_compare_exchange_strong(&c->reason, &expected, atomic_load(&c->overdue));
        reason = atomic_load(&c->reason);
    }
    return reason;
}

void cancel_attach(struct cancel *c, void *handle)
{
    pthread_mutex_lock(&c->lock);
    c->handle = handle;
    pthread_mutex_unlock(&c->lock);
}
