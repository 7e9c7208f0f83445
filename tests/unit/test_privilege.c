// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What is left of a process that gave up its privileges. Each case is a child.
 * Calls are made such that they fail without harm where they are allowed: what
 * tells is whether they fail with EPERM. Root finds more than others.
 */
#include "run.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/privilege.h"

#define NR(array)	(sizeof(array) / sizeof((array)[0]))
#define BAD		(-1L)		/* descriptor, flags, request */
#define NOBODY		65534

struct call {
	const char *name;
	long nr;
	long arg[5];
	bool anyone;		/* without root it does not fail with EPERM */
};

#define CALL(call, ...)	{ #call, SYS_##call, { __VA_ARGS__ }, false }
#define CALL_ANYONE(call, ...)	{ #call, SYS_##call, { __VA_ARGS__ }, true }
#define TEXT(text)	((long)(text))

static const struct call refused[] = {
	CALL_ANYONE(execve, TEXT("")),
	CALL_ANYONE(execveat, BAD, TEXT("x")),
	CALL_ANYONE(clone, CLONE_SIGHAND),
	CALL_ANYONE(ptrace, BAD),
	CALL_ANYONE(process_vm_readv, BAD),
	CALL_ANYONE(process_vm_writev, BAD),
	CALL_ANYONE(kill, 0x7fffffff),
	CALL_ANYONE(tgkill, 0x7fffffff, 0x7fffffff),
	CALL_ANYONE(personality, 0xffffffff),
	CALL_ANYONE(userfaultfd, BAD),
	CALL_ANYONE(add_key),
	CALL_ANYONE(keyctl, BAD),
	CALL_ANYONE(setns, BAD),
	CALL_ANYONE(unshare, BAD),
	CALL_ANYONE(prctl, BAD),
	CALL_ANYONE(socket, AF_INET, SOCK_STREAM),
	CALL_ANYONE(socket, AF_INET6, SOCK_DGRAM),
	CALL_ANYONE(socket, AF_NETLINK, SOCK_RAW, NETLINK_AUDIT),
	CALL_ANYONE(openat, AT_FDCWD, TEXT("/dev/null"), O_RDWR),
	CALL_ANYONE(openat, AT_FDCWD, TEXT("/dev/null"), O_WRONLY),
	CALL_ANYONE(openat, AT_FDCWD, TEXT(""), O_RDONLY | O_CREAT),
	CALL_ANYONE(openat, AT_FDCWD, TEXT(""), O_RDONLY | O_TRUNC),
	CALL_ANYONE(renameat2, BAD, TEXT("x"), BAD, TEXT("x")),
	CALL_ANYONE(mkdirat, BAD, TEXT("x")),
	CALL_ANYONE(linkat, BAD, TEXT("x"), BAD, TEXT("x")),
	CALL_ANYONE(symlinkat, TEXT("x"), BAD, TEXT("x")),
	CALL_ANYONE(fchmodat, BAD, TEXT("x")),
	CALL_ANYONE(fchownat, BAD, TEXT("x")),
	CALL_ANYONE(truncate, TEXT("")),
	CALL_ANYONE(ioctl, BAD),
	CALL_ANYONE(capset, 0),
	CALL_ANYONE(setuid, BAD),
	CALL(socket, AF_PACKET, SOCK_RAW),
	CALL(socket, AF_INET, SOCK_RAW, 255),
	CALL(bpf, BPF_RAW_TRACEPOINT_OPEN),
	CALL(bpf, BPF_PROG_ATTACH),
	CALL(bpf, BPF_MAP_GET_FD_BY_ID),
	CALL(perf_event_open),
	CALL(mount),
	CALL(umount2, TEXT("")),
	CALL(pivot_root, TEXT(""), TEXT("")),
	CALL(chroot, TEXT("")),
	CALL(mknodat, BAD, TEXT("x"), S_IFCHR),
	CALL(open_by_handle_at, BAD),
	CALL(init_module),
	CALL(finit_module, BAD),
	CALL(delete_module, TEXT("")),
	CALL(kexec_load, 0, 0, 0, BAD),
	CALL(reboot, BAD, BAD),
	CALL(swapon, TEXT("")),
	CALL(sethostname, TEXT(""), BAD),
	CALL(clock_settime, BAD),
};

