/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Load for an HTTP/1.1 server on a Unix socket, from many keep-alive connections on one thread.
 *
 *   load [-c CONNECTIONS] [-w WARM_UP] [-d SECONDS] [-n REQUESTS] [-r RATE] [-p PID] SOCKET PATH|@FILE
 *
 * @FILE holds a path a line; each connection goes round it from a place of its own.
 * Closed loop: a connection asks again when it has the whole answer, for SECONDS after WARM_UP, or until
 * REQUESTS are answered. Open loop (-r): RATE requests a second in all, each connection on a schedule of its
 * own; the latency counts from the time a request was due, and what is still owed at the end counts with the
 * age it has, so a server that stands still cannot hide it. Prints one JSON object. With -p it holds the CPU
 * time that process PID took for a request, read from its CPU clock, which counts all its threads to the
 * nanosecond.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC 1000000000u
#define HEAD_MAX 16384
#define LINE_MAX_BYTES 64
#define EVENTS 256

struct request {
    char *text;
    size_t len;
};

struct connection {
    int fd;
    bool busy, closes;
    uint64_t begun; /* the running request, or when it was due */
    uint64_t due;   /* the next request of an open loop */
    uint64_t freed; /* when the last one was answered */
    size_t next;    /* request */
    const struct request *sending;
    size_t sent;
    enum { IN_HEAD, IN_BODY, IN_BODY_TO_END, IN_CHUNK_SIZE, IN_CHUNK, IN_CHUNK_END, IN_TRAILER } place;
    char head[HEAD_MAX];
    size_t head_len;
    char line[LINE_MAX_BYTES];
    size_t line_len;
    uint64_t left; /* of the body or the chunk */
    int status;
};

static struct {
    const char *socket;
    int connections, pid;
    double warm_up, seconds, rate;
    uint64_t requests;
} options = {.connections = 8, .seconds = 5, .requests = UINT64_MAX};

static struct request *requests;
static size_t n_requests;
static struct connection *connections;
static int epoll_fd;
static struct {
    uint64_t started, answered, bytes, errors, not_2xx, cpu_begun, begun;
    uint64_t late;  /* the longest time that this program itself was late with a request */
    int odd_status; /* the first that is not 2xx */
} count;

/* Latencies in nanoseconds, 64 buckets an octave. */
#define OCTAVE 64
static uint64_t buckets[64 * OCTAVE], n_latencies, longest;

static uint64_t clock_nsec(clockid_t clock)
{
    struct timespec t;
    return clock_gettime(clock, &t) < 0 ? 0 : (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

static uint64_t now(void)
{
    return clock_nsec(CLOCK_MONOTONIC);
}

static uint64_t server_cpu(void)
{
    clockid_t clock;
    return options.pid > 0 && clock_getcpuclockid(options.pid, &clock) == 0 ? clock_nsec(clock) : 0;
}

static void note_latency(uint64_t ns)
{
    unsigned octave = ns < OCTAVE ? 0 : 63 - (unsigned)__builtin_clzll(ns) - 5;
    unsigned step = ns < OCTAVE ? (unsigned)ns : (unsigned)(ns >> (octave - 1)) & (OCTAVE - 1);
    buckets[octave * OCTAVE + step]++;
    n_latencies++;
    longest = ns > longest ? ns : longest;
}

static double percentile_usec(double percent)
{
    uint64_t wanted = (uint64_t)(percent / 100 * (double)n_latencies), seen = 0;
    for (unsigned i = 0; i < 64 * OCTAVE; i++) {
        seen += buckets[i];
        if (seen <= wanted)
            continue;
        unsigned octave = i / OCTAVE, step = i % OCTAVE;
        double ns = octave == 0 ? step : (OCTAVE + step + 0.5) * (double)(UINT64_C(1) << (octave - 1));
        return (ns < (double)longest ? ns : (double)longest) / 1e3;
    }
    return (double)longest / 1e3;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void watch(struct connection *c, int operation, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = c};
    epoll_ctl(epoll_fd, operation, c->fd, &e);
}

static void dial(struct connection *c)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", options.socket);
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof a) < 0)
        die(options.socket);
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

