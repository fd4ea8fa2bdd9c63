/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Yardstick: what SQLite alone costs. Steps one cached statement again and again in this process, reading
 * every column of every row by its type, as dbd does before it writes the value.
 *
 *   floor_sql DATABASE SQL REPEATS [KEYS]
 *
 * KEYS is a file with a value a line, bound as text to the first parameter in turn. Prints one JSON object;
 * CPU time and time are microseconds for one run of the statement. It is measured against: changing it makes
 * older figures worthless.
 */
#define _GNU_SOURCE
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct {
    char **at;
    size_t n;
} keys;
static uint64_t rows, bytes; /* read; bytes also keeps the compiler from leaving the reading out */
static double sum;

static double usec(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void read_keys(const char *file)
{
    FILE *f = fopen(file, "re");
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    while (f && (n = getline(&line, &size, f)) > 0) {
        line[n - (line[n - 1] == '\n')] = '\0';
        keys.at = realloc(keys.at, (keys.n + 1) * sizeof *keys.at);
        keys.at[keys.n++] = strdup(line);
    }
    free(line);
    if (f)
        fclose(f);
    if (keys.n == 0) {
        fprintf(stderr, "floor_sql: no keys in %s\n", file);
        exit(1);
    }
}

static void read_column(sqlite3_stmt *s, int i)
{
    switch (sqlite3_column_type(s, i)) {
    case SQLITE_INTEGER:
        bytes += (uint64_t)sqlite3_column_int64(s, i) & 1;
        break;
    case SQLITE_FLOAT:
        sum += sqlite3_column_double(s, i);
        break;
    case SQLITE_TEXT:
        bytes += sqlite3_column_text(s, i) ? (uint64_t)sqlite3_column_bytes(s, i) : 0;
        break;
    case SQLITE_BLOB:
        bytes += sqlite3_column_blob(s, i) ? (uint64_t)sqlite3_column_bytes(s, i) : 0;
        break;
    }
}

static int run(sqlite3_stmt *s, long turn)
{
    const char *key = keys.n ? keys.at[(size_t)turn % keys.n] : NULL;
    int rc, columns = sqlite3_column_count(s);
    if (key)
        sqlite3_bind_text(s, 1, key, -1, SQLITE_TRANSIENT);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        rows++;
        for (int i = 0; i < columns; i++)
            read_column(s, i);
    }
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return rc;
}

int main(int argc, char **argv)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    if (argc < 4 || argc > 5) {
        fprintf(stderr, "usage: floor_sql DATABASE SQL REPEATS [KEYS]\n");
        return 2;
    }
    long repeats = strtol(argv[3], NULL, 10);
    if (argc == 5)
        read_keys(argv[4]);
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MMAP_SIZE, (sqlite3_int64)0, (sqlite3_int64)0);
    int rc = sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v3(db, argv[2], -1, SQLITE_PREPARE_PERSISTENT, &s, NULL);
    if (rc == SQLITE_OK)
        rc = run(s, 0); /* what only the first time costs */
    rows = 0;
    double cpu = usec(CLOCK_PROCESS_CPUTIME_ID), begun = usec(CLOCK_MONOTONIC);
    for (long i = 1; i <= repeats && (rc == SQLITE_OK || rc == SQLITE_DONE); i++)
        rc = run(s, i);
    cpu = usec(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    begun = usec(CLOCK_MONOTONIC) - begun;
    if (rc != SQLITE_DONE || rows == 0) {
        fprintf(stderr, "floor_sql: %s\n", rc == SQLITE_DONE ? "no rows" : sqlite3_errmsg(db));
        return 1;
    }
    printf("{\"requests\": %ld, \"rows\": %llu, \"cpu_us\": %.3f, \"time_us\": %.3f, \"bytes\": %llu, "
           "\"sum\": %g}\n",
           repeats, (unsigned long long)rows, cpu / (double)repeats, begun / (double)repeats,
           (unsigned long long)bytes, sum);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return 0;
}
