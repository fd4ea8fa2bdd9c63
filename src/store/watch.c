/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <libgen.h>
#include <sys/inotify.h>

#include "base/log.h"
#include "store/watch.h"

#define EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR)

static void add_folder(int fd, const char *folder)
{
    /* The same folder twice gives the same watch. */
    if (inotify_add_watch(fd, folder, EVENTS) < 0)
        log_warning("%s: cannot watch for new files: %s", folder, strerror(errno));
}

static void add_folder_of(int fd, const char *path)
{
    _cleanup_free_ char *copy = strdup(path);
    if (copy)
        add_folder(fd, dirname(copy));
}

int watch_open(const struct catalogue_sources *from, struct error *e)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0)
        return error_system(e, errno, "inotify_init1");
    if (from->directory)
        add_folder(fd, from->directory);
    for (size_t i = 0; i < from->n_files; i++)
        add_folder_of(fd, from->files[i]);
    for (size_t i = 0; i < from->n_immutables; i++)
        add_folder_of(fd, from->immutables[i]);
    return fd;
}

static bool is_sqlites_own(const char *name)
{
    static const char *const endings[] = {"-wal", "-shm", "-journal"};
    size_t n = strlen(name);
    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        size_t m = strlen(endings[i]);
        if (n > m && streq(name + n - m, endings[i]))
            return true;
    }
    return false;
}

bool watch_read(int fd)
{
    char bytes[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool changed = false;
    ssize_t n;
    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        for (char *p = bytes; p < bytes + n;) {
            const struct inotify_event *event = (const struct inotify_event *)p;
            /* IN_Q_OVERFLOW has no name and counts: something was missed. */
            changed |= event->len == 0 || !is_sqlites_own(event->name);
            p += sizeof *event + event->len;
        }
    return changed;
}
