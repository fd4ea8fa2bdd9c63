/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#include "daemon/uds.h"
#include "../tap.h"

static char root[] = "/tmp/dbd-uds-XXXXXX";
static char path[64];
static struct listener l;
static struct uds_node node;
static struct error e;

static int start(int mode)
{
    e = (struct error){0};
    return uds_listen(path, mode, &l, &node, &e);
}

static mode_t mode_of(const char *at)
{
    struct stat st;
    return lstat(at, &st) == 0 ? st.st_mode : 0;
}

static bool connects(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    memcpy(to.sun_path, path, strlen(path) + 1);
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    return connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
}

static int count_files(void)
{
    int n = -2; /* . and .. */
    DIR *d = opendir(root);
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

static void serves(void)
{
    umask(0027);
    ok(start(-1) == 0 && mode_of(path) == (S_IFSOCK | 0750), "mode by the umask");
    ok(connects(), "it can be connected to");
    ok((fcntl(l.fd, F_GETFL) & O_NONBLOCK) && (fcntl(l.fd, F_GETFD) & FD_CLOEXEC),
       "non-blocking, close-on-exec");

    struct listener second;
    struct uds_node other;
    ok(uds_listen(path, -1, &second, &other, &e) == ERR_BUSY && strstr(e.text, "already served"),
       "a live socket is refused");
    ok(connects() && count_files() == 1, "and goes on undisturbed");
    uds_remove(&node);
    close(l.fd);
    ok(count_files() == 0, "removed at the end");
}

static void replaces(void)
{
    ok(start(0600) == 0 && mode_of(path) == (S_IFSOCK | 0600), "the mode that was asked for");
    close(l.fd);
    struct uds_node stale = node;
    ok(!connects() && start(0666) == 0 && connects() && mode_of(path) == (S_IFSOCK | 0666),
       "a stale socket is replaced");
    ok(count_files() == 1, "and nothing is left of it");
    uds_remove(&stale);
    ok(connects(), "whoever made the stale one does not remove the new one");
    uds_remove(&node);
    close(l.fd);
}

static void leaves_alone(void)
{
    close(open(path, O_CREAT | O_WRONLY, 0600));
    ok(start(-1) == ERR_BAD_INPUT && strstr(e.text, "is not a socket") && mode_of(path),
       "a file is left alone");
    unlink(path);
    ok(symlink("nowhere", path) == 0 && start(-1) == ERR_BAD_INPUT && mode_of(path), "a link too");
    unlink(path);

    ok(start(-1) == 0, "served again");
    unlink(path);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    uds_remove(&node);
    ok(mode_of(path) != 0, "somebody else's file is not removed");
    unlink(path);
    close(l.fd);
}

static void refuses_paths(void)
{
    char longest[102];
    memset(longest, 'x', sizeof longest);
    longest[101] = '\0';
    ok(uds_listen(longest, -1, &l, &node, &e) == ERR_BAD_INPUT &&
           strstr(e.text, "has 101 bytes, at most 100"),
       "a path that is too long");
    ok(uds_listen("", -1, &l, &node, &e) == ERR_BAD_INPUT, "an empty path");
    ok(uds_listen("/nonexistent/x.sock", -1, &l, &node, &e) == ERR_SYSTEM &&
           strstr(e.text, "/nonexistent/x.sock"),
       "no such directory");
    ok(count_files() == 0, "nothing is left");
}

int main(void)
{
    if (!mkdtemp(root)) {
        perror(root);
        return 99;
    }
    snprintf(path, sizeof path, "%s/x.sock", root);
    serves();
    replaces();
    leaves_alone();
    refuses_paths();
    rmdir(root);
    return done();
}
