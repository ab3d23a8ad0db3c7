-- SPDX-License-Identifier: ISC
-- The rules for URIs, scopes and hashes, with the cases that the library is
-- tested with: both must say the same.

begin;
select * from no_plan();

create temp table redirect_check (
	line serial, verdict text, uri text, why text);
\copy redirect_check (verdict, uri, why) from 'tests/unit/vectors/redirect_check.tsv' with (header)
create temp table redirect_cases (line serial, uri text, match text);
\copy redirect_cases (uri, match) from 'tests/unit/vectors/redirect_match.tsv' with (header)
create temp table scope_cases (line serial, covers text, pattern text, scope text);
\copy scope_cases (covers, pattern, scope) from 'tests/unit/vectors/scope_covers.tsv' with (header)
create temp table scope_texts (line serial, scope text, normal text);
\copy scope_texts (scope, normal) from 'tests/unit/vectors/scope_parse.tsv' with (header)
create temp table resource_cases (line serial, uri text, canonical text);
\copy resource_cases (uri, canonical) from 'tests/unit/vectors/resource_canonical.tsv' with (header)

select ok(count(*) > 200, 'redirect_check.tsv has cases') from redirect_check;
select is_empty(
	'select distinct verdict from redirect_check
	where verdict not in (''accept'', ''exception'', ''refuse'')',
	'its verdicts are those known here');
select is(
	case when not coalesce(redirect_valid(uri), false) then 'refuse'
	when redirect_exception(uri) is not null then 'exception'
	else 'accept' end,
	verdict, format('line %s: %s', line + 1, why))
from redirect_check
order by line;
select is(tap.try(format('select %L::gatepost.redirect_uri', uri)),
	case verdict when 'refuse' then '23514' else 'ok' end,
	format('the domain, line %s', line + 1))
from redirect_check
where uri <> ''
order by line;

select ok(count(*) > 100, 'redirect_match.tsv has cases') from redirect_cases;
select is(redirect_match(uri), match, format('line %s: %s', line + 1, uri))
from redirect_cases
order by line;

select is(scope_covers(pattern, scope), covers = 'yes',
	format('%s covers %s', pattern, scope))
from scope_cases
order by line;

-- Each scope of a list that is good is good; a bad list has one that is not.
select is((
	select coalesce(bool_and(coalesce(scope_valid(s), false)), true)
	from unnest(string_to_array(nullif(scope, ''), ' ')) s),
	true, format('scope, line %s', line + 1))
from scope_texts
where normal is not null
order by line;
select is((
	select bool_and(coalesce(scope_valid(s), false))
	from unnest(string_to_array(scope, ' ')) s), false,
	format('bad scope, line %s', line + 1))
from scope_texts
where normal is null
and cardinality(array(
	select distinct s
	from unnest(string_to_array(scope, ' ')) s)) < 50
order by line;

select is(case when resource_valid(resource_canonical(uri))
	then resource_canonical(uri) end, canonical,
	format('resource, line %s', line + 1))
from resource_cases
order by line;
select ok(resource_valid(canonical), format('canonical, line %s', line + 1))
from resource_cases
where canonical is not null
order by line;
select is(coalesce(resource_valid(uri), false), false,
	format('not canonical, line %s', line + 1))
from resource_cases
where uri is distinct from canonical
order by line;

-- What is left of what is asked.
select is(scope_intersect(a::text[], b::text[]), wanted::text[],
	format('%s cut to %s', a, b))
from (values
	('{a,b,c}', '{c,a}', '{a,c}'),
	('{a}', '{b}', '{}'),
	('{}', '{a}', '{}'),
	('{x:*}', '{x:a,x:b,y}', '{x:a,x:b}'),
	('{x:a,x:b}', '{x:*}', '{x:a,x:b}'),
	('{x:*}', '{x:y:*,x:b}', '{x:b,x:y:*}'),
	('{x:y:*,x:y:z}', '{x:*}', '{x:y:*}'),
	('{x:*,x:a}', '{x:*}', '{x:*}'),
	('{x}', '{x:*}', '{}'),
	('{x:*}', '{x}', '{}'),
	('{xY:a}', '{x:*}', '{}'),
	('{a,a}', '{a}', '{a}')) v (a, b, wanted);
