// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is not answered: passed untouched or dropped, for its own reason. */
#include <string.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "shake.h"
#include "suite.h"

#define SEEN		C(SYN_SEEN)
#define EXT(...)	.ext = { __VA_ARGS__ }, \
			.exts = sizeof((uint8_t[]){ __VA_ARGS__ })
#define CLIENT4(...)	.client_set = true, .client = { __VA_ARGS__ }

struct verdict_row {
	const char *name;
	int versions;		/* V4, V6, 0 for both */
	struct spec in;
	counter_set counts;	/* in the service's row */
	counter_set none;	/* in the row of no service */
	bool dropped;
	void (*setup)(bool ip6);
};

static void service_flags(bool ip6, uint8_t flags)
{
	struct hf_service svc = rig_service(&rig, ip6);

	svc.flags = flags;
	rig_set_service(&rig, ip6, &svc);
}

static void not_listening(bool ip6)
{
	service_flags(ip6, 0);
}

static void mode_auto(bool ip6)
{
	rig_set_mode(&rig, ip6, HF_MODE_AUTO);
}

static void mode_monitor(bool ip6)
{
	rig_set_mode(&rig, ip6, HF_MODE_MONITOR);
}

static void monitor_under_flood(bool ip6)
{
	mode_monitor(ip6);
	rig_set_flood(&rig, RIG_NOW_MS + 1000);
}

static void mptcp(bool ip6)
{
	service_flags(ip6, HF_SVC_LISTENING | HF_SVC_MPTCP);
}

static void md5(bool ip6)
{
	service_flags(ip6, HF_SVC_LISTENING | HF_SVC_MD5);
}

static void mode_off(bool ip6)
{
	rig_set_mode(&rig, ip6, HF_MODE_OFF);
}

static void accept_full(bool ip6)
{
	struct hf_service svc = rig_service(&rig, ip6);

	svc.full = 1;
	svc.full_until_ms = RIG_NOW_MS + 1;
	rig_set_service(&rig, ip6, &svc);
}

static void not_armed(bool ip6)
{
	struct hf_control c = rig_control(&rig);

	(void)ip6;
	c.armed = 0;
	rig_set_control(&rig, &c);
}

static void orphaned(bool ip6)
{
	struct hf_control c = rig_control(&rig);

	(void)ip6;
	c.heartbeat_ms = RIG_NOW_MS - c.orphan_ms;
	rig_set_control(&rig, &c);
}

static void table_full(bool ip6)
{
	struct hf_control c = rig_control(&rig);

	(void)ip6;
	c.flows_limit = 0;
	rig_set_control(&rig, &c);
}

static void no_odd_syns(bool ip6)
{
	struct hf_control c = rig_control(&rig);

	(void)ip6;
	c.odd.all.nr = 0;
	rig_set_control(&rig, &c);
}

static void flood(bool ip6)
{
	(void)ip6;
	rig_set_flood(&rig, RIG_NOW_MS + 1);
}

static void flood_no_odd(bool ip6)
{
	no_odd_syns(ip6);
	flood(ip6);
}

static void full_under_flood(bool ip6)
{
	table_full(ip6);
	flood_no_odd(ip6);
}

static void monitor_no_odd(bool ip6)
{
	struct hf_control c;

	monitor_under_flood(ip6);
	no_odd_syns(ip6);
	c = rig_control(&rig);
	c.modes = HF_MODE_BIT(HF_MODE_MONITOR);
	rig_set_control(&rig, &c);
}

static void not_armed_no_odd(bool ip6)
{
	not_armed(ip6);
	flood_no_odd(ip6);
}

static void other_station_no_odd(bool ip6)
{
	struct hf_stations s = { .nr = 1, .mac = { 1 } };

	flood_no_odd(ip6);
	ck_assert(!bpf_map_update_elem(rig.stations, &(uint32_t){ RIG_IFACE }, &s, 0));
}

static void not_armed_under_flood(bool ip6)
{
	not_armed(ip6);
	flood(ip6);
}

