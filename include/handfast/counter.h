/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every counter, its name and its meaning, in one table: BPF makes an enum of
 * it; text, JSON, completion and manual take the names from it.
 *
 * syn_seen = syn_answered + syn_passed + syn_dropped, and each of the three is
 * the sum of its reasons (syn_answer_*, syn_pass_*, syn_drop_*); ack_rejected
 * is the sum of the reasons that begin with ack_ but for ack_accepted.
 */
#ifndef HANDFAST_COUNTER_H
#define HANDFAST_COUNTER_H

#define HF_COUNTERS(X) \
	X(SYN_SEEN, syn_seen, "SYNs for a protected service") \
	X(SYN_ANSWER_TS, syn_answer_ts, "answered, client has timestamps") \
	X(SYN_ANSWER_NO_TS, syn_answer_no_ts, "answered, no timestamps") \
	X(SYN_PASS_OFF, syn_pass_off, "mode is off") \
	X(SYN_PASS_CALM, syn_pass_calm, "mode is auto, and it is calm") \
	X(SYN_PASS_MONITOR, syn_pass_monitor, "mode is monitor: see would_*") \
	X(SYN_PASS_NOT_ARMED, syn_pass_not_armed, "not armed") \
	X(SYN_PASS_ORPHANED, syn_pass_orphaned, "daemon silent too long") \
	X(SYN_PASS_UNCONFIRMED, syn_pass_unconfirmed, "attached on trial, not confirmed in time") \
	X(SYN_PASS_ELSEWHERE, syn_pass_elsewhere, "the answer would leave by an interface that is not attached") \
	X(SYN_PASS_NO_LISTENER, syn_pass_no_listener, "no socket listens") \
	X(SYN_PASS_LEARN, syn_pass_learn, "to see what the service answers") \
	X(SYN_PASS_REFUSED, syn_pass_refused, "the server refuses connections") \
	X(SYN_PASS_UNANSWERED, syn_pass_unanswered, "its server did not answer this client's network, or nobody") \
	X(SYN_PASS_MPTCP, syn_pass_mptcp, "listener is an MPTCP socket") \
	X(SYN_PASS_MD5_AO, syn_pass_md5_ao, "TCP-MD5 or TCP-AO") \
	X(SYN_PASS_LIVE_FLOW, syn_pass_live_flow, "connection exists") \
	X(SYN_PASS_TIME_WAIT, syn_pass_time_wait, "TIME_WAIT, the kernel decides") \
	X(SYN_PASS_SMALL_MSS, syn_pass_small_mss, "MSS below every class") \
	X(SYN_PASS_BAD_SUM, syn_pass_bad_checksum, "checksum, while calm") \
	X(SYN_PASS_NOT_UNICAST, syn_pass_not_unicast, "frame or source is no unicast") \
	X(SYN_PASS_NO_ROOM, syn_pass_no_room, "flow table nearly full") \
	X(SYN_PASS_TRIPPED, syn_pass_tripped, "the brake: handshakes became no sockets") \
	X(SYN_DROP_ACCEPT_FULL, syn_drop_accept_full, "application is not accepting") \
	X(SYN_DROP_ODD_RATE, syn_drop_odd_rate, "too many that would have to pass") \
	X(SYN_DROP_BAD_SUM, syn_drop_bad_checksum, "checksum, under flood") \
	X(SYN_DROP_NO_REPLY, syn_drop_no_reply, "frame could not be resized") \
	X(ACK_ACCEPTED, ack_accepted, "cookies validated, one a connection") \
	X(ACK_BAD_MAC, ack_bad_mac, "acknowledges no cookie of ours") \
	X(ACK_UNCHECKED, ack_unchecked, "too many guesses to check it") \
	X(ACK_EXPIRED, ack_expired, "cookie older than its lifetime") \
	X(ACK_REPLAYED, ack_replayed, "cookie was used before") \
	X(ACK_BAD_SUM, ack_bad_checksum, "cookie is good, checksum is not") \
	X(ACK_NO_ROOM, ack_no_room, "cookie is good, flow table is full") \
	X(REJECT_PASSED, reject_passed, "rejected ACKs left to the kernel") \
	X(REJECT_DROPPED, reject_dropped, "rejected ACKs dropped") \
	X(HALF_MADE, half_open_made, "SYNs remembered while calm") \
	X(HALF_PROVED, half_open_proved, "... whose ACK the record proved") \
	X(HALF_RST, half_open_rst, "... ended by the client's RST") \
	X(HALF_SILENT, half_open_silent, "ACKs behind a lost one, not answered") \
	X(SYN_ACK_AGAIN, syn_ack_repeated, "SYN-ACKs repeated by the daemon") \
	X(PROBE_SENT, keepalive_probes, "keepalive probes sent") \
	X(PROBE_DEAD, keepalive_dead, "... whose connection was ended") \
	X(FLOW_IN, flow_in, "client's segments on a known connection") \
	X(FLOW_IN_UNFIT, flow_in_unfit, "... outside what the other side sent") \
	X(FLOW_OUT, flow_out, "server's segments on a known connection") \
	X(FLOW_OUT_UNFIT, flow_out_unfit, "... that do not fit the record") \
	X(FLOW_CREATED, flow_created, "records made") \
	X(FLOW_ADOPTED, flow_adopted, "... of connections the kernel had") \
	X(FLOW_CLOSED, flow_closed, "records ended") \
	X(PASS_NOT_IP, pass_not_ip, "not IPv4 or IPv6") \
	X(PASS_NOT_TCP, pass_not_tcp, "not TCP") \
	X(PASS_FRAGMENT, pass_fragment, "IP fragment") \
	X(PASS_EXT_HEADER, pass_ext_header, "IPv6 extension header not walked") \
	X(PASS_SHORT, pass_short, "frame ends within a header") \
	X(PASS_OTHER_STATION, pass_other_station, "frame for another machine") \
	X(PASS_NOT_SERVICE, pass_not_service, "not for a protected service") \
	X(PASS_CALM, pass_calm, "mode is auto, and it is calm: not followed") \
	X(PASS_MONITOR, pass_monitor, "mode is monitor: not followed") \
	X(WOULD_ANSWER, would_answer, "... SYNs that mode always had answered") \
	X(WOULD_DROP_SYN, would_drop_syn, "... SYNs that it had dropped") \
	X(WOULD_DROP_ACK, would_drop_ack, "... ACKs of no connection that it had dropped") \
	X(PASS_VLAN, pass_vlan, "in a VLAN in which nobody here was seen to answer") \
	X(PASS_FLAGS, pass_flags, "neither SYN, ACK nor RST, or a bad mix") \
	X(PASS_SYN_ACK, pass_syn_ack, "answer to this host's own SYN") \
	X(PASS_RST, pass_rst, "RST without a record") \
	X(PASS_KERNEL, pass_kernel, "belongs to a socket of the kernel") \
	X(DROP_RST, drop_rst, "RST of no connection, under flood") \
	X(DROP_SYN_ACK, drop_syn_ack, "SYN-ACK that nobody asked for, under flood") \
	X(DROP_FLAGS, drop_flags, "FIN, none or all flags, of no connection, under flood") \
	X(DROP_FRAGMENT, drop_fragment, "fragments, under flood, too many") \
	X(DROP_EXT_HEADER, drop_ext_header, "IPv6 extension headers not walked, under flood, too many") \
	X(DROP_NO_TC, drop_no_tc, "proved, while tc's programs were not first: the client repeats it") \
	X(DROP_BAD_LENGTH, drop_bad_length, "for a service, lengths are nonsense") \
	X(ADMIT_ASSIGNED, admit_assigned, "handed to the server's socket") \
	X(ADMIT_FULL, admit_accept_full, "accept queue full, segment dropped") \
	X(ADMIT_REFUSED, admit_refused, "the kernel refused the handoff") \
	X(ADMIT_NO_LISTENER, admit_no_listener, "nobody listens any more") \
	X(ADMIT_RST_HELD, admit_rst_held, "kernel's RST held back") \
	X(ADMIT_FAILED, admit_failed, "watched handshakes that became no socket") \
	X(SPLICE_SYN, splice_syn, "SYNs given to the kernel for a proved ACK") \
	X(SPLICE_OPENED, splice_opened, "SYN-ACKs of the server, taken into the splice") \
	X(SPLICE_HELD, splice_held, "client's segments dropped until the server answers") \
	X(SPLICE_REFUSED, splice_refused, "servers that refused, told to the client") \
	X(SPLICE_STALE, splice_stale, "ACKs of an older connection, answered by RST") \
	X(SPLICE_ABORTED, splice_aborted, "SYN-ACKs that came too late, answered by RST") \
	X(SYN_AGAIN, syn_repeated, "SYNs to a silent server, repeated by the daemon") \
	X(SERVER_SILENT, splice_silent, "clients reset since the server was silent") \
	X(SPLICE_RESET, splice_reset, "spliced connections reset by a detach") \
	X(SPLICE_NO_TS, splice_no_timestamps, "servers that refused timestamps: both sides reset") \
	X(WINDOW_AGAIN, window_repeated, "window updates repeated to a silent client of a splice") \
	X(SPLICE_ICMP, splice_icmp, "ICMP errors that quote the server, translated") \
	X(SPLICE_UNFIT, splice_unfit, "segments that do not fit the splice") \
	X(FOUND_NO_ROW, found_no_row, "services behind, in a network of a SPEC, that got no row") \
	X(BRAKE_TRIPPED, brake_tripped, "the brake stopped answering") \

#define HF_COUNTER_ENUM(id, name, help) HF_CNT_##id,
enum hf_counter {
	HF_COUNTERS(HF_COUNTER_ENUM)
	HF_CNT_NR,
};

/* One row: of a service, of an interface, or of what belongs to none. */
struct hf_counters {
	__u64 n[HF_CNT_NR];
};

#endif
