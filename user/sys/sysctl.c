// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Settings of the attached namespace that the handshake depends on. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

void sysctl_wanted(int want[HF_SYSCTL_NR], const int value[HF_SYSCTL_NR],
		   enum hf_handoff handoff)
{
	for (int i = 0; i < HF_SYSCTL_NR; i++)
		want[i] = -1;
	if (handoff == HF_HANDOFF_REQSK && value[HF_SYSCTL_SYNCOOKIES] <= 0)
		want[HF_SYSCTL_SYNCOOKIES] = 1;
	for (int i = 0; i < HF_SYSCTL_NR; i++)
		if (want[i] == value[i])
			want[i] = -1;
}

int sysctl_check(const int value[HF_SYSCTL_NR], enum hf_handoff handoff,
		 struct failure *f)
{
	int want[HF_SYSCTL_NR], bad = -1;
	size_t len = 0;

	sysctl_wanted(want, value, handoff);
	for (int i = HF_SYSCTL_NR; i--;)
		bad = want[i] >= 0 ? i : bad;
	if (bad < 0)
		return 0;
	failure_set(f,
		    "net.ipv4.%s: is %d, the kernel would reset every "
		    "connection that is handed to it",
		    sysctl_names[bad], value[bad]);
	failure_cure(f, "sysctl -w");
	for (int i = 0; i < HF_SYSCTL_NR; i++) {
		len = strlen(f->cure);
		if (want[i] >= 0)
			snprintf(f->cure + len, sizeof(f->cure) - len,
				 " net.ipv4.%s=%d", sysctl_names[i], want[i]);
	}
	return -1;
}

static int write_one(const char *name, int value)
{
	char path[96];
	int err = 0;
	FILE *fp;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	fp = fopen(path, "we");
	if (!fp)
		return -errno;
	if (fprintf(fp, "%d\n", value) < 0)
		err = -errno;
	if (fclose(fp) && !err)
		err = -errno;
	return err;
}

int sysctl_write(const int value[HF_SYSCTL_NR])
{
	int err = 0, one;

	for (int i = 0; i < HF_SYSCTL_NR; i++) {
		one = value[i] < 0 ? 0 : write_one(sysctl_names[i], value[i]);
		err = err ?: one;
	}
	return err;
}

int sysctl_restore(const struct hf_meta *meta)
{
	int now[HF_SYSCTL_NR], back[HF_SYSCTL_NR];

	sysctl_read(now);
	for (int i = 0; i < HF_SYSCTL_NR; i++)
		back[i] = now[i] == meta->sysctl_set[i] ? meta->sysctl_before[i]
							: -1;
	return sysctl_write(back);
}
