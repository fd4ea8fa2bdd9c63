/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/log.h"

#define LINE_MAX_BYTES 2048

static int max_level = LOG_INFO;

void log_set_level(int level)
{
    max_level = level;
}

/* One line stays one line, whatever bytes a caller's input brought into it. */
static void make_printable(char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = '?';
}

void log_write(int level, const char *format, ...)
{
    if (level > max_level)
        return;
    char text[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0)
        return;
    make_printable(text);
    if (getenv("JOURNAL_STREAM"))
        fprintf(stderr, "<%d>%s\n", level, text);
    else
        fprintf(stderr, "dbd: %s\n", text);
}
