// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Frames as pcapng: see pcapng.h. A block is its type, its length, a body of whole
 * words, and its length once more; options are a code, a length and a value that is
 * filled up to a word.
 */
#include <errno.h>
#include <string.h>

#include "pcapng.h"

#define SECTION		0x0a0d0d0aU
#define INTERFACE	1U
#define PACKET		6U
#define BYTE_ORDER	0x1a2b3c4dU
#define LINK_ETHERNET	1U

#define OPT_END		0
#define OPT_COMMENT	1
#define OPT_SHB_USERAPPL	4
#define OPT_IF_NAME	2
#define OPT_IF_TSRESOL	9
#define OPT_EPB_FLAGS	2

#define NANOSECONDS	9	/* ten to the minus ninth */
#define INBOUND		1U
#define OUTBOUND	2U

#define BLOCK_MAX	4096

struct block {
	uint8_t byte[BLOCK_MAX];
	uint32_t len;
};

static void add(struct block *b, const void *value, uint32_t len)
{
	static const uint8_t zero[4];
	uint32_t pad = -len & 3;

	if (b->len + len + pad > sizeof(b->byte) - 16)
		return;
	if (len)
		memcpy(b->byte + b->len, value, len);
	memcpy(b->byte + b->len + len, zero, pad);
	b->len += len + pad;
}

static void add_word(struct block *b, uint32_t word)
{
	add(b, &word, sizeof(word));
}

static void add_option(struct block *b, uint16_t code, const void *value,
		       uint16_t len)
{
	uint16_t head[2] = { code, len };

	add(b, head, sizeof(head));
	add(b, value, len);
}

static void begin(struct block *b, uint32_t type)
{
	b->len = 0;
	add_word(b, type);
	add_word(b, 0);		/* its length */
}

static int end(struct block *b, FILE *file)
{
	uint32_t len;

	add_option(b, OPT_END, NULL, 0);
	len = b->len + sizeof(len);
	memcpy(b->byte + 4, &len, sizeof(len));
	add_word(b, len);
	return fwrite(b->byte, 1, b->len, file) == b->len ? 0 : -EIO;
}

int pcapng_begin(struct pcapng *p, FILE *file, const char *application)
{
	const uint16_t version[2] = { 1, 0 };
	struct block b;

	p->file = file;
	p->ifaces = 0;
	begin(&b, SECTION);
	add_word(&b, BYTE_ORDER);
	add(&b, version, sizeof(version));
	add_word(&b, ~0U);	/* 64 bits of length: not known */
	add_word(&b, ~0U);
	add_option(&b, OPT_SHB_USERAPPL, application, strlen(application));
	return end(&b, file);
}

static int put_iface(struct pcapng *p, const struct pcapng_frame *f)
{
	const uint8_t resolution = NANOSECONDS;
	struct block b;

	p->ifindex[p->ifaces++] = f->ifindex;
	begin(&b, INTERFACE);
	add_word(&b, LINK_ETHERNET);
	add_word(&b, 0);	/* frames of any length */
	add_option(&b, OPT_IF_NAME, f->iface, strlen(f->iface));
	add_option(&b, OPT_IF_TSRESOL, &resolution, sizeof(resolution));
	return end(&b, p->file);
}

/* Its number in the file, or -EIO. */
static int find_iface(struct pcapng *p, const struct pcapng_frame *f)
{
	for (int i = 0; i < p->ifaces; i++)
		if (p->ifindex[i] == f->ifindex)
			return i;
	if (p->ifaces == PCAPNG_IFACES_MAX)
		return PCAPNG_IFACES_MAX - 1;
	return put_iface(p, f) ?: p->ifaces - 1;
}

int pcapng_put(struct pcapng *p, const struct pcapng_frame *f)
{
	uint32_t flags = f->out ? OUTBOUND : INBOUND;
	int iface = find_iface(p, f);
	struct block b;

	if (iface < 0)
		return iface;
	begin(&b, PACKET);
	add_word(&b, iface);
	add_word(&b, f->at_ns >> 32);
	add_word(&b, f->at_ns);
	add_word(&b, f->len);
	add_word(&b, f->wire_len);
	add(&b, f->byte, f->len);
	add_option(&b, OPT_EPB_FLAGS, &flags, sizeof(flags));
	add_option(&b, OPT_COMMENT, f->comment, strlen(f->comment));
	return end(&b, p->file);
}