static const struct verdict_row passed[] = {
	/* Not ours. */
	{ "ARP", V4, { .ethertype = 0x0806 }, .none = C(PASS_NOT_IP) },
	{ "three VLAN tags", V4, { .tags = 2, .tpid = { 0x88a8, 0x88a8 },
	  .ethertype = 0x8100 }, .none = C(PASS_NOT_IP) },
	{ "IP version 5 in IPv4", V4, { .version = 5 },
	  .none = C(PASS_NOT_IP) },
	{ "IP version 4 in IPv6", V6, { .version = 4 },
	  .none = C(PASS_NOT_IP) },
	{ "ihl below 5", V4, { .ihl = 4 }, .none = C(PASS_NOT_IP) },
	{ "S42 UDP", 0, { .proto = 17 }, .none = C(PASS_NOT_TCP) },
	{ "ICMP", V4, { .proto = 1 }, .none = C(PASS_NOT_TCP) },
	{ "ICMPv6", V6, { .proto = 58 }, .none = C(PASS_NOT_TCP) },
	{ "no next header", V6, { .proto = 59 }, .none = C(PASS_NOT_TCP) },
	{ "S36 first fragment", V4, { .frag = 0x2000 },
	  .none = C(PASS_FRAGMENT) },
	{ "S36 later fragment", V4, { .frag = 0x00b9 },
	  .none = C(PASS_FRAGMENT) },
	{ "S36 first fragment", V6, { EXT(44), .frag = 0x0001 },
	  .none = C(PASS_FRAGMENT) },
	{ "S36 later fragment", V6, { EXT(44), .frag = 0x0008 },
	  .none = C(PASS_FRAGMENT) },
	{ "S36 first fragment under flood", V4, { .frag = 0x2000 },
	  C(PASS_FRAGMENT), .setup = flood },
	{ "S36 first fragment for another port, under flood", V4,
	  { .frag = 0x2000, .server_port = SERVER_PORT + 1 },
	  .none = C(PASS_FRAGMENT), .setup = flood_no_odd },
	{ "S36 later fragment under flood", V4, { .frag = 0x00b9 },
	  .none = C(PASS_FRAGMENT), .setup = flood_no_odd },
	{ "S36 first fragment, mode monitor", V4, { .frag = 0x2000 },
	  C(PASS_FRAGMENT), .setup = monitor_no_odd },
	{ "S36 first fragment, not armed", V4, { .frag = 0x2000 },
	  C(PASS_FRAGMENT), .setup = not_armed_no_odd },
	{ "S36 first fragment for another station", V4, { .frag = 0x2000 },
	  .none = C(PASS_FRAGMENT), .setup = other_station_no_odd },
	{ "S36 first fragment in a VLAN in which nobody answers", V4,
	  { .tags = 1, .tpid = { 0x8100 }, .tci = { 7 }, .frag = 0x2000 },
	  .none = C(PASS_FRAGMENT), .setup = flood_no_odd },
	{ "five extension headers, mode monitor", V6,
	  { EXT(0, 60, 60, 43, 60) },
	  .none = C(PASS_EXT_HEADER), .setup = monitor_no_odd },
	{ "five extension headers, not armed", V6,
	  { EXT(0, 60, 60, 43, 60) },
	  .none = C(PASS_EXT_HEADER), .setup = not_armed_no_odd },
	{ "five extension headers for another station", V6,
	  { EXT(0, 60, 60, 43, 60) },
	  .none = C(PASS_EXT_HEADER), .setup = other_station_no_odd },
	{ "S36 first fragment behind other headers", V6,
	  { EXT(0, 60, 44), .frag = 0x0001 },
	  .none = C(PASS_FRAGMENT) },
	{ "five extension headers", V6, { EXT(0, 60, 60, 43, 60), OPT_LINUX },
	  .none = C(PASS_EXT_HEADER) },
	{ "six extension headers", V6, { EXT(0, 60, 60, 43, 60, 60) },
	  .none = C(PASS_EXT_HEADER) },
	{ "extension headers of 648 bytes, under flood", V6,
	  { EXT(60), .ext_len = { 80 }, OPT_LINUX },
	  .none = C(PASS_EXT_HEADER), .setup = flood },
	{ "authentication header", V6, { EXT(51) }, .none = C(PASS_NOT_TCP) },
	{ "other port", 0, { .server_port = SERVER_PORT + 1, OPT_LINUX },
	  .none = C(PASS_NOT_SERVICE) },
	{ "port of the same byte of the bit set", 0,
	  { .server_port = SERVER_PORT ^ 7 }, .none = C(PASS_NOT_SERVICE) },
	{ "foreign address", V4, { .server = { 10, 77, 0, 3 }, OPT_LINUX },
	  .none = C(PASS_NOT_SERVICE) },
	{ "foreign address", V6, { .server = { 0xfd, 0x77, [15] = 3 },
	  OPT_LINUX }, .none = C(PASS_NOT_SERVICE) },
	{ "foreign address, bad lengths", V4,
	  { .server = { 10, 77, 0, 3 }, .doff = 4 },
	  .none = C(PASS_NOT_SERVICE) },
	/* Flags, RFC 9293 3.10.7. */
	{ "S43 SYN and FIN", 0, { .flags = F_SYN | F_FIN },
	  C(PASS_FLAGS) },
	{ "S43 SYN and RST", 0, { .flags = F_SYN | F_RST }, C(PASS_RST) },
	{ "S7 no flags", 0, { .flags = F_NONE }, C(PASS_FLAGS) },
	{ "S7 FIN only", 0, { .flags = F_FIN }, C(PASS_FLAGS) },
	{ "S7 FIN, PSH, URG", 0, { .flags = F_FIN | F_PSH | 0x20 },
	  C(PASS_FLAGS) },
	{ "S17 SYN-ACK", 0, { .flags = F_SYN | F_ACK, OPT_LINUX },
	  C(PASS_SYN_ACK) },
	{ "SYN, ACK and FIN", 0, { .flags = F_SYN | F_ACK | F_FIN },
	  C(PASS_FLAGS) },
	{ "RST", 0, { .flags = F_RST }, C(PASS_RST) },
	{ "RST and ACK", 0, { .flags = F_RST | F_ACK }, C(PASS_RST) },
	/* SYNs that the kernel must see. */
	{ "mode off", 0, { OPT_LINUX }, SEEN | C(SYN_PASS_OFF),
	  .setup = mode_off },
	{ "mode auto, calm", 0, { OPT_LINUX }, SEEN | C(SYN_PASS_CALM),
	  .setup = mode_auto },
	{ "mode auto, calm, ACK", 0, { .flags = F_ACK, .ack = 77 },
	  C(PASS_CALM), .setup = mode_auto },
	{ "mode auto, calm, FIN", 0, { .flags = F_ACK | F_FIN, .ack = 77 },
	  C(PASS_CALM), .setup = mode_auto },
	{ "mode auto, calm, RST", 0, { .flags = F_RST }, C(PASS_RST),
	  .setup = mode_auto },
	{ "mode monitor, RST under flood", 0, { .flags = F_RST }, C(PASS_RST),
	  .setup = monitor_under_flood },
	{ "not armed, RST under flood", 0, { .flags = F_RST }, C(PASS_RST),
	  .setup = not_armed_under_flood },
	{ "mode monitor", 0, { OPT_LINUX },
	  SEEN | C(SYN_PASS_MONITOR) | C(WOULD_ANSWER),
	  .setup = mode_monitor },
	{ "mode monitor, bad checksum under flood", 0,
	  { .sum = SUM_BAD, OPT_LINUX },
	  SEEN | C(SYN_PASS_MONITOR) | C(WOULD_DROP_SYN),
	  .setup = monitor_under_flood },
	{ "mode monitor, nonsense length", 0, { .doff = 4, .flags = F_ACK },
	  C(PASS_MONITOR), .setup = mode_monitor },
	{ "mode monitor, ACK", 0, { .flags = F_ACK, .ack = 77 },
	  C(PASS_MONITOR), .setup = mode_monitor },
	{ "mode monitor, ACK under flood", 0, { .flags = F_ACK, .ack = 77 },
	  C(PASS_MONITOR) | C(WOULD_DROP_ACK), .setup = monitor_under_flood },
	{ "not armed", 0, { OPT_LINUX }, SEEN | C(SYN_PASS_NOT_ARMED),
	  .setup = not_armed },
	{ "orphaned", 0, { OPT_LINUX }, SEEN | C(SYN_PASS_ORPHANED),
	  .setup = orphaned },
	{ "not listening", 0, { OPT_LINUX }, SEEN | C(SYN_PASS_NO_LISTENER),
	  .setup = not_listening },
	{ "MPTCP listener", 0, { OPT_LINUX }, SEEN | C(SYN_PASS_MPTCP),
	  .setup = mptcp },
	{ "TCP-MD5 listener", 0, { OPT_LINUX }, SEEN | C(SYN_PASS_MD5_AO),
	  .setup = md5 },
	{ "S14 flow table full", 0, { OPT_LINUX }, SEEN | C(SYN_PASS_NO_ROOM),
	  .setup = table_full },
	{ "TCP-MD5 option", 0,
	  { .opt = { 19, 18, [18] = 1, 1 }, .opt_len = 20 },
	  SEEN | C(SYN_PASS_MD5_AO) },
	{ "TCP-AO option", 0, { .opt = { 29, 16 }, .opt_len = 16 },
	  SEEN | C(SYN_PASS_MD5_AO) },
	{ "S35 MSS 300", 0, { .opt = { 2, 4, 1, 44 }, .opt_len = 4 },
	  SEEN | C(SYN_PASS_SMALL_MSS) },
	{ "S35 MSS 535", V4, { .opt = { 2, 4, 2, 23 }, .opt_len = 4 },
	  SEEN | C(SYN_PASS_SMALL_MSS) },
	{ "S35 MSS 536 in IPv6", V6, { .opt = { 2, 4, 2, 24 }, .opt_len = 4 },
	  SEEN | C(SYN_PASS_SMALL_MSS) },
	{ "S35 MSS 1219 in IPv6", V6, { .opt = { 2, 4, 4, 195 },
	  .opt_len = 4 }, SEEN | C(SYN_PASS_SMALL_MSS) },
	/* Sums, while calm. */
	{ "IP checksum", V4, { .ip_sum_bad = true, OPT_LINUX },
	  SEEN | C(SYN_PASS_BAD_SUM) },
	{ "IP checksum with options", V4,
	  { .ip_sum_bad = true, .ihl = 9, OPT_LINUX },
	  SEEN | C(SYN_PASS_BAD_SUM) },
	{ "S38 TCP checksum", 0, { .sum = SUM_BAD, OPT_LINUX },
	  SEEN | C(SYN_PASS_BAD_SUM) },
	{ "S38 TCP checksum, payload", 0,
	  { .sum = SUM_BAD, .payload = 33, OPT_NO_TS },
	  SEEN | C(SYN_PASS_BAD_SUM) },
	{ "S38 TCP checksum, payload of 3000", 0,
	  { .sum = SUM_BAD, .payload = 3000, OPT_LINUX },
	  SEEN | C(SYN_PASS_BAD_SUM) },
	{ "S38 partial checksum", 0, { .sum = SUM_PARTIAL, OPT_LINUX },
	  SEEN | C(SYN_PASS_BAD_SUM) },
	/* RFC 1122 3.2.1.3, RFC 4291 2.5 and 2.7. */
	{ "multicast frame", 0, { .group = true, OPT_LINUX },
	  SEEN | C(SYN_PASS_NOT_UNICAST) },
	{ "SYN in a VLAN in which nobody answers", 0, { .tags = 1,
	  .tpid = { 0x8100 }, .tci = { 5 }, OPT_LINUX }, C(PASS_VLAN) },
	{ "ACK in a VLAN in which nobody answers", 0, { .tags = 1,
	  .flags = F_ACK, .tpid = { 0x8100 }, .tci = { 5 }, OPT_LINUX },
	  C(PASS_VLAN) },
	{ "source 0.0.0.0", V4, { CLIENT4(0), OPT_LINUX },
	  SEEN | C(SYN_PASS_NOT_UNICAST) },
	{ "source 0.1.2.3", V4, { CLIENT4(0, 1, 2, 3), OPT_LINUX },
	  SEEN | C(SYN_PASS_NOT_UNICAST) },
	{ "source 127.0.0.1", V4, { CLIENT4(127, 0, 0, 1), OPT_LINUX },
	  SEEN | C(SYN_PASS_NOT_UNICAST) },
	{ "source 224.0.0.1", V4, { CLIENT4(224, 0, 0, 1), OPT_LINUX },
	  SEEN | C(SYN_PASS_NOT_UNICAST) },
	{ "source 240.0.0.1", V4, { CLIENT4(240, 0, 0, 1), OPT_LINUX },
	  SEEN | C(SYN_PASS_NOT_UNICAST) },
	{ "source 255.255.255.255", V4, { CLIENT4(255, 255, 255, 255),
	  OPT_LINUX }, SEEN | C(SYN_PASS_NOT_UNICAST) },
	{ "source is the destination", V4, { CLIENT4(10, 77, 0, 2),
	  OPT_LINUX }, SEEN | C(SYN_PASS_NOT_UNICAST) },
	{ "source is the destination", V6,
	  { CLIENT4(0xfd, 0x77, [15] = 2), OPT_LINUX },
	  SEEN | C(SYN_PASS_NOT_UNICAST) },
	{ "source ::", V6, { CLIENT4(0), OPT_LINUX },
	  SEEN | C(SYN_PASS_NOT_UNICAST) },
	{ "source ::1", V6, { CLIENT4([15] = 1), OPT_LINUX },
	  SEEN | C(SYN_PASS_NOT_UNICAST) },
	{ "source ff02::1", V6, { CLIENT4(0xff, 2, [15] = 1), OPT_LINUX },
	  SEEN | C(SYN_PASS_NOT_UNICAST) },
	{ "source ::ffff:10.77.0.1, which the kernel drops", V6,
	  { CLIENT4([10] = 0xff, 0xff, 10, 77, 0, 1), OPT_LINUX },
	  .none = C(PASS_NOT_IP) },
};

