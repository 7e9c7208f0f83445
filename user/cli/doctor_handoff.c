// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast doctor: how connections would get to their servers. */
#include "doctor.h"
#include "sys/sysctl.h"

/* Which of both takes a connection is decided when it begins. */
static void check_handoff(struct doctor *d)
{
	if (d->handoff == HF_HANDOFF_SPLICE)
		check_add(&d->list, CHECK_OK, "handoff",
			  "splice: netfilter and the servers are shown an "
			  "ordinary handshake, whatever the rules");
	else
		check_add(&d->list, CHECK_OK, "handoff",
			  "reqsk for sockets of this host while netfilter has "
			  "no hooks, else splice: netfilter and the servers "
			  "are shown an ordinary handshake, whatever the "
			  "rules");
}

static void check_syncookies(struct doctor *d)
{
	int value[HF_SYSCTL_NR], syncookies;

	sysctl_read(value);
	syncookies = value[HF_SYSCTL_SYNCOOKIES];
	if (syncookies <= 0 && d->mode == HF_MODE_AUTO) {
		check_add(&d->list, CHECK_FAIL, "sysctl",
			  "net.ipv4.tcp_syncookies: is %d: what comes before a "
			  "flood is seen fills the listeners' queues, and with "
			  "mode auto nobody else gets in",
			  syncookies);
		check_cure(&d->list, "sysctl -w net.ipv4.tcp_syncookies=1");
		return;
	}
	if (syncookies > 0 || d->handoff == HF_HANDOFF_SPLICE) {
		check_add(&d->list, CHECK_OK, "sysctl",
			  "net.ipv4.tcp_syncookies: is %d", syncookies);
		return;
	}
	check_add(&d->list, CHECK_WARN, "sysctl",
		  "net.ipv4.tcp_syncookies: is %d, so connections are spliced, "
		  "which costs more than reqsk",
		  syncookies);
	check_cure(&d->list, "sysctl -w net.ipv4.tcp_syncookies=1");
}

void (*const doctor_handoff[])(struct doctor *d) = {
	check_handoff,
	check_syncookies,
	NULL,
};