static void redial(struct connection *c)
{
    close(c->fd);
    c->busy = false;
    dial(c);
}

static void flush_request(struct connection *c)
{
    const struct request *r = c->sending;
    while (c->sent < r->len) {
        ssize_t n = send(c->fd, r->text + c->sent, r->len - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            if (errno == EAGAIN)
                watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return; /* another error shows when reading */
        }
        c->sent += (size_t)n;
    }
}

static void ask(struct connection *c, uint64_t begun)
{
    if (count.started >= options.requests)
        return;
    count.started++;
    c->busy = true;
    c->closes = false;
    c->begun = begun;
    c->place = IN_HEAD;
    c->head_len = 0;
    c->sending = &requests[c->next];
    c->sent = 0;
    c->next = (c->next + 1) % n_requests;
    flush_request(c);
}

static void finish(struct connection *c)
{
    count.answered++;
    if (c->status < 200 || c->status > 299)
        count.odd_status = count.not_2xx++ ? count.odd_status : c->status;
    c->freed = now();
    note_latency(c->freed - c->begun);
    c->busy = false;
}

static const char *header(const struct connection *c, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = strstr(c->head, "\r\n"); p; p = strstr(p + 2, "\r\n"))
        if (strncasecmp(p + 2, name, n) == 0 && p[2 + n] == ':')
            return p + 3 + n + strspn(p + 3 + n, " ");
    return NULL;
}

static void read_head(struct connection *c)
{
    const char *length = header(c, "Content-Length"), *coding = header(c, "Transfer-Encoding");
    const char *connection = header(c, "Connection");
    c->status = strlen(c->head) > 12 ? (int)strtol(c->head + 9, NULL, 10) : 0;
    c->closes = connection && strncasecmp(connection, "close", 5) == 0;
    c->line_len = 0;
    c->left = length ? strtoull(length, NULL, 10) : 0;
    if (c->status == 204 || c->status == 304)
        c->left = 0, c->place = IN_BODY;
    else if (coding && strncasecmp(coding, "chunked", 7) == 0)
        c->place = IN_CHUNK_SIZE;
    else
        c->place = length ? IN_BODY : IN_BODY_TO_END;
}

/* Takes bytes up to the head's end; returns how many, or -1 when there are too many. */
static ssize_t feed_head(struct connection *c, const char *bytes, size_t n)
{
    size_t before = c->head_len, room = HEAD_MAX - 1 - before, taken = n < room ? n : room;
    memcpy(c->head + before, bytes, taken);
    c->head_len += taken;
    c->head[c->head_len] = '\0';
    char *end = strstr(c->head, "\r\n\r\n");
    if (!end)
        return taken == n ? (ssize_t)n : -1;
    end[2] = '\0';
    read_head(c);
    return end + 4 - c->head - (ssize_t)before;
}

/* Takes a line's bytes up to the line feed. */
static size_t feed_line(struct connection *c, const char *bytes, size_t n, bool *whole)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '\n') {
            c->line[c->line_len] = '\0';
            *whole = true;
            return i + 1;
        }
        if (bytes[i] != '\r' && c->line_len < LINE_MAX_BYTES - 1)
            c->line[c->line_len++] = bytes[i];
    }
    return n;
}

static size_t feed_chunks(struct connection *c, const char *bytes, size_t n, bool *whole)
{
    bool line = false;
    size_t taken = feed_line(c, bytes, n, &line);
    if (!line)
        return taken;
    if (c->place == IN_TRAILER)
        *whole = c->line_len == 0;
    else if (c->place == IN_CHUNK_END)
        c->place = IN_CHUNK_SIZE;
    else {
        c->left = strtoull(c->line, NULL, 16);
        c->place = c->left ? IN_CHUNK : IN_TRAILER;
    }
    c->line_len = 0;
    return taken;
}

