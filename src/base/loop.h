/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One thread's wait for many descriptors: epoll(7) with a callback each. A source is embedded in what it
 * belongs to; removing any source, also from inside a callback, is safe. No globals: a program may have several.
 */
#pragma once

#include <stdint.h>
#include <sys/epoll.h>

#include "base/error.h"

struct source {
    int fd;
    void (*ready)(struct source *source, uint32_t events);
};

struct loop;

int loop_new(struct loop **ret, struct error *e);
void loop_free(struct loop *l);
DEFINE_CLEANUP(struct loop *, loop_free)

/* Watches source->fd for `events` (EPOLLIN, ...; EPOLLHUP and EPOLLERR always). ERR_SYSTEM. */
int loop_add(struct loop *l, struct source *source, uint32_t events, struct error *e);
void loop_remove(struct loop *l, struct source *source);

/* Waits until something is ready or clock_usec() reaches `deadline`, and calls what is ready. */
void loop_wait(struct loop *l, int64_t deadline);
