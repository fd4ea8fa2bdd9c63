/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Load for a dbd on a Unix socket, which notices every request that gets no whole, right answer.
 *
 *   hammer -s SOCKET [-k] [-c CLIENTS] [-n REQUESTS | -t SECONDS] [-b BURST] [-g MIN_US:MAX_US] [-e TEXT] PATH
 *
 * Each client is a thread. Without -k every request has a connection of its own; with -k a client keeps its
 * connection, and repeats a GET once when the kept connection turns out dead before the answer's first byte.
 * After BURST requests each, all clients wait for one another and rest for a time between MIN_US and MAX_US,
 * which is how to aim at the moment when the daemon goes away. Prints one JSON object and exits with 0 if nothing
 * was lost or refused.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX 65536

enum outcome { WHOLE, REFUSED, DEAD, CUT, WRONG, SLOW, OUTCOMES };
static const char *const outcome_names[] = {"whole", "refused", "dead", "cut", "wrong", "slow"};

static struct {
    const char *socket, *path, *expected;
    bool keep;
    int clients, burst;
    long requests, rest_min, rest_max;
    double seconds;
} options = {.expected = "\"ok\": true", .clients = 8, .requests = 1000, .burst = 5};

static atomic_long outcomes[OUTCOMES], repeated, connections, slowest_us;
static atomic_bool over;
static pthread_barrier_t together;
static pthread_mutex_t note_lock = PTHREAD_MUTEX_INITIALIZER;
static char note[512];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void remember(enum outcome o, const char *what, const char *answer)
{
    pthread_mutex_lock(&note_lock);
    if (!note[0])
        snprintf(note, sizeof note, "%s: %s: %.200s", outcome_names[o], what, answer);
    pthread_mutex_unlock(&note_lock);
}

static enum outcome open_connection(int *ret)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct timeval limit = {.tv_sec = 30};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || strlen(options.socket) >= sizeof a.sun_path)
        return REFUSED;
    memcpy(a.sun_path, options.socket, strlen(options.socket) + 1);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
        remember(REFUSED, strerror(errno), "");
        close(fd);
        return REFUSED;
    }
    connections++;
    *ret = fd;
    return WHOLE;
}

/* Whether the answer is all there: 1, 0 for more to come, -1 if it cannot be understood. */
static int complete(const char *answer, size_t len)
{
    const char *body = memmem(answer, len, "\r\n\r\n", 4);
    if (!body)
        return 0;
    body += 4;
    size_t have = len - (size_t)(body - answer);
    const char *field = strcasestr(answer, "\r\ncontent-length:");
    if (field && field < body)
        return have >= strtoul(field + 17, NULL, 10);
    field = strcasestr(answer, "\r\ntransfer-encoding: chunked");
    if (field && field < body)
        return have >= 5 && memcmp(answer + len - 5, "0\r\n\r\n", 5) == 0;
    return -1;
}

/* One request on an open connection; *more says whether the connection can take another one. */
static enum outcome ask(int fd, bool *more)
{
    char answer[ANSWER_MAX + 1], request[1024];
    size_t len = 0;
    int done = 0, request_len = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", options.path,
                                         options.keep ? "" : "Connection: close\r\n");
    *more = false;
    answer[0] = 0;
    if (send(fd, request, (size_t)request_len, MSG_NOSIGNAL) != request_len)
        return errno == EAGAIN ? SLOW : DEAD;
    while (done == 0) {
        ssize_t n = recv(fd, answer + len, ANSWER_MAX - len, 0);
        if (n < 0 && errno == EAGAIN)
            return SLOW;
        if (n <= 0 && len == 0)
            return DEAD;
        if (n <= 0) {
            remember(CUT, "the connection ended inside the answer", answer);
            return CUT;
        }
        len += (size_t)n;
        answer[len] = 0;
        done = complete(answer, len);
    }
    if (done < 0 || strncmp(answer, "HTTP/1.1 200 ", 13) != 0 || !strstr(answer, options.expected)) {
        remember(WRONG, "not the expected answer", answer);
        return WRONG;
    }
    *more = options.keep && !strcasestr(answer, "\r\nconnection: close");
    return WHOLE;
}

