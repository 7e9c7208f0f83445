// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast: the command line tool. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "lib/log.h"
#include "lib/names.h"
#include "show/show.h"

const struct command commands[] = {
	{
		.name = "status",
		.help = "Show what is attached and whether it is armed",
		.more = "Exit status 0 if the daemon answers, an interface is "
			"attached, and all are armed.",
		.run = cli_show,
	},
	{
		.name = "attach",
		.synopsis = "IFACE [OPTION]...",
		.help = "Answer handshakes on an interface, starting a daemon "
			"if none runs",
		.more = "SPEC: 443, 8000-8010, 10.0.0.5:443, 10.0.0.0/24:443, "
			"[2001:db8::5]:443,\n"
			"      [2001:db8::/32]:443, *:443 or all; several with "
			"commas.\n"
			"With --try it is detached after S seconds unless "
			"`handfast confirm' comes\n"
			"before; on a terminal whose ssh session comes by IFACE "
			"that is the default.\n"
			"Off again: handfast detach --all",
		.options = attach_options,
		.words_max = 1,
		.run = cli_attach,
	},
	{
		.name = "confirm",
		.help = "Keep what `attach --try' attached",
		.run = cli_confirm,
	},
	{
		.name = "detach",
		.synopsis = "IFACE | --all",
		.help = "Leave an interface alone, or all and end the daemon",
		.more = "--all works without a daemon, or with one that hangs.",
		.options = detach_options,
		.words_max = 1,
		.run = cli_detach,
	},
	{
		.name = "services",
		.help = "Show the protected services",
		.run = cli_show,
	},
	{
		.name = "states",
		.synopsis = "[OPTION]...",
		.help = "Show how many connections are in each state",
		.options = states_options,
		.run = cli_show,
	},
	{
		.name = "counters",
		.synopsis = "[OPTION]...",
		.help = "Show what was counted",
		.options = counters_options,
		.run = cli_show,
	},
	{
		.name = "flows",
		.synopsis = "[OPTION]...",
		.help = "List the connections",
		.options = flows_options,
		.run = cli_show,
	},
	{
		.name = "incidents",
		.help = "Show the floods that there were",
		.more = "The last 64 since it was attached; of what passed or "
			"was dropped --json has\n"
			"each reason.",
		.run = cli_show,
	},
	{
		.name = "top",
		.synopsis = "[OPTION]...",
		.help = "Watch rates, services, interfaces and reasons",
		.more = "Keys: s sorts, / filters, p pauses, q ends. The kernel "
			"measures what the\n"
			"programs cost while it runs (kernel.bpf_stats_enabled).",
		.options = top_options,
		.run = cli_top,
	},
	{
		.name = "trace",
		.synopsis = "[OPTION]...",
		.help = "Show each verdict as it happens, with its reason",
		.more = "Until ^C; verdicts are lost where there are too many to "
			"print.",
		.options = trace_options,
		.run = cli_trace,
	},
	{
		.name = "explain",
		.synopsis = "CLIENT[:PORT] SERVER:PORT",
		.help = "Tell what would become of a connection now",
		.more = "What is known of it, and what would become of a SYN "
			"and of an ACK without\n"
			"VLAN tags: the program that runs is loaded once more "
			"with a copy of its\n"
			"maps, and given both. Nothing is sent, counted or "
			"changed.",
		.options = explain_options,
		.words_max = 2,
		.run = cli_explain,
	},
	{
		.name = "doctor",
		.synopsis = "[IFACE]... [OPTION]...",
		.help = "Look whether handfast would work here, and how well",
		.more = "No IFACE: all Ethernet interfaces that are up. Nothing "
			"is attached or changed.\n"
			"Exit status 1 if a check fails.",
		.options = doctor_options,
		.words_max = INT_MAX,
		.run = cli_doctor,
	},
	{
		.name = "selftest",
		.help = "Try it on this kernel, in private namespaces",
		.more = "Real handshakes by each handoff and with each set of "
			"options, a dead daemon,\n"
			"the brake. No interface of this machine is touched.",
		.run = cli_selftest,
	},
	{
		.name = "lab",
		.synopsis = "up | flood [RATE] | down",
		.help = "Try it under a flood, in a network of its own",
		.more = "up: three network namespaces with a server, clients and "
			"a flooder, and what to\n"
			"    type next; with -n for the instance NAME [lab].\n"
			"flood: RATE spoofed SYNs a second [100000] to that "
			"server, and real clients\n"
			"    meanwhile; no interface but the lab's own is sent "
			"to.\n"
			"down: all of that is removed, the instance NAME "
			"detached.",
		.options = lab_options,
		.words_max = 2,
		.run = cli_lab,
	},
	{
		.name = "keys",
		.synopsis = "[rotate]",
		.help = "Show the age of the cookies' keys, or make new ones",
		.more = "rotate: a new generation at once. The former one stays "
			"good for 64 s, older\n"
			"ones do not: two rotations in a row make every cookie "
			"in flight worthless.",
		.words_max = 1,
		.run = cli_keys,
	},
	{
		.name = "reload",
		.help = "Read the configuration file again, as with SIGHUP",
		.more = "A bad file changes nothing. Keys that need a new start "
			"are named.",
		.run = cli_reload,
	},
	{
		.name = "version",
		.help = "Show the version",
		.run = cli_version,
	},
	{
		.name = "help",
		.synopsis = "[COMMAND]",
		.help = "Show the commands, or the options of one",
		.options = help_options,
		.words_max = 1,
		.run = cli_help,
	},
	{}
};

