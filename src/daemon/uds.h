/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A Unix socket that the program makes itself (--uds), without systemd. */
#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include "base/error.h"
#include "systemd/listen.h"

/* Which file is ours, so that nobody else's is removed. */
struct uds_node {
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    dev_t dev;
    ino_t ino;
};

/* Listens at `path`. The file appears with its mode (-1: by the umask) in one step, in place of a stale one.
 * Refused: a socket that somebody serves, a file that is no socket, a path that is too long. ret->name is
 * "uds". Errors: ERR_BAD_INPUT, ERR_BUSY, ERR_SYSTEM. */
int uds_listen(const char *path, int mode, struct listener *ret, struct uds_node *node_ret, struct error *e);

/* Removes the file if it is still the one that uds_listen() made. To be called while the socket is open: that
 * keeps its inode number from being given to another file. */
void uds_remove(const struct uds_node *node);
