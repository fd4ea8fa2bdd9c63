/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "api/route.h"
#include "api/rows.h"
#include "base/log.h"
#include "daemon/answer.h"

static int print_body(struct request *req, struct reply *reply)
{
    int more = reply->rows ? 1 : 0;
    fwrite(reply->body.data, 1, reply->body.len, stdout);
    while (more == 1) {
        request_begin_work(req);
        more = rows_continue(reply);
        request_end_work(req);
        if (more >= 0)
            fwrite(reply->body.data, 1, reply->body.len, stdout);
    }
    fputc('\n', stdout);
    return more;
}

int answer_print(struct catalogue *c, const char *target)
{
    _cleanup_(request_freep) struct request *req = NULL;
    struct reply reply;
    int rc = request_new(c, METHOD_GET, target, &req);
    if (!req) {
        log_error("out of memory");
        return 1;
    }
    reply_init(&reply);
    request_begin_work(req);
    if (rc < 0 || route_find(req) < 0)
        reply_error(&reply, req);
    else
        route_answer(req, &reply);
    request_end_work(req);
    bool good = reply.status / 100 == 2;
    if (print_body(req, &reply) < 0) {
        log_error("the answer breaks off: %s", req->error.text);
        good = false;
    }
    rows_end(&reply);
    buf_free(&reply.body);
    if (fflush(stdout) == EOF || ferror(stdout)) {
        log_error("standard output: %s", strerror(errno));
        good = false;
    }
    return good ? 0 : 1;
}
