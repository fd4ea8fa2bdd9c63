/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One request: what is wanted. Made on the loop from what the client sent, handled by one thread at a time (the
 * loop or a worker), freed by whoever made it.
 *
 * All strings live in its arena, but the body. `cancel` is the one part that other threads may touch meanwhile.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/catalogue.h"
#include "store/reader.h"

#define REQUEST_ARENA_MAX ((size_t)64 * 1024 * 1024) /* schema lists, decoded parameters, SQL text */
#define REQUEST_PARAMS_MAX 1000

enum method {
    METHOD_GET = 1 << 0,
    METHOD_HEAD = 1 << 1,
    METHOD_POST = 1 << 2,
    METHOD_OTHER = 1 << 3, /* all that no resource has */
};

struct param {
    const char *name;  /* decoded, NUL-terminated */
    const char *value; /* decoded; may hold NULs, is followed by one */
    size_t len;
};

struct route;

struct request {
    struct arena *arena;
    struct catalogue *catalogue; /* a reference */
    enum method method;
    const char *path; /* as it was sent, without the query */
    struct param *params;
    size_t n_params;
    const char *host; /* for links; never NULL */
    const char *body; /* borrowed from the caller */
    size_t body_len;

    /* What route_find() found in the path; NULL where the pattern has none. */
    const struct route *route;
    const char *format;        /* suffix of the last segment, "" for none */
    struct database *database; /* borrowed from the catalogue */
    const char *table;         /* decoded */
    const char *row;           /* still encoded */

    struct turn *turn; /* of the loop; NULL on the slow lane */
    struct cancel cancel;
    struct reader *reader; /* NULL until request_reader() */
    int64_t begun;         /* clock_usec() */
    _Atomic int64_t time_left; /* of the time limit, in microseconds: what queries may still work, on the slow lane */
    int64_t work_begun;
    bool time_is_per_block; /* each piece of work has the whole time limit */
    struct error error;
};

/* A request for `target` (path and query as sent). ERR_LIMIT for too many parameters, ERR_NOMEM. Also after an
 * error *ret, unless NULL, can be answered with reply_error(). */
int request_new(struct catalogue *catalogue, enum method method, const char *target, struct request **ret);
void request_free(struct request *req);
DEFINE_CLEANUP(struct request *, request_free)

/* Takes the Host header. ERR_BAD_INPUT unless it looks like one: it comes back in links and headers. */
int request_set_host(struct request *req, const char *host);

/* The first parameter of that name, or NULL. */
const struct param *request_param(const struct request *req, const char *name);

/* Whether the value is exactly this text; takes NULL. */
bool param_is(const struct param *p, const char *text);

/* ERR_BAD_INPUT when the query string has one of these: parameters of Datasette's that this version does not
 * have. To ignore them would answer another question than the one that was asked. */
int request_refuse_params(struct request *req, const char *const *names, size_t n);

/* The settings that the request began with. */
static inline const struct settings *request_settings(const struct request *req)
{
    return &req->catalogue->settings;
}

/* Takes a reader of req->database into req->reader. Errors as reader_take(). */
int request_reader(struct request *req);

/*
 * Around each piece of work on the slow lane: the time limit counts the time in which queries work, over all pieces
 * of a long answer, and not the time that its client takes to read them.
 */
void request_begin_work(struct request *req);
void request_end_work(struct request *req);

/* ERR_BAD_INPUT for a `_timelimit` that is no number of milliseconds. A shorter one than the setting is in force from
 * the request's beginning. */
int request_check_time_limit(struct request *req);

/* Gives the reader back. */
void request_release(struct request *req);

/* The URL of this page with `_next=TOKEN`: every parameter that has a value repeated, `_next` replaced. NULL
 * without memory. */
const char *request_next_url(struct request *req, const char *token);
