/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/resource.h>

#include "base/workers.h"
#include "../tap.h"

struct task {
    struct job job;
    unsigned rounds; /* submitted again by done() so many times */
    unsigned runs, dones;
    bool right_thread;
    sem_t *started, *release; /* the worker posts the one and waits for the other */
    struct workers *workers;
    int nice;
};

static pthread_t owner;

static void run(struct job *job)
{
    struct task *t = container_of(job, struct task, job);
    t->runs++;
    t->nice = getpriority(PRIO_PROCESS, 0);
    t->right_thread = !pthread_equal(pthread_self(), owner);
    if (t->started) {
        sem_post(t->started);
        sem_wait(t->release);
    }
}

static void finish(struct job *job)
{
    struct task *t = container_of(job, struct task, job);
    t->dones++;
    t->right_thread = t->right_thread && pthread_equal(pthread_self(), owner);
    if (t->rounds > 0) {
        t->rounds--;
        workers_submit(t->workers, job, true);
    }
}

#define TASK(w) ((struct task){.job = {.run = run, .done = finish}, .workers = (w)})

/* Until nothing is pending. False when nothing happens for ten seconds. */
static bool reap_all(struct workers *w)
{
    struct pollfd p = {.fd = workers_fd(w), .events = POLLIN};
    while (workers_pending(w) > 0) {
        if (poll(&p, 1, 10000) != 1)
            return false;
        workers_reap(w);
    }
    return true;
}

static void test_many(void)
{
    _cleanup_(workers_freep) struct workers *w = NULL;
    struct error e = {0};
    is_int(workers_new(3, 1000, &w, &e), 0, "three workers start");
    static struct task tasks[500];
    int refused = 0;
    for (size_t i = 0; i < ARRAY_SIZE(tasks); i++) {
        tasks[i] = TASK(w);
        tasks[i].rounds = i % 3;
        refused += workers_submit(w, &tasks[i].job, false) < 0;
    }
    is_int(refused, 0, "500 jobs are taken");
    ok(reap_all(w), "all end");
    bool once = true, threads = true;
    for (size_t i = 0; i < ARRAY_SIZE(tasks); i++) {
        once = once && tasks[i].runs == i % 3 + 1 && tasks[i].dones == i % 3 + 1;
        threads = threads && tasks[i].right_thread;
    }
    ok(once, "each ran and was done as often as it was submitted, from done() too");
    ok(threads, "run() on a worker, done() on the owner's thread");
    ok(tasks[0].nice > getpriority(PRIO_PROCESS, 0), "workers have a lower priority than the owner");
}

static void test_full(void)
{
    _cleanup_(workers_freep) struct workers *w = NULL;
    if (!ok(workers_new(1, 2, &w, NULL) == 0, "one worker, a queue of two"))
        return;
    sem_t started, release;
    sem_init(&started, 0, 0);
    sem_init(&release, 0, 0);
    struct task blocker = TASK(w), a = TASK(w), b = TASK(w), c = TASK(w);
    blocker.started = &started;
    blocker.release = &release;
    workers_submit(w, &blocker.job, false);
    sem_wait(&started); /* it runs: the queue is empty */
    is_int(workers_submit(w, &a.job, false), 0, "the first waits");
    is_int(workers_submit(w, &b.job, false), 0, "the second waits");
    is_int(workers_submit(w, &c.job, false), ERR_OVERLOAD, "the third is refused");
    is_int(workers_pending(w), 3, "a refused job is not pending");
    is_int(workers_submit(w, &c.job, true), 0, "but the next block of an answer is not");
    is_int(workers_pending(w), 4, "it counts");
    struct pollfd p = {.fd = workers_fd(w), .events = POLLIN};
    is_int(poll(&p, 1, 0), 0, "the descriptor is quiet while nothing is finished");
    sem_post(&release);
    ok(reap_all(w), "all end");
    is_int(a.dones + b.dones + c.dones + blocker.dones, 4, "and were done");
    is_int(poll(&p, 1, 0), 0, "the descriptor is quiet after the last");
    sem_destroy(&started);
    sem_destroy(&release);
}

static void test_free(void)
{
    struct workers *w = NULL;
    if (!ok(workers_new(1, 10, &w, NULL) == 0, "one worker"))
        return;
    sem_t started, release;
    sem_init(&started, 0, 0);
    sem_init(&release, 0, 0);
    struct task running = TASK(w);
    running.started = &started;
    running.release = &release;
    workers_submit(w, &running.job, false);
    sem_wait(&started);
    sem_post(&release);
    workers_free(w);
    is_int(running.runs, 1, "workers_free waits for a running job");
    workers_free(NULL);
    sem_destroy(&started);
    sem_destroy(&release);
}

int main(void)
{
    owner = pthread_self();
    test_many();
    test_full();
    test_free();
    return done();
}
