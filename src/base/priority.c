/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/log.h"
#include "base/priority.h"

#define WORKER_NICE 10
#define SLICE_NSEC 100000 /* the shortest that the kernel takes */

/* On Linux a nice value belongs to a thread. */
void priority_lower(void)
{
    if (setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), WORKER_NICE) < 0)
        log_debug("setpriority: %s; queries run at the loop's priority", strerror(errno));
}

void priority_be_quick(void)
{
    struct sched_attr attr = {.size = sizeof attr, .sched_runtime = SLICE_NSEC};
    if (syscall(SYS_sched_setattr, 0, &attr, 0) < 0)
        log_debug("sched_setattr: %s", strerror(errno));
}