/* One of each kind; the tests of the daemon are about the others. */
static const struct call allowed[] = {
	CALL(read, BAD),
	CALL(close, BAD),
	CALL(openat, AT_FDCWD, TEXT("/"), O_RDONLY | O_CLOEXEC),
	CALL(faccessat, AT_FDCWD, TEXT("/")),
	CALL(unlinkat, BAD, TEXT("x")),
	CALL(getrandom),
	CALL(mmap),
	CALL(epoll_pwait, BAD),
	CALL(ppoll, 0, BAD),
	CALL(socket, AF_UNIX, SOCK_DGRAM),
	CALL(socket, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE),
	CALL(socket, AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG),
	CALL(accept4, BAD),
	CALL(sendmsg, BAD),
	CALL(recvmsg, BAD),
	CALL(getsockopt, BAD),
	CALL(tgkill, 0, 0),	/* itself, filled in */
	CALL(clock_nanosleep, BAD),
};

static bool is_refused(const struct call *c)
{
	const long *a = c->arg;

	errno = 0;
	return syscall(c->nr, a[0], a[1], a[2], a[3], a[4]) < 0 &&
	       errno == EPERM;
}

static void drop(void)
{
	struct failure f = {};

	if (!privilege_drop(&f))
		return;
	puts(f.what);
	_exit(100);
}

