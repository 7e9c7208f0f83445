/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps, shared by all programs of an instance and pinned under
 * /sys/fs/bpf/handfast/NAME/vN/. Who writes what stands beside each.
 */
#ifndef HANDFAST_MAPS_BPF_H
#define HANDFAST_MAPS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/answer.h"
#include "handfast/brake.h"
#include "handfast/control.h"
#include "handfast/counter.h"
#include "handfast/exit.h"
#include "handfast/flow.h"
#include "handfast/found.h"
#include "handfast/half_open.h"
#include "handfast/incident.h"
#include "handfast/limits.h"
#include "handfast/presence.h"
#include "handfast/service.h"
#include "handfast/splice.h"
#include "handfast/state.h"
#include "handfast/trace.h"

/*
 * What each packet reads are variables: programs know their addresses. To libbpf
 * each is a map of one value, which the daemon pins by the variable's name.
 */

/* Steering words; the daemon writes. */
struct hf_control control SEC(".data.control");

/* Calm or flood, number of flows; the data plane writes. */
struct hf_phase phase SEC(".data.phase");

/* Rates in the current window; the data plane writes. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_rate);
} rate SEC(".maps");

/* Ring of key generations; the daemon fills a slot before it is published. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HF_KEYS_MAX);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_keys);
} keys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HF_PROFILES_MAX);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_profile);
} profiles SEC(".maps");

/* Ports of services; the daemon writes. */
struct hf_ports ports SEC(".data.ports");

/* The daemon writes whole values; tc writes full_until_ms into them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HF_SERVICE_ADDRS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct hf_service_key);
	__type(value, struct hf_service);
} services SEC(".maps");

/* The data plane writes. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HF_SERVICES_MAX);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_answer);
} answers SEC(".maps");

/* Which way answers leave, by client prefixes; the daemon writes. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, HF_EXITS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct hf_exit_key);
	__type(value, struct hf_exit);
} exits SEC(".maps");

/* When a SYN-ACK left last, by zone; the data plane writes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HF_ZONES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, __u32);
} zones SEC(".maps");

/* What answers and is no service yet; the data plane writes, the daemon takes
 * out what gets no row. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, HF_FOUND_MAX);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct hf_service_key);
	__type(value, struct hf_found);
} found SEC(".maps");

/* SYNs that passed last, see asked.bpf.h; the data plane writes. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_asked_set);
} asked SEC(".maps");

/* The data plane writes; max_entries is set before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct hf_tuple);
	__type(value, struct hf_flow);
} flows SEC(".maps");

/* Beside the record of each spliced connection; the data plane writes. Memory is
 * taken as they come: few hosts splice all. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct hf_tuple);
	__type(value, struct hf_splice);
} splice_v1 SEC(".maps");

/* The data plane writes; the daemon and the CLI read. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HF_SERVICES_MAX);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_brake);
} brake SEC(".maps");

/* The daemon writes. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HF_IFACES_MAX);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_stations);
} stations SEC(".maps");

/* Interfaces on trial; user space writes. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HF_IFACES_MAX);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_trial);
} trials SEC(".maps");

/* What ended lately, against replay: flow/closed.bpf.h. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << HF_CLOSED_BITS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_closed_set);
} closed SEC(".maps");

/* SYNs remembered while calm; the data plane writes. Losing one costs a
 * repetition of the SYN. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct hf_tuple);
	__type(value, struct hf_half_open);
} half_open SEC(".maps");

/* Hints for the daemon: struct hf_event_rec. Size is set before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} events SEC(".maps");

/* For `handfast trace`: struct hf_trace. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, HF_TRACE_BYTES);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} trace SEC(".maps");

/* The frame as it came, while `handfast trace' wants frames. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hf_trace_frame);
} trace_scratch SEC(".maps");

/* What the daemon counted of states. It alone writes, no program reads. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_states);
} states SEC(".maps");

/* Floods. The daemon writes, no program reads. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HF_INCIDENTS_MAX);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_incident);
} incidents SEC(".maps");

/* Where a half-open record is put together, with its key. */
struct half_entry {
	struct hf_tuple tuple;
	struct hf_half_open value;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct half_entry);
} half_scratch SEC(".maps");

/* Where a new record is put together: too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hf_flow);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hf_splice);
} splice_scratch SEC(".maps");

/* The data plane writes, see presence.bpf.h. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_presence);
} presence SEC(".maps");

/* What a client prefix took of a share. */
struct prefix_tally {
	__u32 window;		/* in this one ... */
	__u32 nr;		/* ... it took so many, or tried to */
};

/* By a hash of the client's prefix; the data plane writes. */
struct prefix_cell {
	__s32 pending;		/* records, by atomic add */
	__u32 unanswered_ms;	/* a SYN was, last; 0: none */
	__u32 mss_ms;		/* it was told a lower MSS than most, last ... */
	__u16 mss;		/* ... this one, 0: none ... */
	__u16 service;		/* ... by this service */
	struct prefix_tally odd, guesses;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << HF_PREFIX_BITS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct prefix_cell);
} prefixes SEC(".maps");

/* Two generations of marks, see seen.bpf.h; the daemon clears the older one. */
struct seen_bits {
	__u32 word[(1U << HF_SEEN_BITS) / 32];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct seen_bits);
} seen SEC(".maps");

/* Row 0: what belongs to no service. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HF_SERVICES_MAX);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HF_IFACES_MAX);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_counters);
} iface_counters SEC(".maps");

/* What a row of the two had counted when its present owner got it, summed over
 * CPUs. The daemon writes, no program reads. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HF_SERVICES_MAX);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_counters);
} counter_base SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HF_IFACES_MAX);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_counters);
} iface_base SEC(".maps");

/* For people: what the CLI prints. The daemon writes, no program reads. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_meta);
} meta SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HF_IFACES_MAX);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_iface);
} ifaces SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HF_SERVICES_MAX);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct hf_service_info);
} service_info SEC(".maps");

/* The only element of a map with one, or what an index holds; never fails. */
#define MAP_AT(map, index) \
	({ __u32 at_ = (index); bpf_map_lookup_elem(&map, &at_); })

#endif
