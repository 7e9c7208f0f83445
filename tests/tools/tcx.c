// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A tc program of somebody else in a chain of tcx: see usage. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* linux/bpf.h of the build machine may be older than tcx (Linux 6.6). */
#define TCX_INGRESS	46
#define TCX_EGRESS	47
#define BEFORE		(1U << 3)
#define AFTER		(1U << 4)

static const char usage[] =
	"usage: tcx IF ingress|egress before|after VERDICT\n"
	"Attach a program that returns VERDICT (0 ends the chain, -1 goes on),\n"
	"first or last, say so, and keep it there until a signal comes.\n";

static int load(int verdict)
{
	struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = verdict },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "other", "GPL", code, 2,
			     NULL);
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	int prog, link;

	if (argc != 5) {
		fputs(usage, stderr);
		return 2;
	}
	opts.flags = strcmp(argv[3], "before") ? AFTER : BEFORE;
	prog = load(atoi(argv[4]));
	link = prog < 0
		       ? -1
		       : bpf_link_create(prog, if_nametoindex(argv[1]),
					 strcmp(argv[2], "egress") ? TCX_INGRESS
								   : TCX_EGRESS,
					 &opts);
	if (link < 0) {
		fprintf(stderr, "tcx: %s\n", strerror(errno));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
