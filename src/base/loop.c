/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>

#include "base/clock.h"
#include "base/loop.h"

#define BATCH 64

struct loop {
    int epoll_fd;
    struct epoll_event events[BATCH]; /* of the turn that runs now */
    int n_events;
};

int loop_new(struct loop **ret, struct error *e)
{
    struct loop *l = calloc(1, sizeof *l);
    if (!l)
        return error_set(e, ERR_NOMEM, "no memory for the event loop");
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll_fd < 0) {
        free(l);
        return error_system(e, errno, "epoll_create1");
    }
    *ret = l;
    return 0;
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    close(l->epoll_fd);
    free(l);
}

int loop_add(struct loop *l, struct source *source, uint32_t events, struct error *e)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    return epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, source->fd, &event) < 0 ? error_system(e, errno, "epoll_ctl") : 0;
}

void loop_remove(struct loop *l, struct source *source)
{
    epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
    /* The turn that runs may have an event for it that was not handled yet. */
    for (int i = 0; i < l->n_events; i++)
        if (l->events[i].data.ptr == source)
            l->events[i].data.ptr = NULL;
}

static int timeout_ms(int64_t deadline)
{
    if (deadline == NEVER)
        return -1;
    int64_t left = deadline - clock_usec();
    return left <= 0 ? 0 : (int)MIN((left + USEC_PER_MSEC - 1) / USEC_PER_MSEC, (int64_t)INT_MAX);
}

void loop_wait(struct loop *l, int64_t deadline)
{
    l->n_events = MAX(epoll_wait(l->epoll_fd, l->events, BATCH, timeout_ms(deadline)), 0);
    for (int i = 0; i < l->n_events; i++) {
        struct source *source = l->events[i].data.ptr;
        if (source)
            source->ready(source, l->events[i].events);
    }
    l->n_events = 0;
}
