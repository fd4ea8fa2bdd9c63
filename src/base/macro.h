/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small macros that every file may use: ownership, lengths, compiler hints. */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* A local that calls f(&local) when it goes out of scope. */
#define _cleanup_(f) __attribute__((cleanup(f)))

/* Hands over ownership: gives the value and leaves NULL (or -1) behind, so that no cleanup runs on it. */
#define TAKE(x, empty)                                                                                       \
    ({                                                                                                       \
        __typeof__(x) *_take_p = &(x);                                                                       \
        __typeof__(x) _take_v = *_take_p;                                                                    \
        *_take_p = (empty);                                                                                  \
        _take_v;                                                                                             \
    })
#define TAKE_PTR(p) TAKE(p, NULL)
#define TAKE_FD(fd) TAKE(fd, -1)

/* Defines NAMEp(), for use with _cleanup_(), from a free function that takes NULL. */
#define DEFINE_CLEANUP(type, function)                                                                       \
    static inline void function##p(type *p)                                                                  \
    {                                                                                                        \
        if (*p)                                                                                              \
            function(*p);                                                                                    \
    }

static inline void freep(void *p)
{
    free(*(void **)p);
}

static inline void closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}
#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)

static inline int streq(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* The struct that holds `member` at `ptr`. */
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))
