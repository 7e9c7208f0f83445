// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table of the state machine.
 *
 * A leg is one endpoint. On a host it is the server's socket, watched from
 * outside: the data plane reports what passed (state.h), the kernel did it. A
 * cell that no complete sequence of events can reach says FSM_LOOK: events were
 * lost (the ring buffer is bounded), and the record, which has all the facts,
 * decides (user/lib/flow_state.c). So the two ways to a state agree by
 * construction where a hint is missing, and by the property test in
 * tests/unit/test_fsm.c where none is.
 *
 * A passive open that is given up goes back to LISTEN and not to CLOSED: RFC
 * 9293 3.10.7.4, RST in SYN-RECEIVED. No flow was made for it.
 */
#include "fsm.h"

#define GO(state, act)		{ .next = HF_##state, .action = FSM_##act }
#define GO_WHY(state, act, text) \
	{ .next = HF_##state, .action = FSM_##act, .why = (text) }

/* Endings that any state with a record may meet. */
#define ENDINGS \
	[HF_EV_RCV_RST] = GO(CLOSED, END), \
	[HF_EV_SND_RST] = GO(CLOSED, END), \
	[HF_EV_GONE] = GO_WHY(CLOSED, END, \
		"the kernel gave up or was told to (SOCK_DESTROY)")

/* What only a leg that missed something meets. */
#define LOOK(state, event)	[HF_EV_##event] = GO(state, LOOK)

const struct fsm_cell fsm_table[HF_STATE_NR][HF_EVENT_NR] = {
	[HF_CLOSED] = {
		[HF_EV_SND_SYN] = GO(SYN_SENT, NONE),
		[HF_EV_ADOPTED] = GO(CLOSED, LOOK),
		LOOK(CLOSED, RCV_SYN), LOOK(CLOSED, RCV_ACK),
		LOOK(CLOSED, RCV_SYN_ACK), LOOK(CLOSED, SND_FIN),
		LOOK(CLOSED, RCV_FIN), LOOK(CLOSED, RCV_FIN_ACK),
		LOOK(CLOSED, RCV_ACK_OF_FIN), LOOK(CLOSED, RCV_FIN_AGAIN),
		[HF_EV_RCV_RST] = GO(CLOSED, LOOK),
		[HF_EV_SND_RST] = GO(CLOSED, LOOK),
		[HF_EV_REPEAT] = GO(CLOSED, NONE),
		[HF_EV_GIVE_UP] = GO(CLOSED, NONE),
		[HF_EV_MSL2] = GO(CLOSED, NONE),
		[HF_EV_IDLE] = GO(CLOSED, NONE),
		[HF_EV_DEAD] = GO(CLOSED, NONE),
		[HF_EV_GONE] = GO(CLOSED, NONE),
	},
	[HF_LISTEN] = {
		[HF_EV_SND_SYN] = GO_WHY(SYN_SENT, NONE,
			"a listening port may be the source of an active open"),
		[HF_EV_RCV_SYN] = GO(SYN_RECEIVED, NONE),
		[HF_EV_RCV_ACK] = GO_WHY(ESTABLISHED, OPENED,
			"the cookie proves the SYN that nobody remembered, RFC "
			"4987 3.6"),
		[HF_EV_ADOPTED] = GO(CLOSED, LOOK),
		LOOK(CLOSED, RCV_SYN_ACK), LOOK(CLOSED, SND_FIN),
		LOOK(CLOSED, RCV_FIN), LOOK(CLOSED, RCV_FIN_ACK),
		LOOK(CLOSED, RCV_ACK_OF_FIN), LOOK(CLOSED, RCV_FIN_AGAIN),
		LOOK(CLOSED, RCV_RST), LOOK(CLOSED, SND_RST),
		[HF_EV_REPEAT] = GO(LISTEN, NONE),
		[HF_EV_GIVE_UP] = GO(LISTEN, NONE),
		[HF_EV_MSL2] = GO(LISTEN, NONE),
		[HF_EV_IDLE] = GO(LISTEN, NONE),
		[HF_EV_DEAD] = GO(LISTEN, NONE),
		[HF_EV_GONE] = GO(LISTEN, NONE),
	},
	[HF_SYN_SENT] = {
		[HF_EV_SND_SYN] = GO(SYN_SENT, NONE),
		[HF_EV_RCV_SYN] = GO_WHY(SYN_RECEIVED, NONE,
			"simultaneous open, RFC 9293 3.5 figure 8"),
		[HF_EV_RCV_SYN_ACK] = GO(ESTABLISHED, OPENED),
		LOOK(SYN_SENT, RCV_ACK), LOOK(SYN_SENT, SND_FIN),
		LOOK(SYN_SENT, RCV_FIN), LOOK(SYN_SENT, RCV_FIN_ACK),
		LOOK(SYN_SENT, RCV_ACK_OF_FIN), LOOK(SYN_SENT, RCV_FIN_AGAIN),
		LOOK(SYN_SENT, ADOPTED),
		[HF_EV_REPEAT] = GO(SYN_SENT, NONE),
		[HF_EV_GIVE_UP] = GO(SYN_SENT, NONE),
		[HF_EV_MSL2] = GO(SYN_SENT, NONE),
		[HF_EV_IDLE] = GO(SYN_SENT, NONE),
		[HF_EV_DEAD] = GO(SYN_SENT, NONE),
		ENDINGS,
	},
	[HF_SYN_RECEIVED] = {
		[HF_EV_RCV_SYN] = GO_WHY(SYN_RECEIVED, NONE,
			"the client repeats its SYN: one half-open connection "
			"stays one"),
		[HF_EV_RCV_ACK] = GO(ESTABLISHED, OPENED),
		[HF_EV_RCV_RST] = GO_WHY(LISTEN, FORGET,
			"a passive open returns to LISTEN, RFC 9293 3.10.7.4"),
		[HF_EV_REPEAT] = GO(SYN_RECEIVED, REPEAT),
		[HF_EV_GIVE_UP] = GO(LISTEN, FORGET),
		[HF_EV_SND_SYN] = GO(SYN_RECEIVED, LOOK),
		LOOK(SYN_RECEIVED, RCV_SYN_ACK), LOOK(SYN_RECEIVED, SND_FIN),
		LOOK(SYN_RECEIVED, RCV_FIN), LOOK(SYN_RECEIVED, RCV_FIN_ACK),
		LOOK(SYN_RECEIVED, RCV_ACK_OF_FIN),
		LOOK(SYN_RECEIVED, RCV_FIN_AGAIN), LOOK(SYN_RECEIVED, ADOPTED),
		LOOK(SYN_RECEIVED, SND_RST),
		[HF_EV_MSL2] = GO(SYN_RECEIVED, NONE),
		[HF_EV_IDLE] = GO(SYN_RECEIVED, NONE),
		[HF_EV_DEAD] = GO(SYN_RECEIVED, NONE),
		[HF_EV_GONE] = GO(SYN_RECEIVED, LOOK),
	},
	[HF_ESTABLISHED] = {
		[HF_EV_SND_FIN] = GO(FIN_WAIT_1, NONE),
		[HF_EV_RCV_FIN] = GO(CLOSE_WAIT, NONE),
		[HF_EV_IDLE] = GO(ESTABLISHED, PROBE),
		[HF_EV_DEAD] = GO_WHY(ESTABLISHED, DESTROY,
			"the RST of the kernel's socket ends the record"),
		LOOK(ESTABLISHED, SND_SYN), LOOK(ESTABLISHED, RCV_SYN),
		LOOK(ESTABLISHED, RCV_SYN_ACK), LOOK(ESTABLISHED, RCV_ACK),
		LOOK(ESTABLISHED, RCV_FIN_ACK),
		LOOK(ESTABLISHED, RCV_ACK_OF_FIN),
		LOOK(ESTABLISHED, ADOPTED),
		[HF_EV_RCV_FIN_AGAIN] = GO_WHY(ESTABLISHED, NONE,
			"a FIN beyond a hole: not received before we "
			"acknowledge it, RFC 9293 3.10.7.4"),
		[HF_EV_REPEAT] = GO(ESTABLISHED, NONE),
		[HF_EV_GIVE_UP] = GO(ESTABLISHED, NONE),
		[HF_EV_MSL2] = GO(ESTABLISHED, NONE),
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
		LOOK(FIN_WAIT_1, SND_SYN), LOOK(FIN_WAIT_1, RCV_SYN),
		LOOK(FIN_WAIT_1, RCV_SYN_ACK), LOOK(FIN_WAIT_1, RCV_ACK),
		LOOK(FIN_WAIT_1, SND_FIN), LOOK(FIN_WAIT_1, ADOPTED),
		[HF_EV_REPEAT] = GO(FIN_WAIT_1, NONE),
		[HF_EV_GIVE_UP] = GO(FIN_WAIT_1, NONE),
		[HF_EV_MSL2] = GO(FIN_WAIT_1, NONE),
		[HF_EV_IDLE] = GO(FIN_WAIT_1, NONE),
		[HF_EV_DEAD] = GO(FIN_WAIT_1, NONE),
		ENDINGS,
	},
	[HF_FIN_WAIT_2] = {
		[HF_EV_RCV_FIN] = GO(TIME_WAIT, WAIT_2MSL),
		[HF_EV_RCV_FIN_AGAIN] = GO(FIN_WAIT_2, NONE),
		LOOK(FIN_WAIT_2, SND_SYN), LOOK(FIN_WAIT_2, RCV_SYN),
		LOOK(FIN_WAIT_2, RCV_SYN_ACK), LOOK(FIN_WAIT_2, RCV_ACK),
		LOOK(FIN_WAIT_2, SND_FIN), LOOK(FIN_WAIT_2, RCV_FIN_ACK),
		LOOK(FIN_WAIT_2, RCV_ACK_OF_FIN), LOOK(FIN_WAIT_2, ADOPTED),
		[HF_EV_REPEAT] = GO(FIN_WAIT_2, NONE),
		[HF_EV_GIVE_UP] = GO(FIN_WAIT_2, NONE),
		[HF_EV_MSL2] = GO(FIN_WAIT_2, NONE),
		[HF_EV_IDLE] = GO(FIN_WAIT_2, NONE),
		[HF_EV_DEAD] = GO(FIN_WAIT_2, NONE),
		ENDINGS,
	},
	[HF_CLOSE_WAIT] = {
		[HF_EV_SND_FIN] = GO(LAST_ACK, NONE),
		[HF_EV_IDLE] = GO(CLOSE_WAIT, PROBE),
		[HF_EV_DEAD] = GO(CLOSE_WAIT, DESTROY),
		[HF_EV_RCV_FIN_AGAIN] = GO_WHY(CLOSE_WAIT, NONE,
			"our ACK was lost, the kernel acknowledges again"),
		LOOK(CLOSE_WAIT, SND_SYN), LOOK(CLOSE_WAIT, RCV_SYN),
		LOOK(CLOSE_WAIT, RCV_SYN_ACK), LOOK(CLOSE_WAIT, RCV_ACK),
		LOOK(CLOSE_WAIT, RCV_FIN), LOOK(CLOSE_WAIT, RCV_FIN_ACK),
		LOOK(CLOSE_WAIT, RCV_ACK_OF_FIN), LOOK(CLOSE_WAIT, ADOPTED),
		[HF_EV_REPEAT] = GO(CLOSE_WAIT, NONE),
		[HF_EV_GIVE_UP] = GO(CLOSE_WAIT, NONE),
		[HF_EV_MSL2] = GO(CLOSE_WAIT, NONE),
		ENDINGS,
	},
	[HF_CLOSING] = {
		[HF_EV_RCV_ACK_OF_FIN] = GO(TIME_WAIT, WAIT_2MSL),
		[HF_EV_RCV_FIN_AGAIN] = GO(CLOSING, NONE),
		LOOK(CLOSING, SND_SYN), LOOK(CLOSING, RCV_SYN),
		LOOK(CLOSING, RCV_SYN_ACK), LOOK(CLOSING, RCV_ACK),
		LOOK(CLOSING, SND_FIN), LOOK(CLOSING, RCV_FIN),
		LOOK(CLOSING, RCV_FIN_ACK), LOOK(CLOSING, ADOPTED),
		[HF_EV_REPEAT] = GO(CLOSING, NONE),
		[HF_EV_GIVE_UP] = GO(CLOSING, NONE),
		[HF_EV_MSL2] = GO(CLOSING, NONE),
		[HF_EV_IDLE] = GO(CLOSING, NONE),
		[HF_EV_DEAD] = GO(CLOSING, NONE),
		ENDINGS,
	},
	[HF_LAST_ACK] = {
		[HF_EV_RCV_ACK_OF_FIN] = GO_WHY(CLOSED, END,
			"no TIME_WAIT where the other side closed first"),
		[HF_EV_RCV_FIN_AGAIN] = GO(LAST_ACK, NONE),
		LOOK(LAST_ACK, SND_SYN), LOOK(LAST_ACK, RCV_SYN),
		LOOK(LAST_ACK, RCV_SYN_ACK), LOOK(LAST_ACK, RCV_ACK),
		LOOK(LAST_ACK, SND_FIN), LOOK(LAST_ACK, RCV_FIN),
		LOOK(LAST_ACK, RCV_FIN_ACK), LOOK(LAST_ACK, ADOPTED),
		[HF_EV_REPEAT] = GO(LAST_ACK, NONE),
		[HF_EV_GIVE_UP] = GO(LAST_ACK, NONE),
		[HF_EV_MSL2] = GO(LAST_ACK, NONE),
		[HF_EV_IDLE] = GO(LAST_ACK, NONE),
		[HF_EV_DEAD] = GO(LAST_ACK, NONE),
		ENDINGS,
	},
	[HF_TIME_WAIT] = {
		[HF_EV_MSL2] = GO(CLOSED, END),
		[HF_EV_RCV_FIN_AGAIN] = GO_WHY(TIME_WAIT, WAIT_2MSL,
			"our last ACK was lost: acknowledge and restart 2 MSL, "
			"RFC 9293 3.10.7.4"),
		LOOK(TIME_WAIT, SND_SYN), LOOK(TIME_WAIT, RCV_SYN),
		LOOK(TIME_WAIT, RCV_SYN_ACK), LOOK(TIME_WAIT, RCV_ACK),
		LOOK(TIME_WAIT, SND_FIN), LOOK(TIME_WAIT, RCV_FIN),
		LOOK(TIME_WAIT, RCV_FIN_ACK), LOOK(TIME_WAIT, RCV_ACK_OF_FIN),
		LOOK(TIME_WAIT, ADOPTED),
		[HF_EV_REPEAT] = GO(TIME_WAIT, NONE),
		[HF_EV_GIVE_UP] = GO(TIME_WAIT, NONE),
		[HF_EV_IDLE] = GO(TIME_WAIT, NONE),
		[HF_EV_DEAD] = GO(TIME_WAIT, NONE),
		[HF_EV_RCV_RST] = GO_WHY(TIME_WAIT, NONE,
			"ignored, RFC 1337: it would end TIME_WAIT too early"),
		[HF_EV_SND_RST] = GO_WHY(TIME_WAIT, NONE,
			"the kernel's answer to something else"),
		[HF_EV_GONE] = GO_WHY(CLOSED, END,
			"the kernel's own TIME_WAIT ended, tcp_max_tw_buckets"),
	},
};

const char *const fsm_action_names[] = {
	[FSM_NONE] = "none",
	[FSM_LOOK] = "look",
	[FSM_REPEAT] = "repeat SYN-ACK",
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

bool fsm_is_arrow(enum hf_state from, enum hf_event event)
{
	const struct fsm_cell *cell = &fsm_table[from][event];

	if (event == HF_EV_ADOPTED)
		return from == HF_CLOSED;
	return cell->action != FSM_LOOK &&
	       (cell->next != from || cell->action != FSM_NONE || cell->why);
}
