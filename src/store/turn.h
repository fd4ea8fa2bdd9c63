/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One turn of the loop, as its readers see it: all inline reads of a database in one turn share one read
 * transaction, because beginning and ending one costs several times the lookup itself.
 *
 * A transaction is begun by the first read of a turn, begun anew when somebody has committed meanwhile, and
 * never outlives the turn. The loop's thread only; each loop has its own.
 */
#pragma once

struct reader;

struct turn {
    struct reader *open; /* the loop's readers with a transaction; a list */
};

/* Ends the transactions of this turn. */
void turn_end(struct turn *t);
