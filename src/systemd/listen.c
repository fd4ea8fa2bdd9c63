/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "systemd/listen.h"

static int socket_option(int fd, int option)
{
    int value = -1;
    socklen_t len = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &len) < 0 ? -errno : value;
}

/* An earlier process may have called shutdown() on the socket, which stays shut for all that share it:
 * accept() then fails for ever while clients are refused, and only a new socket helps. SO_ACCEPTCONN stays 1
 * on such a Unix socket (it becomes 0 on TCP); poll() shows it. Waiting connections alone never set these
 * two. */
static bool listens(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};
    return socket_option(fd, SO_ACCEPTCONN) == 1 && poll(&p, 1, 0) == 0;
}

static int check(const struct listener *l, struct error *e)
{
    int domain = socket_option(l->fd, SO_DOMAIN);
    if (domain == -ENOTSOCK)
        return error_set(e, ERR_BAD_INPUT,
                         "descriptor \"%s\" (fd %d) is not a socket; in %s.socket use ListenStream= only",
                         l->name, l->fd, SERVICE_NAME);
    if (domain < 0)
        return error_system(e, -domain, "reading the type of an inherited socket");
    if (domain == AF_INET || domain == AF_INET6)
        return error_set(e, ERR_BAD_INPUT,
                         "socket \"%s\" (fd %d) is a network socket; dbd serves Unix sockets only, "
                         "such as ListenStream=/run/%s.sock",
                         l->name, l->fd, SERVICE_NAME);
    if (domain != AF_UNIX || socket_option(l->fd, SO_TYPE) != SOCK_STREAM)
        return error_set(
            e, ERR_BAD_INPUT,
            "socket \"%s\" (fd %d) is not a Unix stream socket; in %s.socket use ListenStream= only", l->name,
            l->fd, SERVICE_NAME);
    if (!listens(l->fd))
        return error_set(
            e, ERR_BAD_INPUT,
            "socket \"%s\" (fd %d) does not listen: a process that had it before has shut it down, or "
            "the socket unit has Accept=yes; systemctl restart %s.socket makes a new one",
            l->name, l->fd, SERVICE_NAME);
    return 0;
}

static int take(int fd, const char *name, struct listener *ret, struct error *e)
{
    ret->fd = fd;
    snprintf(ret->name, sizeof ret->name, "%s", name);
    int r = check(ret, e);
    if (r < 0)
        return r;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return error_system(e, errno, "preparing an inherited socket");
    return 0;
}

static int take_all(struct listener *list, char *const *names, size_t n, struct error *e)
{
    for (size_t i = 0; i < n; i++) {
        int r = take(SD_LISTEN_FDS_START + (int)i, names[i], &list[i], e);
        if (r < 0)
            return r;
    }
    return 0;
}

int listen_inherited(struct listener **ret, size_t *n_ret, struct error *e)
{
    *ret = NULL;
    *n_ret = 0;
    char **names = NULL;
    int n = sd_listen_fds_with_names(true, &names);
    if (n < 0)
        return error_system(e, -n, "taking the sockets of $LISTEN_FDS");
    if (n == 0)
        return 0;

    struct listener *list = calloc((size_t)n, sizeof *list);
    int r = list ? take_all(list, names, (size_t)n, e) : error_set(e, ERR_NOMEM, "out of memory");
    for (int i = 0; i < n; i++) {
        free(names[i]);
        if (r < 0)
            close(SD_LISTEN_FDS_START + i);
    }
    free(names);
    if (r < 0) {
        free(list);
        return r;
    }
    *ret = list;
    *n_ret = (size_t)n;
    return 0;
}

void listeners_free(struct listener *listeners, size_t n)
{
    for (size_t i = 0; listeners && i < n; i++)
        if (listeners[i].fd >= 0)
            close(listeners[i].fd);
    free(listeners);
}
