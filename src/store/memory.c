/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <malloc.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "base/macro.h"
#include "store/memory.h"

/* SQLite has one allocator for the process, so its count is the process's, too. */
static _Atomic int64_t used;
static int64_t limit;

static void *count(void *p)
{
    if (p)
        atomic_fetch_add_explicit(&used, (int64_t)malloc_usable_size(p), memory_order_relaxed);
    return p;
}

static void uncount(void *p)
{
    atomic_fetch_sub_explicit(&used, (int64_t)malloc_usable_size(p), memory_order_relaxed);
}

static bool has_room(int n)
{
    return atomic_load_explicit(&used, memory_order_relaxed) + n <= limit;
}

static void *allocate(int n)
{
    return has_room(n) ? count(malloc((size_t)n)) : NULL;
}

static void release(void *p)
{
    uncount(p);
    free(p);
}

static void *resize(void *p, int n)
{
    int64_t before = (int64_t)malloc_usable_size(p);
    if (n > before && !has_room((int)(n - before)))
        return NULL;
    void *moved = realloc(p, (size_t)n);
    if (moved)
        atomic_fetch_add_explicit(&used, (int64_t)malloc_usable_size(moved) - before, memory_order_relaxed);
    return moved;
}

static int size(void *p)
{
    return (int)malloc_usable_size(p);
}

static int round_up(int n)
{
    return (n + 7) & ~7;
}

static int init(void *data)
{
    (void)data;
    return SQLITE_OK;
}

static void shut_down(void *data)
{
    (void)data;
}

int memory_install(int64_t max)
{
    static const sqlite3_mem_methods methods = {.xMalloc = allocate,
                                                .xFree = release,
                                                .xRealloc = resize,
                                                .xSize = size,
                                                .xRoundup = round_up,
                                                .xInit = init,
                                                .xShutdown = shut_down};
    limit = max;
    /* Few arenas, and thresholds that do not move: what a large answer took goes back to the system. */
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_MMAP_THRESHOLD, 512 * 1024);
    mallopt(M_TRIM_THRESHOLD, 512 * 1024);
    int rc = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return rc == SQLITE_OK ? sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) : rc;
}

int64_t memory_used(void)
{
    return atomic_load_explicit(&used, memory_order_relaxed);
}

bool memory_is_short(void)
{
    return memory_used() > limit / 4 * 3;
}
