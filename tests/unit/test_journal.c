// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Lines for the journal: the bytes that journald is sent, and where they go instead
 * when it does not take them. The test is journald; stderr is a file.
 */
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/incident_log.h"
#include "lib/journal.h"
#include "lib/log.h"

#define ALL	"SYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=handfastd\n" \
		"HANDFAST_INSTANCE=web\n"
#define INFO	"PRIORITY=6\n" ALL
#define ERROR	"PRIORITY=3\n" ALL

static struct sockaddr_un socket_name;
static int journald;
static FILE *words;		/* what came to stderr */

static void stream_is(int fd)
{
	char text[64];
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	snprintf(text, sizeof(text), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", text, 1);
}

static void set_up(void)
{
	socket_name.sun_family = AF_UNIX;
	snprintf(socket_name.sun_path, sizeof(socket_name.sun_path),
		 "/tmp/test_journal-%d", getpid());
	journald = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(journald, (struct sockaddr *)&socket_name,
			      sizeof(socket_name)),
			 0);
	words = tmpfile();
	ck_assert_ptr_nonnull(words);
	dup2(fileno(words), STDERR_FILENO);
	stream_is(STDERR_FILENO);
	log_init("handfastd", false);
	log_use_journal("web", socket_name.sun_path);
}

static void tear_down(void)
{
	close(journald);
	fclose(words);
	unlink(socket_name.sun_path);
}

/* The next entry is these bytes. */
static void got(const char *want, size_t len)
{
	char bytes[8192];

	ck_assert_int_eq(recv(journald, bytes, sizeof(bytes), 0), len);
	ck_assert_mem_eq(bytes, want, len);
}

#define GOT(text)	got(text, sizeof(text) - 1)

static void got_none(void)
{
	char byte;

	ck_assert_int_eq(recv(journald, &byte, 1, 0), -1);
	ck_assert_int_eq(errno, EAGAIN);
}

static void said(const char *want)
{
	char text[8192];
	size_t len;

	rewind(words);
	len = fread(text, 1, sizeof(text) - 1, words);
	text[len] = '\0';
	ck_assert_str_eq(text, want);
}

START_TEST(a_line_has_its_fields)
{
	log_info("%s, %d", "armed", 1);
	GOT("MESSAGE=armed, 1\n" INFO);
	log_error("no");
	GOT("MESSAGE=no\n" ERROR);
	log_try("yes");
	GOT("MESSAGE=try: yes\n" ERROR);
	got_none();
	said("");
}
END_TEST

START_TEST(an_event_has_fields_of_its_own)
{
	const struct log_field fields[] = {
		{ "A", "1=2" },
		{ "NONE", "" },
		{ "B", "x" },
		{},
	};

	log_event(fields, "it is");
	GOT("MESSAGE=it is\n" INFO "A=1=2\nB=x\n");
}
END_TEST

START_TEST(a_value_with_a_newline_has_its_length)
{
	const struct log_field fields[] = {
		{ "A", "two\n" },
		{ "B", "x" },
		{},
	};

	log_event(fields, "one\ntwo");
	GOT("MESSAGE\n\7\0\0\0\0\0\0\0one\ntwo\n" INFO
	    "A\n\4\0\0\0\0\0\0\0two\n\nB=x\n");
}
END_TEST

START_TEST(what_has_no_room_is_left_out)
{
	struct journal_entry e = {};
	char value[4097];

	for (size_t room = 4000; room < sizeof(value); room++) {
		memset(value, 'x', room);
		value[room] = '\0';
		e.len = 0;
		journal_put(&e, "A", value);
		ck_assert_uint_eq(e.len, room > 4096 - 11 ? 0 : room + 3);
		journal_put(&e, "B", "");
		ck_assert_uint_le(e.len, sizeof(e.bytes));
	}
}
END_TEST

START_TEST(a_long_line_is_cut)
{
	char text[2000], bytes[8192];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	ck_assert_int_eq(recv(journald, bytes, sizeof(bytes), 0),
			 strlen("MESSAGE=") + 1023 + strlen("\n" INFO));
}
END_TEST

/* As a program that is started by a service with its own stderr. */
START_TEST(another_stderr_gets_lines)
{
	stream_is(journald);
	log_info("armed");
	log_try("yes");
	unsetenv("JOURNAL_STREAM");
	log_info("again");
	got_none();
	said("handfastd: armed\ntry: yes\nhandfastd: again\n");
}
END_TEST

START_TEST(syslog_is_the_journal)
{
	unsetenv("JOURNAL_STREAM");
	log_init("handfastd", true);
	log_info("armed");
	GOT("MESSAGE=armed\n" INFO);
}
END_TEST

START_TEST(without_journald_stderr_gets_lines)
{
	unlink(socket_name.sun_path);
	log_info("armed");
	said("handfastd: armed\n");
	log_use_journal("web", "/tmp/a/name/that/is/longer/than/a/socket's/may/"
			       "be/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	log_info("armed");
	said("handfastd: armed\nhandfastd: armed\n");
}
END_TEST

/* Nobody waits for a journald that stands still. */
START_TEST(a_full_queue_is_not_waited_for)
{
	struct journal_entry e = {};

	journal_put(&e, "MESSAGE", "x");
	while (!journal_send(&e, socket_name.sun_path))
		;
	log_info("armed");
	said("handfastd: armed\n");
}
END_TEST

START_TEST(a_flood_is_an_event)
{
	struct hf_incident r = {
		.kind = HF_INCIDENT_SYN,
		.service = "*:80",
		.peak = 350000,
		.length_ms = 12500,
	};

	incident_say_begin(&r);
	GOT("MESSAGE=flood of SYNs on *:80: now 350000 SYN/s\n" INFO
	    "MESSAGE_ID=372399989f7d42e8a1886593cebc01bf\n"
	    "HANDFAST_EVENT=flood-begins\nHANDFAST_SERVICE=*:80\n"
	    "HANDFAST_PEAK_SYN_RATE=350000\n");
	r.service[0] = '\0';
	incident_say_end(&r);
	GOT("MESSAGE=flood is over after 13 s: at most 350000 SYN/s, 0 SYNs, "
	    "0 answered, 0 passed, 0 dropped; 0 clients let in, "
	    "0 ACKs rejected\n" INFO
	    "MESSAGE_ID=af11cc4f2b4449daaeee7378fb105fd8\n"
	    "HANDFAST_EVENT=flood-over\nHANDFAST_PEAK_SYN_RATE=350000\n"
	    "HANDFAST_LENGTH_S=13\n");
}
END_TEST

TEST_MAIN_WITH("journal", set_up, tear_down, a_line_has_its_fields,
	       an_event_has_fields_of_its_own,
	       a_value_with_a_newline_has_its_length,
	       what_has_no_room_is_left_out, a_long_line_is_cut,
	       another_stderr_gets_lines, syslog_is_the_journal,
	       without_journald_stderr_gets_lines,
	       a_full_queue_is_not_waited_for, a_flood_is_an_event)
