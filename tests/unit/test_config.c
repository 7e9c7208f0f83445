// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Configuration: good and bad files and values, where errors are said to be,
 * and what holds for a service that sections match.
 */
#include "run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/config_file.h"
#include "lib/config.h"
#include "lib/names.h"
#include "lib/spec.h"

static char path[] = "/tmp/hfconfXXXXXX";
static struct config conf;

static int read_text(const char *text, struct config_error *e)
{
	int fd, err;

	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	config_init(&conf);
	err = config_read(&conf, path, e);
	config_resolve(&conf);
	unlink(path);
	return err;
}

static void read_good(const char *text)
{
	struct config_error e = {};
	int err = read_text(text, &e);

	ck_assert_msg(!err, "%s: %s", text, e.text);
}

static const struct config_service *service_of(const char *addr, uint16_t port)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, addr, &a), 1);
	return config_service_of(&conf, &a, port);
}

/* In [handfast]: the line that is wrong, and a word of why; 0: all is well. */
static const struct {
	const char *text;
	int line;
	const char *why;
} files[] = {
	{ "", 0, "" },
	{ "# no section\n\n; at all\n", 0, "" },
	{ "[handfast]\nprotect = 80, 443 ; two\n", 0, "" },
	{ "[handfast]\nprotect = 80\n  443\n", 0, "" },
	{ "\xef\xbb\xbf[handfast] ; with a mark\nmode = off\n", 0, "" },
	{ "[service [2001:db8::5]:443] ; not that ]\nmode = off\n", 0, "" },
	{ "[service 443]", 0, "" },
	{ "mode = off\n", 1, "no section" },
	{ "[handfast]\nfrob = 1\n", 2, "unknown key" },
	{ "[handfast]\n\n[frob]\n", 3, "unknown section" },
	{ "[handfast\nmode = off\n", 1, "lacks its ]" },
	{ "[service]\n", 1, "unknown section" },
	{ "[service443]\n", 1, "unknown section" },
	{ "[service 99999]\n", 1, "not one SPEC" },
	{ "[service 80, 443]\n", 1, "not one SPEC" },
	{ "[service 443]\nmax_flows = 5\n", 2, "a service has" },
	{ "[service 443]\nmsl_s = 0\n", 2, "msl_s" },
	{ "[handfast]\nmode always\n", 2, "not a line" },
	{ "[handfast]\nmode always\nfrob = 1\n", 2, "not a line" },
	{ "[handfast]\nfrob = 1\nmode always\n", 2, "unknown key" },
	{ "[handfast]\nprotect = 80,,443\n", 2, "not a SPEC" },
	{ "[handfast]\nprotect = 80,\n", 2, "not a SPEC" },
	{ "[handfast]\ninterfaces = s0,,s1\n", 2, "interface" },
	{ "[handfast]\ninterfaces = a name\n", 2, "interface" },
};

START_TEST(a_file_is_good_or_its_wrong_line_is_said)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct config_error e = {};
		int err = read_text(files[i].text, &e);
		char at[64];

		ck_assert_msg(err == (files[i].line ? -EINVAL : 0), "%s: %d %s",
			      files[i].text, err, e.text);
		snprintf(at, sizeof(at), "%s:%d: ", path, files[i].line);
		if (err)
			ck_assert_msg(strstr(e.text, at) == e.text &&
					      strstr(e.text, files[i].why),
				      "%s: %s", files[i].text, e.text);
	}
}
END_TEST

START_TEST(a_line_too_long_is_an_error_and_never_cut)
{
	char text[4096] = "[handfast]\nprotect = 80", at[64];
	struct config_error e = {};

	for (int i = 0; i < 100; i++)
		strcat(text, ", 443");
	ck_assert_int_eq(read_text(text, &e), -EINVAL);
	snprintf(at, sizeof(at), "%s:2: line: ", path);
	ck_assert_msg(!strncmp(e.text, at, strlen(at)), "%s", e.text);
	ck_assert_ptr_nonnull(strstr(e.text, "too long"));
}
END_TEST

