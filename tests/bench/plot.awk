# What was measured, as a picture: for each scenario a bar for each side, as
# high as its turns per second (a logarithmic scale), at `at` connections; the
# line in it goes from the least to the most of the rounds.  Read after
# median.awk.

function y(v)
{
	return v < 1 ? BOTTOM : BOTTOM - log(v) / log(10) * DECADE
}

function text(left, base, anchor, words)
{
	printf "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n",
	    left, base, anchor, words
}

function bar(left, side, list,   middle)
{
	middle = median(list)
	printf "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" " \
	    "fill=\"%s\"><title>%s: %d/s (%d-%d)</title></rect>\n", left,
	    y(middle), WIDTH - 2, BOTTOM - y(middle), colour[side], side,
	    middle, least, most
	printf "<path d=\"M%d %.1fV%.1f\" stroke=\"black\"/>\n",
	    left + WIDTH / 2 - 1, y(least), y(most)
}

BEGIN {
	FS = "\t"
	DECADE = 80; BOTTOM = 400; WIDTH = 14; LEFT = 60
	n = split("gatepost apache oidc-memory oidc-postgresql glewlwyd " \
	    "pgbench empty allowed least", sides, " ")
	split("#1b6ca8 #6fb1de #d9822b #a85a10 #8a8a8a #3c8c4a #9bc7a0 " \
	    "#c9d9a0 #6b4c9a", colours, " ")
	for (i = 1; i <= n; i++)
		colour[sides[i]] = colours[i]
}
$1 == "run" && $3 == at {
	if (!($2 in known)) {
		known[$2] = 1
		scenarios[++m] = $2
	}
	rate[$2 " " $4] = rate[$2 " " $4] " " $6
}
END {
	group = (n + 1) * WIDTH
	right = LEFT + m * group
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" " \
	    "width=\"%d\" height=\"480\" font-family=\"sans-serif\" " \
	    "font-size=\"11\">\n<rect width=\"100%%\" height=\"100%%\" " \
	    "fill=\"white\"/>\n", right + 20
	text(LEFT, 20, "start", "turns per second, " at " connections")
	for (i = 0; i <= 4; i++) {
		printf "<path d=\"M%d %dH%d\" stroke=\"#ddd\"/>\n", LEFT,
		    y(10 ^ i), right
		text(LEFT - 6, y(10 ^ i) + 4, "end", 10 ^ i)
	}
	for (s = 1; s <= m; s++) {
		x = LEFT + (s - 1) * group + WIDTH / 2
		text(x + group / 2, BOTTOM + 16, "middle", scenarios[s])
		for (i = 1; i <= n; i++)
			if ((scenarios[s] " " sides[i]) in rate)
				bar(x + (i - 1) * WIDTH, sides[i],
				    rate[scenarios[s] " " sides[i]])
	}
	for (i = 1; i <= n; i++) {
		x = LEFT + (i - 1) * 110
		printf "<rect x=\"%d\" y=\"440\" width=\"10\" height=\"10\" " \
		    "fill=\"%s\"/>\n", x, colour[sides[i]]
		text(x + 14, 449, "start", sides[i])
	}
	print "</svg>"
}
