// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast doctor: what netfilter would do with connections from cookies. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "sys/translated.h"

#define TCP_LOOSE	"/proc/sys/net/netfilter/nf_conntrack_tcp_loose"

/* How much a file of names has: 1 some, 0 none or no file, or -errno. */
static int has_content(const char *path)
{
	FILE *fp = fopen(path, "re");
	int c;

	if (!fp)
		return errno == ENOENT ? 0 : -errno;
	c = fgetc(fp);
	fclose(fp);
	return c != EOF;
}

static int has_legacy(void)
{
	int v4 = has_content("/proc/net/ip_tables_names");

	return v4 ?: has_content("/proc/net/ip6_tables_names");
}

/* Without rules that ask it, conntrack may be loaded and see nothing. */
static void judge_strict(struct doctor *d)
{
	bool used = !d->rules || has_legacy() || rules_use_conntrack(d->rules);

	check_add(&d->list, used ? CHECK_FAIL : CHECK_WARN, "conntrack",
		  "net.netfilter.nf_conntrack_tcp_loose: is 0, to conntrack %s "
		  "invalid that begins with the third ACK of a handshake, as "
		  "those from cookies do",
		  used ? "a connection is"
		       : "as soon as a rule asks it a connection is");
	check_cure(&d->list, "sysctl -w "
			     "net.netfilter.nf_conntrack_tcp_loose=1");
}

static void check_conntrack(struct doctor *d)
{
	FILE *fp = fopen(TCP_LOOSE, "re");
	int loose = -1;

	if (!fp && errno == ENOENT) {
		check_add(&d->list, CHECK_OK, "conntrack",
			  "conntrack is not loaded");
		return;
	}
	if (fp && fscanf(fp, "%d", &loose) != 1)
		loose = -1;
	if (fp)
		fclose(fp);
	if (loose < 0)
		check_add(&d->list, CHECK_WARN, "conntrack",
			  "net.netfilter.nf_conntrack_tcp_loose: cannot be "
			  "read");
	else if (!loose)
		judge_strict(d);
	else
		check_add(&d->list, CHECK_OK, "conntrack",
			  "conntrack takes connections that begin without a "
			  "SYN");
}

static void check_rules(struct doctor *d)
{
	enum check_level level;
	char where[128];

	if (!d->rules) {
		check_add(&d->list, CHECK_WARN, "nftables",
			  "nftables: rules cannot be read%s",
			  d->root ? "" : " without root");
		return;
	}
	level = rules_drop_unseen(d->rules, where);
	if (level == CHECK_OK) {
		check_add(&d->list, CHECK_OK, "nftables",
			  "nftables: no rule drops what is new but not a SYN");
		return;
	}
	check_add(&d->list, level, "nftables",
		  "nftables: a rule of chain %s %s what is new but not a SYN, "
		  "as is the third ACK of every handshake by cookie",
		  where, level == CHECK_FAIL ? "drops" : "may drop");
	check_cure(&d->list, "nft -a list chain %s", where);
}

static void check_legacy(struct doctor *d)
{
	int legacy = has_legacy();

	if (legacy < 0)
		check_add(&d->list, CHECK_WARN, "iptables",
			  "iptables-legacy: cannot be read: %s",
			  strerror(-legacy));
	else if (legacy)
		check_add(&d->list, CHECK_WARN, "iptables",
			  "iptables-legacy has tables here: their rules are "
			  "not read; none may drop what is new but not a SYN, "
			  "and ports that they send elsewhere must be "
			  "excluded");
	else
		check_add(&d->list, CHECK_OK, "iptables",
			  "iptables-legacy has no tables here");
}

/* "80, 8000-8010", as many as there is room for. */
static void put_ports(const struct spec_list *list, char *text, size_t size)
{
	const struct spec *s;
	size_t len = 0;

	for (int i = 0; i < list->nr && len < size; i++) {
		s = &list->spec[i];
		len += snprintf(text + len, size - len, "%s%u", i ? ", " : "",
				s->port_lo);
		if (len < size && s->port_hi != s->port_lo)
			len += snprintf(text + len, size - len, "-%u",
					s->port_hi);
	}
}

static void check_translated(struct doctor *d)
{
	struct spec_list *list = d->rules ? calloc(1, sizeof(*list)) : NULL;
	char ports[200] = "";

	if (!list)
		return;
	translated_read(d->rules, list);
	put_ports(list, ports, sizeof(ports));
	if (list->nr)
		check_add(&d->list, CHECK_OK, "translated",
			  "ports that nftables sends elsewhere: %s: their SYNs "
			  "pass",
			  ports);
	free(list);
}

static void check_spliced(struct doctor *d)
{
	check_add(&d->list, CHECK_OK, "netfilter",
		  "netfilter is shown an ordinary handshake, whatever its "
		  "rules");
}

void (*const doctor_netfilter[])(struct doctor *d) = {
	check_conntrack, check_rules, check_legacy, check_translated, NULL,
};

void (*const doctor_netfilter_spliced[])(struct doctor *d) = {
	check_spliced,
	NULL,
};
