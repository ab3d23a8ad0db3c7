# SPDX-License-Identifier: ISC
# The rules that library and database both have, see agree.c; sourced by
# tests/sql/run.  GATEPOST_INPUTS says of how many (default 20000).

agree=${top_builddir:-.}/tests/fuzz/agree
if [ ! -x "$agree" ] && [ "${GATEPOST_REQUIRE_ALL:-}" != 1 ]; then
	say ok 'agree # SKIP make check builds it'
	return
fi
"$agree" "${GATEPOST_INPUTS:-20000}" >"$dir/agree" 2>"$dir/agree.seed"
cat "$dir/agree.seed"
sql >"$dir/agree.out" 2>&1 <<-END
	create temp table said (kind text, a text, b text, ours text);
	\\copy said from '$dir/agree'
	create temp table answer as
	select s.*, case s.kind
		when 'uri_split' then
			case when ours = 'userinfo' then ours
			else '|' || array_to_string(uri_split(a), '|', 'none')
			end
		when 'redirect_valid' then
			coalesce(redirect_valid(a), false)::text
		when 'redirect_match' then redirect_match(a)
		when 'redirect_host' then redirect_host(a)
		when 'resource_valid' then
			coalesce(resource_valid(a), false)::text
		when 'resource_canonical' then resource_canonical(a)
		when 'scope_valid' then scope_valid(a)::text
		when 'scope_covers' then scope_covers(a, b)::text
		end as theirs
	from said s;
	select '# ' || count(*) || ' answers, ' || count(distinct kind)
		|| ' rules, ' || count(*) filter (where ours = 'true')
		|| ' good'
	from answer;
	select format('# %s %L %L: %L in the library, %L in the database',
		kind, a, b, ours, theirs)
	from (
		select *, row_number() over (partition by kind) n
		from answer
		where ours is distinct from theirs) d
	where n <= 10;
	select count(*) filter (where ours is distinct from theirs)
		|| ' differences in ' || count(distinct kind) || ' rules'
	from answer;
END
grep '^#' "$dir/agree.out"
same 'library and database judge alike' '0 differences in 8 rules' \
    "$(grep -v '^#' "$dir/agree.out")"
