/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Yardstick: what libmicrohttpd alone costs. The set-up is that of src/http/server.c (driven from an epoll
 * loop outside, connections accepted here, the same options, the answer queued when the request is whole),
 * and every request gets a fresh answer of the size and with the headers that are asked for on the command
 * line. Nothing else is done.
 *
 *   floor_http [-s SOCKET] [-n BYTES] [-h 'NAME: VALUE']...
 *
 * Without -s it serves the socket that systemd passes: the smallest daemon for a cold start.
 * It is measured against: changing it makes older figures worthless.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HEADERS_MAX 16
/* Also libmicrohttpd's default. It is cleared after each request. */
#define CONNECTION_MEMORY ((size_t)32 * 1024)
#define PASSED_FD 3 /* sd_listen_fds(3): SD_LISTEN_FDS_START */
#define ACCEPTS_PER_TURN 64

static struct {
    size_t size;
    size_t n_headers;
    struct {
        char *name, *value;
    } headers[HEADERS_MAX];
} answer = {.size = 16};

static void *begin(void *cls, const char *uri, struct MHD_Connection *mhd)
{
    (void)cls, (void)uri, (void)mhd;
    return NULL;
}

static size_t leave_escaped(void *cls, struct MHD_Connection *mhd, char *text)
{
    (void)cls, (void)mhd;
    return strlen(text);
}

static void completed(void *cls, struct MHD_Connection *mhd, void **context,
                      enum MHD_RequestTerminationCode code)
{
    (void)cls, (void)mhd, (void)code;
    *context = NULL;
}

static void notify(void *cls, struct MHD_Connection *mhd, void **context,
                   enum MHD_ConnectionNotificationCode code)
{
    (void)cls, (void)mhd, (void)context, (void)code;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                              const char *version, const char *upload_data, size_t *upload_data_size,
                              void **context)
{
    static int seen;
    (void)cls, (void)url, (void)method, (void)version, (void)upload_data;
    if (!*context) {
        *context = &seen;
        return MHD_YES;
    }
    *upload_data_size = 0;
    char *body = malloc(answer.size);
    if (!body)
        return MHD_NO;
    memset(body, 'x', answer.size);
    struct MHD_Response *r = MHD_create_response_from_buffer(answer.size, body, MHD_RESPMEM_MUST_FREE);
    if (!r)
        return MHD_NO;
    for (size_t i = 0; i < answer.n_headers; i++)
        MHD_add_response_header(r, answer.headers[i].name, answer.headers[i].value);
    enum MHD_Result result = MHD_queue_response(mhd, MHD_HTTP_OK, r);
    MHD_destroy_response(r);
    return result;
}

static struct MHD_Daemon *start(void)
{
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME;
    return MHD_start_daemon(flags, 0, NULL, NULL, handle, NULL,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
                            MHD_OPTION_CONNECTION_LIMIT, 1000000u,
                            MHD_OPTION_CONNECTION_TIMEOUT, 0u,
                            MHD_OPTION_NOTIFY_CONNECTION, notify, NULL,
                            MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
                            MHD_OPTION_URI_LOG_CALLBACK, begin, NULL,
                            MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
                            MHD_OPTION_END);
}

static int listen_at(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    unlink(path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, SOMAXCONN) < 0)
        return -1;
    return fd;
}

static void accept_some(struct MHD_Daemon *daemon, int listening)
{
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage address;
        socklen_t len = sizeof address;
        int fd = accept4(listening, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        MHD_add_connection(daemon, fd, (struct sockaddr *)&address, len);
    }
}

static void watch(int epoll_fd, int fd)
{
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e);
}

static void serve(struct MHD_Daemon *daemon, int listening)
{
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    watch(epoll_fd, listening);
    watch(epoll_fd, MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd);
    for (;;) {
        MHD_UNSIGNED_LONG_LONG ms;
        bool more = MHD_get_timeout(daemon, &ms) == MHD_YES && ms == 0;
        struct epoll_event events[64];
        int n = epoll_wait(epoll_fd, events, 64, more ? 0 : -1);
        bool run = more;
        for (int i = 0; i < n; i++) {
            run = true;
            if (events[i].data.fd == listening)
                accept_some(daemon, listening);
        }
        if (run)
            MHD_run(daemon);
    }
}

static void add_header(char *text)
{
    char *colon = strstr(text, ": ");
    if (!colon || answer.n_headers == HEADERS_MAX)
        exit(2);
    *colon = '\0';
    answer.headers[answer.n_headers].name = text;
    answer.headers[answer.n_headers++].value = colon + 2;
}

int main(int argc, char **argv)
{
    int listening = PASSED_FD;
    for (int o; (o = getopt(argc, argv, "s:n:h:")) != -1;)
        if (o == 's')
            listening = listen_at(optarg);
        else if (o == 'n')
            answer.size = strtoul(optarg, NULL, 10);
        else if (o == 'h')
            add_header(optarg);
        else
            return 2;
    struct MHD_Daemon *daemon = start();
    if (listening < 0 || fcntl(listening, F_SETFL, O_NONBLOCK) < 0 || !daemon) {
        perror("floor_http");
        return 1;
    }
    serve(daemon, listening);
}
