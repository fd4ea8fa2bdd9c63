/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>

#include "base/log.h"
#include "base/priority.h"
#include "base/workers.h"

#define WORKER_STACK ((size_t)64 * 1024 * 1024) /* virtual: SQLite recurses once for each WITH table or view inside another */

struct fifo {
    struct job *first;
    struct job **last;
    unsigned length;
};

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t ready;
    struct fifo waiting;  /* under lock */
    struct fifo finished; /* under lock */
    unsigned new_waiting; /* under lock: of those that wait, those that queue_max bounds */
    bool ending;          /* under lock */
    unsigned queue_max;
    unsigned n_replaced; /* owner's thread */
    unsigned pending; /* owner's thread */
    int event_fd;
    unsigned n_threads;
    pthread_t threads[];
};

static void fifo_init(struct fifo *f)
{
    *f = (struct fifo){0};
    f->last = &f->first;
}

static void fifo_add(struct fifo *f, struct job *job)
{
    job->next = NULL;
    *f->last = job;
    f->last = &job->next;
    f->length++;
}

static struct job *fifo_take(struct fifo *f)
{
    struct job *job = f->first;
    if (job) {
        f->first = job->next;
        if (!f->first)
            f->last = &f->first;
        f->length--;
    }
    return job;
}

static void wake_owner(struct workers *w)
{
    uint64_t one = 1;
    if (write(w->event_fd, &one, sizeof one) < 0 && errno != EAGAIN)
        log_error("eventfd: %s", strerror(errno));
}

static void *work(void *arg)
{
    struct workers *w = arg;
    priority_lower();
    pthread_mutex_lock(&w->lock);
    for (;;) {
        struct job *job;
        while (!w->ending && !w->waiting.first)
            pthread_cond_wait(&w->ready, &w->lock);
        if (w->ending)
            break;
        job = fifo_take(&w->waiting);
        w->new_waiting -= !job->more;
        pthread_mutex_unlock(&w->lock);
        job->run(job);
        pthread_mutex_lock(&w->lock);
        bool given_up = job->given_up; /* another thread has this one's place */
        fifo_add(&w->finished, job);
        if (w->finished.length == 1)
            wake_owner(w);
        if (given_up)
            break;
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Until there are n in all, those that have gone included. */
static int start_threads(struct workers *w, unsigned n, struct error *e)
{
    pthread_attr_t attr;
    int r = pthread_attr_init(&attr);
    if (r == 0)
        r = pthread_attr_setstacksize(&attr, WORKER_STACK);
    for (; r == 0 && w->n_threads < n; w->n_threads += r == 0)
        r = pthread_create(&w->threads[w->n_threads], &attr, work, w);
    pthread_attr_destroy(&attr);
    return r ? error_system(e, r, "cannot start a worker thread") : 0;
}

int workers_new(unsigned n, unsigned queue_max, struct workers **ret, struct error *e)
{
    struct workers *w = calloc(1, sizeof *w + (n + WORKERS_REPLACED_MAX) * sizeof w->threads[0]);
    if (!w)
        return error_set(e, ERR_NOMEM, "no memory for the workers");
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->ready, NULL);
    fifo_init(&w->waiting);
    fifo_init(&w->finished);
    w->queue_max = queue_max;
    w->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int r = w->event_fd < 0 ? error_system(e, errno, "eventfd") : start_threads(w, n, e);
    if (r < 0) {
        workers_free(w);
        return r;
    }
    *ret = w;
    return 0;
}

void workers_free(struct workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->ending = true;
    pthread_cond_broadcast(&w->ready);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->n_threads; i++)
        pthread_join(w->threads[i], NULL);
    closep(&w->event_fd);
    pthread_cond_destroy(&w->ready);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

int workers_submit(struct workers *w, struct job *job, bool more)
{
    pthread_mutex_lock(&w->lock);
    bool full = !more && w->new_waiting >= w->queue_max;
    if (!full) {
        job->more = more;
        job->given_up = false;
        w->new_waiting += !more;
        fifo_add(&w->waiting, job);
        pthread_cond_signal(&w->ready);
    }
    pthread_mutex_unlock(&w->lock);
    if (full)
        return ERR_OVERLOAD;
    w->pending++;
    return 0;
}

int workers_replace(struct workers *w, struct job *job)
{
    if (w->n_replaced++ >= WORKERS_REPLACED_MAX)
        return ERR_LIMIT;
    pthread_mutex_lock(&w->lock);
    job->given_up = true;
    pthread_mutex_unlock(&w->lock);
    return start_threads(w, w->n_threads + 1, NULL);
}

bool workers_exhausted(const struct workers *w)
{
    return w->n_replaced > WORKERS_REPLACED_MAX;
}

int workers_fd(const struct workers *w)
{
    return w->event_fd;
}

void workers_reap(struct workers *w)
{
    uint64_t count;
    while (read(w->event_fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
    pthread_mutex_lock(&w->lock);
    struct job *job = w->finished.first;
    fifo_init(&w->finished);
    pthread_mutex_unlock(&w->lock);
    while (job) {
        struct job *next = job->next; /* done() may submit the job again */
        w->pending--;
        job->done(job);
        job = next;
    }
}

unsigned workers_pending(const struct workers *w)
{
    return w->pending;
}
