// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sysctls: what they grant, what a handoff needs. */
#include "run.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/names.h"
#include "sys/sysctl.h"

#define PROC	"/proc/sys/net/"

/* The linker puts the first in the place of fopen(), which is the second. */
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__real_fopen(const char *path, const char *mode);

static char dir[] = "/tmp/hfsysctlXXXXXX";

/* Files of a directory take the place of /proc/sys/net. */
FILE *__wrap_fopen(const char *path, const char *mode)
{
	char here[128];

	if (strstr(path, PROC) != path)
		return __real_fopen(path, mode);
	snprintf(here, sizeof(here), "%s/%s", dir, strrchr(path, '/') + 1);
	return __real_fopen(here, mode);
}

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *fp;

	snprintf(path, sizeof(path), PROC "%s", name);
	fp = fopen(path, "we");
	ck_assert_ptr_nonnull(fp);
	fputs(text, fp);
	fclose(fp);
}

/* All five are 1, the buffers are those of a usual host. */
static void host_up(void)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (int i = 0; i < HF_SYSCTL_NR; i++)
		put(sysctl_names[i], "1\n");
	put("tcp_rmem", "4096\t131072\t6291456\n");
	put("rmem_max", "212992\n");
}

static void host_remove(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

static void host_down(void)
{
	for (int i = 0; i < HF_SYSCTL_NR; i++)
		host_remove(sysctl_names[i]);
	host_remove("tcp_rmem");
	host_remove("rmem_max");
	ck_assert_int_eq(rmdir(dir), 0);
}

START_TEST(each_setting_grants_its_option)
{
	static const struct {
		enum hf_sysctl which;
		int grants;
	} rows[] = {
		{ HF_SYSCTL_WINDOW_SCALING, HF_OPT_WSCALE },
		{ HF_SYSCTL_SACK, HF_OPT_SACK },
		{ HF_SYSCTL_TIMESTAMPS, HF_OPT_TS },
		{ HF_SYSCTL_ECN, HF_OPT_ECN },
	};
	struct hf_profile p;

	host_up();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int value[HF_SYSCTL_NR] = {};

		value[rows[i].which] = 1;
		sysctl_profile(&p, value);
		ck_assert_int_eq(p.grants, rows[i].grants);
		value[rows[i].which] = -1;
		sysctl_profile(&p, value);
		ck_assert_int_eq(p.grants, 0);
	}
	host_down();
}
END_TEST

/* tcp_select_initial_window(): log2 of the space less 15, 0 to 14. */
START_TEST(scales_are_those_of_the_kernel)
{
	struct hf_profile p;
	int value[HF_SYSCTL_NR] = {};

	ck_assert_int_eq(sysctl_wscale(0), 0);
	ck_assert_int_eq(sysctl_wscale(65535), 0);
	ck_assert_int_eq(sysctl_wscale(65536), 1);
	ck_assert_int_eq(sysctl_wscale(131071), 1);
	ck_assert_int_eq(sysctl_wscale(6291456), 7);
	ck_assert_int_eq(sysctl_wscale(1L << 40), 14);
	host_up();
	sysctl_profile(&p, value);
	ck_assert_int_eq(p.rcv_wscale, 7);
	put("rmem_max", "16777216\n");
	sysctl_profile(&p, value);
	ck_assert_int_eq(p.rcv_wscale, 9);
	host_down();
}
END_TEST

START_TEST(what_a_handoff_needs_is_said)
{
	int value[HF_SYSCTL_NR] = { 1, 1, 1, 1, 1 };
	struct failure f;

	ck_assert_int_eq(sysctl_check(value, true, &f), 0);
	value[HF_SYSCTL_SYNCOOKIES] = 0;
	ck_assert_int_eq(sysctl_check(value, false, &f), 0);
	ck_assert_int_eq(sysctl_check(value, true, &f), -1);
	ck_assert_str_eq(f.cure, "sysctl -w net.ipv4.tcp_syncookies=1");
}
END_TEST

TEST_MAIN("sysctl", each_setting_grants_its_option,
	  scales_are_those_of_the_kernel, what_a_handoff_needs_is_said)
