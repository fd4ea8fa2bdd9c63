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
    atomic_store(&c->overdue, overdue);
    atomic_store(&c->deadline, deadline_usec);
    atomic_compare_exchange_strong(&c->reason, &expected, 0);
}

void cancel_throw(struct cancel *c, int reason)
{
    int expected = 0;
    atomic_compare_exchange_strong(&c->reason, &expected, reason);
    pthread_mutex_lock(&c->lock);
    if (c->handle)
        sqlite3_interrupt(c->handle);
    pthread_mutex_unlock(&c->lock);
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
