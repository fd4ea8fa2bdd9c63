/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "api/route.h"
#include "api/rows.h"
#include "base/log.h"
#include "http/stream.h"

#define SPOOL_DIRECTORY "/var/tmp" /* on disk, where /tmp may be memory */

static void make_block(struct job *job)
{
    struct exchange *x = container_of(job, struct exchange, job);
    request_begin_work(x->request);
    int rc = rows_continue(&x->reply);
    request_end_work(x->request);
    x->broken = rc < 0;
    x->last_block = rc == 0;
    if (rc != 1)
        rows_end(&x->reply);
}

static void block_made(struct job *job)
{
    struct exchange *x = container_of(job, struct exchange, job);
    x->sent = 0;
    server_count(x->connection->server, METRIC_slow_jobs, -1);
    server_count(x->connection->server, METRIC_streams_broken_total, x->broken);
    server_count(x->connection->server, METRIC_time_limits_total, x->broken && x->request->error.code == ERR_TIME_LIMIT);
    if (x->broken && x->request->error.code != ERR_CANCELLED)
        log_info("an answer breaks off: %s", x->request->error.text);
    connection_enter(x->connection, PHASE_SEND);
    connection_resume(x->connection);
}

static ssize_t next_block(struct exchange *x)
{
    x->job = (struct job){.run = make_block, .done = block_made};
    connection_enter(x->connection, PHASE_QUERY);
    workers_submit(x->connection->server->workers, &x->job, true);
    server_count(x->connection->server, METRIC_slow_jobs, 1);
    connection_suspend(x->connection);
    return 0;
}

static ssize_t break_off(struct exchange *x)
{
    x->breaks_off = true;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* libmicrohttpd's MHD_ContentReaderCallback, called when there is room in the socket. */
static ssize_t read_block(void *cls, uint64_t position, char *to, size_t max)
{
    struct exchange *x = cls;
    const struct buf *b = &x->reply.body;
    (void)position;
    if (x->broken)
        return break_off(x);
    if (x->sent == b->len)
        return x->last_block ? MHD_CONTENT_READER_END_OF_STREAM : next_block(x);
    size_t n = MIN(max, b->len - x->sent);
    memcpy(to, b->data + x->sent, n);
    x->sent += n;
    server_count(x->connection->server, METRIC_sent_bytes_total, (int64_t)n);
    connection_touch(x->connection);
    return (ssize_t)n;
}

static ssize_t read_spool(void *cls, uint64_t position, char *to, size_t max)
{
    struct exchange *x = cls;
    ssize_t n = pread(x->spool_fd, to, max, (off_t)position);
    if (n <= 0)
        return break_off(x);
    server_count(x->connection->server, METRIC_sent_bytes_total, (int64_t)n);
    connection_touch(x->connection);
    return n;
}

struct MHD_Response *stream_response(struct exchange *x)
{
    if (x->spool_fd >= 0)
        return MHD_create_response_from_callback((uint64_t)x->spool_size, REPLY_BLOCK_SIZE, read_spool, x, NULL);
    if (!x->reply.rows) { /* all there, and too long to be handed over at once */
        x->last_block = true;
        return MHD_create_response_from_callback(x->reply.body.len, REPLY_BLOCK_SIZE, read_block, x, NULL);
    }
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, REPLY_BLOCK_SIZE, read_block, x, NULL);
}

static int spool_block(struct exchange *x)
{
    const struct buf *b = &x->reply.body;
    struct error *e = &x->request->error;
    int64_t max = request_settings(x->request)->max_spool_mb * 1024 * 1024;
    _Atomic int64_t *total = &x->connection->server->spool_bytes;
    x->spool_size += (int64_t)b->len;
    if (atomic_fetch_add(total, (int64_t)b->len) + (int64_t)b->len > max)
        return error_set(e, ERR_OVERLOAD, "this answer, with others that are being sent, is larger than max_spool_mb");
    for (size_t done = 0; done < b->len;) {
        ssize_t n = write(x->spool_fd, b->data + done, b->len - done);
        if (n < 0 && errno != EINTR)
            return error_system(e, errno, "the answer cannot be kept in " SPOOL_DIRECTORY);
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

void stream_discard_spool(struct exchange *x)
{
    closep(&x->spool_fd);
    x->spool_fd = -1;
    atomic_fetch_sub(&x->connection->server->spool_bytes, x->spool_size);
    x->spool_size = 0;
}

void stream_spool(struct exchange *x)
{
    struct error *e = &x->request->error;
    int more = 1;
    x->spool_fd = open(SPOOL_DIRECTORY, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    int rc = x->spool_fd < 0 ? error_system(e, errno, SPOOL_DIRECTORY) : spool_block(x);
    while (rc == 0 && more == 1) {
        more = rows_continue(&x->reply);
        rc = more < 0 ? more : spool_block(x);
    }
    rows_end(&x->reply);
    if (rc == 0)
        return;
    stream_discard_spool(x);
    e->code = rc;
    reply_error(&x->reply, x->request);
}