static const struct {
	const char *key, *value;
	bool good;
} values[] = {
	{ "max_half_open", "0", true },
	{ "max_half_open", "-1", false },
	{ "half_open_syn_rate", "0", true },
	{ "reflect_rate", "x", false },
	{ "reflect_rate", "1.5", false },
	{ "reflect_rate", "nan", false },
	{ "metrics", "off", true },
	{ "metrics", "127.0.0.1:9477", true },
	{ "metrics", "127.8.8.8:1", true },
	{ "metrics", "[::1]:65535", true },
	{ "metrics", "/run/handfast/metrics", true },
	{ "metrics", "", false },
	{ "metrics", "on", false },
	{ "metrics", "9477", false },
	{ "metrics", "*:9477", false },
	{ "metrics", "all", false },
	{ "metrics", "127.0.0.1", false },
	{ "metrics", "127.0.0.1:0", false },
	{ "metrics", "127.0.0.1:9477-9478", false },
	{ "metrics", "127.0.0.1:9477, [::1]:9477", false },
	{ "metrics", "127.0.0.0/8:9477", false },
	{ "metrics", "[::1/127]:9477", false },
	{ "metrics", "128.0.0.1:9477", false },
	{ "metrics", "0.0.0.0:9477", false },
	{ "metrics", "[::]:9477", false },
	{ "metrics", "[::2]:9477", false },
	{ "metrics", "run/metrics", false },
	{ "track_active", "yes", true },
	{ "track_active", "2", false },
	{ "keepalive", "on", true },
	{ "keepalive", "false", true },
	{ "keepalive", "", false },
	{ "tcp_synack_retries", "0", true },
	{ "tcp_synack_retries", "6", true },
	{ "tcp_synack_retries", "7", false },
	{ "tcp_fin_timeout", "0.5", true },
	{ "msl_s", "0.001", true },
	{ "msl_s", "0", false },
	{ "msl_s", "0.0001", false },
	{ "tcp_keepalive_time", "0", false },
	{ "tcp_keepalive_intvl", "0.25", true },
	{ "tcp_keepalive_probes", "1.5", false },
	{ "tcp_keepalive_probes", "0", false },
	{ "tcp_syn_retries", "5", true },
	{ "event_ring_bytes", "4096", true },
	{ "event_ring_bytes", "2048", false },
	{ "event_ring_bytes", "5000", false },
	{ "key_rotate_s", "0", true },
	{ "key_rotate_s", "-1", false },
	{ "key_rotate_s", "63", false },
	{ "key_rotate_s", "63.9", false },
	{ "key_rotate_s", "64", true },
	{ "key_rotate_s", "90.5", true },
	{ "mode", "always", true },
	{ "mode", "perhaps", false },
	{ "protect", "80 , 443", true },
	{ "protect", "80 443", false },
	{ "protect", "80 ", false },
	{ "protect", " 80", false },
	{ "protect", "80, 443 ", false },
	{ "protect", "80, ", false },
	{ "interfaces", "s0, s1", true },
	{ "interfaces", "", false },
};

START_TEST(values_keep_to_their_range)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct config_error e = {};

		config_init(&conf);
		ck_assert_msg(!config_set(&conf, values[i].key, values[i].value,
					  &e) == values[i].good,
			      "%s = '%s': %s", values[i].key, values[i].value,
			      e.text);
	}
}
END_TEST

START_TEST(lists_take_spaces)
{
	read_good("[handfast]\nprotect = 80, 443 ,8000-8010\n"
		  "exclude = 10.0.0.5:80, [2001:db8::5]:443\n"
		  "interfaces = s0 , s1\n");
	ck_assert_int_eq(conf.protect.nr, 3);
	ck_assert_int_eq(conf.exclude.nr, 2);
	ck_assert_int_eq(conf.ifaces.nr, 2);
	ck_assert_str_eq(conf.ifaces.name[0], "s0");
	ck_assert_str_eq(conf.ifaces.name[1], "s1");
}
END_TEST

