/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One turn of the loop, as its readers see it: all inline reads of a database in one turn share one read
 * transaction, because beginning and ending one costs several times the lookup itself.
 *
 * A transaction is begun by the first read of a turn, begun anew when somebody has committed meanwhile, and
 * never outlives the turn. The loop's thread only; each loop has its own.
 */
#pragma once

#include "base/error.h"

struct cancel;
struct database;
struct reader;

struct turn {
    struct reader *open; /* the loop's readers with a transaction; a list */
};

/* store/ only: reader_take() on the loop. */
int turn_take(struct turn *turn, struct database *d, struct cancel *c, struct reader **ret, struct error *e);

/* Ends the transactions of this turn and gives its readers back. */
void turn_end(struct turn *t);
