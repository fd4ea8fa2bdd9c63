/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "daemon/uds.h"

/* The socket is made as PATH.xxxxxx and renamed when it is ready, so the longer name must fit too. */
#define SUFFIX_LEN 7
#define PATH_LEN_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1 - SUFFIX_LEN)
#define TRIES 8

enum node { NODE_NONE, NODE_STALE, NODE_SERVED };

static int new_socket(struct error *e)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd < 0 ? error_system(e, errno, "socket") : fd;
}

static int system_error(struct error *e, int errno_value, const char *verb, const char *path)
{
    char what[160];
    snprintf(what, sizeof what, "%s %s", verb, path);
    return error_system(e, errno_value, what);
}

/* What stands at `path`: an enum node or an error. A full backlog (EAGAIN) is a server that is busy. */
static int probe(const char *path, struct error *e)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return errno == ENOENT ? NODE_NONE : system_error(e, errno, "cannot look at", path);
    if (!S_ISSOCK(st.st_mode))
        return error_set(e, ERR_BAD_INPUT, "%s exists and is not a socket; it is left alone", path);

    _cleanup_close_ int fd = new_socket(e);
    if (fd < 0)
        return fd;
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    memcpy(to.sun_path, path, strlen(path) + 1);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return NODE_SERVED;
    switch (errno) {
    case ECONNREFUSED:
        return NODE_STALE;
    case ENOENT:
        return NODE_NONE;
    case EAGAIN:
    case EPROTOTYPE: /* a socket of another type, and somebody has it open */
        return NODE_SERVED;
    default:
        return system_error(e, errno, "cannot tell whether somebody serves", path);
    }
}

static int bind_temporary(int fd, const char *path, char *ret, struct error *e)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    for (int i = 0; i < TRIES; i++) {
        unsigned salt = 0;
        if (getrandom(&salt, sizeof salt, GRND_NONBLOCK) < 0)
            salt = (unsigned)getpid() + (unsigned)i;
        snprintf(at.sun_path, sizeof at.sun_path, "%.*s.%06x", (int)PATH_LEN_MAX, path, salt & 0xffffff);
        if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0) {
            memcpy(ret, at.sun_path, sizeof at.sun_path);
            return 0;
        }
        if (errno != EADDRINUSE)
            break;
    }
    return system_error(e, errno, "cannot make the socket", path);
}

static int busy(const char *path, struct error *e)
{
    return error_set(e, ERR_BUSY, "%s is already served by another process", path);
}

/* Between the look at `path` and the rename another process may put its own socket there. So a file is never
 * overwritten: it is swapped out, looked at again, and swapped back if it lives after all. */
static int replace(const char *temporary, const char *path, struct error *e)
{
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_EXCHANGE) < 0)
        return errno == ENOENT ? ERR_NOT_FOUND
                               : system_error(e, errno, "cannot replace the stale socket", path);
    int r = probe(temporary, e);
    if (r == NODE_STALE || r == NODE_NONE) {
        unlink(temporary);
        return 0;
    }
    renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_EXCHANGE);
    return busy(path, e);
}

static int place(const char *temporary, const char *path, struct error *e)
{
    for (int i = 0; i < TRIES; i++) {
        int r = probe(path, e);
        if (r < 0)
            return r;
        if (r == NODE_SERVED)
            return busy(path, e);
        if (r == NODE_STALE) {
            r = replace(temporary, path, e);
            if (r != ERR_NOT_FOUND)
                return r;
        } else if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
            return 0;
        else if (errno != EEXIST)
            return system_error(e, errno, "cannot make the socket", path);
    }
    return busy(path, e);
}

/* The mode is set before listen(): nobody connects under another one. */
static int make(int fd, const char *temporary, const char *path, int mode, struct uds_node *node,
                struct error *e)
{
    struct stat st;
    if (mode >= 0 && chmod(temporary, (mode_t)mode) < 0)
        return system_error(e, errno, "cannot set the mode of", path);
    if (lstat(temporary, &st) < 0)
        return system_error(e, errno, "cannot look at", temporary);
    if (listen(fd, SOMAXCONN) < 0)
        return system_error(e, errno, "cannot listen at", path);
    node->dev = st.st_dev;
    node->ino = st.st_ino;
    memcpy(node->path, path, strlen(path) + 1);
    return place(temporary, path, e);
}

int uds_listen(const char *path, int mode, struct listener *ret, struct uds_node *node_ret, struct error *e)
{
    if (*path == '\0')
        return error_set(e, ERR_BAD_INPUT, "the path of the socket is empty");
    if (strlen(path) > PATH_LEN_MAX)
        return error_set(e, ERR_BAD_INPUT,
                         "the path of the socket has %zu bytes, at most %zu are possible: %s", strlen(path),
                         PATH_LEN_MAX, path);
    /* Before anything is made, so that the usual refusals leave no trace. */
    int r = probe(path, e);
    if (r < 0)
        return r;
    if (r == NODE_SERVED)
        return busy(path, e);

    _cleanup_close_ int fd = new_socket(e);
    if (fd < 0)
        return fd;
    char temporary[sizeof node_ret->path];
    r = bind_temporary(fd, path, temporary, e);
    if (r < 0)
        return r;
    r = make(fd, temporary, path, mode, node_ret, e);
    if (r < 0) {
        unlink(temporary);
        return r;
    }
    ret->fd = TAKE_FD(fd);
    snprintf(ret->name, sizeof ret->name, "uds");
    return 0;
}

void uds_remove(const struct uds_node *node)
{
    struct stat st;
    if (lstat(node->path, &st) == 0 && st.st_dev == node->dev && st.st_ino == node->ino)
        unlink(node->path);
}
