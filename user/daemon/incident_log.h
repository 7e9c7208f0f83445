/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A flood in the log: as a line, and for the journal as the fields that handfastd(8)
 * names. */
#ifndef HANDFAST_DAEMON_INCIDENT_LOG_H
#define HANDFAST_DAEMON_INCIDENT_LOG_H

#include "lib/abi.h"

void incident_say_begin(const struct hf_incident *r);
void incident_say_end(const struct hf_incident *r);

#endif
