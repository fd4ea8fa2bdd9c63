/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One request's life: from its first line to its last byte. Inside http/ only.
 *
 * Created when the request line is there, freed in libmicrohttpd's NOTIFY_COMPLETED callback, the only point at
 * which it no longer uses what was given to it.
 */
#pragma once

#include "api/reply.h"
#include "http/connection.h"

struct exchange {
    struct connection *connection;
    struct job job; /* the request, or the next block of its answer, on the slow lane */
    char *target;   /* as it was sent */
    struct request *request;
    struct reply reply;
    struct buf body;
    enum {
        EXCHANGE_NEW,
        EXCHANGE_BODY,    /* receiving */
        EXCHANGE_WAITING, /* for a worker to answer */
        EXCHANGE_READY,   /* the reply is there */
        EXCHANGE_SENDING,
    } state;
    bool http10;     /* the client knows no chunks: a body needs its length */
    bool refused;    /* the request is not looked at; the reply is there already */
    size_t discarded; /* of a refused body */
    bool streams;    /* counted among the server's streams */
    bool broken;     /* the rest of the body cannot be had */
    bool breaks_off;    /* the content reader has just told libmicrohttpd so */
    bool last_block; /* reply.body is the end of the body */
    size_t sent;     /* of reply.body */
    bool close;         /* what follows on this connection cannot be trusted */
    int64_t queued_at;
    int64_t stop_since; /* when the query was told to stop for its time limit; 0: it was not */
    bool stuck;         /* it did not, and its worker was given up */
    int spool_fd;    /* a whole body in a temporary file, or -1 */
    int64_t spool_size;
};

/* The callbacks of libmicrohttpd (MHD_OPTION_URI_LOG_CALLBACK, MHD_AccessHandlerCallback,
 * MHD_OPTION_NOTIFY_COMPLETED). */
void *exchange_begin(void *cls, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                                const char *version, const char *upload_data, size_t *upload_data_size,
                                void **context);
void exchange_completed(void *cls, struct MHD_Connection *mhd, void **context,
                        enum MHD_RequestTerminationCode code);

/* Stops the query of this exchange; the reply says why. */
void exchange_cancel(struct exchange *x, int reason);

/* When the running query must be looked at again to keep its deadline; stops it when that has passed. */
int64_t exchange_keep_deadline(struct exchange *x, int64_t now);