static const struct verdict_row dropped[] = {
	{ "doff 0", 0, { .doff = -1 }, C(DROP_BAD_LENGTH) },
	{ "doff 4", 0, { .doff = 4 }, C(DROP_BAD_LENGTH) },
	{ "doff beyond the datagram", 0, { .doff = 6 }, C(DROP_BAD_LENGTH) },
	{ "doff 15 beyond the frame", 0, { .doff = 15, .trailer = 4 },
	  C(DROP_BAD_LENGTH) },
	{ "doff 10 within the padding only", 0, { .doff = 10, .trailer = 60 },
	  C(DROP_BAD_LENGTH) },
	{ "S34 IP length beyond the frame", 0, { .ip_len_add = 1, OPT_LINUX },
	  C(DROP_BAD_LENGTH) },
	{ "S34 IP length 65535", 0, { .ip_len = 65535, OPT_LINUX },
	  C(DROP_BAD_LENGTH) },
	{ "IP length one byte below the headers", 0,
	  { .ip_len_add = -1, OPT_LINUX }, C(DROP_BAD_LENGTH) },
	{ "IP length of the IP header", V4, { .ip_len = 20, OPT_LINUX },
	  C(DROP_BAD_LENGTH) },
	{ "IP length below the IP header", V4, { .ip_len = 19, OPT_LINUX },
	  C(DROP_BAD_LENGTH) },
	{ "IP length 0 in a short frame", V4,
	  { .ip_len_add = -40 },
	  C(DROP_BAD_LENGTH) },
	{ "IP length 1", 0, { .ip_len = 1 }, C(DROP_BAD_LENGTH) },
	{ "bad lengths of an ACK", 0, { .flags = F_ACK, .doff = 4 },
	  C(DROP_BAD_LENGTH) },
	{ "S70 accept queue full", 0, { OPT_LINUX },
	  SEEN | C(SYN_DROP_ACCEPT_FULL), .setup = accept_full },
	{ "odd rate: TCP-MD5 option", 0,
	  { .opt = { 19, 18, [18] = 1, 1 }, .opt_len = 20 },
	  SEEN | C(SYN_DROP_ODD_RATE), .setup = no_odd_syns },
	{ "odd rate: MSS 300", 0, { .opt = { 2, 4, 1, 44 }, .opt_len = 4 },
	  SEEN | C(SYN_DROP_ODD_RATE), .setup = no_odd_syns },
	{ "odd rate: multicast frame", 0, { .group = true, OPT_LINUX },
	  SEEN | C(SYN_DROP_ODD_RATE), .setup = no_odd_syns },
	{ "TCP checksum under flood", 0, { .sum = SUM_BAD, OPT_LINUX },
	  SEEN | C(SYN_DROP_BAD_SUM), .setup = flood },
	{ "S14 flow table full under flood", 0, { OPT_LINUX },
	  SEEN | C(SYN_DROP_ODD_RATE), .setup = full_under_flood },
	{ "RST under flood", 0, { .flags = F_RST }, C(DROP_RST),
	  .setup = flood },
	{ "RST and ACK under flood", 0, { .flags = F_RST | F_ACK },
	  C(DROP_RST), .setup = flood },
	{ "SYN and RST under flood", 0, { .flags = F_SYN | F_RST },
	  C(DROP_RST), .setup = flood },
	{ "SYN-ACK under flood", 0, { .flags = F_SYN | F_ACK },
	  C(DROP_SYN_ACK), .setup = flood },
	{ "FIN under flood", 0, { .flags = F_FIN }, C(DROP_FLAGS),
	  .setup = flood },
	{ "no flags under flood", 0, { .flags = F_NONE }, C(DROP_FLAGS),
	  .setup = flood },
	{ "FIN, PSH and URG under flood", 0,
	  { .flags = F_FIN | F_PSH | F_URG }, C(DROP_FLAGS), .setup = flood },
	{ "S36 first fragment under flood", V4, { .frag = 0x2000 },
	  C(DROP_FRAGMENT), .setup = flood_no_odd },
	{ "S36 first fragment under flood", V6,
	  { EXT(60, 44), .frag = 0x0001 }, C(DROP_FRAGMENT),
	  .setup = flood_no_odd },
	{ "five extension headers under flood", V6, { EXT(0, 60, 60, 43, 60) },
	  .none = C(DROP_EXT_HEADER), .setup = flood_no_odd },
	{ "IP checksum under flood", V4, { .ip_sum_bad = true, OPT_LINUX },
	  SEEN | C(SYN_DROP_BAD_SUM), .setup = flood },
};

