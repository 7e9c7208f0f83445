// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Settings of the attached namespace that the handshake depends on. */
#include <stdio.h>

#include "lib/names.h"
#include "sysctl.h"

#define WSCALE_MAX	14	/* RFC 7323 2.3 */

/* The number at `nth` (from 0) of a file below /proc/sys/net, or -1. */
static long proc_read(const char *name, int nth)
{
	char path[96];
	long value = -1;
	FILE *fp;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	fp = fopen(path, "re");
	if (!fp)
		return -1;
	for (int i = 0; i <= nth; i++) {
		if (fscanf(fp, "%ld", &value) != 1) {
			value = -1;
			break;
		}
	}
	fclose(fp);
	return value;
}

void sysctl_read(int value[HF_SYSCTL_NR])
{
	char name[64];

	for (int i = 0; i < HF_SYSCTL_NR; i++) {
		snprintf(name, sizeof(name), "ipv4/%s", sysctl_names[i]);
		value[i] = proc_read(name, 0);
	}
}

int sysctl_wscale(long space)
{
	int shift = 0;

	while (shift < WSCALE_MAX && space >> (shift + 1) > 32767)
		shift++;
	return shift;
}

unsigned int sysctl_rcvbuf(void)
{
	long rcvbuf = proc_read("ipv4/tcp_rmem", 1);

	return rcvbuf > 0 ? rcvbuf : 0;
}

/* As tcp_select_initial_window(): large enough for the largest buffer. */
static int wscale_for_buffers(void)
{
	long space = proc_read("ipv4/tcp_rmem", 2);
	long rmem_max = proc_read("core/rmem_max", 0);

	return sysctl_wscale(rmem_max > space ? rmem_max : space);
}

void sysctl_profile(struct hf_profile *profile, const int value[HF_SYSCTL_NR])
{
	*profile = (struct hf_profile){ .rcv_wscale = wscale_for_buffers() };
	if (value[HF_SYSCTL_WINDOW_SCALING] > 0)
		profile->grants |= HF_OPT_WSCALE;
	if (value[HF_SYSCTL_SACK] > 0)
		profile->grants |= HF_OPT_SACK;
	if (value[HF_SYSCTL_TIMESTAMPS] > 0)
		profile->grants |= HF_OPT_TS;
	if (value[HF_SYSCTL_ECN] > 0)
		profile->grants |= HF_OPT_ECN;
}

int sysctl_check(const int value[HF_SYSCTL_NR], bool reqsk, struct failure *f)
{
	int syncookies = value[HF_SYSCTL_SYNCOOKIES];

	if (!reqsk || syncookies > 0)
		return 0;
	failure_set(f,
		    "net.ipv4.tcp_syncookies: is %d, the kernel would reset "
		    "every connection that is handed to it",
		    syncookies);
	return failure_cure(f, "sysctl -w net.ipv4.tcp_syncookies=1");
}
