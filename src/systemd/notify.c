/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/macro.h"
#include "format/utf8.h"
#include "systemd/notify.h"

#define STATUS_MAX 512 /* bytes with the NUL */

bool notify_active(void)
{
    const char *socket = getenv("NOTIFY_SOCKET");
    return socket && *socket;
}

/* systemd drops a status that is not UTF-8, and a file name in it need not be. */
static void clean(char to[static STATUS_MAX], const char *status)
{
    const uint8_t *s = (const uint8_t *)status;
    size_t left = strlen(status), n = 0;
    while (left > 0) {
        uint32_t code;
        size_t len = utf8_read(s, left, &code);
        if (n + len >= STATUS_MAX)
            break;
        if (code == UTF8_INVALID)
            to[n++] = '?';
        else if (code < 0x20 || code == 0x7f)
            to[n++] = ' ';
        else {
            memcpy(to + n, s, len);
            n += len;
        }
        s += len;
        left -= len;
    }
    to[n] = '\0';
}

static void tell(const char *state, const char *status)
{
    char line[STATUS_MAX];
    if (!status) {
        sd_notify(0, state);
        return;
    }
    clean(line, status);
    sd_notifyf(0, "%s%sSTATUS=%s", state, *state ? "\n" : "", line);
}

void notify_ready(const char *status)
{
    tell("READY=1", status);
}

void notify_status(const char *status)
{
    tell("", status ? status : "");
}

void notify_reloading(void)
{
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_usec());
}

void notify_stopping(const char *status)
{
    tell("STOPPING=1", status);
}

void notify_watchdog(void)
{
    sd_notify(0, "WATCHDOG=1");
}

int64_t notify_watchdog_usec(void)
{
    uint64_t usec;
    if (sd_watchdog_enabled(0, &usec) <= 0)
        return 0;
    return usec > INT64_MAX ? INT64_MAX : (int64_t)usec;
}