/* 1: the answer is whole; 0: not yet; -1: it is none. */
static int feed(struct connection *c, const char *bytes, size_t n)
{
    bool whole = false;
    for (size_t i = 0; i < n && !whole;) {
        size_t rest = n - i, body = c->left < rest ? c->left : rest;
        if (c->place == IN_HEAD) {
            ssize_t taken = feed_head(c, bytes + i, rest);
            if (taken < 0)
                return -1;
            i += (size_t)taken;
            whole = c->place == IN_BODY && c->left == 0;
        } else if (c->place == IN_BODY || c->place == IN_CHUNK) {
            i += body;
            c->left -= body;
            whole = c->left == 0 && c->place == IN_BODY;
            if (c->left == 0 && c->place == IN_CHUNK)
                c->place = IN_CHUNK_END;
        } else if (c->place == IN_BODY_TO_END)
            i = n;
        else
            i += feed_chunks(c, bytes + i, rest, &whole);
    }
    return whole;
}

static void on_readable(struct connection *c)
{
    static char bytes[1 << 18];
    ssize_t n = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    count.bytes += n > 0 ? (uint64_t)n : 0;
    int whole = n > 0 && c->busy ? feed(c, bytes, (size_t)n) : 0;
    bool ended = n <= 0 || whole < 0;
    if (whole > 0 || (n == 0 && c->busy && c->place == IN_BODY_TO_END))
        finish(c);
    else if (ended && c->busy)
        count.errors++;
    if (ended || (whole > 0 && c->closes))
        redial(c);
    if (!c->busy && options.rate == 0)
        ask(c, now());
}

static uint64_t gap(void)
{
    return (uint64_t)(1e9 / options.rate * options.connections);
}

/* Sends what an open loop owes; returns when it owes the next, at most `until`. A connection that waits for
 * its answer is late with its own requests; no other takes them over. */
static uint64_t ask_due(uint64_t t, uint64_t until)
{
    for (int i = 0; i < options.connections; i++) {
        struct connection *c = &connections[i];
        if (!c->busy && c->due <= t) {
            uint64_t possible = c->due > c->freed ? c->due : c->freed;
            count.late = t - possible > count.late ? t - possible : count.late;
            ask(c, c->due);
            c->due += gap();
        } else if (!c->busy && c->due < until)
            until = c->due;
    }
    return until;
}

static void begin_measuring(uint64_t t)
{
    memset(buckets, 0, sizeof buckets);
    n_latencies = longest = 0;
    count.answered = count.bytes = count.errors = count.not_2xx = count.late = 0;
    count.begun = t;
    count.cpu_begun = server_cpu();
}

static void turn(uint64_t t, uint64_t until)
{
    struct epoll_event events[EVENTS];
    uint64_t wait = until > t ? until - t : 0;
    struct timespec timeout = {(time_t)(wait / NSEC_PER_SEC), (long)(wait % NSEC_PER_SEC)};
    int n = epoll_pwait2(epoll_fd, events, EVENTS, &timeout, NULL);
    for (int i = 0; i < n; i++) {
        struct connection *c = events[i].data.ptr;
        if (events[i].events & EPOLLOUT) {
            watch(c, EPOLL_CTL_MOD, EPOLLIN);
            flush_request(c);
        }
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            on_readable(c);
    }
}

/* Until the time is over or all is answered; returns the end. */
static uint64_t run(void)
{
    uint64_t begun = now(), warm = begun + (uint64_t)(options.warm_up * 1e9);
    uint64_t end = options.requests == UINT64_MAX ? warm + (uint64_t)(options.seconds * 1e9) : UINT64_MAX;
    bool measuring = false;
    for (int i = 0; i < options.connections; i++) {
        connections[i].due = begun + (uint64_t)(options.rate > 0 ? 1e9 / options.rate * i : 0);
        if (options.rate == 0 && options.warm_up > 0)
            ask(&connections[i], begun);
    }
    for (;;) {
        uint64_t t = now(), until = measuring ? end : warm;
        if (!measuring && t >= warm) {
            begin_measuring(t);
            measuring = true;
            for (int i = 0; i < options.connections && options.rate == 0; i++)
                if (!connections[i].busy)
                    ask(&connections[i], t);
            continue;
        }
        if (t >= end || (measuring && count.answered + count.errors >= options.requests))
            return t;
        if (options.rate > 0)
            until = ask_due(t, until);
        turn(t, until - t < NSEC_PER_SEC ? until : t + NSEC_PER_SEC);
    }
}

