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

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool concerns(const struct catalogue_sources *from, const char *name)
{
    for (size_t i = 0; i < from->n_files; i++)
        if (streq(base_name(from->files[i]), name))
            return true;
    for (size_t i = 0; i < from->n_immutables; i++)
        if (streq(base_name(from->immutables[i]), name))
            return true;
    return from->directory && catalogue_is_database_name(name);
}

bool watch_read(int fd, const struct catalogue_sources *from)
{
    char bytes[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool changed = false;
    ssize_t n;
    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        for (char *p = bytes; p < bytes + n;) {
            const struct inotify_event *event = (const struct inotify_event *)p;
            /* IN_Q_OVERFLOW has no name and counts: something was missed. */
            changed |= event->len == 0 || concerns(from, event->name);
            p += sizeof *event + event->len;
        }
    return changed;
}