select is(scope_limit('{a,b}', null), '{a,b}', 'no limit');
select is(scope_limit('{a,b}', '{}'), '{}', 'a limit that allows nothing');
select ok(scopes_cover('{x:*,y}', '{x:a,y}'), 'every scope is covered');
select ok(not scopes_cover('{x:*,y}', '{x:a,z}'), 'one is not');
select ok(scopes_cover('{x}', '{}'), 'nothing is covered');

select is(coalesce(scopes_valid(s::text[]), false), wanted,
	format('a list of scopes: %s', s))
from (values
	('{}', true), ('{a}', true), ('{a,b:c,d:*}', true),
	('{a,null}', false), ('{"a b"}', false), ('{*}', false),
	('{a:*:b}', false), ('{""}', false), ('{{a},{b}}', false))
	v (s, wanted);
select is(scopes_valid(array_fill(repeat('a', length), array[number])), wanted,
	format('%s scopes of %s characters', number, length))
from (values
	(100, 1, true), (101, 1, false), (16, 255, true), (17, 240, true),
	(16, 256, false), (17, 241, false))
	v (number, length, wanted);

-- Hashes of passwords: what libcrypt checks in bearable time, nothing else.
select is(coalesce(crypt_valid(hash), false), wanted, what)
from (values
	('$2b$10$' || repeat('a', 53), true, 'bcrypt'),
	('$2y$05$' || repeat('/', 53), true, 'bcrypt of htpasswd'),
	('$2a$14$' || repeat('.', 53), true, 'bcrypt of cost 14'),
	('$2b$15$' || repeat('a', 53), false, 'bcrypt of cost 15'),
	('$2b$10$' || repeat('a', 52), false, 'short bcrypt'),
	('$2b$10$' || repeat('a', 52) || '!', false, 'not of the alphabet'),
	('$6$salt$' || repeat('a', 86), true, 'SHA-512'),
	('$6$rounds=999999$salt$' || repeat('a', 86), true, 'with rounds'),
	('$6$rounds=1000000$salt$' || repeat('a', 86), false, 'too many'),
	('$6$$' || repeat('a', 86), false, 'no salt'),
	('$y$j9T$salt$' || repeat('a', 43), true, 'yescrypt'),
	('$y$jFT$salt$' || repeat('a', 43), false, 'yescrypt too dear'),
	('$1$salt$' || repeat('a', 22), false, 'MD5'),
	('$5$salt$' || repeat('a', 43), false, 'SHA-256'),
	('aaBBccDDeeFF.', false, 'DES'),
	('*', false, 'a locked account of /etc/shadow'),
	('!$6$salt$' || repeat('a', 86), false, 'another'),
	('', false, 'the empty string'),
	('secret', false, 'a password')) v (hash, wanted, what);

-- Ids that are time.
select ok(uuid7()::text ~
	'^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
	'uuid7 has version 7 and the variant of RFC 9562');
select cmp_ok(abs(extract(epoch from uuid7_time(uuid7())
	- clock_timestamp())), '<', 0.1, 'uuid7 is of now');
select is(uuid7_time(uuid7_floor('2026-01-02 03:04:05.678+00')),
	'2026-01-02 03:04:05.678+00', 'uuid7_floor and back');
select ok(uuid7_floor(now()) < uuid7()
	and uuid7() < uuid7_floor(now() + interval '1 minute'), 'its place');
select is(count(distinct uuid7()), 1000::bigint, 'a thousand are different')
from generate_series(1, 1000);

select is(coalesce(issuer_valid(u), false), wanted, format('issuer %s', u))
from (values
	('https://auth.example', true), ('https://auth.example/tenant', true),
	('http://localhost:8080', true), ('http://127.0.0.1', true),
	('https://auth.example/', false), ('http://auth.example', false),
	('https://Auth.example', false), ('https://auth.example?x', false),
	('https://auth.example#x', false), ('https://u@auth.example', false),
	('https://auth.example/a/../b', false), ('auth.example', false),
	('https://', false), ('', false)) v (u, wanted);
select * from finish();
rollback;
