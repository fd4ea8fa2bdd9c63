/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of http/ share: the inside of the server. */
#pragma once

#include <microhttpd.h>

#include "http/server.h"
#include "store/turn.h"

#define LISTENERS_MAX 16

struct listening {
    struct source source;
    struct server *server;
    bool watched;
};

struct server {
    struct loop *loop;
    struct workers *workers;
    struct catalogue *catalogue; /* a reference */
    struct MHD_Daemon *daemon;
    struct source mhd; /* libmicrohttpd's own epoll descriptor */
    struct listening listening[LISTENERS_MAX];
    size_t n_listening;
    struct turn turn; /* of this call of server_run() */
    struct connection *connections;
    size_t n_connections;
    size_t n_streams;
    size_t body_bytes;           /* of all request bodies that are held */
    _Atomic int64_t spool_bytes; /* of all answers in temporary files */
    int64_t idle_since;
    int64_t next_sweep; /* no deadline passes before this */
    bool run_needed;    /* libmicrohttpd has work that its descriptor does not show */
    bool draining;
};

static inline void server_count(const struct server *s, enum metric which, int64_t n)
{
    metrics_add(s->catalogue->pool->metrics, which, n);
}

static inline const struct settings *server_settings(const struct server *s)
{
    return &s->catalogue->settings;
}