START_TEST(seconds_are_kept_as_ms)
{
	read_good("[handfast]\nmsl_s = 0.5\ntcp_fin_timeout = 1.25\n"
		  "tcp_keepalive_intvl = 1.001\n");
	ck_assert_uint_eq(conf.service.timers.tcp_keepalive_intvl_ms, 1001);
	ck_assert_uint_eq(conf.service.timers.msl_ms, 500);
	ck_assert_uint_eq(conf.service.timers.tcp_fin_timeout_ms, 1250);
	ck_assert_uint_eq(conf.service.timers.tcp_keepalive_time_ms, 7200000);
}
END_TEST

START_TEST(a_section_inherits_what_it_does_not_set_whatever_the_order)
{
	const struct config_service *s;

	read_good("[service 443]\nmsl_s = 2\n"
		  "[handfast]\nmsl_s = 7\nkeepalive = yes\nmode = off\n");
	s = service_of("::ffff:10.0.0.1", 443);
	ck_assert_uint_eq(s->timers.msl_ms, 2000);
	ck_assert(s->timers.keepalive);
	ck_assert_int_eq(s->mode, HF_MODE_OFF);
	s = service_of("::ffff:10.0.0.1", 80);
	ck_assert_ptr_eq(s, &conf.service);
	ck_assert_uint_eq(s->timers.msl_ms, 7000);
	ck_assert_int_eq(s->mode, HF_MODE_OFF);
}
END_TEST

START_TEST(a_section_has_every_timer)
{
	read_good("[handfast]\ntcp_syn_retries = 4\n"
		  "[service 443]\ntcp_syn_retries = 2\n");
	ck_assert_uint_eq(service_of("::1", 443)->timers.tcp_syn_retries, 2);
	ck_assert_uint_eq(service_of("::1", 80)->timers.tcp_syn_retries, 4);
}
END_TEST

/* The command line comes last, and wins over sections, too: of what it names. */
START_TEST(what_overrules_holds_for_sections_too)
{
	struct config_error e;

	read_good("[service 443]\nmode = always\nmsl_s = 2\n");
	ck_assert_int_eq(config_set(&conf, "mode", "off", &e), 0);
	config_overrule(&conf, config_find("mode"));
	config_resolve(&conf);
	ck_assert_int_eq(service_of("::1", 443)->mode, HF_MODE_OFF);
	ck_assert_uint_eq(service_of("::1", 443)->timers.msl_ms, 2000);
}
END_TEST

START_TEST(a_section_sets_a_value_that_is_the_default_too)
{
	read_good("[handfast]\nmode = off\nkeepalive = yes\n"
		  "[service 443]\nmode = always\nkeepalive = no\n");
	ck_assert_int_eq(service_of("::1", 443)->mode, HF_MODE_ALWAYS);
	ck_assert(!service_of("::1", 443)->timers.keepalive);
	ck_assert_int_eq(conf.service.mode, HF_MODE_OFF);
}
END_TEST

START_TEST(the_later_section_wins_and_ip6_is_matched)
{
	read_good("[service all]\nmode = off\nmsl_s = 9\n"
		  "[service [2001:db8::5]:443]\nmode = always\n");
	ck_assert_int_eq(service_of("2001:db8::5", 443)->mode, HF_MODE_ALWAYS);
	ck_assert_uint_eq(service_of("2001:db8::5", 443)->timers.msl_ms, 30000);
	ck_assert_int_eq(service_of("2001:db8::6", 443)->mode, HF_MODE_OFF);
	ck_assert_int_eq(service_of("::ffff:10.0.0.1", 80)->mode, HF_MODE_OFF);
}
END_TEST

static bool matches(const char *text, const char *addr, uint16_t port)
{
	struct spec_list list = {};
	struct in6_addr a;
	const char *bad;

	ck_assert_int_eq(spec_list_add(&list, text, &bad), 0);
	ck_assert_int_eq(inet_pton(AF_INET6, addr, &a), 1);
	return spec_list_match(&list, &a, port);
}