static uint64_t count_owed(uint64_t end)
{
    uint64_t owed = 0;
    for (int i = 0; i < options.connections && options.rate > 0; i++) {
        struct connection *c = &connections[i];
        if (c->busy && c->begun < end) {
            note_latency(end - c->begun);
            owed++;
        }
        for (uint64_t due = c->due; due < end; due += gap(), owed++)
            note_latency(end - due);
    }
    return owed;
}

static void add_request(const char *path)
{
    requests = realloc(requests, (n_requests + 1) * sizeof *requests);
    struct request *r = requests ? &requests[n_requests++] : NULL;
    int n = r ? asprintf(&r->text, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path) : -1;
    if (n < 0)
        die("memory");
    r->len = (size_t)n;
}

static void read_paths(const char *file)
{
    FILE *f = fopen(file, "re");
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    if (!f)
        die(file);
    while ((n = getline(&line, &size, f)) > 0) {
        line[n - (line[n - 1] == '\n')] = '\0';
        add_request(line);
    }
    free(line);
    fclose(f);
}

static void print(uint64_t end, uint64_t owed)
{
    uint64_t cpu = server_cpu() - count.cpu_begun;
    double seconds = (double)(end - count.begun) / 1e9;
    double answered = count.answered ? (double)count.answered : 1;
    printf("{\"requests\": %llu, \"seconds\": %.6f, \"rate\": %.1f, \"p50_us\": %.1f, \"p90_us\": %.1f, "
           "\"p99_us\": %.1f, \"p999_us\": %.1f, \"max_us\": %.1f, \"bytes\": %llu, \"errors\": %llu, "
           "\"not_2xx\": %llu, \"odd_status\": %d, \"owed\": %llu, \"late_us\": %.1f, \"cpu_us\": %.3f}\n",
           (unsigned long long)count.answered, seconds, (double)count.answered / seconds, percentile_usec(50),
           percentile_usec(90), percentile_usec(99), percentile_usec(99.9), (double)longest / 1e3,
           (unsigned long long)count.bytes, (unsigned long long)count.errors,
           (unsigned long long)count.not_2xx, count.odd_status, (unsigned long long)owed,
           (double)count.late / 1e3, (double)cpu / 1e3 / answered);
}

static int parse(int argc, char **argv)
{
    for (int o; (o = getopt(argc, argv, "c:w:d:n:r:p:")) != -1;)
        switch (o) {
        case 'c':
            options.connections = (int)strtol(optarg, NULL, 10);
            break;
        case 'w':
            options.warm_up = strtod(optarg, NULL);
            break;
        case 'd':
            options.seconds = strtod(optarg, NULL);
            break;
        case 'n':
            options.requests = strtoull(optarg, NULL, 10);
            break;
        case 'r':
            options.rate = strtod(optarg, NULL);
            break;
        case 'p':
            options.pid = (int)strtol(optarg, NULL, 10);
            break;
        default:
            return -1;
        }
    /* With a number of requests the warm-up would use some of them up. */
    return argc - optind == 2 && options.connections > 0 &&
                   (options.requests == UINT64_MAX || options.warm_up == 0)
               ? 0
               : -1;
}

int main(int argc, char **argv)
{
    if (parse(argc, argv) < 0) {
        fprintf(stderr,
                "usage: load [-c CONNECTIONS] [-w WARM_UP] [-d SECONDS] [-n REQUESTS] [-r RATE] [-p PID] "
                "SOCKET PATH|@FILE\n");
        return 2;
    }
    options.socket = argv[optind];
    const char *paths = argv[optind + 1];
    if (paths[0] == '@')
        read_paths(paths + 1);
    else
        add_request(paths);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    connections = calloc((size_t)options.connections, sizeof *connections);
    if (epoll_fd < 0 || !connections || n_requests == 0)
        die("load");
    for (int i = 0; i < options.connections; i++) {
        connections[i].next = n_requests * (size_t)i / (size_t)options.connections;
        dial(&connections[i]);
    }
    uint64_t end = run();
    print(end, count_owed(end));
    return count.errors > 0 || count.answered == 0;
}
