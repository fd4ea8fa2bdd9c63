/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tries to open every database, so that a broken one is named in the service's status before somebody asks
 * for it.
 */
#pragma once

#include "base/buf.h"
#include "base/workers.h"
#include "store/catalogue.h"

/* Opens and closes a database that has no reader yet. ERR_UNUSABLE and others, with the reason in `e`. */
int probe_database(struct database *d, struct error *e);

struct probe {
    struct job job;
    struct catalogue *catalogue; /* a reference, while it runs */
    void (*done)(struct probe *probe);
    bool running;
};

/* Probes all on the slow lane, then calls `done` on this thread. Does nothing while it runs. */
void probe_start(struct probe *p, struct workers *w, struct catalogue *c, void (*done)(struct probe *probe));

/* "Serving 3 databases", and which of them cannot be opened. */
void probe_describe(const struct catalogue *c, struct buf *out);
