// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// flood.bpf: write one SYN (or bare ACK) whenever one is due, else drop.
//
// The frame's memory is that of an earlier one, so every byte is written
// every time: first the template, then the random fields, then the two
// checksums, each the template's sum plus the random fields.
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "flood.h"

#define SPORT_OFF 0	/* in the TCP header */
#define SEQ_OFF 4
#define ACK_OFF 8
#define CHECK_OFF 16

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct flood_config config;

/* One CPU at a time runs the program, so plain variables do. */
__u64 start_ns, end_ns, random_state, next_ps, sent;
__u32 due;

/* splitmix64, so that the same seed gives the same flood */
static __always_inline __u64 random_next(void)
{
	__u64 z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static __always_inline bool token_take(void)
{
	__u64 now_ns, now_ps;

	if (due) {
		due--;
		return true;
	}
	now_ns = bpf_ktime_get_ns();
	if (now_ns >= end_ns)
		return false;
	now_ps = (now_ns - start_ns) * 1000;
	if (now_ps < next_ps)
		return false;
	if (now_ps - next_ps > config.burst_ps)
		next_ps = now_ps - config.burst_ps;
	next_ps += config.step_ps * config.at_once;
	due = config.at_once - 1;
	return true;
}

static __always_inline __u32 sum_add(__u32 sum, __u32 word)
{
	return sum + (word & 0xffff) + (word >> 16);
}

static __always_inline __u16 sum_close(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static __always_inline void put32(void *to, __u32 word)
{
	((__u16 *)to)[0] = word;
	((__u16 *)to)[1] = word >> 16;
}

static __always_inline void template_copy(__u16 *to)
{
	int i;

	for (i = 0; i < FLOOD_FRAME_MAX / 2; i++) {
		if (2 * i >= config.frame_len)
			break;
		to[i] = config.frame[i];
	}
}

/* Returns the sum of what was written */
static __always_inline __u32 src_write(void *frame)
{
	__u32 word, sum = 0;
	int i;

	for (i = 0; i < 4; i++) {
		if (i >= config.src_words)
			break;
		word = random_next() & config.src_mask[i];
		sum = sum_add(sum, word);
		word |= *(__u16 *)(frame + config.src_off + 4 * i) |
			*(__u16 *)(frame + config.src_off + 4 * i + 2) << 16;
		put32(frame + config.src_off + 4 * i, word);
	}
	return sum;
}

static __always_inline __u32 tcp_write(void *tcp)
{
	__u64 random = random_next();
	__u16 sport = random;
	__u32 seq = random >> 32, sum;

	sport |= 4;	/* in memory order: at least port 1024 */
	*(__u16 *)(tcp + SPORT_OFF) = sport;
	put32(tcp + SEQ_OFF, seq);
	sum = sum_add(sport, seq);
	if (config.random_ack) {
		random = random_next();
		put32(tcp + ACK_OFF, random);
		sum = sum_add(sum, random);
	}
	return sum;
}

SEC("xdp")
int flood(struct xdp_md *ctx)
{
	void *frame = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	void *tcp = frame + config.tcp_off;
	__u32 src_sum;

	if (frame + config.frame_len > end)
		return XDP_ABORTED;
	if (!token_take())
		return XDP_DROP;
	template_copy(frame);
	src_sum = src_write(frame);
	if (config.ip_check_off)
		*(__u16 *)(frame + config.ip_check_off) =
			sum_close(config.ip_sum + src_sum);
	*(__u16 *)(tcp + CHECK_OFF) =
		sum_close(config.tcp_sum + src_sum + tcp_write(tcp));
	sent++;
	return XDP_TX;
}
