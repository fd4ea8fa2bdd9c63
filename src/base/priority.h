/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which thread the kernel runs first. What the kernel, or the unit's system call filter, refuses is left as it is. */
#pragma once

/* This thread works long and may wait: the slow lane. */
void priority_lower(void);

/* This thread works briefly and should begin at once: the loop. From Linux 6.12 on a short slice lets it preempt threads
 * with longer ones when it wakes (sched(7), sched_setattr(2)). */
void priority_be_quick(void);
