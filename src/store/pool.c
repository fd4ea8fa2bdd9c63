/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"
#include "store/memory.h"
#include "store/pool.h"
#include "store/reader_private.h"

#define DATABASE_MAX 4 /* idle readers of one database */

void pool_init(struct pool *p, size_t max, struct metrics *metrics)
{
    *p = (struct pool){.max = max, .metrics = metrics};
    pthread_mutex_init(&p->lock, NULL);
}

void pool_destroy(struct pool *p)
{
    pthread_mutex_destroy(&p->lock);
}

static void link_newest(struct pool *p, struct reader *r)
{
    r->idle_since = clock_usec();
    r->newer = NULL;
    r->older = p->newest;
    *(r->older ? &r->older->newer : &p->oldest) = r;
    p->newest = r;
    p->n++;
    r->next = r->database->idle;
    r->database->idle = r;
    r->database->n_idle++;
}

static void unlink_reader(struct pool *p, struct reader *r)
{
    struct reader **at = &r->database->idle;
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    r->database->n_idle--;
    *(r->newer ? &r->newer->older : &p->newest) = r->older;
    *(r->older ? &r->older->newer : &p->oldest) = r->newer;
    p->n--;
}

struct reader *pool_take(struct pool *p, struct database *d)
{
    pthread_mutex_lock(&p->lock);
    struct reader *r = d->idle;
    if (r)
        unlink_reader(p, r);
    pthread_mutex_unlock(&p->lock);
    return r;
}

static struct reader *take_oldest(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    struct reader *r = p->oldest;
    if (r)
        unlink_reader(p, r);
    pthread_mutex_unlock(&p->lock);
    return r;
}

/* Page caches of idle readers are what most of the memory goes to. */
static void make_room(struct pool *p)
{
    struct reader *r;
    while (memory_is_short() && (r = take_oldest(p)))
        reader_close(r);
}

void pool_give(struct pool *p, struct reader *r)
{
    struct reader *surplus = r;
    pthread_mutex_lock(&p->lock);
    if (r->database->n_idle < DATABASE_MAX) {
        link_newest(p, r);
        surplus = p->n > p->max ? p->oldest : NULL;
        if (surplus)
            unlink_reader(p, surplus);
    }
    pthread_mutex_unlock(&p->lock);
    reader_close(surplus); /* outside the lock: it may touch files */
    make_room(p);
}

size_t pool_expire(struct pool *p, int64_t since)
{
    for (;;) {
        pthread_mutex_lock(&p->lock);
        struct reader *r = p->oldest && p->oldest->idle_since < since ? p->oldest : NULL;
        size_t left = p->n;
        if (r)
            unlink_reader(p, r);
        pthread_mutex_unlock(&p->lock);
        if (!r)
            return left;
        reader_close(r);
    }
}

void pool_drop(struct pool *p, struct database *d)
{
    struct reader *r;
    while ((r = pool_take(p, d)))
        reader_close(r);
}
