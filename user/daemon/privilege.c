// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Capabilities and system calls of a daemon that has attached.
 *
 * Capabilities: the intersection of what is needed and what is there, in all
 * sets; nothing is gained again, for no program can be executed.
 *
 * System calls: those listed here; any other one fails with EPERM and kills
 * nobody, since a libc or libbpf to come may try what is not known here, and most
 * do without. The kernel's audit log has each (type 1326). A filter sees numbers,
 * not what pointers lead to: so nothing is opened for writing, whatever its name,
 * and what is removed by name (pins, the socket) is not limited.
 *
 * What needs more is done before: namespaces entered, bpffs mounted and held open,
 * raw sockets, the listening socket and its lock.
 */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/log.h"
#include "privilege.h"

#ifndef HF_REFUSED		/* `make asan` lets LeakSanitizer trace */
#define HF_REFUSED	SCMP_ACT_ERRNO(EPERM)
#endif

static const int capabilities[] = {
	/* programs of another interface are loaded; maps are read and written
	 * where the kernel lets only some (unprivileged_bpf_disabled) */
	CAP_BPF,
	/* XDP and tc programs, filters by rtnetlink; sock_diag destroys sockets
	 * and tells of TCP-MD5 keys */
	CAP_NET_ADMIN,
	/* the verifier lets programs compare pointers; the iterator of sockets */
	CAP_PERFMON,
};

/* Whatever their arguments. Those that an architecture lacks are no harm. */
static const int calls[] = {
	/* libc */
	SCMP_SYS(brk),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(futex),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(getrandom),
	SCMP_SYS(gettid),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(geteuid),
	SCMP_SYS(getuid),
	SCMP_SYS(madvise),
	SCMP_SYS(memfd_create),
	SCMP_SYS(mlock),
	SCMP_SYS(mmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	SCMP_SYS(nanosleep),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_setaffinity),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(sysinfo),
	SCMP_SYS(time),
	SCMP_SYS(uname),
	/* what is open */
	SCMP_SYS(close),
	SCMP_SYS(dup),
	SCMP_SYS(dup2),
	SCMP_SYS(dup3),
	SCMP_SYS(fcntl),
	SCMP_SYS(flock),
	SCMP_SYS(fstat),
	SCMP_SYS(fstatfs),
	SCMP_SYS(getdents64),
	SCMP_SYS(lseek),
	SCMP_SYS(pread64),
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	/* the loop */
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	/* files, /proc, /sys; pins and the socket go at the end */
	SCMP_SYS(access),
	SCMP_SYS(chdir),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(getcwd),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(rmdir),
	SCMP_SYS(stat),
	SCMP_SYS(statfs),
	SCMP_SYS(statx),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	/* sockets: clients, netlink, syslog, frames by sockets that are open */
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(bind),
	SCMP_SYS(connect),
	SCMP_SYS(getpeername),
	SCMP_SYS(getsockname),
	SCMP_SYS(getsockopt),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(setsockopt),
	SCMP_SYS(shutdown),
};

#define WRITES	(O_ACCMODE | O_CREAT | O_TRUNC)
#define INT	0xffffffff	/* registers may have more bits than an int */

/* Two of its arguments at most are looked at. */
struct call {
	int nr;
	unsigned int args;
	struct scmp_arg_cmp arg[2];
};

#define IS(n, value)	{ n, SCMP_CMP_MASKED_EQ, INT, value }
#define NONE_OF(n, bits)	{ n, SCMP_CMP_MASKED_EQ, bits, 0 }

static const struct call calls_with[] = {
	/* how much there is to read, before libevent reads it */
	{ SCMP_SYS(ioctl), 1, { IS(1, FIONREAD) } },
	/* what an interface's hardware does */
	{ SCMP_SYS(ioctl), 1, { IS(1, SIOCETHTOOL) } },
	{ SCMP_SYS(open), 1, { NONE_OF(1, WRITES) } },
	{ SCMP_SYS(openat), 1, { NONE_OF(2, WRITES) } },
	/* a name service that uses libcap */
	{ SCMP_SYS(prctl), 1, { IS(0, PR_CAPBSET_READ) } },
	/* to read them */
	{ SCMP_SYS(prlimit64), 2, { IS(0, 0), NONE_OF(2, ~0ULL) } },
	{ SCMP_SYS(socket), 1, { IS(0, AF_UNIX) } },
	{ SCMP_SYS(socket), 2, { IS(0, AF_NETLINK), IS(2, NETLINK_ROUTE) } },
	{ SCMP_SYS(socket),
	  2,
	  { IS(0, AF_NETLINK), IS(2, NETLINK_SOCK_DIAG) } },
};

