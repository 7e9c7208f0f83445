/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The connection state machine of RFC 9293 3.3.2 as one table: what a leg in a
 * state does with an event. user/daemon/conn/machine.c runs it, `handfast states
 * --transitions` prints it.
 */
#ifndef HANDFAST_FSM_H
#define HANDFAST_FSM_H

#include <stdbool.h>

#include "names.h"

/* How a leg was opened, RFC 9293 3.3.2. */
enum fsm_role {
	FSM_NO_ROLE,		/* there is no such leg */
	FSM_PASSIVE,
	FSM_ACTIVE,
	FSM_ROLE_NR,
};

/* What a leg does besides entering its next state. */
enum fsm_action {
	FSM_FOLLOW,		/* enters none: it becomes what its record
				 * says, since something was missed */
	FSM_NONE,		/* wait for what the state waits for */
	FSM_ADOPT,		/* begin where the record says */
	FSM_AWAIT_ACK,		/* wait for the third segment, if it does not
				 * already */
	FSM_REPEAT,		/* send the SYN-ACK again, wait twice as long */
	FSM_REPEAT_SYN,		/* send the SYN again, wait twice as long */
	FSM_ABORT,		/* RST to the client, the record goes */
	FSM_FORGET,		/* the half-open record goes */
	FSM_OPENED,		/* keepalive begins */
	FSM_WAIT_2MSL,		/* (re)start the 2 MSL timer */
	FSM_PROBE,		/* send a keepalive probe */
	FSM_DESTROY,		/* end the kernel's socket: its program learns */
	FSM_END,		/* the record goes, its cookie stays used up */
	FSM_ACTION_NR,
};

/* All zero: follow the record. */
struct fsm_cell {
	enum fsm_action action;
	enum hf_state next;
	const char *why;	/* of a surprising cell, with its RFC section */
};

extern const struct fsm_cell fsm_table[HF_STATE_NR][HF_EVENT_NR][FSM_ROLE_NR];
extern const char *const fsm_action_names[FSM_ACTION_NR];

/* What is shown of a cell: NULL where a leg of that role meets the event only
 * after others were lost, or where it changes nothing. */
const struct fsm_cell *fsm_arrow(enum hf_state from, enum hf_event event,
				 enum fsm_role role);

/* Is there an arrow for some role? */
bool fsm_is_arrow(enum hf_state from, enum hf_event event);

#endif
