/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#include "store/catalogue.h"

static const char *const suffixes[] = {".db", ".sqlite", ".sqlite3"};

struct catalogue *catalogue_ref(struct catalogue *c)
{
    atomic_fetch_add(&c->refs, 1);
    return c;
}

void catalogue_unref(struct catalogue *c)
{
    if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    for (size_t i = 0; i < c->n; i++)
        database_unref(c->databases[i]);
    free(c->databases);
    free(c->by_name);
    free(c);
}

static int compare_names(const void *a, const void *b)
{
    const struct database *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

struct database *catalogue_find(const struct catalogue *c, const char *name)
{
    struct database key = {.name = (char *)name}, *k = &key;
    struct database **found = bsearch(&k, c->by_name, c->n, sizeof *c->by_name, compare_names);
    return found ? *found : NULL;
}

static struct database *find_added(const struct catalogue *c, const char *name)
{
    for (size_t i = 0; i < c->n; i++)
        if (streq(c->databases[i]->name, name))
            return c->databases[i];
    return NULL;
}

static int add(struct catalogue *c, struct database *d)
{
    if (c->n % 16 == 0) {
        struct database **more = realloc(c->databases, (c->n + 16) * sizeof *more);
        if (!more)
            return ERR_NOMEM;
        c->databases = more;
    }
    c->databases[c->n++] = d;
    return 0;
}

/* The file's name without folder and last suffix; a second one of that name becomes NAME_2, and so on. */
static void choose_name(const struct catalogue *c, const char *path, char *to, size_t n)
{
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    const char *dot = strrchr(base, '.');
    int len = (int)(dot && dot != base ? (size_t)(dot - base) : strlen(base));
    snprintf(to, n, "%.*s", len, base);
    for (unsigned i = 2; find_added(c, to); i++)
        snprintf(to, n, "%.*s_%u", len, base, i);
}

/* The database of this name and path in the old catalogue, or NULL. */
static struct database *find_old(const struct catalogue *old, const char *name, const char *path, bool immutable)
{
    struct database *d = old ? catalogue_find(old, name) : NULL;
    if (!d || d->immutable != immutable || !d->path != !path || (path && !streq(d->path, path)))
        return NULL;
    return d;
}

static int add_path(struct catalogue *c, const struct catalogue *old, const char *path, bool immutable, bool named,
                    struct error *e)
{
    char name[512] = "_memory";
    if (path)
        choose_name(c, path, name, sizeof name);
    if (c->n >= CATALOGUE_MAX)
        return error_set(e, ERR_LIMIT, "more than %d databases", CATALOGUE_MAX);
    struct database *before = find_old(old, name, path, immutable);
    _cleanup_(database_unrefp) struct database *d =
        before && database_is_current(before) ? database_ref(before) : NULL;
    if (!d && database_new(name, path, immutable, c->pool, &d) < 0)
        return error_set(e, ERR_NOMEM, "no memory for the list of databases");
    if (d != before) {
        d->named = named;
        d->stale_wal = before ? (before->stale_wal ? before->stale_wal : atomic_load(&before->wal)) : 0;
    }
    if (add(c, d) < 0)
        return error_set(e, ERR_NOMEM, "no memory for the list of databases");
    TAKE_PTR(d);
    return 0;
}

bool catalogue_is_database_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && dot != name && i < ARRAY_SIZE(suffixes); i++)
        if (streq(dot, suffixes[i]))
            return true;
    return false;
}

static int is_database_file(const struct dirent *entry)
{
    return entry->d_type != DT_DIR && catalogue_is_database_name(entry->d_name);
}

static int add_directory(struct catalogue *c, const struct catalogue *old, const char *directory,
                         struct error *e)
{
    struct dirent **entries = NULL;
    int n = scandir(directory, &entries, is_database_file, alphasort);
    if (n < 0)
        return error_system(e, errno, directory);
    int rc = 0;
    for (int i = 0; i < n; i++) {
        char *path = NULL;
        if (rc == 0 && asprintf(&path, "%s/%s", directory, entries[i]->d_name) < 0)
            rc = error_set(e, ERR_NOMEM, "no memory for a path");
        if (rc == 0) {
            rc = add_path(c, old, path, false, false, e);
            free(path);
        }
        free(entries[i]);
    }
    free(entries);
    return rc;
}

static int add_sources(struct catalogue *c, const struct catalogue_sources *from, const struct catalogue *old,
                       struct error *e)
{
    int rc = from->memory ? add_path(c, old, NULL, false, false, e) : 0;
    for (size_t i = 0; i < from->n_files && rc == 0; i++)
        rc = add_path(c, old, from->files[i], false, true, e);
    for (size_t i = 0; i < from->n_immutables && rc == 0; i++)
        rc = add_path(c, old, from->immutables[i], true, true, e);
    if (from->directory && rc == 0)
        rc = add_directory(c, old, from->directory, e);
    return rc;
}

static int sort_by_name(struct catalogue *c)
{
    c->by_name = malloc((c->n + 1) * sizeof(struct database *));
    if (!c->by_name)
        return ERR_NOMEM;
    if (c->n)
        memcpy(c->by_name, c->databases, c->n * sizeof(struct database *));
    qsort(c->by_name, c->n, sizeof(struct database *), compare_names);
    return 0;
}

int catalogue_new(const struct catalogue_sources *from, const struct settings *settings,
                  struct pool *pool, const struct catalogue *old, struct catalogue **ret, struct error *e)
{
    _cleanup_(catalogue_unrefp) struct catalogue *c = calloc(1, sizeof *c);
    if (!c)
        return error_set(e, ERR_NOMEM, "no memory for the list of databases");
    atomic_init(&c->refs, 1);
    c->settings = *settings;
    c->pool = pool;
    int rc = add_sources(c, from, old, e);
    if (rc == 0 && sort_by_name(c) < 0)
        rc = error_set(e, ERR_NOMEM, "no memory for the list of databases");
    if (rc < 0)
        return rc;
    *ret = TAKE_PTR(c);
    return 0;
}
