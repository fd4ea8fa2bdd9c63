/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "systemd/listen.h"
#include "../tap.h"

static struct listener *list;
static size_t n;
static struct error e;

/* A socket with a name of its own in the abstract namespace. */
static int unix_socket(int type, bool listening)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type, 0);
    if (bind(fd, (struct sockaddr *)&a, sizeof a.sun_family) < 0 || (listening && listen(fd, 8) < 0))
        perror("unix socket");
    return fd;
}

static int inet_socket(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 8) < 0)
        perror("inet socket");
    return fd;
}

static void announce(int count, const char *names)
{
    char text[32];
    snprintf(text, sizeof text, "%d", getpid());
    setenv("LISTEN_PID", text, 1);
    snprintf(text, sizeof text, "%d", count);
    setenv("LISTEN_FDS", text, 1);
    if (names)
        setenv("LISTEN_FDNAMES", names, 1);
    else
        unsetenv("LISTEN_FDNAMES");
    e = (struct error){0};
}

/* Hands over one descriptor as fd 3. */
static int hand_over(int fd, const char *name)
{
    dup2(fd, 3);
    if (fd != 3)
        close(fd);
    announce(1, name);
    return listen_inherited(&list, &n, &e);
}

static void refused(int r, const char *text)
{
    if (!ok(r == ERR_BAD_INPUT && !list && n == 0 && strstr(e.text, text), "refused: %s", text))
        printf("# %d: %s\n", r, e.text);
    ok(fcntl(3, F_GETFD) < 0, "and closed");
}

static void takes(void)
{
    ok(listen_inherited(&list, &n, &e) == 0 && n == 0 && !list, "none");

    int a = unix_socket(SOCK_STREAM, true), b = unix_socket(SOCK_STREAM, true);
    dup2(fcntl(a, F_DUPFD, 10), 3);
    dup2(fcntl(b, F_DUPFD, 10), 4);
    announce(2, "api:admin");
    ok(listen_inherited(&list, &n, &e) == 0 && n == 2, "two sockets");
    ok(n == 2 && list[0].fd == 3 && streq(list[0].name, "api") && list[1].fd == 4 &&
           streq(list[1].name, "admin"),
       "with their names");
    ok((fcntl(3, F_GETFL) & O_NONBLOCK) && (fcntl(4, F_GETFD) & FD_CLOEXEC), "non-blocking, close-on-exec");
    ok(!getenv("LISTEN_FDS") && !getenv("LISTEN_PID") && !getenv("LISTEN_FDNAMES"), "environment cleared");
    listeners_free(list, n);
    ok(fcntl(3, F_GETFD) < 0 && fcntl(4, F_GETFD) < 0, "closed");

    char name[100];
    memset(name, 'x', sizeof name);
    name[99] = '\0';
    ok(hand_over(unix_socket(SOCK_STREAM, true), name) == 0 && n == 1 && strlen(list[0].name) == 63,
       "a long name");
    listeners_free(list, n);
}

static void takes_with_waiting_connection(void)
{
    int fd = unix_socket(SOCK_STREAM, true);
    struct sockaddr_un a;
    socklen_t len = sizeof a;
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    ok(getsockname(fd, (struct sockaddr *)&a, &len) == 0 && connect(client, (struct sockaddr *)&a, len) == 0,
       "a client waits");
    close(client);
    ok(hand_over(fd, "api") == 0 && n == 1, "even one that has gone again is no obstacle");
    listeners_free(list, n);
}

static void refuses(void)
{
    refused(hand_over(inet_socket(), "web"),
            "socket \"web\" (fd 3) is a network socket; dbd serves Unix sockets only");
    refused(hand_over(unix_socket(SOCK_DGRAM, false), "log"),
            "socket \"log\" (fd 3) is not a Unix stream socket");
    refused(hand_over(unix_socket(SOCK_SEQPACKET, true), "seq"), "is not a Unix stream socket");
    refused(hand_over(unix_socket(SOCK_STREAM, false), "api"), "socket \"api\" (fd 3) does not listen");
    ok(strstr(e.text, "systemctl restart " SERVICE_NAME ".socket") != NULL, "and the cure is named");

    int shut = unix_socket(SOCK_STREAM, true);
    shutdown(shut, SHUT_RD);
    refused(hand_over(shut, "api"), "socket \"api\" (fd 3) does not listen");

    refused(hand_over(open("/dev/null", O_RDONLY), "null"), "descriptor \"null\" (fd 3) is not a socket");
    announce(1, "a:b:c");
    dup2(2, 3);
    ok(listen_inherited(&list, &n, &e) == ERR_SYSTEM && n == 0, "names that do not fit the number");
    close(3);
}

int main(void)
{
    /* make(1) may have its own descriptors at 3 and 4. */
    close(3);
    close(4);
    takes();
    takes_with_waiting_connection();
    refuses();
    return done();
}
