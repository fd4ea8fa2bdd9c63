/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one route table: which function answers which path, and in which lane.
 */
#pragma once

#include "api/reply.h"

enum cost {
    COST_NONE,  /* touches no database: answered at once */
    COST_SMALL, /* a lookup or a page: inline, within the budget; else again on the slow lane */
    COST_LARGE, /* unknown, or known to be long: the slow lane at once */
};

struct route {
    const char *pattern; /* segments; {database}, {table} and {row} stand for one each */
    unsigned methods;    /* of enum method */
    enum cost cost;
    bool has_csv; /* as .csv, too */
    /* Fills `reply`, or returns an error that is in req->error. ERR_BUDGET: call again on the slow lane. */
    int (*answer)(struct request *req, struct reply *reply);
};

/* Finds route, format, database, table and row of req->path. An error (404, 405) is in req->error. */
int route_find(struct request *req);

/* Calls the route's function; errors become the reply. The request keeps its reader only when the
 * reply has more to come. Returns 0, or ERR_BUDGET with nothing in the reply. */
int route_answer(struct request *req, struct reply *reply);

bool route_is_query(const struct request *req);
const char *route_allow(const struct request *req); /* value of the Allow header */