static enum outcome request(int *fd)
{
    bool reused = *fd >= 0, more = false;
    for (;;) {
        enum outcome o = *fd >= 0 ? WHOLE : open_connection(fd);
        if (o != WHOLE)
            return o;
        o = ask(*fd, &more);
        if (!more) {
            close(*fd);
            *fd = -1;
        }
        if (o != DEAD)
            return o;
        if (!reused) {
            remember(DEAD, "no byte of an answer on a new connection", "");
            return DEAD;
        }
        repeated++;
        reused = false;
    }
}

static void rest(unsigned *common, unsigned *own)
{
    long span = options.rest_max - options.rest_min;
    long us = options.rest_min + (span > 0 ? rand_r(common) % span : 0) + rand_r(own) % 2000;
    struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    nanosleep(&t, NULL);
}

static void *client(void *arg)
{
    unsigned own = (unsigned)(uintptr_t)arg * 2654435761u, common = 1;
    int fd = -1;
    double end = now() + options.seconds;
    long share = options.requests / options.clients;
    for (long i = 0; options.seconds > 0 || i < share; i++) {
        if (i % options.burst == 0) {
            if (pthread_barrier_wait(&together) == PTHREAD_BARRIER_SERIAL_THREAD && options.seconds > 0 && now() > end)
                over = true;
            pthread_barrier_wait(&together); /* all see the same value, or some would wait for ever */
            if (over)
                break;
            rest(&common, &own);
        }
        double before = now();
        outcomes[request(&fd)]++;
        long us = (long)((now() - before) * 1e6), slowest = slowest_us;
        while (us > slowest && !atomic_compare_exchange_weak(&slowest_us, &slowest, us))
            ;
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

static int usage(void)
{
    fputs("usage: hammer -s SOCKET [-k] [-c CLIENTS] [-n REQUESTS | -t SECONDS] [-b BURST] [-g MIN:MAX] [-e TEXT] PATH\n", stderr);
    return 2;
}

static void print_note(void)
{
    for (char *p = note; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == '"' || *p == '\\')
            *p = ' ';
    printf("\"note\": \"%s\"}\n", note);
}

int main(int argc, char **argv)
{
    for (int o; (o = getopt(argc, argv, "s:kc:n:t:b:g:e:")) >= 0;) {
        char *rest_of = NULL;
        switch (o) {
        case 's': options.socket = optarg; break;
        case 'k': options.keep = true; break;
        case 'c': options.clients = (int)strtol(optarg, NULL, 10); break;
        case 'n': options.requests = strtol(optarg, NULL, 10); break;
        case 't': options.seconds = strtod(optarg, NULL); break;
        case 'b': options.burst = (int)strtol(optarg, NULL, 10); break;
        case 'g':
            options.rest_min = strtol(optarg, &rest_of, 10);
            options.rest_max = *rest_of == ':' ? strtol(rest_of + 1, NULL, 10) : options.rest_min;
            break;
        case 'e': options.expected = optarg; break;
        default: return usage();
        }
    }
    if (!options.socket || optind + 1 != argc || options.clients < 1 || options.clients > 256 || options.burst < 1)
        return usage();
    options.path = argv[optind];
    pthread_t threads[256];
    pthread_barrier_init(&together, NULL, (unsigned)options.clients);
    double before = now();
    for (int i = 0; i < options.clients; i++)
        if (pthread_create(&threads[i], NULL, client, (void *)(uintptr_t)(i + 1)) != 0)
            return 1;
    for (int i = 0; i < options.clients; i++)
        pthread_join(threads[i], NULL);
    long total = 0;
    putchar('{');
    for (int o = 0; o < OUTCOMES; o++) {
        total += outcomes[o];
        printf("\"%s\": %ld, ", outcome_names[o], outcomes[o]);
    }
    printf("\"total\": %ld, \"repeated\": %ld, \"connections\": %ld, \"slowest_ms\": %ld, \"seconds\": %.1f, ", total, repeated, connections,
           slowest_us / 1000, now() - before);
    print_note();
    return outcomes[WHOLE] != total;
}
