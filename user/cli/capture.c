// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Verdicts with their frames: see capture.h. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "capture.h"
#include "lib/log.h"
#include "lib/names.h"

int capture_open(struct capture *c)
{
	bool own = c->path && strcmp(c->path, "-");
	struct timespec wall, mono;
	FILE *file = stdout;

	if (!c->path)
		return 0;
	if (own)
		file = fopen(c->path, "we");
	if (!file || pcapng_begin(&c->pcap, file, "handfast " HF_VERSION) ||
	    fflush(file)) {
		log_error("%s: %s", c->path, strerror(errno));
		if (file && own)
			fclose(file);
		return -1;
	}
	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	c->wall_ns = (wall.tv_sec - mono.tv_sec) * 1000000000LL + wall.tv_nsec -
		     mono.tv_nsec;
	return 0;
}

int capture_close(struct capture *c)
{
	int err = 0;

	if (c->path && strcmp(c->path, "-")) {
		err = ferror(c->pcap.file);
		if (fclose(c->pcap.file))
			err = 1;
	}
	if (err)
		log_error("%s: %s", c->path, strerror(errno));
	return err ? -1 : 0;
}

/* As it came or as it left; 0 or -EIO. */
static int put_frame(struct capture *c, const struct hf_trace_frames *rec,
		     const struct hf_trace_frame *frame,
		     const struct verdict *v)
{
	const struct hf_trace *r = v->trace;
	char comment[256];
	struct pcapng_frame f = {
		.ifindex = r->ifindex,
		.iface = v->iface,
		.out = frame == &rec->left && r->hook != HF_HOOK_TC_IN,
		.at_ns = rec->at_ns + c->wall_ns,
		.byte = frame->byte,
		.len = frame->len,
		.wire_len = frame->wire_len,
		.comment = comment,
	};

	if (!frame->len || frame->len > HF_TRACE_FRAME_MAX)
		return 0;
	snprintf(comment, sizeof(comment), "handfast %s, %s: %s: %s", v->hook,
		 v->verdict, counter_names[r->reason],
		 counter_helps[r->reason]);
	return pcapng_put(&c->pcap, &f);
}

int capture_put(struct capture *c, const struct hf_trace_frames *rec,
		const struct verdict *v)
{
	return put_frame(c, rec, &rec->came, v)
		       ?: put_frame(c, rec, &rec->left, v)
		       ?: fflush(c->pcap.file);
}