#define NR(table)	((int)(sizeof(table) / sizeof(*(table))))

static void run_row(const struct verdict_row *row, bool ip6, int verdict)
{
	struct spec in = row->in;
	struct frame_buf frame;
	struct result res;
	counter_set none;

	in.ip6 = ip6;
	if (row->setup)
		row->setup(ip6);
	frame_build(&frame, &in);
	rig_run(&rig, &frame, &res);
	none = rig_counted(&res.none);
	ck_assert_msg(none == row->none, "%s, IPv%d: no service:%s", row->name,
		      ip6 ? 6 : 4, rig_counter_names(none));
	memset(&res.none, 0, sizeof(res.none));
	ck_result(row->name, &res, verdict, row->counts);
	ck_untouched(row->name, &frame, &res);
	ck_assert_uint_eq(rig_flows(&rig), 0);
}

static void run_versions(const struct verdict_row *row, int verdict)
{
	int versions = row->versions ?: V4 | V6;

	if (versions & V4)
		run_row(row, false, verdict);
	if (versions & V6)
		run_row(row, true, verdict);
	ck_row_passed(row->name);
}

START_TEST(passed_untouched)
{
	run_versions(&passed[_i], XDP_PASS);
}
END_TEST

START_TEST(dropped_in_silence)
{
	run_versions(&dropped[_i], XDP_DROP);
}
END_TEST

