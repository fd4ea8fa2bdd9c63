/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "store/memory.h"
#include "store/pool.h"
#include "store/reader_private.h"
#include "store/schema.h"
#include "store/statement.h"

#define PROGRESS_OPS 1000 /* opcodes between two looks at the clock: some 20 us */
#define BUSY_PAUSE_USEC 2000
#define CACHE_KB 1024 /* pages of a connection; behind it there is the system's page cache */

static int cache_kb;

void reader_configure(int heap_mb, int cache, int query_value_max)
{
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    /* A mapped file that somebody truncates is SIGBUS; read, it is an error. */
    sqlite3_config(SQLITE_CONFIG_MMAP_SIZE, (sqlite3_int64)0, (sqlite3_int64)0);
    if (memory_install((int64_t)heap_mb * 1024 * 1024) != SQLITE_OK)
        log_warning("SQLite does not take a memory limit");
    sqlite3_initialize();
    cache_kb = cache;
    guard_configure(query_value_max);
}

int64_t reader_memory_used(void)
{
    return memory_used();
}

const char *reader_sqlite_version(void)
{
    return sqlite3_libversion();
}

const char *reader_compile_option(int i)
{
    return sqlite3_compileoption_get(i);
}

static int on_progress(void *arg)
{
    struct reader *r = arg;
    return r->cancel && cancel_check(r->cancel) != 0;
}

/* Waits for somebody else's lock until the request's deadline; on the loop not at all. */
static int on_busy(void *arg, int count)
{
    struct reader *r = arg;
    (void)count;
    if (r->on_loop || !r->cancel || cancel_check(r->cancel) != 0)
        return 0;
    usleep(BUSY_PAUSE_USEC);
    return 1;
}

static int stopped(struct reader *r, struct error *e)
{
    int reason = r->cancel ? cancel_check(r->cancel) : 0;
    if (reason == 0)
        reason = ERR_CANCELLED;
    return error_set(e, reason, "%s", error_text(reason));
}

static const char *unusable_cure(struct reader *r, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_NOTADB:
        return "; it may be encrypted: put a plain SQLite database in its place";
    case SQLITE_CORRUPT:
        return "; it may have been cut short or overwritten: put a good copy in its place";
    case SQLITE_IOERR:
    case SQLITE_FULL:
        return "; its disk may be full: make room there";
    }
    switch (rc) {
    case SQLITE_CANTOPEN:
    case SQLITE_CANTOPEN_DIRTYWAL:
    case SQLITE_READONLY_CANTINIT:
    case SQLITE_READONLY_DIRECTORY:
    case SQLITE_READONLY_RECOVERY:
    case SQLITE_READONLY_ROLLBACK:
        return access(r->database->path ? r->database->path : "", R_OK) == 0
                   ? "; if it is in WAL mode, dbd needs to write in its folder: give it that right, serve a copy, "
                     "or serve it with --immutable"
                   : "; dbd may not read the file: give it to dbd's user, or let everybody read it";
    default:
        return "";
    }
}

int reader_error(struct reader *r, int rc, struct error *e)
{
    const char *text = sqlite3_errmsg(r->handle);
    int extended = sqlite3_extended_errcode(r->handle);
    switch (rc & 0xff) {
    case SQLITE_INTERRUPT:
        return stopped(r, e);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return error_set(e, ERR_BUSY, "database %s is locked by another process; try again",
                         r->database->name);
    case SQLITE_NOMEM:
        return error_set(e, ERR_NOMEM, "not enough memory for this query of database %s", r->database->name);
    case SQLITE_AUTH:
        return error_set(e, ERR_DENIED, "%s", r->guard.denied[0] ? r->guard.denied : text);
    case SQLITE_TOOBIG:
        return error_set(e, ERR_TOO_LARGE, "%s", text);
    case SQLITE_READONLY:
        if (extended == SQLITE_READONLY)
            return error_set(e, ERR_SQL, "%s", text);
        break;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
        break;
    default:
        return error_set(e, ERR_SQL, "%s", text);
    }
    return error_set(e, ERR_UNUSABLE, "database %s cannot be read: %s%s", r->database->name, text,
                     unusable_cure(r, extended));
}

