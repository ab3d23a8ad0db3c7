# SPDX-License-Identifier: ISC
#
# Make a file from its template.  `names` are the programs' units; `unit` is
# the file to be made, which is for one program if it is a unit of theirs.
#
#	@each TEXT	the line TEXT for each program, with its name in @NAME@
#	@only N TEXT	the line is for the unit of N alone
#	@not N TEXT	the line is for any unit but that of N
#
# @NAME@ is the program, @UNIT@ the unit, which may be a second one of the
# same program.

function bare(path)
{
	sub(/^.*\/gatepost-/, "", path)
	sub(/\.[a-z]*$/, "", path)
	return path
}

BEGIN {
	count = split(names, program, " ")
	for (i = 1; i <= count; i++)
		program[i] = bare(program[i])
	unit = bare(unit)
	name = unit
	sub(/-tcp$/, "", name)
}

/^@each / {
	for (i = 1; i <= count; i++) {
		line = substr($0, 7)
		gsub(/@NAME@/, program[i], line)
		print line
	}
	next
}

/^@(only|not) / {
	if ((name == $2) != ($1 == "@only"))
		next
	sub(/^@[a-z]+ [a-z]+ /, "")
}

{
	gsub(/@NAME@/, name)
	gsub(/@UNIT@/, unit)
	print
}
