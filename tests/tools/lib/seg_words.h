/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* seg_words.h: the words of seg's send command. */
#ifndef SEG_WORDS_H
#define SEG_WORDS_H

#include "seg_packet.h"

/* Does to s what name=value says (value NULL: no "="); ends the program if
 * the word is unknown. s keeps value.
 */
void word_apply(struct segment *s, const char *name, char *value);

#endif