/* Its exit status, or -1: it was killed. */
static int in_child(int (*fn)(const void *arg), const void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		status = fn(arg);
		fflush(stdout);
		_exit(status);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int call_before(const void *arg)
{
	return is_refused(arg);
}

static int call_after(const void *arg)
{
	struct call c = *(const struct call *)arg;

	if (c.nr == SYS_tgkill && !c.arg[0])
		c.arg[0] = c.arg[1] = getpid();
	drop();
	return is_refused(&c);
}

START_TEST(what_is_not_needed_is_refused)
{
	for (size_t i = 0; i < NR(refused); i++) {
		const struct call *c = &refused[i];

		if (c->anyone)
			ck_assert_msg(!in_child(call_before, c),
				      "%s (row %zu): refused before", c->name,
				      i);
		ck_assert_msg(in_child(call_after, c) == 1, "%s (row %zu)",
			      c->name, i);
	}
}
END_TEST

START_TEST(what_is_needed_is_allowed)
{
	for (size_t i = 0; i < NR(allowed); i++)
		ck_assert_msg(!in_child(call_after, &allowed[i]),
			      "%s (row %zu)", allowed[i].name, i);
}
END_TEST

/* "no more modules", see privilege.c */
static int list_modules(const void *arg)
{
	(void)arg;
	drop();
	return syscall(SYS_bpf, BPF_BTF_GET_NEXT_ID, NULL, 0) < 0 ? errno : 0;
}

START_TEST(libbpf_finds_no_module)
{
	ck_assert_int_eq(in_child(list_modules, NULL), ENOENT);
}
END_TEST

static int die(const void *arg)
{
	(void)arg;
	drop();
	signal(SIGABRT, SIG_DFL);
	abort();
}

START_TEST(an_assertion_still_ends_it)
{
	ck_assert_int_eq(in_child(die, NULL), -1);
}
END_TEST

/* The number behind "NAME:" in /proc/self/status. */
static uint64_t status_of(const char *name)
{
	unsigned long long value = 0;
	FILE *fp = fopen("/proc/self/status", "re");
	size_t len = strlen(name);
	char line[256];

	while (fp && fgets(line, sizeof(line), fp))
		if (!strncmp(line, name, len) && line[len] == ':')
			value = strtoull(line + len + 1, NULL, 16);
	if (fp)
		fclose(fp);
	return value;
}

#define NEEDED	(1ULL << CAP_BPF | 1ULL << CAP_NET_ADMIN | 1ULL << CAP_PERFMON)

/* The bits of `arg` are not there before. */
static int keeps(const void *arg)
{
	uint64_t had, bound, without = *(const uint64_t *)arg;

	capng_get_caps_process();
	for (int cap = 0; cap < 64; cap++)
		if (without >> cap & 1)
			capng_update(CAPNG_DROP,
				     CAPNG_EFFECTIVE | CAPNG_PERMITTED, cap);
	if (capng_apply(CAPNG_SELECT_CAPS))
		return 1;
	had = status_of("CapPrm");
	bound = status_of("CapBnd");
	if (had >> CAP_SETPCAP & 1)
		bound &= NEEDED & had;
	drop();
	return status_of("CapPrm") != (had & NEEDED) ||
	       status_of("CapEff") != (had & NEEDED) || status_of("CapInh") ||
	       status_of("CapAmb") || status_of("CapBnd") != bound ||
	       status_of("NoNewPrivs") != 1 || status_of("Seccomp") != 2;
}

START_TEST(needed_capabilities_stay)
{
	uint64_t without = 0;

	ck_assert_int_eq(in_child(keeps, &without), 0);
}
END_TEST

START_TEST(what_was_not_there_is_not_missed)
{
	uint64_t without = 1ULL << CAP_PERFMON;

	ck_assert_int_eq(in_child(keeps, &without), 0);
	without = 1ULL << CAP_SETPCAP;
	ck_assert_int_eq(in_child(keeps, &without), 0);
	without = ~0ULL;
	ck_assert_int_eq(in_child(keeps, &without), 0);
}
END_TEST

static int read_others(const void *path)
{
	drop();
	return open(path, O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
}

START_TEST(files_of_others_are_closed)
{
	char path[] = "/tmp/hfprivXXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(in_child(read_others, path), 0);
	if (!geteuid() && !fchown(fd, NOBODY, NOBODY))
		ck_assert_int_eq(in_child(read_others, path), EACCES);
	unlink(path);
	close(fd);
}
END_TEST

/* A kernel that answers `nr`, with that first argument, by this error. */
static void kernel_says(int error, int nr, unsigned int first)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), nr, 1,
					  SCMP_A0(SCMP_CMP_EQ, first)),
			 0);
	ck_assert_int_eq(seccomp_load(filter), 0);
	seccomp_release(filter);
}

static int without_seccomp(const void *arg)
{
	struct failure f = {};

	(void)arg;
	kernel_says(EINVAL, SCMP_SYS(prctl), PR_SET_SECCOMP);
	return privilege_drop(&f) || status_of("CapEff") & ~NEEDED ||
	       status_of("NoNewPrivs") != 1 ||
	       status_of("Seccomp_filters") != 1;
}

START_TEST(a_kernel_without_seccomp_is_no_failure)
{
	ck_assert_int_eq(in_child(without_seccomp, NULL), 0);
}
END_TEST

static int refuses_filter(const void *arg)
{
	struct failure f = {};

	(void)arg;
	kernel_says(ENOMEM, SCMP_SYS(seccomp), 1 /* SECCOMP_SET_MODE_FILTER */);
	return privilege_drop(&f) != -1 ||
	       strcmp(f.what, "privileges: seccomp: Cannot allocate memory");
}

START_TEST(a_filter_that_is_refused_is_a_failure)
{
	ck_assert_int_eq(in_child(refuses_filter, NULL), 0);
}
END_TEST

TEST_MAIN("privilege", what_is_not_needed_is_refused, what_is_needed_is_allowed,
	  libbpf_finds_no_module, an_assertion_still_ends_it,
	  needed_capabilities_stay, what_was_not_there_is_not_missed,
	  files_of_others_are_closed, a_kernel_without_seccomp_is_no_failure,
	  a_filter_that_is_refused_is_a_failure)