START_TEST(a_network_is_matched_bit_by_bit)
{
	ck_assert(matches("10.0.0.0/22:443", "::ffff:10.0.3.255", 443));
	ck_assert(!matches("10.0.0.0/22:443", "::ffff:10.0.4.0", 443));
	ck_assert(matches("10.0.0.128/25:443", "::ffff:10.0.0.129", 443));
	ck_assert(!matches("10.0.0.128/25:443", "::ffff:10.0.0.127", 443));
	ck_assert(matches("10.0.0.5:443", "::ffff:10.0.0.5", 443));
	ck_assert(!matches("10.0.0.5:443", "::ffff:10.0.0.4", 443));
	ck_assert(matches("0.0.0.0/0:443", "::ffff:192.0.2.1", 443));
	ck_assert(!matches("0.0.0.0/0:443", "2001:db8::1", 443));
	ck_assert(matches("[2001:db8::/33]:443", "2001:db8:7fff::1", 443));
	ck_assert(!matches("[2001:db8::/33]:443", "2001:db8:8000::1", 443));
	ck_assert(matches("*:443", "2001:db8::1", 443));
	ck_assert(matches("[::/0]:443", "2001:db8::1", 443));
	ck_assert(!matches("[::/0]:443", "::ffff:10.0.0.1", 443));
}
END_TEST

START_TEST(a_range_has_both_its_ends)
{
	ck_assert(!matches("8000-8010", "::1", 7999));
	ck_assert(matches("8000-8010", "::1", 8000));
	ck_assert(matches("8000-8010", "::1", 8010));
	ck_assert(!matches("8000-8010", "::1", 8011));
	ck_assert(matches("all", "::1", 1));
	ck_assert(matches("all", "::1", 65535));
}
END_TEST

/* Of the first SPEC, as it would be written. */
static const char *text_of(const char *text)
{
	static char out[CONFIG_TEXT_MAX];
	struct spec_list list = {};
	const char *bad;

	ck_assert_int_eq(spec_list_add(&list, text, &bad), 0);
	spec_text(&list.spec[0], out, sizeof(out));
	return out;
}

START_TEST(a_network_is_written_as_it_was_read)
{
	ck_assert_str_eq(text_of("10.0.0.0/24:8000-8010"),
			 "10.0.0.0/24:8000-8010");
	ck_assert_str_eq(text_of("0.0.0.0/0:443"), "0.0.0.0/0:443");
	ck_assert_str_eq(text_of("[2001:db8::/32]:443"), "[2001:db8::/32]:443");
	ck_assert_str_eq(text_of("[::/0]:443"), "[::/0]:443");
	ck_assert_str_eq(text_of("*:443"), "443");
}
END_TEST

START_TEST(the_same_text_gives_the_same_bytes)
{
	static const char text[] = "[service 443]\nkeepalive = yes\n"
				   "[handfast]\nprotect = 80, 443\n";
	struct config *other = malloc(sizeof(*other));

	ck_assert_ptr_nonnull(other);
	read_good(text);
	memcpy(other, &conf, sizeof(conf));
	memset(&conf, 0xa5, sizeof(conf));
	read_good(text);
	ck_assert_int_eq(memcmp(other, &conf, sizeof(conf)), 0);
	free(other);
}
END_TEST

TEST_MAIN("config", a_file_is_good_or_its_wrong_line_is_said,
	  a_line_too_long_is_an_error_and_never_cut, values_keep_to_their_range,
	  lists_take_spaces, seconds_are_kept_as_ms,
	  a_section_inherits_what_it_does_not_set_whatever_the_order,
	  a_section_has_every_timer, what_overrules_holds_for_sections_too,
	  a_section_sets_a_value_that_is_the_default_too,
	  the_later_section_wins_and_ip6_is_matched,
	  a_network_is_matched_bit_by_bit, a_network_is_written_as_it_was_read,
	  a_range_has_both_its_ends, the_same_text_gives_the_same_bytes)