static void the_same(const struct verdict_row *row)
{
	int versions = row->versions ?: V4 | V6;

	if (versions & V4)
		fast_compare(row->name, &row->in, false, row->setup);
	if (versions & V6)
		fast_compare(row->name, &row->in, true, row->setup);
}

START_TEST(passed_behind_others)
{
	the_same(&passed[_i]);
}
END_TEST

START_TEST(dropped_behind_others)
{
	the_same(&dropped[_i]);
}
END_TEST

/* Every layout of headers, cut off behind every byte. */
static const struct spec whole[] = {
	{ OPT_LINUX },
	{ .ihl = 15, OPT_NO_TS },
	{ .tags = 2, .tpid = { 0x88a8, 0x8100 }, OPT_LINUX, .payload = 9 },
	{ .ip6 = true, OPT_LINUX },
	{ .ip6 = true, EXT(0, 43, 60, 0), .ext_len = { 0, 2, 1, 0 },
	  OPT_LINUX, .payload = 9 },
	{ .ip6 = true, .tags = 1, .tpid = { 0x8100 }, EXT(60), OPT_NO_TS },
	{ .flags = F_ACK, OPT_LINUX, .payload = 9 },
	{ .ip6 = true, .flags = F_ACK, OPT_LINUX },
};

#define ETH_BYTES	14	/* BPF_PROG_TEST_RUN takes no less */

