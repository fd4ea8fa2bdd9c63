/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The listening sockets that systemd hands over (sd_listen_fds(3)). Main thread, once, at start. */
#pragma once

#include "base/error.h"

struct listener {
    int fd;        /* listens, non-blocking, close-on-exec */
    char name[64]; /* FileDescriptorName= of the socket unit, cut; for messages */
};

/* Takes the sockets out of the environment. *ret is NULL and *n_ret is 0 when there are none. Each must be a
 * listening stream Unix socket; on error all of them are closed. Errors: ERR_BAD_INPUT, ERR_NOMEM,
 * ERR_SYSTEM. */
int listen_inherited(struct listener **ret, size_t *n_ret, struct error *e);

/* Closes the sockets and frees the list. */
void listeners_free(struct listener *listeners, size_t n);
