/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is answered: status, headers, and a body that is either all there or goes on (`rows`). Owned by whoever
 * owns the request; strings live in the request's arena or are constant.
 */
#pragma once

#include "api/request.h"
#include "base/buf.h"

#define REPLY_BLOCK_SIZE ((size_t)128 * 1024)        /* a body past this is streamed in blocks */
#define REPLY_BLOCK_MAX ((size_t)64 * 1024 * 1024)  /* a block holds one row past its size, at most this */
#define REPLY_HEADERS_MAX 8

#define CONTENT_JSON "application/json; charset=utf-8"
#define CONTENT_TEXT "text/plain; charset=utf-8"

struct rows;

struct header {
    const char *name;
    const char *value;
};

struct reply {
    unsigned status;
    const char *content_type;
    struct header headers[REPLY_HEADERS_MAX];
    size_t n_headers;
    struct buf body;   /* the whole body, or its first block */
    struct rows *rows; /* not NULL: rows_continue() gives the next block */
};

void reply_init(struct reply *reply);
void reply_clear(struct reply *reply); /* frees the body, forgets the rest */

/* Adds a header; a NULL value (no memory) leaves it out. */
void reply_header(struct reply *reply, const char *name, const char *value);

/* Makes the reply the standard error for req->error: {"ok": false, "error", "errors", "status"}. */
void reply_error(struct reply *reply, const struct request *req);

/* The HTTP status of an error code: the one table. */
unsigned reply_status(int code);
