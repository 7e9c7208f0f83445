// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * handfast detach: the daemon is asked; pins alone do where it is dead, hangs,
 * or is of another version. Links first, then the daemon, then links again: it
 * may have put some back before it ended.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "format/output.h"
#include "sys/bpffs.h"
#include "lib/ctl.h"
#include "peer.h"
#include "lib/hook_pin.h"
#include "reset.h"
#include "say.h"
#include "lib/log.h"
#include "sys/process.h"

#define DETACH_MS	10000
#define SLACK_MS	1000	/* beyond what the daemon said */
#define SAID_MS		5000	/* so long nobody waits without a word */
#define LOOK_US		50000

const struct arg_option detach_options[] = {
	{ OPT_ALL, "all", NULL, "all interfaces; the daemon ends" },
	{ OPT_NOW, "now", NULL, "end spliced connections at once" },
	{}
};

static json_object *request_of(const struct cli *c, const char *command)
{
	json_object *request = peer_request(command);

	json_object_object_add(request, "now",
			       json_object_new_boolean(
				       option_given(c, OPT_NOW) != NULL));
	return request;
}

/* How long it may take, ms; whoever waits is told. */
static int drain_ms(json_object *reply)
{
	int ms = reply_number(reply, "drain_ms");

	if (ms >= SAID_MS)
		log_info("draining for up to %d s, --now ends it",
			 (ms + 999) / 1000);
	return ms + SLACK_MS;
}

/* Ask it to end, and wait as long as it said that it takes. */
static bool stop_daemon(const struct cli *c, const struct peer *p)
{
	json_object *reply;
	bool ended = false;

	if (peer_ask(p, request_of(c, "stop"), &reply, CTL_TIMEOUT_MS))
		return false;
	if (reply_bool(reply, "ok"))
		ended = peer_ended(p, drain_ms(reply));
	json_object_put(reply);
	return ended;
}

/*
 * A daemon that does not even accept, or whose socket is out of sight: its id
 * stands in the maps. Nobody may have taken the id over since.
 */
static void find_process(struct peer *p)
{
	struct hf_meta meta;
	struct maps m;

	if (p->pidfd >= 0 || maps_open(&m, p->name))
		return;
	if (!map_read(&m, HF_MAP_META, 0, &meta)) {
		p->pidfd = process_open(meta.pid);
		if (p->pidfd >= 0 && !process_is(meta.pid, "handfastd")) {
			close(p->pidfd);
			p->pidfd = -1;
		}
	}
	maps_close(&m);
}

/*
 * A socket that nobody listens at, and the locks of who was killed. With the
 * daemon's lock held nobody else takes the socket's path meanwhile.
 */
static void remove_socket(const char *name)
{
	char path[CTL_PATH_MAX];
	int fd, lock = ctl_lock(name);

	ctl_trace_path(path, name);
	unlink(path);
	if (lock < 0)
		return;		/* its owner lives */
	fd = ctl_connect(name, NULL);
	ctl_path(path, name);
	if (fd == -ECONNREFUSED)
		unlink(path);
	if (fd >= 0)
		close(fd);
	ctl_unlock(lock, name);
}

void daemon_teardown(const char *name, int pidfd)
{
	bpffs_teardown(name);
	if (pidfd >= 0)
		process_end(pidfd);
	bpffs_teardown(name);	/* what it pinned meanwhile */
	remove_socket(name);
}

static enum cli_exit check_gone(const char *name)
{
	int err = instance_pins(name);

	if (err == -ENOENT)
		return CLI_DONE;
	if (err)
		say_not_open(name, err);
	else
		log_error("%s: pins cannot be removed", name);
	return CLI_FAILED;
}

static enum cli_exit detach_all(const struct cli *c)
{
	struct peer p;
	int err = peer_connect(&p, c->name);
	bool ended;

