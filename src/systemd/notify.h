/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the service manager is told (sd_notify(3), Type=notify). Everything here does nothing without
 * $NOTIFY_SOCKET. STATUS texts are cut and lose their line breaks: systemd takes one line. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* $NOTIFY_SOCKET is set. */
bool notify_active(void);

/* `status` may be NULL. Ends a notify_reloading() too. */
void notify_ready(const char *status);
void notify_status(const char *status);
void notify_reloading(void);
void notify_stopping(const char *status);
void notify_watchdog(void);

/* The unit's WatchdogSec= in microseconds, 0 when there is none. Call notify_watchdog() twice as often. */
int64_t notify_watchdog_usec(void);
