/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The frame of commands that show an instance, and what they say if they fail. */
#ifndef HANDFAST_SAY_H
#define HANDFAST_SAY_H

#include "cli.h"
#include "view/instance.h"

/* What helps against it, too. `err` is of instance_open() or instance_pins(). */
void say_not_open(const char *name, int err);

/* A map could not be read: -errno. Returns CLI_FAILED. */
enum cli_exit say_unreadable(const struct instance *i, int err);

/* instance_open(), and says why not. */
int instance_open_or_say(struct instance *i, const char *name);

/* The head of what a command shows that needs no instance. */
void begin_document(const struct cli *c, const char *name);

#endif