	if (err == -EPERM || err == -EACCES)
		return peer_silent(&p, err);
	find_process(&p);
	ended = !err && stop_daemon(c, &p);
	if (!ended)
		reset_spliced(c->name, 0);
	daemon_teardown(c->name, ended ? -1 : p.pidfd);
	peer_close(&p);
	return check_gone(c->name);
}

/* The row of the interface, or -1; `others`: is another one attached? */
static int find_row(const struct maps *m, const char *name,
		    struct hf_iface *found, bool *others)
{
	struct hf_iface row;
	int at = -1;

	*others = false;
	for (__u32 i = 0; i < HF_IFACES_MAX; i++) {
		if (map_read(m, HF_MAP_IFACES, i, &row) || !row.ifindex)
			continue;
		if (at < 0 && !strcmp(row.name, name)) {
			*found = row;
			at = i;
		} else {
			*others = true;
		}
	}
	return at;
}

static int detach_by_pins(const struct instance *i, const char *name)
{
	static const struct hf_iface unused;
	char root[PATH_MAX], dir[PATH_MAX];
	struct hf_iface row;
	bool others;
	int at = find_row(&i->maps, name, &row, &others);

	if (at < 0 || bpffs_find(root) || bpffs_layout(dir, root, i->name))
		return -ENOENT;
	reset_spliced(i->name, row.ifindex);
	hook_pin_detach(dir, row.ifindex);
	map_write(&i->maps, HF_MAP_IFACES, at, &unused);
	if (!others)
		bpffs_teardown(i->name);
	return 0;
}

static enum cli_exit without_daemon(const char *name, const char *iface)
{
	struct instance i;
	int err;

	if (instance_open_or_say(&i, name))
		return CLI_FAILED;
	err = detach_by_pins(&i, iface);
	instance_close(&i);
	remove_socket(name);
	if (!err)
		return CLI_DONE;
	log_error("%s: not attached", iface);
	return CLI_FAILED;
}

/* Is the interface's row still there? */
static bool is_attached(const char *name, const char *iface)
{
	struct hf_iface row;
	struct instance i;
	bool others, found;

	if (instance_open(&i, name))
		return false;
	found = find_row(&i.maps, iface, &row, &others) >= 0;
	instance_close(&i);
	return found;
}

/* Until it is drained; the last detach may end the daemon, and then one can start
 * anew. */
static void wait_detached(const struct peer *p, const char *iface,
			  json_object *reply)
{
	int left_ms = drain_ms(reply);

	if (reply_bool(reply, "ends")) {
		peer_ended(p, left_ms);
		return;
	}
	for (; left_ms > 0 && is_attached(p->name, iface);
	     left_ms -= LOOK_US / 1000)
		usleep(LOOK_US);
}

static enum cli_exit ask(const struct cli *c, const struct peer *p)
{
	json_object *request = request_of(c, "detach"), *reply;
	const char *iface = c->word[0];
	enum cli_exit status;
	int err;

	json_object_object_add(request, "iface", json_object_new_string(iface));
	err = peer_ask(p, request, &reply, DETACH_MS);
	if (err)
		return peer_silent(p, err);
	status = reply_check(reply);
	if (!status)
		wait_detached(p, iface, reply);
	json_object_put(reply);
	return status;
}

/* NULL: all of them. */
static enum cli_exit show(const struct cli *c, const char *iface)
{
	begin_document(c, c->name);
	c->out->detached(iface);
	c->out->tail();
	return CLI_DONE;
}

enum cli_exit cli_detach(const struct cli *c)
{
	bool all = option_given(c, OPT_ALL);
	enum cli_exit status;
	struct peer p;
	int err;

	if (all == (c->words > 0))
		return bad_use("detach: IFACE or --all is wanted");
	if (all)
		return detach_all(c) ?: show(c, NULL);
	err = peer_connect(&p, c->name);
	if (err == -ENOENT || err == -ECONNREFUSED)
		status = without_daemon(c->name, c->word[0]);
	else
		status = err ? peer_silent(&p, err) : ask(c, &p);
	peer_close(&p);
	return status ?: show(c, c->word[0]);
}
