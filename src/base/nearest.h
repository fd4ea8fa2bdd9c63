/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The name that somebody probably meant, for error texts. */
#pragma once

#include "base/macro.h"

/* Keeps the best candidate so far; begins as NEAREST_INIT. `word` is borrowed and need not end in NUL. */
struct nearest {
    const char *word;
    size_t word_len;
    const char *name; /* the nearest candidate that is near enough, or NULL; borrowed */
    unsigned distance;
};

#define NEAREST_INIT(w, len) ((struct nearest){.word = (w), .word_len = (len)})

/* Edits (insert, remove, replace, swap of neighbours) that make a from b; names beyond 63 bytes are far from
 * everything (UINT_MAX). */
unsigned nearest_distance(const char *a, size_t a_len, const char *b, size_t b_len);

/* Considers one candidate. Near enough is at most one edit for every three bytes of the word. */
void nearest_offer(struct nearest *n, const char *candidate);