/* Runs constant text of our own and ignores rows. */
static int run(struct reader *r, const char *sql, struct error *e)
{
    _cleanup_(statement_freep) struct statement *s = NULL;
    int rc = statement_prepare(r, POLICY_OWN, sql, strlen(sql), &s, e);
    if (rc < 0)
        return rc;
    rc = statement_step(s, e);
    return rc < 0 ? rc : 0;
}

/* A file: URI, because only there immutable=1 can be said (sqlite.org/uri.html). */
static char *immutable_uri(const char *path)
{
    char *uri = malloc(strlen(path) * 3 + sizeof "file:?immutable=1");
    if (!uri)
        return NULL;
    char *to = stpcpy(uri, "file:");
    for (; *path; path++)
        if (*path == '%' || *path == '?' || *path == '#')
            to += snprintf(to, 4, "%%%02X", (unsigned)*path);
        else
            *to++ = *path;
    memcpy(to, "?immutable=1", sizeof "?immutable=1");
    return uri;
}

static int open_handle(struct reader *r)
{
    const struct database *d = r->database;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (!d->path)
        return sqlite3_open_v2(":memory:", &r->handle, flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, NULL);
    if (d->immutable) {
        _cleanup_free_ char *uri = immutable_uri(d->path);
        if (!uri)
            return SQLITE_NOMEM;
        return sqlite3_open_v2(uri, &r->handle, flags | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    }
    /* Able to write where the file's mode allows it: only so can SQLite roll back what a crashed writer left,
     * and make the shared memory of a WAL. query_only keeps statements from changing anything. */
    return sqlite3_open_v2(d->path, &r->handle, flags | SQLITE_OPEN_READWRITE, NULL);
}

static int prepare_handle(struct reader *r, struct error *e)
{
    int rc = guard_install(&r->guard, r->handle, e);
    if (rc < 0)
        return rc;
    sqlite3_progress_handler(r->handle, PROGRESS_OPS, on_progress, r);
    sqlite3_busy_handler(r->handle, on_busy, r);
    char pragma[64];
    snprintf(pragma, sizeof pragma, "PRAGMA cache_size = -%d", cache_kb > 0 ? cache_kb : CACHE_KB);
    rc = run(r, pragma, e);
    if (rc == 0)
        rc = run(r, "PRAGMA query_only = on", e);
    if (rc == 0)
        rc = run(r, "SELECT count(*) FROM sqlite_schema", e);
    return rc;
}

static void free_reader(struct reader *r)
{
    statement_clear_cache(r);
    schema_cache_free(r->schema);
    sqlite3_close(r->handle);
    free(r);
}

/* What SQLite would open without a word and read wrongly, or wait for. */
static int check_file(struct database *d, struct error *e)
{
    struct stat st;
    if (!d->path)
        return 0;
    if (d->missing || stat(d->path, &st) < 0)
        return error_set(e, ERR_UNUSABLE, "database %s cannot be read: %s", d->name,
                         lstat(d->path, &st) == 0 ? "it is a link to a file that dbd cannot see"
                                                  : "its file is not there");
    if (!S_ISREG(st.st_mode))
        return error_set(e, ERR_UNUSABLE, "database %s cannot be read: %s is not a regular file", d->name, d->path);
    if (d->immutable && database_wal(d))
        return error_set(e, ERR_UNUSABLE,
                         "database %s cannot be read: it is served as immutable, and %s-wal holds changes that would be "
                         "left out; close it in the program that writes it, or serve it without --immutable",
                         d->name, d->path);
    if (d->stale_wal && database_wal(d) == d->stale_wal)
        return error_set(e, ERR_UNUSABLE,
                         "database %s cannot be read: its file was replaced while %s-wal still held changes of the old "
                         "one, which would be mixed into the new one; remove that file",
                         d->name, d->path);
    return 0;
}

static int open_reader(struct database *d, struct cancel *c, struct reader **ret, struct error *e)
{
    int rc = check_file(d, e);
    if (rc < 0)
        return rc;
    struct reader *r = calloc(1, sizeof *r);
    if (!r)
        return error_set(e, ERR_NOMEM, "no memory for a connection");
    r->database = d;
    r->cancel = c;
    rc = open_handle(r);
    rc = rc != SQLITE_OK ? reader_error(r, rc, e) : prepare_handle(r, e);
    if (rc < 0) {
        free_reader(r);
        return rc;
    }
    r->cancel = NULL;
    atomic_store(&d->wal, database_wal(d));
    metrics_add(d->pool->metrics, METRIC_readers, 1);
    *ret = r;
    return 0;
}

void reader_close(struct reader *r)
{
    if (!r)
        return;
    metrics_add(r->database->pool->metrics, METRIC_readers, -1);
    free_reader(r);
}

/* Then, and only then, a connection that only reads has a journal file open. */
bool reader_is_wal(struct reader *r)
{
    sqlite3_file *journal = NULL;
    return sqlite3_file_control(r->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &journal) == SQLITE_OK &&
           journal && journal->pMethods;
}

/* BEGIN alone takes no snapshot; the first read does, and the schema cookie is the cheapest one. */
int reader_begin(struct reader *r, struct error *e)
{
    _cleanup_(statement_freep) struct statement *s = NULL;
    static const char sql[] = "PRAGMA schema_version";
    metrics_add(r->database->pool->metrics, METRIC_transactions_total, 1);
    int rc = run(r, "BEGIN", e);
    r->in_transaction = rc == 0;
    if (rc == 0)
        rc = statement_prepare(r, POLICY_OWN, sql, sizeof sql - 1, &s, e);
    if (rc == 0)
        rc = statement_step(s, e);
    if (rc == 1)
        r->schema_cookie = statement_int(s, 0);
    if (rc < 0)
        reader_end(r); /* else the next request of the turn would find it open, with the cookie of an earlier one */
    return rc < 0 ? rc : 0;
}

/* A request that is out of time or cancelled does not stop this: the next BEGIN would fail. */
void reader_end(struct reader *r)
{
    struct cancel *c = r->cancel;
    r->cancel = NULL;
    if (r->in_transaction)
        run(r, "ROLLBACK", NULL);
    r->in_transaction = false;
    r->cancel = c;
}

void reader_attach(struct reader *r, struct cancel *c)
{
    r->cancel = c;
    cancel_attach(c, r->handle);
}

/* Into the pool, unless its transaction could not be ended: the next one could not begin then. */
void reader_give_back(struct reader *r)
{
    reader_end(r);
    if (sqlite3_get_autocommit(r->handle))
        pool_give(r->database->pool, r);
    else
        reader_close(r);
}

/* Opens a reader, and keeps for the service's status what is wrong; logged when it is new. */
static int open_and_note(struct database *d, struct cancel *c, struct reader **ret, struct error *e)
{
    int rc = open_reader(d, c, ret, e);
    atomic_store(&d->works, rc == 0);
    if (rc == ERR_CANCELLED || rc == ERR_TIME_LIMIT || rc == ERR_BUDGET)
        return rc;
    if (database_note_problem(d, rc < 0 ? e->text : "") && rc < 0)
        log_warning("%s", e->text);
    return rc;
}

int reader_probe(struct database *d, struct cancel *c, struct error *e)
{
    struct reader *r = NULL;
    int rc = open_and_note(d, c, &r, e);
    reader_close(r);
    return rc;
}

static int take_from_pool(struct database *d, struct cancel *c, struct reader **ret, struct error *e)
{
    struct reader *r = pool_take(d->pool, d);
    if (!r) {
        int rc = open_and_note(d, c, &r, e);
        if (rc < 0)
            return rc;
    }
    *ret = r;
    reader_attach(r, c);
    return reader_begin(r, e);
}

int reader_take(struct database *d, struct turn *turn, struct cancel *c, struct reader **ret, struct error *e)
{
    struct reader *r = NULL;
    int rc = turn ? turn_take(turn, d, c, &r, e) : take_from_pool(d, c, &r, e);
    if (rc < 0)
        reader_release(r);
    else
        *ret = r;
    return rc;
}

void reader_release(struct reader *r)
{
    if (!r)
        return;
    cancel_attach(r->cancel, NULL);
    r->cancel = NULL;
    if (!r->on_loop)
        reader_give_back(r);
}

int64_t reader_schema_cookie(const struct reader *r)
{
    return r->schema_cookie;
}

struct schema_cache **reader_schema_cache(struct reader *r)
{
    return &r->schema;
}

void reader_count(struct reader *r, enum metric which)
{
    metrics_add(r->database->pool->metrics, which, 1);
}

bool reader_is_on_loop(const struct reader *r)
{
    return r->on_loop;
}
