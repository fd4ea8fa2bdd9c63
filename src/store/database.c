/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "store/database.h"
#include "store/pool.h"

static void free_database(struct database *d)
{
    pool_drop(d->pool, d);
    pthread_mutex_destroy(&d->lock);
    free(d->name);
    free(d->path);
    free(d);
}

int database_new(const char *name, const char *path, bool immutable, struct pool *pool,
                 struct database **ret)
{
    struct database *d = calloc(1, sizeof *d);
    if (!d)
        return ERR_NOMEM;
    atomic_init(&d->refs, 1);
    pthread_mutex_init(&d->lock, NULL);
    d->immutable = immutable;
    d->pool = pool;
    d->name = strdup(name);
    d->path = path ? strdup(path) : NULL;
    if (!d->name || (path && !d->path)) {
        free_database(d);
        return ERR_NOMEM;
    }
    struct stat st;
    if (path) {
        d->missing = stat(path, &st) < 0;
        d->dev = d->missing ? 0 : st.st_dev;
        d->ino = d->missing ? 0 : st.st_ino;
        atomic_init(&d->wal, database_wal(d));
    }
    *ret = d;
    return 0;
}

struct database *database_ref(struct database *d)
{
    atomic_fetch_add(&d->refs, 1);
    return d;
}

void database_unref(struct database *d)
{
    if (d && atomic_fetch_sub(&d->refs, 1) == 1)
        free_database(d);
}

bool database_is_current(const struct database *d)
{
    struct stat st;
    if (!d->path)
        return true;
    if (stat(d->path, &st) < 0)
        return d->missing;
    return !d->missing && st.st_dev == d->dev && st.st_ino == d->ino;
}

int64_t database_size(const struct database *d)
{
    struct stat st;
    return d->path && stat(d->path, &st) == 0 ? (int64_t)st.st_size : 0;
}

ino_t database_wal(const struct database *d)
{
    struct stat st;
    char path[4096];
    if (!d->path || snprintf(path, sizeof path, "%s-wal", d->path) >= (int)sizeof path)
        return 0;
    return stat(path, &st) == 0 && st.st_size > 0 ? st.st_ino : 0;
}

void database_problem(struct database *d, char *to, size_t n)
{
    pthread_mutex_lock(&d->lock);
    snprintf(to, n, "%s", d->problem);
    pthread_mutex_unlock(&d->lock);
}

bool database_note_problem(struct database *d, const char *text)
{
    char short_text[sizeof d->problem];
    snprintf(short_text, sizeof short_text, "%s", text);
    pthread_mutex_lock(&d->lock);
    bool other = !streq(d->problem, short_text);
    memcpy(d->problem, short_text, sizeof short_text);
    pthread_mutex_unlock(&d->lock);
    return other;
}