START_TEST(s33_truncated_behind_every_byte)
{
	counter_set harmless = C(PASS_SHORT) | C(PASS_NOT_IP) | C(DROP_BAD_LENGTH);
	struct frame_buf frame, cut;
	struct result res;
	counter_set counted;

	frame_build(&frame, &whole[_i]);
	for (cut = frame, cut.len = ETH_BYTES; cut.len < frame.len; cut.len++) {
		rig_run(&rig, &cut, &res);
		counted = rig_counted(&res.none) | rig_counted(&res.service);
		ck_assert_msg(res.verdict == XDP_PASS ||
			      res.verdict == XDP_DROP,
			      "%u bytes: verdict %d", cut.len, res.verdict);
		ck_assert_msg(!(counted & ~harmless), "%u bytes:%s", cut.len,
			      rig_counter_names(counted));
		ck_untouched("cut off", &cut, &res);
	}
}
END_TEST

/* Tags, and what IPv6 has but for addresses, are under no sum. */
static bool under_a_sum(const struct spec *s, uint32_t at)
{
	uint32_t l3 = ETH_BYTES + s->tags * 4, l4 = l3 + 40;

	if (at < l3)
		return false;
	if (!s->ip6)
		return true;
	for (int i = 0; i < s->exts; i++)
		l4 += (s->ext_len[i] + 1) * 8;
	return at >= l4 || (at >= l3 + 8 && at < l3 + 40);
}

/* Any byte of a SYN damaged: its sums show it, or it is not for us. */
START_TEST(s38_no_damaged_syn_is_answered)
{
	struct frame_buf frame, bad;
	struct result res;

	frame_build(&frame, &whole[_i]);
	for (uint32_t at = ETH_BYTES; at < frame.len; at++) {
		if (!under_a_sum(&whole[_i], at))
			continue;
		bad = frame;
		bad.byte[at] ^= 0x41;
		rig_run(&rig, &bad, &res);
		ck_assert_msg(res.verdict != XDP_TX, "byte %u damaged", at);
	}
}
END_TEST

