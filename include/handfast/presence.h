/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The presence filters over the keys of `flows`: of all records, and of those whose
 * client's segments tc has to see. The data plane alone writes; see
 * bpf/state/presence.bpf.h.
 */
#ifndef HANDFAST_PRESENCE_H
#define HANDFAST_PRESENCE_H

/* Bits of a tuple's hash, which choose a cell and the bit in front of it. */
#define HF_PRESENCE_FLOW_BITS	21
#define HF_PRESENCE_FLOW_CELLS	(1U << HF_PRESENCE_FLOW_BITS)
#define HF_PRESENCE_TC_BITS	19
#define HF_PRESENCE_TC_CELLS	(1U << HF_PRESENCE_TC_BITS)

struct hf_presence {
	__u32 flow_bit[HF_PRESENCE_FLOW_CELLS / 32];
	__u32 flow_cell[HF_PRESENCE_FLOW_CELLS];
	__u32 tc_bit[HF_PRESENCE_TC_CELLS / 32];
	__u32 tc_cell[HF_PRESENCE_TC_CELLS];	/* how many records */
};

/* Of a cell of flow_cell: two halves, and in each of its records ... */
#define HF_PRESENCE_HALF	16	/* bits, and the bit of the hash that chooses */
#define HF_PRESENCE_COUNT	0x3fU	/* ... how many, and ... */
#define HF_PRESENCE_SUM		6	/* ... from this bit on the sum of their tags, ... */
#define HF_PRESENCE_TAG		0xfU	/* ... of these bits of the hash */

#endif
