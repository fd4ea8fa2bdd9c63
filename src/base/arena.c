/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif

#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#define CHUNK_SIZE ((size_t)4096)
#define ALIGNMENT _Alignof(max_align_t)

struct chunk {
    struct chunk *next;
    size_t size; /* of data */
    size_t used;
    _Alignas(max_align_t) char data[];
};

struct arena {
    struct chunk *chunks; /* the newest first: allocations come from it */
    size_t total;         /* bytes taken from malloc for data */
    size_t max;
};

struct arena *arena_new(size_t max)
{
    struct arena *a = calloc(1, sizeof *a);
    if (a)
        a->max = max;
    return a;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    while (a->chunks) {
        struct chunk *next = a->chunks->next;
        ASAN_UNPOISON_MEMORY_REGION(a->chunks->data, a->chunks->size);
        free(a->chunks);
        a->chunks = next;
    }
    free(a);
}

static struct chunk *chunk_add(struct arena *a, size_t n)
{
    size_t size = MAX(n, CHUNK_SIZE);
    if (size > a->max || a->total > a->max - size)
        size = n; /* near the maximum: exactly what is asked for */
    if (size > a->max || a->total > a->max - size)
        return NULL;
    struct chunk *c = malloc(sizeof *c + size);
    if (!c)
        return NULL;
    *c = (struct chunk){.next = a->chunks, .size = size};
    ASAN_POISON_MEMORY_REGION(c->data, size);
    a->chunks = c;
    a->total += size;
    return c;
}

void *arena_alloc(struct arena *a, size_t n)
{
    if (n > SIZE_MAX / 2)
        return NULL;
    size_t step = (MAX(n, (size_t)1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct chunk *c = a->chunks;
    if (!c || c->size - c->used < step)
        c = chunk_add(a, step);
    if (!c)
        return NULL;
    char *p = c->data + c->used;
    c->used += step;
    ASAN_UNPOISON_MEMORY_REGION(p, n);
    return memset(p, 0, n);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *copy = n == SIZE_MAX ? NULL : arena_alloc(a, n + 1);
    if (copy && n)
        memcpy(copy, s, n);
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *text = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}
