/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One client's connection: which phase it is in, and until when. Inside http/ only.
 *
 * libmicrohttpd's own timeout starts anew with every byte, does not watch suspended connections, and its content
 * callback is not called while a client does not read. So all deadlines are kept here, by shutdown(2).
 */
#pragma once

#include "base/loop.h"
#include "http/server_private.h"

enum phase {
    PHASE_HEADERS, /* a request's line and headers are to come; the first phase */
    PHASE_BODY,
    PHASE_QUERY, /* suspended: a worker has the request */
    PHASE_SEND,
    PHASE_IDLE, /* answered; the next request has not begun */
};

struct connection {
    struct connection *prev, *next;
    struct server *server;
    struct MHD_Connection *mhd; /* while a request is under way */
    struct exchange *exchange;  /* the request under way, or NULL */
    struct source hangup;       /* watched in PHASE_QUERY: does the client hang up? */
    bool hangup_watched;
    enum phase phase;
    int64_t deadline;
    int64_t ends; /* no deadline is later: the end of a stream's life; else NEVER */
    int fd;
};

/* Called by libmicrohttpd when a connection begins and ends (MHD_NotifyConnectionCallback). */
void connection_notify(void *cls, struct MHD_Connection *mhd, void **context,
                       enum MHD_ConnectionNotificationCode code);

struct connection *connection_of(struct MHD_Connection *mhd);

/* Enters a phase and sets its deadline from the settings. */
void connection_enter(struct connection *c, enum phase phase);

/* A long answer begins: from now on it has stream_max_age. */
void connection_begin_stream(struct connection *c);

/* The phase's time begins anew: there was progress. */
void connection_touch(struct connection *c);

/* Stops libmicrohttpd's work on it until a worker is done; the client's hang-up cancels the query. */
void connection_suspend(struct connection *c);
void connection_resume(struct connection *c);

/* Has libmicrohttpd (0.9.75, 1.0.1) free a connection whose content reader ends with an error. By itself it closes such
 * a one but looks at it again only for an event, and after a suspension it watches for none: never. */
void connection_look_again(struct connection *c);

/* Ends or checks what is overdue at `now`. Returns the next deadline of this connection. */
int64_t connection_sweep(struct connection *c, int64_t now);
