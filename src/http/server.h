/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HTTP on Unix sockets: libmicrohttpd, polled by our own loop. http/ is the only place that knows it.
 *
 * dbd accepts connections itself and hands them to libmicrohttpd, which never sees a listening socket: so it
 * cannot shut systemd's down (MHD_stop_daemon does, unless it is quiesced first), a full server leaves clients in
 * the backlog instead of hanging up on them, and "accepting has ended" is true from one instruction to the
 * next. Everything here runs on the loop's thread; only queries run elsewhere, while their connection is
 * suspended.
 */
#pragma once

#include "base/loop.h"
#include "base/workers.h"
#include "store/catalogue.h"

struct server;

/* Both are borrowed and outlive the server. Errors: ERR_NOMEM, ERR_SYSTEM. */
int server_new(struct loop *loop, struct workers *workers, struct catalogue *catalogue, struct server **ret,
               struct error *e);

/* After a drain that has come to its end. Takes NULL. */
void server_free(struct server *s);
DEFINE_CLEANUP(struct server *, server_free)

/* Accepts connections from this listening, non-blocking socket, which stays the caller's. */
int server_listen(struct server *s, int fd, struct error *e);

/* What requests that begin from now on see. Takes its own reference. */
void server_set_catalogue(struct server *s, struct catalogue *catalogue);

/* Does what is due: bytes that have come or can go, and deadlines that have passed. */
void server_run(struct server *s);

/* clock_usec() at which server_run() is needed next, whatever the loop sees. */
int64_t server_deadline(struct server *s);

/* Since when there has been no connection; NEVER while there is one. */
int64_t server_idle_since(const struct server *s);

/*
 * Begins the end: accepts no more, closes connections that wait for a next request in a way that shows the
 * client that nothing it sends was read (shutdown(2) of our reading side: its send fails with EPIPE, and what
 * was sent before is still answered), and lets the others finish, with "Connection: close".
 */
void server_drain(struct server *s);

/* Whether no connection is left. */
bool server_is_drained(const struct server *s);

/* For the end of the drain time: stops every query; their requests are answered with 503. */
void server_cancel_all(struct server *s);

/* Beyond that: hangs up on everybody. */
void server_cut_all(struct server *s);