START_TEST(odd_rate_lets_so_many_pass_per_window)
{
	struct spec md5_syn = { .opt = { 19, 18, [18] = 1, 1 }, .opt_len = 20 };
	struct hf_control c = rig_control(&rig);
	struct result res;

	c.odd.all.nr = 3;
	rig_set_control(&rig, &c);
	for (int window = 1; window < 4; window++) {
		for (int i = 0; i < 6; i++) {
			rig_send(&rig, &md5_syn, &res);
			ck_result("odd", &res, i < 3 ? XDP_PASS : XDP_DROP,
				  SEEN | (i < 3 ? C(SYN_PASS_MD5_AO) :
						  C(SYN_DROP_ODD_RATE)));
		}
		rig_set_now(&rig, RIG_NOW_MS + window * HF_WINDOW_MS);
	}
}
END_TEST

/* ... and when the clock wraps. */
START_TEST(odd_rate_goes_on_after_the_wrap)
{
	struct spec md5_syn = { .opt = { 19, 18, [18] = 1, 1 }, .opt_len = 20 };
	struct hf_control c = rig_control(&rig);
	struct result res;

	c.odd.all.nr = 1;
	rig_set_control(&rig, &c);
	for (int i = 0; i < 4; i++) {
		if (i)
			rig_set_now(&rig, (i - 2) * HF_WINDOW_MS);
		rig_send(&rig, &md5_syn, &res);
		ck_assert_int_eq(res.verdict, XDP_PASS);
		rig_send(&rig, &md5_syn, &res);
		ck_assert_int_eq(res.verdict, XDP_DROP);
	}
}
END_TEST

/* No network takes what all may have. */
START_TEST(odd_rate_is_shared_by_prefixes)
{
	struct spec md5_syn = { .opt = { 19, 18, [18] = 1, 1 }, .opt_len = 20 };
	struct hf_control c = rig_control(&rig);
	int let_in[4] = { 0 };
	struct result res;

	c.odd.all.nr = 5;
	c.odd.prefix = 2;
	rig_set_control(&rig, &c);
	rig_set_now(&rig, RIG_NOW_MS + 9 * HF_WINDOW_MS);
	for (int prefix = 0; prefix < 4; prefix++) {
		memcpy(md5_syn.client, client4, 4);
		md5_syn.client[2] ^= prefix;
		for (int i = 0; i < 4; i++) {
			rig_send(&rig, &md5_syn, &res);
			let_in[prefix] += res.verdict == XDP_PASS;
		}
	}
	ck_assert_int_eq(let_in[0], 2);
	ck_assert_int_eq(let_in[1], 2);
	ck_assert_int_eq(let_in[2], 1);
	ck_assert_int_eq(let_in[3], 0);
}
END_TEST

START_TEST(accept_full_ends_by_itself)
{
	struct spec syn = shake_linux(_i);
	struct segment reply;
	struct result res;

	accept_full(_i);
	rig_send(&rig, &syn, &res);
	ck_result("full", &res, XDP_DROP, SEEN | C(SYN_DROP_ACCEPT_FULL));
	rig_set_now(&rig, RIG_NOW_MS + 1);
	shake_syn(&rig, &syn, &reply);
}
END_TEST

/* Else a clock that came round would find it full again. */
START_TEST(accept_full_is_forgotten_when_the_service_is_read_again)
{
	struct spec syn = shake_linux(_i);
	struct segment reply;

	accept_full(_i);
	rig_set_now(&rig, RIG_NOW_MS + 1);
	rig_services_written(&rig);
	shake_syn(&rig, &syn, &reply);
	ck_assert_uint_eq(rig_service(&rig, _i).full, 0);
}
END_TEST

static void ck_is_nobodys(const struct spec *syn)
{
	struct result res;

	rig_send(&rig, syn, &res);
	ck_assert_int_eq(res.verdict, XDP_PASS);
	ck_assert_uint_eq(res.none.n[HF_CNT_PASS_NOT_SERVICE], 1);
}

/* Another port and another address of the same slot. */
START_TEST(a_copy_is_of_one_port_and_one_address)
{
	struct spec syn = shake_linux(_i), other = syn;
	struct segment reply;

	rig_set_port_bit(&rig, SERVER_PORT + 64);
	shake_syn(&rig, &syn, &reply);
	other.server_port = SERVER_PORT + 64;
	ck_is_nobodys(&other);
	other = syn;
	memcpy(other.server, _i ? server6 : server4, _i ? 16 : 4);
	other.server[0]++;
	ck_is_nobodys(&other);
}
END_TEST

/* A service is read again when it was written, and only then. */
START_TEST(a_copy_of_a_service_is_good_until_a_write)
{
	struct hf_service svc = rig_service(&rig, _i);
	struct spec syn = shake_linux(_i);
	struct segment reply;
	struct result res;

	shake_syn(&rig, &syn, &reply);
	svc.mode = HF_MODE_OFF;
	rig_write_service(&rig, _i, &svc);
	shake_syn(&rig, &syn, &reply);
	rig_services_written(&rig);
	rig_send(&rig, &syn, &res);
	ck_result("off", &res, XDP_PASS, SEEN | C(SYN_PASS_OFF));
}
END_TEST

