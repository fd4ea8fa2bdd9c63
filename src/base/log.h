/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Log lines on standard error, one call a line, from any thread. When the journal reads standard error
 * ($JOURNAL_STREAM) a line begins with its priority, "<N>" (sd-daemon(3)); else with "dbd: ". Never log
 * parameter values or tokens.
 */
#pragma once

#include <syslog.h>
#include "base/macro.h"

void log_set_level(int level); /* LOG_ERR .. LOG_DEBUG; LOG_INFO at start */
void log_write(int level, const char *format, ...) _printf_(2, 3);

#define log_error(...) log_write(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
