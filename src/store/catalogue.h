/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is served now, and with which settings: an immutable list, replaced as a whole when files come or go or
 * the configuration is reloaded. A request keeps a reference to the one that it began with, so every thread
 * reads it without a lock.
 */
#pragma once

#include "base/settings.h"
#include "store/database.h"
#include "store/pool.h"

#define CATALOGUE_MAX 4096 /* databases */

/* Where databases come from. Borrowed; it outlives the catalogues made from it. */
struct catalogue_sources {
    const char *const *files; /* served read-only to callers, changed by others perhaps */
    size_t n_files;
    const char *const *immutables;
    size_t n_immutables;
    const char *directory; /* every *.db, *.sqlite, *.sqlite3 in it; NULL: none */
    bool memory;           /* an in-memory database as _memory */
};

struct catalogue {
    _Atomic unsigned refs;
    struct settings settings;
    struct pool *pool; /* borrowed: of readers of all databases */
    size_t n;
    struct database **databases; /* in the order of the sources */
    struct database **by_name;
};

/* A new catalogue. Databases of `old` (may be NULL) whose file is still the same are taken over with their open
 * readers. Errors: ERR_SYSTEM (the directory cannot be read), ERR_NOMEM, ERR_LIMIT. */
int catalogue_new(const struct catalogue_sources *from, const struct settings *settings,
                  struct pool *pool, const struct catalogue *old, struct catalogue **ret, struct error *e);
struct catalogue *catalogue_ref(struct catalogue *c);
void catalogue_unref(struct catalogue *c);
DEFINE_CLEANUP(struct catalogue *, catalogue_unref)

/* Whether a file of this name in the state directory is served: *.db, *.sqlite, *.sqlite3. */
bool catalogue_is_database_name(const char *name);

/* The database with this name, borrowed, or NULL. */
struct database *catalogue_find(const struct catalogue *c, const char *name);
