# What was measured, as a table: a line for each side of each scenario, and
# the ratios of the first side to it in the same round.  With `only`, that
# scenario and number of connections alone; else the counts too, and whether
# the targets were reached.  Read after median.awk.

# The ratios of what two lists hold at the same place.
function quotients(one, other,   a, b, n, i, list)
{
	n = split(one, a, " ")
	split(other, b, " ")
	for (i = 1; i <= n; i++)
		if (b[i] > 0)
			list = list " " a[i] / b[i]
	return list
}

# The ratios of two sides, round by round.
function ratios(key, one, other)
{
	return quotients(rate[key " " one], rate[key " " other])
}

function range(list,   middle)
{
	if (list == "")
		return "that fails"
	middle = median(list)
	return sprintf("%.2f (%.2f-%.2f)", middle, least, most)
}

function number(list, format)
{
	return list ~ /-/ ? "" : sprintf(format, median(list))
}

function line(key, side,   k, p)
{
	k = key " " side
	split(key, p, " ")
	printf "%-19s %3s %-15s %8s %7s %7s %8s %8s %6s %7s  %s\n",
	    p[1], p[2], side, number(rate[k], "%.0f"), number(half[k], "%.1f"),
	    number(high[k], "%.1f"), number(cpu[k], "%.0f"),
	    number(pg[k], "%.0f"), count[p[1] " " side],
	    number(wal[k], "%.0f"),
	    side == first ? "" : range(ratios(key, first, side))
}

function head()
{
	printf "\n%-19s %3s %-15s %8s %7s %7s %8s %8s %6s %7s  %s\n",
	    "scenario", "at", "side", "turns/s", "p50 ms", "p99 ms", "CPU us",
	    "PG us", "stmts", "WAL B", first " is so many times that"
}

# How many times as fast as the other that side is; nothing where it was not
# measured.
function beside(key, side, other, name)
{
	if (!((key " " side) in rate))
		return ""
	return sprintf("; %s: %.2f", name, median(ratios(key, side, other)))
}

# What is missed, and what is had by what keeps but a row for each request, and
# by what does nothing but send the same statements, in a transaction each.  The
# latter is no limit, since calls that wait go together.
function missed(key, other)
{
	if (other ~ /^(pgbench|allowed|empty)$/)
		return "missed"
	return "missed" beside(key, "least", other, "one row each") \
	    beside(key, "pgbench", other, "its statements alone")
}

# target KEY ONE OTHER FACTOR
function target(key, one, other, factor,   list, middle)
{
	if (!((key " " one) in rate) || !((key " " other) in rate))
		return
	list = ratios(key, one, other)
	middle = median(list)
	printf "%-22s %-28s %-22s >= %-5s %s\n", key,
	    one " to " other, range(list), factor,
	    list == "" ? "" : (middle >= factor) ? "reached" : \
	    missed(key, other)
}

function memory_line(side,   middle)
{
	middle = median(memory[side])
	printf "PSS of all processes of %-16s %6.1f MB (%.1f-%.1f)\n", side,
	    middle, least, most
}

function memory_target(side,   list)
{
	list = quotients(memory[first], memory[side])
	printf "%-22s %-28s %-22s <= %-5s %s\n", "PSS",
	    first " to " side, range(list), "1/3",
	    (3 * median(list) <= 1) ? "reached" : "missed"
}

BEGIN { FS = "\t" }
$1 == "count" { count[$2 " " $3] = $4 }
$1 == "memory" { memory[$2] = memory[$2] " " $3 / 1024 }
$1 == "limit" { limit[++limits] = sprintf("%s: %s", $2, $3) }
$1 == "run" {
	key = $2 " " $3
	k = key " " $4
	if (!(k in rate)) {
		sides[key] = sides[key] " " $4
		if (!(key in known)) {
			known[key] = 1
			keys[++n] = key
		}
	}
	rate[k] = rate[k] " " $6
	half[k] = half[k] " " $7
	high[k] = high[k] " " $8
	cpu[k] = cpu[k] " " $9
	pg[k] = pg[k] " " $10
	wal[k] = wal[k] " " $11
}

function lines(key,   a, m, i)
{
	m = split(sides[key], a, " ")
	for (i = 1; i <= m; i++)
		line(key, a[i])
}

END {
	if (only != "") {
		lines(only)
		exit
	}
	head()
	for (i = 1; i <= n; i++)
		lines(keys[i])
	printf "\n"
	for (side in memory)
		memory_line(side)
	for (i = 1; i <= limits; i++)
		print limit[i]
	if (targets == "")
		exit
	printf "\n%-22s %-28s %-22s %-8s %s\n", "scenario at", "ratio",
	    "median (range)", "target", ""
	while ((getline text < targets) > 0) {
		split(text, t, " ")
		if (t[1] !~ /^#/)
			target(t[1] " 16", t[2], t[3], t[4])
	}
	if (first == "gatepost" && !(first in memory))
		print "PSS: no look at it succeeded; missed"
	for (side in memory)
		if (side ~ /^oidc/ && first in memory)
			memory_target(side)
}
