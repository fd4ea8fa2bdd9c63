/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tries to open every database, so that a broken one is named in the service's status before somebody asks
 * for it.
 */
#pragma once

#include "base/buf.h"
#include "base/workers.h"
#include "store/cancel.h"
#include "store/catalogue.h"

/* Opens a database and closes it again. ERR_UNUSABLE and others, with the reason in `e`. */
int probe_database(struct database *d, struct cancel *c, struct error *e);

struct probe {
    struct job job;
    struct catalogue *catalogue; /* a reference, while it runs */
    struct cancel cancel;
    void (*done)(struct probe *probe);
    bool running;
};

void probe_init(struct probe *p, void (*done)(struct probe *probe));
void probe_destroy(struct probe *p);

/* Probes all on the slow lane, then calls `done` on this thread. False when one runs or the lane is full: later. */
bool probe_start(struct probe *p, struct workers *w, struct catalogue *c);

/* For the end: what runs stops, and is done. */
void probe_cancel(struct probe *p);

/* "Serving 3 databases", and which of them cannot be opened. Returns how many cannot. */
size_t probe_describe(const struct catalogue *c, struct buf *out);
