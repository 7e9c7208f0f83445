// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The terminal's screen of `handfast top`: see top_screen.h. */
#include <ctype.h>
#include <langinfo.h>
#include <ncurses.h>
#include <stdio.h>
#include <string.h>

#include "top_screen.h"

#define TYPED_MAX	64
#define RED		1	/* of colour pairs */
#define ESCAPE		27

static char typed[TYPED_MAX];	/* what is typed ... */
static bool editing;		/* ... now */
static SCREEN *screen;

bool screen_begin(void)
{
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return false;
	cbreak();
	noecho();
	curs_set(0);
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	set_escdelay(25);
	if (has_colors()) {
		start_color();
		use_default_colors();
		init_pair(RED, COLOR_RED, -1);
	}
	return true;
}

void screen_end(void)
{
	endwin();
	delscreen(screen);
}

/* Bytes of `text` that fill so many columns: each character is one wide. */
static int cut(const char *text, int columns)
{
	int at = 0;

	for (; text[at]; at++)
		if ((text[at] & 0xc0) != 0x80 && !columns--)
			break;
	return at;
}

static void put_line(struct top_page *p, enum top_style style, const char *text)
{
	static const attr_t attrs[] = {
		[TOP_PLAIN] = A_NORMAL,
		[TOP_STRONG] = A_BOLD,
		[TOP_HEAD] = A_REVERSE,
		[TOP_BAD] = A_BOLD | COLOR_PAIR(RED),
	};

	attrset(attrs[style]);
	mvaddnstr(p->row, 0, text, cut(text, COLS));
	if (style == TOP_HEAD)
		for (int x = getcurx(stdscr); x < COLS && x; x++)
			addch(' ');
	attrset(A_NORMAL);
}

static void put_foot(const struct screen *s)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "q quit  s sort: %s  / filter: %s%s  p pause%s",
		 top_sort_names[s->page.sort], typed, editing ? "_" : "",
		 s->paused ? ": PAUSED" : "");
	attrset(A_DIM);
	mvaddnstr(LINES - 1, 0, text, cut(text, COLS - 1));
	attrset(A_NORMAL);
}

void screen_paint(struct screen *s, const struct instance *i,
		  const struct top_view *v, const char *why)
{
	erase();
	s->page.line = put_line;
	s->page.lines = LINES - 1;
	s->page.columns = COLS;
	s->page.blocks = !strcmp(nl_langinfo(CODESET), "UTF-8");
	if (i)
		top_page_put(&s->page, i, v);
	else
		mvaddnstr(0, 0, why, cut(why, COLS));
	put_foot(s);
	refresh();
}

static void edit(int key)
{
	size_t len = strlen(typed);

	if (key == '\n' || key == KEY_ENTER) {
		editing = false;
	} else if (key == ESCAPE) {
		typed[0] = '\0';
		editing = false;
	} else if (key == KEY_BACKSPACE || key == 127 || key == '\b') {
		if (len)
			typed[len - 1] = '\0';
	} else if (key < 128 && isprint(key) && len + 1 < TYPED_MAX) {
		typed[len] = key;
		typed[len + 1] = '\0';
	}
}

static void take(struct screen *s, int key)
{
	if (key == '/')
		editing = true;
	else if (key == 's')
		s->page.sort = (s->page.sort + 1) % TOP_SORT_NR;
	else if (key == 'p' || key == ' ')
		s->paused = !s->paused;
	else if (key == 'q' || key == 'Q')
		s->ended = true;
}

void screen_keys(struct screen *s)
{
	int key;

	if (s->page.filter != typed) {	/* that of the command line */
		snprintf(typed, sizeof(typed), "%s", s->page.filter);
		s->page.filter = typed;
	}
	while ((key = getch()) != ERR) {
		clearok(stdscr, TRUE);	/* all of it: heals what others wrote */
		if (editing)
			edit(key);
		else
			take(s, key);
	}
}