START_TEST(orphaned_only_after_its_time_or_never)
{
	struct spec syn = shake_linux(_i);
	struct hf_control c = rig_control(&rig);
	struct segment reply;

	c.heartbeat_ms = RIG_NOW_MS - c.orphan_ms + 1;
	rig_set_control(&rig, &c);
	shake_syn(&rig, &syn, &reply);
	c.heartbeat_ms = RIG_NOW_MS - 100000;
	c.orphan_ms = 0;
	rig_set_control(&rig, &c);
	shake_syn(&rig, &syn, &reply);
}
END_TEST

/* The heartbeat may be written a moment after this packet's clock was read. */
START_TEST(heartbeat_ahead_of_the_clock_is_no_orphan)
{
	struct spec syn = shake_linux(_i);
	struct hf_control c = rig_control(&rig);
	struct segment reply;

	c.heartbeat_ms = RIG_NOW_MS + 3;
	rig_set_control(&rig, &c);
	shake_syn(&rig, &syn, &reply);
}
END_TEST

START_TEST(daemon_dead_for_weeks_is_an_orphan)
{
	struct hf_control c = rig_control(&rig);
	struct spec syn = shake_linux(false);
	struct result res;

	for (uint32_t days = 1; days < 49; days++) {
		c.heartbeat_ms = RIG_NOW_MS - days * 86400000U;
		rig_set_control(&rig, &c);
		rig_send(&rig, &syn, &res);
		ck_assert_msg(res.verdict == XDP_PASS, "%u days", days);
	}
}
END_TEST

START_TEST(flood_begins_at_its_rate_and_ends_after_its_hold)
{
	struct hf_control c = rig_control(&rig);
	struct spec syn = shake_linux(_i);
	struct segment reply;
	struct result res;

	c.flood_syns.nr = 5;
	rig_set_control(&rig, &c);
	for (int i = 0; i < 5; i++) {
		ck_assert_uint_eq(rig_phase(&rig).flood.on, 0);
		shake_syn(&rig, &syn, &reply);
	}
	ck_assert_uint_eq(rig_phase(&rig).flood.on, 1);
	ck_assert_uint_eq(rig_phase(&rig).flood.since_ms, RIG_NOW_MS);
	ck_assert_uint_eq(rig_phase(&rig).flood.until_ms, RIG_NOW_MS + 1000);
	syn.sum = SUM_BAD;
	rig_set_now(&rig, RIG_NOW_MS + 999);
	rig_send(&rig, &syn, &res);
	ck_result("flood", &res, XDP_DROP, SEEN | C(SYN_DROP_BAD_SUM));
	rig_set_now(&rig, RIG_NOW_MS + 1000);
	rig_send(&rig, &syn, &res);
	ck_result("calm", &res, XDP_PASS, SEEN | C(SYN_PASS_BAD_SUM));
}
END_TEST

TCase *verdict_tcase(void)
{
	TCase *tc = tcase_create("verdict");

	tcase_add_loop_test(tc, passed_untouched, 0, NR(passed));
	tcase_add_loop_test(tc, dropped_in_silence, 0, NR(dropped));
	tcase_add_loop_test(tc, passed_behind_others, 0, NR(passed));
	tcase_add_loop_test(tc, dropped_behind_others, 0, NR(dropped));
	tcase_add_loop_test(tc, s33_truncated_behind_every_byte, 0, NR(whole));
	tcase_add_loop_test(tc, s38_no_damaged_syn_is_answered, 0, NR(whole));
	tcase_add_test(tc, odd_rate_lets_so_many_pass_per_window);
	tcase_add_test(tc, odd_rate_goes_on_after_the_wrap);
	tcase_add_test(tc, odd_rate_is_shared_by_prefixes);
	tcase_add_loop_test(tc, accept_full_ends_by_itself, 0, 2);
	tcase_add_loop_test(
		tc, accept_full_is_forgotten_when_the_service_is_read_again, 0,
		2);
	tcase_add_loop_test(tc, a_copy_is_of_one_port_and_one_address, 0, 2);
	tcase_add_loop_test(tc, a_copy_of_a_service_is_good_until_a_write, 0,
			    2);
	tcase_add_loop_test(tc, orphaned_only_after_its_time_or_never, 0, 2);
	tcase_add_loop_test(tc, heartbeat_ahead_of_the_clock_is_no_orphan, 0,
			    2);
	tcase_add_test(tc, daemon_dead_for_weeks_is_an_orphan);
	tcase_add_loop_test(tc,
			    flood_begins_at_its_rate_and_ends_after_its_hold,
			    0, 2);
	return tc;
}