/* Attaching to anything but interfaces has commands of its own. */
static const int bpf_commands[] = {
	BPF_BTF_LOAD,	      BPF_ITER_CREATE,	      BPF_LINK_CREATE,
	BPF_LINK_DETACH,      BPF_LINK_UPDATE,	      BPF_MAP_CREATE,
	BPF_MAP_DELETE_ELEM,  BPF_MAP_FREEZE,	      BPF_MAP_GET_NEXT_KEY,
	BPF_MAP_LOOKUP_BATCH, BPF_MAP_LOOKUP_ELEM,    BPF_MAP_UPDATE_ELEM,
	BPF_OBJ_GET,	      BPF_OBJ_GET_INFO_BY_FD, BPF_OBJ_PIN,
	BPF_PROG_BIND_MAP,    BPF_PROG_LOAD,	      BPF_PROG_QUERY,
	BPF_PROG_TEST_RUN,
};

#define NR(array)	(sizeof(array) / sizeof((array)[0]))

/* 0 or -1. Who may not limit what may ever be had needs not: nothing is
 * executed. */
static int keep_capabilities(void)
{
	bool there[NR(capabilities)], limits;

	if (capng_get_caps_process())
		return -1;
	for (size_t i = 0; i < NR(capabilities); i++)
		there[i] = capng_have_capability(CAPNG_PERMITTED,
						 capabilities[i]);
	limits = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < NR(capabilities); i++)
		if (there[i])
			capng_update(CAPNG_ADD,
				     CAPNG_EFFECTIVE | CAPNG_PERMITTED |
					     CAPNG_BOUNDING_SET,
				     capabilities[i]);
	return capng_apply(limits ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) ? -1
									   : 0;
}

/* 0 or -errno, as all below. */
static int allow(scmp_filter_ctx filter, const struct call *c)
{
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, c->nr, c->args,
				      c->arg);
}

static int allow_calls(scmp_filter_ctx filter)
{
	/* abort() */
	struct call own = { SCMP_SYS(tgkill), 1, { IS(0, getpid()) } };
	struct call plain = {};
	int err = allow(filter, &own);

	for (size_t i = 0; !err && i < NR(calls); i++) {
		plain.nr = calls[i];
		err = allow(filter, &plain);
	}
	for (size_t i = 0; !err && i < NR(calls_with); i++)
		err = allow(filter, &calls_with[i]);
	return err;
}

static int allow_bpf(scmp_filter_ctx filter)
{
	struct call bpf = { SCMP_SYS(bpf), 1, { IS(0, 0) } };
	int err = 0;

	for (size_t i = 0; !err && i < NR(bpf_commands); i++) {
		bpf.arg[0].datum_b = bpf_commands[i];
		err = allow(filter, &bpf);
	}
	if (err)
		return err;
	/* "No modules": libbpf 1.1 takes EPERM for an error, where it looks for
	 * a kernel function that is missing (Linux before 6.9). */
	bpf.arg[0].datum_b = BPF_BTF_GET_NEXT_ID;
	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(ENOENT), bpf.nr,
				      bpf.args, bpf.arg);
}

static int load(scmp_filter_ctx filter)
{
	return seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, HF_REFUSED)
		       ?: seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1)
		       ?: seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1)
		       ?: allow_calls(filter)
		       ?: allow_bpf(filter)
		       ?: seccomp_load(filter);
}

static int filter_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(HF_REFUSED);
	int err = filter ? load(filter) : -ENOMEM;

	seccomp_release(filter);
	return err;
}

/* Without a filter a kernel that has them finds none at NULL. */
static bool kernel_filters(void)
{
	return !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) ||
	       errno != EINVAL;
}

int privilege_drop(struct failure *f)
{
	int err;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return failure_set(f, "privileges: no_new_privs: %s",
				   strerror(errno));
	if (keep_capabilities())
		return failure_set(f, "privileges: capabilities cannot be "
				      "given up");
	if (!kernel_filters()) {
		log_info("privileges: the kernel has no seccomp, system calls "
			 "are not limited");
		return 0;
	}
	err = filter_calls();
	return err ? failure_set(f, "privileges: seccomp: %s", strerror(-err))
		   : 0;
}
