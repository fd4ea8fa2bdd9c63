/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/pool.h"
#include "store/reader_private.h"
#include "store/turn.h"

#define WAL_INDEX_REGION 32768 /* SQLite maps the wal-index in pieces of this size */

/* The first 48 bytes of the shared memory that all connections to a database in WAL mode have mapped: they are
 * written at each commit. NULL in other modes. Read through SQLite's own file handle: opening the -shm file
 * ourselves, and closing it, would drop SQLite's locks. */
static const void *wal_index_header(struct reader *r)
{
    sqlite3_file *file = NULL;
    void volatile *header = NULL;
    if (!reader_is_wal(r) || sqlite3_file_control(r->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
        !file || !file->pMethods || file->pMethods->iVersion < 2)
        return NULL;
    if (file->pMethods->xShmMap(file, 0, WAL_INDEX_REGION, 0, &header) != SQLITE_OK)
        return NULL;
    return (const void *)header;
}

/* Whether somebody has committed since the turn's transaction began. In rollback mode nobody can while it is open;
 * a database that has come into WAL mode since counts as changed. */
static bool has_changed(struct reader *r)
{
    const void *header = wal_index_header(r);
    return header && memcmp(header, r->wal_index, sizeof r->wal_index) != 0;
}

/* Keeps what has_changed() compares. Taken before the snapshot: a commit in between costs one transaction more
 * and is never missed. */
static void note_wal_index(struct reader *r)
{
    const void *header = wal_index_header(r);
    if (header)
        memcpy(r->wal_index, header, sizeof r->wal_index);
    else
        memset(r->wal_index, 0, sizeof r->wal_index);
}

/* The turn's reader of this database, or one from the pool for the rest of the turn. */
static struct reader *turn_reader(struct turn *turn, struct database *d)
{
    struct reader *r = turn->open;
    while (r && r->database != d)
        r = r->next_in_turn;
    if (r || !(r = pool_take(d->pool, d)))
        return r;
    database_ref(d); /* a worker may drop the last reference but this while the turn lasts */
    r->on_loop = true;
    r->next_in_turn = turn->open;
    return turn->open = r;
}

int turn_take(struct turn *turn, struct database *d, struct cancel *c, struct reader **ret, struct error *e)
{
    struct reader *r = turn_reader(turn, d);
    if (!r)
        return ERR_BUDGET;
    *ret = r;
    reader_attach(r, c);
    if (r->in_transaction && !has_changed(r))
        return 0;
    reader_end(r);
    note_wal_index(r);
    return reader_begin(r, e);
}

void turn_end(struct turn *t)
{
    while (t->open) {
        struct reader *r = t->open;
        struct database *d = r->database;
        t->open = r->next_in_turn;
        r->on_loop = false;
        reader_give_back(r);
        database_unref(d);
    }
}
