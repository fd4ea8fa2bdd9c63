/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one error space of the program.
 *
 * Functions return 0 or a negative `enum error_code`; what a person should read goes into the caller's
 * `struct error`. The floor that decides what happens logs, once; others only pass the error up. The HTTP
 * status of a code comes from one table, in api/reply.c.
 */
#pragma once

#include "base/macro.h"

enum error_code {
    ERR_OK = 0,
    ERR_NOMEM = -1,      /* no memory, or SQLite's heap limit was reached */
    ERR_LIMIT = -2,      /* a bounded buffer, arena or list is full */
    ERR_SYNTAX = -3,     /* input that cannot be parsed */
    ERR_BAD_INPUT = -4,  /* input that can be parsed and makes no sense */
    ERR_NOT_FOUND = -5,  /* no such database, table, row or path */
    ERR_SQL = -6,        /* SQLite refused the statement or failed while it ran */
    ERR_TIME_LIMIT = -7, /* the statement's time limit passed */
    ERR_BUDGET = -8,     /* does not fit into the inline lane: run it again on the slow lane */
    ERR_CANCELLED = -9,  /* whoever asked has gone, or the program is ending */
    ERR_BUSY = -10,      /* the database is locked by another process */
    ERR_OVERLOAD = -11,  /* a queue is full */
    ERR_UNUSABLE = -12,  /* the database file cannot be opened or read; the text says why */
    ERR_DENIED = -13,    /* the guard refuses what the statement wants to do */
    ERR_TOO_LARGE = -14, /* a value or a body beyond its limit */
    ERR_METHOD = -15,    /* a method that the resource does not have */
    ERR_SYSTEM = -16,    /* a system call failed */
    ERR_LONG_URL = -17,  /* a request line, headers or a body beyond their limits */
    ERR_LONG_HEADERS = -18,
    ERR_LONG_BODY = -19,
    ERR_FORBIDDEN = -20, /* the caller may not do this */
};

#define ERROR_TEXT_MAX 1024

struct error {
    int code; /* enum error_code */
    char text[ERROR_TEXT_MAX];
};

/* A short text for a code that comes without one of its own. Never NULL. */
const char *error_text(int code);

/* Records code and text (cut, at a character's boundary, at ERROR_TEXT_MAX - 1 bytes) and returns code.
 * `e` may be NULL: then only the code counts. */
int error_set(struct error *e, int code, const char *format, ...) _printf_(3, 4);

/* ERR_SYSTEM with "WHAT: strerror(errno_value)". */
int error_system(struct error *e, int errno_value, const char *what);
