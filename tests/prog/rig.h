/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The data plane, loaded without an interface, one packet at a time. */
#ifndef TESTS_RIG_H
#define TESTS_RIG_H

#include <stdint.h>
#include <stdio.h>

#include "native.h"
#include "handfast/counter.h"
#include "handfast/flow.h"
#include "handfast/state.h"
#include "packet.h"

/* A set of counters. */
typedef unsigned __int128 counter_set;
_Static_assert(HF_CNT_NR <= 128, "one bit a counter");

#define C(id)	((counter_set)1 << HF_CNT_##id)

#define RIG_SERVICE	5	/* service id */
#define RIG_IFACE	3	/* row of iface_counters */
#define RIG_PROFILE	1
#define RIG_GRANTS	(HF_OPT_WSCALE | HF_OPT_SACK | HF_OPT_TS | HF_OPT_ECN)
#define RIG_TERMS	(RIG_RCV_WSCALE << 4 | RIG_GRANTS)
#define RIG_GENERATION	7	/* of the keys */
#define RIG_RCV_WSCALE	9
#define RIG_MSS4	1460	/* what the service announces */
#define RIG_MSS6	1440
#define RIG_WINDOW	65535U
#define RIG_NOW_MS	0xffffc1f3U	/* wraps within a cookie's lifetime */
#define RIG_FLOWS_MAX	256

struct hf_presence;

/* Map and program descriptors. */
struct rig {
	int control, phase, keys, rate, profiles, ports, services, flows;
	int splice, presence;
	int half_open, closed, prefixes, counters, iface_counters, brake,
		pending_ends, stations, answers;
	int events, trace, found, asked, zones;
	int ingress, clock, reap, tc_in, tc_out;
	struct hf_presence *filters; /* presence's value */
	uint32_t max_flows;
	bool with_tc; /* set before loading: the tc programs too */
	enum hf_handoff handoff; /* likewise; NONE: it is chosen, and
				  * nothing here wants to see a SYN */
};

struct counted {
	uint64_t n[HF_CNT_NR];
};

/* How many of each event. */
struct told {
	unsigned int nr[HF_EVENT_NR];
};

/* What became of one packet. */
struct result {
	int verdict;
	struct frame_buf out;
	struct counted service; /* by this packet, in the service's row */
	struct counted none;	/* ... in the row of no service */
};

/*
 * A private network namespace, so that the kernel has no sockets to find, and
 * one processor, since limits are kept by each.
 */
void rig_isolate(void);

/* Load; nothing is pinned, nothing attached. Ends the process on failure. */
void rig_load(struct rig *r, bool partial_sum, uint32_t max_flows);

/* Empty tables, an armed service on both IP versions, a clock that stands. */
void rig_reset(const struct rig *r);

/* Run one frame through hf_ingress and check what holds after any packet. */
void rig_run(const struct rig *r, const struct frame_buf *in,
	     struct result *res);

/* The same for a description. */
void rig_send(const struct rig *r, const struct spec *in, struct result *res);

/* One counter of the service, since loading. */
uint64_t rig_count(const struct rig *r, enum hf_counter counter);

/* The same of the interface: for any service or for none. */
uint64_t rig_count_iface(const struct rig *r, enum hf_counter counter);

/* The names of all counters that were raised since loading, a line each. May be
 * called outside a test. */
void rig_list_raised(const struct rig *r, FILE *fp);

/* Bits C(...) of what was counted; in the service's row and in row 0. */
counter_set rig_counted(const struct counted *c);
const char *rig_counter_names(counter_set bits);

/* What each set of connections that are over holds. */
void rig_set_closed(const struct rig *r, const struct hf_closed_set *each);

/* All of these sets, 1 << HF_CLOSED_BITS, until the next call. */
const struct hf_closed_set *rig_closed(const struct rig *r);

/* Nothing is known of any client prefix: tests before this one had some in the same
 * cells. */
void rig_forget_prefixes(const struct rig *r);

/* The filter denies all records. */
void rig_forget_presence(const struct rig *r);

/* The interface's only address. */
void rig_set_station(const struct rig *r, const uint8_t mac[6]);

/* What lies in the ring for the daemon, which is empty then. */
struct told rig_told(const struct rig *r);

struct hf_control rig_control(const struct rig *r);
void rig_set_control(const struct rig *r, const struct hf_control *c);
void rig_set_now(const struct rig *r, uint32_t now_ms);
struct hf_phase rig_phase(const struct rig *r);
void rig_set_phase(const struct rig *r, const struct hf_phase *p);
void rig_set_flood(const struct rig *r, uint32_t until_ms);
struct hf_keys rig_keys(uint32_t generation);
void rig_set_keys(const struct rig *r, uint32_t generation);
/* What a row of the profiles says, as the MAC has it. */
uint8_t rig_terms(const struct rig *r, uint32_t index);
void rig_set_profile(const struct rig *r, uint32_t index,
		     const struct hf_profile *profile);
struct hf_service rig_service(const struct rig *r, bool ip6);
void rig_set_mode(const struct rig *r, bool ip6, enum hf_mode mode);
void rig_set_service(const struct rig *r, bool ip6,
		     const struct hf_service *svc);

/* One more port that some service might have. */
void rig_set_port_bit(const struct rig *r, uint16_t port);

/* ... and none any more. */
void rig_clear_ports(const struct rig *r);

/* The two steps of it: the write, and what makes the data plane notice. */
void rig_write_service(const struct rig *r, bool ip6,
		       const struct hf_service *svc);
void rig_services_written(const struct rig *r);

/* The tuple of a description, as the data plane keys it. */
struct hf_tuple rig_tuple(const struct spec *s);
bool rig_flow(const struct rig *r, const struct spec *s, struct hf_flow *f);
void rig_set_flow(const struct rig *r, const struct spec *s,
		  const struct hf_flow *f);
/* A SYN-ACK left in the VLAN of this description. */
void rig_answer_zone(const struct rig *r, const struct spec *s);
/* Is a SYN of this description remembered? */
bool rig_half_open(const struct rig *r, const struct spec *s);
/* Records that a walk over the table finds. */
unsigned int rig_flows(const struct rig *r);

/* How many records the presence filter has; pending ones times 2^16. */
uint64_t rig_presence(const struct rig *r);

/* Cells of the filter that tc ingress asks: of each segment that hits one, the
 * table of flows is asked, too. */
unsigned int rig_tc_cells(const struct rig *r);

/* As if each record, alone in its cell, had another tag and so many records beside it. */
void rig_presence_share(const struct rig *r, int records);

/* As if the other half of each record's cell had it too, or alone. */
void rig_presence_other_half(const struct rig *r, bool stays);

/* One call of hf_reap: result in `arg`. */
void rig_reap(const struct rig *r, struct hf_reap_arg *arg);

/* End the record of a segment's tuple as the daemon does. */
void rig_remove(const struct rig *r, const struct spec *s);

#endif
