// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast doctor: rights, kernel, BPF, clock, memory. */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "handfast/presence.h"
#include "sys/bpffs.h"
#include "sys/capability.h"
#include "doctor.h"
#include "lib/names.h"
#include "sys/kernel.h"

#define KERNEL_MIN	601	/* 6.1 */
#define HALF_OPEN_MAX	65536U	/* by default; see choose_sizes() */

#define CLOCKSOURCE	"/sys/devices/system/clocksource/clocksource0/" \
			"current_clocksource"
#define JIT_ENABLE	"/proc/sys/net/core/bpf_jit_enable"

/* The first line of a file without its end. 0 or -errno. */
static int read_line(const char *path, char *line, int size)
{
	FILE *fp = fopen(path, "re");
	int err = 0;

	if (!fp)
		return -errno;
	if (!fgets(line, size, fp))
		err = -ENODATA;
	else
		line[strcspn(line, "\n")] = '\0';
	fclose(fp);
	return err;
}

/* The number behind `key` in a file of such lines. */
static bool read_number(const char *path, const char *key,
			unsigned long long *value)
{
	FILE *fp = fopen(path, "re");
	char line[256];
	bool found = false;

	while (fp && !found && fgets(line, sizeof(line), fp)) {
		found = !strncmp(line, key, strlen(key));
		if (found)
			*value = strtoull(line + strlen(key), NULL, 10);
	}
	if (fp)
		fclose(fp);
	return found;
}

bool doctor_has_rights(void)
{
	char missing[CAPABILITY_TEXT_MAX];

	return !geteuid() && !capability_missing(missing);
}

static void check_root(struct doctor *d)
{
	char missing[CAPABILITY_TEXT_MAX];

	if (d->root)
		check_add(&d->list, CHECK_OK, "root", "runs as root");
	else if (geteuid())
		check_add(&d->list, CHECK_FAIL, "root",
			  "not root: handfast must be, and some checks cannot "
			  "be made");
	else
		check_add(&d->list, CHECK_FAIL, "root",
			  "root here lacks %s (a container?): some checks "
			  "cannot be made",
			  capability_missing(missing) ? missing : "");
}

static int version_of(const char *release)
{
	unsigned int major = 0, minor = 0;

	sscanf(release, "%u.%u", &major, &minor);
	return major * 100 + minor;
}

static void check_kernel(struct doctor *d)
{
	int has_reqsk = kernel_has_reqsk();
	struct utsname un;

	if (uname(&un))
		return;
	if (version_of(un.release) < KERNEL_MIN) {
		check_add(&d->list, CHECK_FAIL, "kernel",
			  "kernel %s: older than 6.1", un.release);
		check_cure(&d->list, "a kernel of version 6.9 or later");
	} else if (has_reqsk >= 0) {
		d->handoff = has_reqsk ? HF_HANDOFF_REQSK : HF_HANDOFF_SPLICE;
		check_add(&d->list, CHECK_OK, "kernel",
			  "kernel %s: %s handoff, with all options", un.release,
			  handoff_names[d->handoff]);
	} else {
		check_add(&d->list, CHECK_WARN, "kernel",
			  "kernel %s: without BTF the handoff cannot be told",
			  un.release);
	}
	if (has_reqsk < 0) {
		check_add(&d->list, CHECK_FAIL, "btf",
			  "kernel: has no BTF (/sys/kernel/btf/vmlinux)");
		check_cure(&d->list, "a kernel with CONFIG_DEBUG_INFO_BTF=y");
	} else {
		check_add(&d->list, CHECK_OK, "btf", "kernel has BTF");
	}
}

static void check_bpffs(struct doctor *d)
{
	char path[PATH_MAX];

	if (!bpffs_find(path)) {
		check_add(&d->list, CHECK_OK, "bpffs", "bpffs is mounted");
	} else if (!access("/sys/fs/bpf", F_OK)) {
		check_add(&d->list, CHECK_OK, "bpffs",
			  "no bpffs is mounted; attach mounts one at "
			  "/sys/fs/bpf");
	} else {
		check_add(&d->list, CHECK_FAIL, "bpffs",
			  "/sys/fs/bpf: is missing, no bpffs can be mounted");
		check_cure(&d->list, "mount -t sysfs sysfs /sys");
	}
}

/* bpf_jit_enable is to be seen in the first network namespace only. */
static int read_jit(void)
{
	char line[16];

	return read_line(JIT_ENABLE, line, sizeof(line)) ? -1 : !!atoi(line);
}

/* Is what the kernel loads compiled? 1, 0, or -1 where that is not to be known;
 * a program that does nothing is loaded for it, and gone at once. */
static int try_jit(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, NULL, "Dual BSD/GPL", insns,
			       sizeof(insns) / sizeof(insns[0]), NULL);
	int jit = -1;

	if (fd < 0)
		return read_jit();
	if (!bpf_obj_get_info_by_fd(fd, &info, &len))
		jit = info.jited_prog_len > 0;
	close(fd);
	return jit;
}

static void check_jit(struct doctor *d)
{
	int jit = d->root ? try_jit() : read_jit();

	if (jit < 0) {
		check_add(&d->list, CHECK_WARN, "bpf_jit",
			  "net.core.bpf_jit_enable: cannot be read");
	} else if (!jit) {
		check_add(&d->list, CHECK_WARN, "bpf_jit",
			  "BPF JIT is off, the programs are interpreted, "
			  "several times slower");
		check_cure(&d->list, "sysctl -w net.core.bpf_jit_enable=1");
	} else {
		check_add(&d->list, CHECK_OK, "bpf_jit", "BPF JIT is on");
	}
}

static void check_clock(struct doctor *d)
{
	char name[64];

	if (read_line(CLOCKSOURCE, name, sizeof(name)))
		check_add(&d->list, CHECK_WARN, "clock",
			  "clock source: cannot be read");
	else if (!strcmp(name, "jiffies") || !strcmp(name, "refined-jiffies"))
		check_add(&d->list, CHECK_WARN, "clock",
			  "clock source is %s: the kernel found no stable "
			  "clock, times and timers drift",
			  name);
	else
		check_add(&d->list, CHECK_OK, "clock", "clock source is %s",
			  name);
}

static void check_memory(struct doctor *d)
{
	unsigned long long flows = kernel_default_flows(), need, free_kb;
	unsigned long long half = flows < HALF_OPEN_MAX ? flows : HALF_OPEN_MAX;

	need = flows * FLOW_BYTES + sizeof(struct hf_presence) +
	       half * HALF_OPEN_BYTES;
	if (!read_number("/proc/meminfo", "MemAvailable:", &free_kb)) {
		check_add(&d->list, CHECK_WARN, "memory",
			  "available memory: cannot be read");
	} else if (need > free_kb * 1024 / 2) {
		check_add(&d->list, CHECK_WARN, "memory",
			  "the default table of %llu flows takes %llu MiB, of "
			  "%llu MiB available",
			  flows, need >> 20, free_kb >> 10);
		check_cure(&d->list, "handfast attach IFACE -o max_flows=%llu",
			   free_kb * 1024 / 8 / FLOW_BYTES);
	} else {
		check_add(&d->list, CHECK_OK, "memory",
			  "the default table of %llu flows takes %llu MiB, of "
			  "%llu MiB available",
			  flows, need >> 20, free_kb >> 10);
	}
}

void (*const doctor_kernel[])(struct doctor *d) = {
	check_root,  check_kernel, check_bpffs, check_jit,
	check_clock, check_memory, NULL,
};
