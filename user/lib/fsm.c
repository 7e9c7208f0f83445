// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table of the state machine.
 *
 * A leg is one endpoint. On a host it is the server's socket, watched from
 * outside: the data plane reports what passed (state.h), the kernel did it. The
 * table says what a complete sequence of events can reach. Any other cell is
 * all zero, FSM_FOLLOW: events were lost (the ring buffer is bounded), and the
 * record, which has all the facts, decides (user/lib/flow_state.c). So the two
 * ways to a state agree by construction where a hint is missing, and by the
 * property test in tests/unit/test_fsm.c where none is.
 *
 * A cell is that of a passive and of an active open alike, but in SYN_RECEIVED,
 * where RFC 9293 3.10.7.4 tells them apart: a passive open that is given up goes
 * back to LISTEN, and no flow was made for it; an active one has its record and
 * goes to CLOSED.
 */
#include <stddef.h>

#include "fsm.h"

#define CELL(state, act, text) \
	{ .action = FSM_##act, .next = HF_##state, .why = (text) }

/* For one role. */
#define PASSIVE(state, act, text) [FSM_PASSIVE] = CELL(state, act, text)
#define ACTIVE(state, act, text) [FSM_ACTIVE] = CELL(state, act, text)

/* For both roles. */
#define GO_WHY(state, act, text) \
	{ PASSIVE(state, act, text), ACTIVE(state, act, text) }
#define GO(state, act) GO_WHY(state, act, NULL)

#define WHY_GONE "the kernel gave up or was told to (SOCK_DESTROY)"

/* Endings that any state with a record may meet. */
#define ENDINGS \
	[HF_EV_RCV_RST] = GO(CLOSED, END), \
	[HF_EV_SND_RST] = GO(CLOSED, END), \
	[HF_EV_GONE] = GO_WHY(CLOSED, END, WHY_GONE)

const struct fsm_cell fsm_table[HF_STATE_NR][HF_EVENT_NR][FSM_ROLE_NR] = {
	[HF_CLOSED] = {
		[HF_EV_SND_SYN] = GO(SYN_SENT, NONE),
		[HF_EV_ADOPTED] = GO(CLOSED, ADOPT),
	},
	[HF_LISTEN] = {
		[HF_EV_SND_SYN] = GO_WHY(SYN_SENT, NONE,
			"a listening port may be the source of an active open"),
		[HF_EV_RCV_SYN] = GO(SYN_RECEIVED, AWAIT_ACK),
		[HF_EV_RCV_ACK] = GO_WHY(ESTABLISHED, OPENED,
			"the cookie proves the SYN that nobody remembered, RFC "
			"4987 3.6"),
	},
	[HF_SYN_SENT] = {
		[HF_EV_SND_SYN] = GO(SYN_SENT, NONE),
		[HF_EV_RCV_SYN] = GO_WHY(SYN_RECEIVED, NONE,
			"simultaneous open, RFC 9293 3.5 figure 8"),
		[HF_EV_RCV_SYN_ACK] = GO(ESTABLISHED, OPENED),
		[HF_EV_REPEAT] = { ACTIVE(SYN_SENT, REPEAT_SYN, NULL) },
		[HF_EV_GIVE_UP] = {
			ACTIVE(CLOSED, ABORT,
			       "the server is silent, and the client believes "
			       "to be connected"),
		},
		ENDINGS,
	},
	[HF_SYN_RECEIVED] = {
		[HF_EV_RCV_SYN] = {
			PASSIVE(SYN_RECEIVED, AWAIT_ACK,
				"the client repeats its SYN: one half-open "
				"connection stays one"),
		},
		[HF_EV_RCV_ACK] = GO(ESTABLISHED, OPENED),
		[HF_EV_RCV_RST] = {
			PASSIVE(LISTEN, FORGET,
				"a passive open returns to LISTEN, RFC 9293 "
				"3.10.7.4"),
			ACTIVE(CLOSED, END,
				"an active open is refused, RFC 9293 3.10.7.4"),
		},
		[HF_EV_SND_RST] = {
			ACTIVE(CLOSED, END,
				"after a simultaneous open; half open there is "
				"no socket that would send one"),
		},
		[HF_EV_REPEAT] = { PASSIVE(SYN_RECEIVED, REPEAT, NULL) },
		[HF_EV_GIVE_UP] = { PASSIVE(LISTEN, FORGET, NULL) },
		[HF_EV_GONE] = { ACTIVE(CLOSED, END, WHY_GONE) },
	},
	[HF_ESTABLISHED] = {
		[HF_EV_SND_FIN] = GO(FIN_WAIT_1, NONE),
		[HF_EV_RCV_FIN] = GO(CLOSE_WAIT, NONE),
		[HF_EV_RCV_FIN_AGAIN] = GO_WHY(ESTABLISHED, NONE,
			"a FIN beyond a hole: not received before we "
			"acknowledge it, RFC 9293 3.10.7.4"),
		[HF_EV_IDLE] = GO(ESTABLISHED, PROBE),
		[HF_EV_DEAD] = GO_WHY(ESTABLISHED, DESTROY,
			"the RST of the kernel's socket ends the record"),
		ENDINGS,
	},
	[HF_FIN_WAIT_1] = {
		[HF_EV_RCV_ACK_OF_FIN] = GO(FIN_WAIT_2, NONE),
		[HF_EV_RCV_FIN] = GO_WHY(CLOSING, NONE,
			"simultaneous close, RFC 9293 3.6 figure 13"),
		[HF_EV_RCV_FIN_ACK] = GO_WHY(TIME_WAIT, WAIT_2MSL,
			"FIN and ACK in one segment: FIN_WAIT_2 is passed "
			"through at once, RFC 9293 3.10.7.4"),
		[HF_EV_RCV_FIN_AGAIN] = GO(FIN_WAIT_1, NONE),
		ENDINGS,
	},
	[HF_FIN_WAIT_2] = {
		[HF_EV_RCV_FIN] = GO(TIME_WAIT, WAIT_2MSL),
		[HF_EV_RCV_FIN_AGAIN] = GO(FIN_WAIT_2, NONE),
		ENDINGS,
	},
	[HF_CLOSE_WAIT] = {
		[HF_EV_SND_FIN] = GO(LAST_ACK, NONE),
		[HF_EV_RCV_FIN_AGAIN] = GO_WHY(CLOSE_WAIT, NONE,
			"our ACK was lost, the kernel acknowledges again"),
		[HF_EV_IDLE] = GO(CLOSE_WAIT, PROBE),
		[HF_EV_DEAD] = GO(CLOSE_WAIT, DESTROY),
		ENDINGS,
	},
	[HF_CLOSING] = {
		[HF_EV_RCV_ACK_OF_FIN] = GO(TIME_WAIT, WAIT_2MSL),
		[HF_EV_RCV_FIN_AGAIN] = GO(CLOSING, NONE),
		ENDINGS,
	},
	[HF_LAST_ACK] = {
		[HF_EV_RCV_ACK_OF_FIN] = GO_WHY(CLOSED, END,
			"no TIME_WAIT where the other side closed first"),
		[HF_EV_RCV_FIN_AGAIN] = GO(LAST_ACK, NONE),
		ENDINGS,
	},
	[HF_TIME_WAIT] = {
		[HF_EV_MSL2] = GO(CLOSED, END),
		[HF_EV_RCV_FIN_AGAIN] = GO_WHY(TIME_WAIT, WAIT_2MSL,
			"our last ACK was lost: acknowledge and restart 2 MSL, "
			"RFC 9293 3.10.7.4"),
		[HF_EV_RCV_RST] = GO_WHY(TIME_WAIT, NONE,
			"ignored, RFC 1337: it would end TIME_WAIT too early"),
		[HF_EV_SND_RST] = GO_WHY(TIME_WAIT, NONE,
			"the kernel's answer to something else"),
		[HF_EV_GONE] = GO_WHY(CLOSED, END,
			"the kernel's own TIME_WAIT ended, tcp_max_tw_buckets"),
	},
};

const char *const fsm_action_names[] = {
	[FSM_FOLLOW] = "follow record",
	[FSM_NONE] = "none",
	[FSM_ADOPT] = "adopt",
	[FSM_AWAIT_ACK] = "await ACK",
	[FSM_REPEAT] = "repeat SYN-ACK",
	[FSM_REPEAT_SYN] = "repeat SYN",
	[FSM_ABORT] = "reset client",
	[FSM_FORGET] = "forget",
	[FSM_OPENED] = "open",
	[FSM_WAIT_2MSL] = "wait 2 MSL",
	[FSM_PROBE] = "probe",
	[FSM_DESTROY] = "destroy socket",
	[FSM_END] = "end",
};
_Static_assert(sizeof(fsm_action_names) / sizeof(fsm_action_names[0]) ==
		       FSM_ACTION_NR,
	       "an action without a name");
_Static_assert(FSM_FOLLOW == 0, "a cell that is not filled follows the record");

const struct fsm_cell *fsm_arrow(enum hf_state from, enum hf_event event,
				 enum fsm_role role)
{
	const struct fsm_cell *cell = &fsm_table[from][event][role];
	bool changes = cell->next != from || cell->action != FSM_NONE;

	return cell->action != FSM_FOLLOW && (changes || cell->why) ? cell
								    : NULL;
}

bool fsm_is_arrow(enum hf_state from, enum hf_event event)
{
	return fsm_arrow(from, event, FSM_PASSIVE) ||
	       fsm_arrow(from, event, FSM_ACTIVE);
}
