// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The configuration file: sections, and which line is wrong. */
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_file.h"

/*
 * inih cuts a section's name at its first ']' and lines and names where they
 * grow too long, so sections are read here, and it is given short lines only.
 */
struct reading {
	struct config *config;
	struct config_error *error;
	FILE *file;
	char *text;
	size_t room;
	int line;
	int bad_line;			/* 0: none yet */
	bool known;			/* the section */
	struct config_section *section;	/* NULL: [handfast] */
};

static void bad_line(struct reading *r, const char *key, const char *value,
		     const char *why)
{
	config_bad(r->error, key, value, why);
	r->bad_line = r->line;
}

static void open_service(struct reading *r, char *spec)
{
	struct config *c = r->config;
	struct spec_list one = {};
	struct config_section *s;
	const char *at;

	if (spec_list_add(&one, spec, &at) || one.nr != 1) {
		bad_line(r, "[service SPEC]", spec, "not one SPEC");
		return;
	}
	if (c->sections == CONFIG_SECTIONS_MAX) {
		bad_line(r, "[service SPEC]", spec, "too many sections");
		return;
	}
	s = &c->section[c->sections++];
	memcpy(&s->spec, &one.spec[0], sizeof(s->spec));
	r->section = s;
	r->known = true;
}

/* "[name]" and perhaps a comment; `text` is changed. */
static void open_section(struct reading *r, char *text)
{
	char *comment = strstr(text, " ;"), *end;

	if (comment)
		*comment = '\0';
	end = strrchr(text, ']');
	r->section = NULL;
	r->known = false;
	if (!end || end[1 + strspn(end + 1, CONFIG_SPACES "\r\n")]) {
		bad_line(r, "section", text, "lacks its ]");
		return;
	}
	*end = '\0';
	text++;
	if (!strcmp(text, "handfast"))
		r->known = true;
	else if (!strncmp(text, "service", 7) &&
		 strspn(text + 7, CONFIG_SPACES))
		open_service(r, text + 7 + strspn(text + 7, CONFIG_SPACES));
	else
		bad_line(r, "unknown section", text,
			 "only [handfast] and [service SPEC]");
}

static char *next_line(char *to, int size, void *arg)
{
	struct reading *r = arg;
	char *at;
	ssize_t len = r->bad_line ? -1 : getline(&r->text, &r->room, r->file);

	if (len < 0)
		return NULL;
	r->line++;
	if (strlen(r->text) != (size_t)len || len >= size) {
		bad_line(r, "line", r->text,
			 len >= size ? "too long, lists may take several lines"
				     : "holds a NUL byte");
		return NULL;
	}
	at = r->text;
	if (r->line == 1 && !strncmp(at, "\xef\xbb\xbf", 3))
		at += 3;
	if (at[strspn(at, CONFIG_SPACES)] != '[')
		return strcpy(to, at);
	open_section(r, at + strspn(at, CONFIG_SPACES));
	return strcpy(to, "[section]\n");
}

static int on_key(void *arg, const char *inih_section, const char *key,
		  const char *value)
{
	struct reading *r = arg;
	int line = r->line, err;

	(void)inih_section;
	if (r->bad_line)
		return 0;
	if (!r->known) {
		bad_line(r, key, value, "stands in no section");
		return 0;
	}
	err = r->section ? config_set_section(r->section, key, value, r->error)
			 : config_set(r->config, key, value, r->error);
	if (err)
		r->bad_line = line;
	return !r->bad_line;
}

int config_read(struct config *c, const char *path, struct config_error *e)
{
	struct config_error inner = {};
	struct reading r = { .config = c, .error = &inner };
	int line, failed;

	r.file = fopen(path, "re");
	if (!r.file && errno == ENOENT)
		return -ENOENT;
	line = r.file ? ini_parse_stream(next_line, &r, on_key, &r) : -1;
	failed = !r.file || ferror(r.file);
	if (r.file)
		fclose(r.file);
	free(r.text);
	if (failed || line < 0) {
		snprintf(e->text, sizeof(e->text), "%.128s: cannot be read",
			 path);
		return -EINVAL;
	}
	if (!line && !r.bad_line)
		return 0;
	if (!r.bad_line || (line && line < r.bad_line))
		snprintf(inner.text, sizeof(inner.text),
			 "not a line of an INI file");
	else
		line = r.bad_line;
	snprintf(e->text, sizeof(e->text), "%.128s:%d: %.230s", path, line,
		 inner.text);
	return -EINVAL;
}
