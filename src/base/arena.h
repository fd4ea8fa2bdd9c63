/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of one request: many small allocations that die together.
 *
 * Blocks are aligned for any type and poisoned for AddressSanitizer when the arena is freed. An arena has a
 * maximum; past it every call gives NULL. One thread at a time.
 */
#pragma once

#include "base/macro.h"

struct arena;

/* An arena of at most `max` bytes. NULL without memory. */
struct arena *arena_new(size_t max);
void arena_free(struct arena *a);
DEFINE_CLEANUP(struct arena *, arena_free)

/* n bytes, zeroed; NULL when the arena is full or memory is out. */
void *arena_alloc(struct arena *a, size_t n);

/* A NUL-terminated copy of n bytes at s. */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *format, ...) _printf_(2, 3);

#define arena_new_array(a, type, n) ((type *)arena_alloc(a, sizeof(type) * (size_t)(n)))
