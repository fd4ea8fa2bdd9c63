/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Monotonic time in microseconds. */
#pragma once

#include <stdint.h>
#include <time.h>

#define USEC_PER_MSEC INT64_C(1000)
#define USEC_PER_SEC INT64_C(1000000)
#define NEVER INT64_MAX /* a deadline that does not come */

static inline int64_t clock_usec(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
}
