# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# rows.awk: read the list of mutants (see rows), in the top directory of a tree.
# Writes "NAME FILE TEST OPTIONS", with tabs between, of each row that applies;
# what is wrong with another one goes to stderr, and the exit status is 1.
# With row=NAME it writes that row's file instead, as the mutant has it.

function wrong(what) {
	if (row == "")
		print called() ": " what >"/dev/stderr"
	bad++
	good = 0
}

function called() {
	return "name" in field ? field["name"] : "row at line " begin
}

function strip(line) {
	sub(/^[ \t]+/, "", line)
	sub(/[ \t]+$/, "", line)
	return line
}

function indent_of(line) {
	match(line, /^[ \t]*/)
	return substr(line, 1, RLENGTH)
}

# Each file is read once. size[] is -1 where there is none.
function read_file(path,   got, line, n) {
	if (path in size)
		return
	while ((got = getline line <path) > 0) {
		text[path, ++n] = line
		bare[path, n] = strip(line)
	}
	close(path)
	size[path] = got < 0 ? -1 : n + 0
}

# Where the function begins: its name in column 0 or behind a type that stands
# there, and no declaration. 0: nowhere.
function begin_of(path, name,   i, line) {
	for (i = 1; i <= size[path]; i++) {
		line = text[path, i]
		if (line ~ /^[A-Za-z_]/ && line !~ /;$/ &&
		    line ~ "(^|[^A-Za-z0-9_])" name "\\(")
			return i
	}
	return 0
}

function end_of(path, i) {
	while (i <= size[path] && text[path, i] != "}")
		i++
	return i
}

# Do the row's lines stand from here on?
function stands_at(path, from,   i) {
	for (i = 1; i <= lines; i++)
		if (bare[path, from + i - 1] != line_of[i])
			return 0
	return 1
}

# Where the lines are that the row breaks, in `at`.
function find_lines(   path, from, to, times, where, i) {
	path = where = field["file"]
	from = 1
	to = size[path]
	if ("in" in field) {
		where = field["in"] "() of " path
		from = begin_of(path, field["in"])
		if (!from) {
			wrong("there is no " where)
			return
		}
		to = end_of(path, from)
	}
	for (i = from; i + lines - 1 <= to; i++)
		if (stands_at(path, i)) {
			at = i
			times++
		}
	if (!times)
		wrong("its line is gone from " where)
	else if (times > 1)
		wrong("its line occurs " times " times in " where)
}

# Is `name` how an assertion with variables begins? "$1: goes on" is
# anything, and then the text. What is nearly all variable says nothing.
function is_made_of(string, name,   part, n, i, place, letters) {
	gsub(/\$\([^)]*\)|\$\{[^}]*\}|\$[A-Za-z_0-9]+/, "\001", string)
	n = split(string, part, "\001")
	if (n < 2 || substr(name, 1, length(part[1])) != part[1])
		return 0
	for (i = 1; i <= n; i++) {
		place = index(name, part[i])
		if (part[i] != "" && !place)
			return 0
		if (part[i] != "")
			name = substr(name, place + length(part[i]))
		letters += length(part[i])
	}
	return letters >= 8
}

function script_says(path, name,   i, j, n, piece) {
	for (i = 1; i <= size[path]; i++) {
		if (text[path, i] ~ /^[ \t]*#/)
			continue
		if (index(text[path, i], "\"" name))
			return 1
		n = split(text[path, i], piece, "\"")
		for (j = 2; j <= n; j += 2)
			if (is_made_of(piece[j], name))
				return 1
	}
	return 0
}

function program_has(path, name,   i) {
	for (i = 1; i <= size[path]; i++)
		if (text[path, i] == "START_TEST(" name ")")
			return 1
	return 0
}

# FILE [ARG...]: NAME
function check_test(   test, colon, path, name) {
	test = field["test"]
	colon = index(test, ": ")
	path = substr(test, 1, colon - 1)
	sub(/ .*/, "", path)
	name = substr(test, colon + 2)
	if (!colon || path == "" || name == "") {
		wrong("its test is not FILE: NAME")
		return
	}
	read_file(path)
	if (size[path] < 0)
		wrong("there is no " path)
	else if (!(path ~ /\.c$/ ? program_has(path, name) \
				 : script_says(path, name)))
		wrong("there is no test '" name "' in " path)
}

function check_keys(   n, i, key) {
	n = split("name why test file", key, " ")
	for (i = 1; i <= n; i++)
		if (!(key[i] in field) || field[key[i]] == "")
			wrong("it has no " key[i])
	if (!lines)
		wrong("it has no line")
	if ("name" in field && seen[field["name"]]++)
		wrong("there are two rows of this name")
}

function check_row() {
	check_keys()
	if (!good)
		return
	check_test()
	read_file(field["file"])
	if (size[field["file"]] < 0)
		wrong("there is no " field["file"])
	else
		find_lines()
}

# Each line keeps the indentation of the one that it stands for.
function write_mutant(   path, i) {
	path = field["file"]
	for (i = 1; i < at; i++)
		print text[path, i]
	for (i = 1; i <= becomes; i++)
		print indent_of(text[path, at + (i < lines ? i : lines) - 1]) \
			becomes_of[i]
	for (i = at + lines; i <= size[path]; i++)
		print text[path, i]
}

function end_row() {
	if (!begin)
		return
	if (row == "" || field["name"] == row)
		check_row()
	if (good && row == "")
		print field["name"] "\t" field["file"] "\t" field["test"] \
			"\t" field["options"]
	else if (good && field["name"] == row)
		write_mutant()
	begin = 0
}

function begin_row() {
	begin = NR
	good = 1
	lines = becomes = 0
	split("", field)
}

function take(key, value) {
	if (key == "line")
		line_of[++lines] = strip(value)
	else if (key == "becomes")
		becomes_of[++becomes] = strip(value)
	else if (key !~ /^(name|why|test|options|file|in)$/)
		wrong("'" key "' is no key")
	else if (key in field)
		wrong("it has two of " key)
	else
		field[key] = strip(value)
}

/^#/ { next }
/^[ \t]*$/ { end_row(); next }
{
	if (!begin)
		begin_row()
	tab = index($0, "\t")
	if (tab)
		take(substr($0, 1, tab - 1), substr($0, tab + 1))
	else
		wrong("line " NR " has no tab behind its key")
}
END {
	end_row()
	exit bad > 0
}
