// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What Debian 13's archive of libelf lacks (elfutils 0.192): the tree of what
 * elf_getdata_rawchunk() gave out. Nobody here calls that, which would not link, so
 * the tree is empty. Another libelf has functions of its own.
 */

#define OTHERS_WIN	__attribute__((weak))

void eu_search_tree_init(void *tree);
void eu_search_tree_fini(void *tree, void (*free_node)(void *node));

OTHERS_WIN void eu_search_tree_init(void *tree)
{
	(void)tree;
}

OTHERS_WIN void eu_search_tree_fini(void *tree, void (*free_node)(void *node))
{
	(void)tree;
	(void)free_node;
}
