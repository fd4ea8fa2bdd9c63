/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notices database files that come, go or are replaced, by inotify(7) on their folders. What SQLite itself
 * creates and deletes beside a database (-wal, -shm, -journal), and whatever else is in a folder, does not count. The
 * loop's thread.
 */
#pragma once

#include "base/error.h"
#include "store/catalogue.h"

/* Watches the state directory and the folder of each named file. Returns a non-blocking descriptor, or
 * ERR_SYSTEM. A folder that cannot be watched is logged and left out. */
int watch_open(const struct catalogue_sources *from, struct error *e);

/* Reads what has happened. True when the catalogue should be made anew: something happened to a named file, or to one
 * that is called like a database. */
bool watch_read(int fd, const struct catalogue_sources *from);
