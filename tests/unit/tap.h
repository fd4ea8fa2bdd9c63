/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Test Anything Protocol, as much of it as the unit tests need. One program is one list of checks. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_checks, tap_failures;

__attribute__((format(printf, 2, 3))) static inline bool ok(bool good, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    printf("%sok %d - ", good ? "" : "not ", ++tap_checks);
    vprintf(what, args);
    putchar('\n');
    va_end(args);
    tap_failures += !good;
    return good;
}

/* Bytes, with others than printable ASCII as \HH: a name of a check must stay on one line. */
static inline void tap_show(const char *label, const char *s, size_t n)
{
    printf("# %s ", label);
    for (size_t i = 0; i < n; i++)
        printf(s[i] >= 0x20 && s[i] < 0x7f ? "%c" : "\\%02x", (unsigned char)s[i]);
    putchar('\n');
}

static inline bool is_bytes(const void *got, size_t got_len, const void *want, size_t want_len,
                            const char *what)
{
    bool same = got && got_len == want_len && (want_len == 0 || memcmp(got, want, want_len) == 0);
    ok(same, "%s", what);
    if (!same) {
        tap_show("got:   ", got ? got : "(NULL)", got ? got_len : 6);
        tap_show("wanted:", want, want_len);
    }
    return same;
}

static inline bool is_str(const char *got, const char *want, const char *what)
{
    return is_bytes(got, got ? strlen(got) : 0, want, strlen(want), what);
}

static inline bool is_int(long long got, long long want, const char *what)
{
    if (!ok(got == want, "%s", what))
        printf("# got:    %lld\n# wanted: %lld\n", got, want);
    return got == want;
}

/* The plan, at the end. Returns main's exit status. */
static inline int done(void)
{
    printf("1..%d\n", tap_checks);
    return tap_failures > 0;
}

/* What a buffer holds, then nothing: is_buf(&b, "expected", "what"). Needs base/buf.h. */
#define is_buf(b, want, what)                                                                                \
    ({                                                                                                       \
        bool _same = is_bytes((b)->err    ? NULL                                                             \
                              : (b)->data ? (b)->data                                                        \
                                          : "",                                                              \
                              (b)->len, want, strlen(want), what);                                           \
        buf_clear(b);                                                                                        \
        _same;                                                                                               \
    })