const struct arg_option common_options[] = {
	{ 'n', "name", "NAME", "instance [default]" },
	{ 'j', "json", NULL, "print one JSON object" },
	{ 'h', "help", NULL, "show this help" },
	{ 'V', "version", NULL, "show the version" },
	{}
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

const char *option_given(const struct cli *c, int id)
{
	return option_value(c->given, c->givens, id);
}

enum cli_exit bad_use(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_error("%s", text);
	log_try("handfast help");
	return CLI_BAD_USE;
}

static enum cli_exit take_word(struct cli *c, const char *word)
{
	if (c->command) {
		c->word[c->words++] = word;
		return CLI_DONE;
	}
	c->command = command_find(word);
	return c->command ? CLI_DONE : bad_use("%s: unknown command", word);
}

static enum cli_exit take_name(struct cli *c, const char *name)
{
	c->name = name;
	if (name_is_instance(name))
		return CLI_DONE;
	log_error("%s: not a NAME: 1 to 15 of A-Z a-z 0-9 _ -", name);
	return CLI_BAD_USE;
}

/* `instead` becomes the command that -h or -V ask for. */
static enum cli_exit take_options(struct cli *c, char **argv,
				  const char **instead)
{
	struct args a = { .at = argv + 1 };
	enum cli_exit bad = CLI_DONE;
	const char *value;
	int id;

	while (!bad) {
		id = args_next(&a, common_options,
			       c->command ? c->command->options : NULL, &value);
		if (id == ARG_END)
			return CLI_DONE;
		if (id == ARG_BAD)
			return CLI_BAD_USE;
		if (id == ARG_WORD)
			bad = take_word(c, value);
		else if (id == 'n')
			bad = take_name(c, value);
		else if (id == 'j')
			c->json = true;
		else if (id == 'h' || id == 'V')
			*instead = id == 'h' ? "help" : "version";
		else
			c->given[c->givens++] = (struct given){ id, value };
	}
	return bad;
}

static enum cli_exit run(struct cli *c, char **argv)
{
	const char *instead = NULL;
	enum cli_exit bad = take_options(c, argv, &instead);

	if (bad)
		return bad;
	c->out = c->json ? &output_json : &output_text;
	if (instead) {
		c->words = 0;
		if (c->command && !strcmp(instead, "help"))
			c->word[c->words++] = c->command->name;
		return command_find(instead)->run(c);
	}
	if (!c->command) {
		c->command = commands;
		c->brief = !c->json;
	}
	if (c->words > c->command->words_max)
		return bad_use("%s: one argument too many: %s",
			       c->command->name,
			       c->word[c->command->words_max]);
	return c->command->run(c);
}

/* Did all reach its reader? One that closed the pipe has seen enough. */
static enum cli_exit check_stdout(enum cli_exit status)
{
	struct pollfd pfd = { .fd = STDOUT_FILENO };
	int failed = ferror(stdout) | fflush(stdout), err = errno;

	if (!failed)
		return status;
	if (err == EPIPE ||
	    (poll(&pfd, 1, 0) > 0 && pfd.revents & (POLLERR | POLLHUP)))
		return CLI_DONE;
	log_error("standard output: %s", strerror(err));
	return CLI_FAILED;
}

/* At least as many as the arguments can hold: "-aaa" is three options. */
static size_t args_most(char **argv)
{
	size_t nr = 1;

	for (; *argv; argv++)
		nr += strlen(*argv) + 1;
	return nr;
}

int main(int argc, char **argv)
{
	struct cli c = { .name = "default" };
	enum cli_exit status = CLI_FAILED;
	size_t most = args_most(argv);

	(void)argc;
	signal(SIGPIPE, SIG_IGN);
	log_init("handfast", false);
	c.word = calloc(most, sizeof(*c.word));
	c.given = calloc(most, sizeof(*c.given));
	if (c.word && c.given)
		status = check_stdout(run(&c, argv));
	free(c.word);
	free(c.given);
	return status;
}
