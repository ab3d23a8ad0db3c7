-- SPDX-License-Identifier: ISC
-- Functions that are for several requests at once: what comes of those is what
-- comes of them one after the other.  Random sets are asked both ways, good
-- calls and bad ones, with the same codes, grants and requests in them more
-- than once, and each time all is undone.

begin;
select * from no_plan();
select tap.world();
create temp table thing (what text, id uuid);

-- ---- two ways ----

-- A row as a text, but for ids that were made, and what tells of that.
create function pg_temp.told(r jsonb, known text[])
returns text language sql immutable
return (r - array(
	select k
	from unnest('{id,grant_id,code_id,request_id}'::text[]) k
	where r ->> k <> all (known)) - 'change')::text;

-- What comes of calls: the answers in their order, audit records, rows.
create function pg_temp.comes_of(asked text, calls anyarray, together boolean)
returns text[] language plpgsql as $$
declare
	known constant text[] := (select array_agg(id::text) from thing);
	before constant uuid[] := array(select id from audit_event);
	came text[] := '{}';
	answers jsonb;
begin
	for i in 1 .. case when together then 1 else cardinality(calls) end
	loop
		execute format('select jsonb_agg(to_jsonb(a)) from %I($1) a',
		    asked)
		into answers
		using case when together then calls else calls[i:i] end;
		came := came || array(
			select pg_temp.told(x, known)
			from jsonb_array_elements(answers)
			    with ordinality u (x, n)
			order by n);
	end loop;
	came := came || 'records'::text || array(
		select pg_temp.told(to_jsonb(e) - 'id', known) as t
		from audit_event e
		where e.id <> all (before)
		order by t);
	came := came || 'rows'::text || array(
		select pg_temp.told(r, known) as t
		from (
			select to_jsonb(k) from code k
			union all
			select to_jsonb(g) from access_grant g
			union all
			select to_jsonb(q) from request q
			union all
			select to_jsonb(s) from standing_grant s
			union all
			select to_jsonb(c) from client c
			union all
			select to_jsonb(v) - 'revoked_at' - 'expires_at'
			from revocation v
			union all
			select to_jsonb(u) from assertion_used u) w (r)
		order by t);
	raise exception 'undone' using errcode = 'UN001';
exception
	when sqlstate 'UN001' then
		return came;
end
$$;

create temp table tally (asked text, outcome text, n bigint);

-- How sets of calls, each of them made by a query, differ: 'same' if none does.
create function pg_temp.compared(asked text, made text, sets integer)
returns text language plpgsql as $$
declare
	one text[];
	several text[];
	calls text;
	result text := 'same';
begin
	for i in 1 .. sets loop
		execute format('with calls as materialized (
			select array_agg(c) as a
			from generate_series(1, 1 + (random() * 7)::integer) n
			cross join lateral (select n, %1$s) m (n, c))
			select a::text, pg_temp.comes_of(%2$L, a, false),
				pg_temp.comes_of(%2$L, a, true)
			from calls', made, asked)
		into calls, one, several;
		insert into tally
		select asked, a::jsonb ->> 'outcome', count(*)
		from unnest(several[:array_position(several, 'records') - 1]) a
		group by 2;
		if one <> several then
			result := format(E'%s\none by one: %s\ntogether: %s',
			    calls, one, several);
		end if;
	end loop;
	return result;
end
$$;

-- Mostly the first, which is good; else any of them.
create function tap.pick(variadic of text[])
returns text language sql volatile
return of[case when random() < 0.6 then 1
	else 1 + floor(random() * cardinality(of))::integer end];
create function tap.thing(asked text)
returns uuid language sql volatile
return (
	select id
	from thing
	where what = asked
	order by random()
	limit 1);

-- ---- what they are about ----

insert into thing
select 'session', session_of(who)
from unnest('{ada,bob}'::text[]) who;
insert into thing
select 'code', code_of(who)
from unnest('{ada,ada,bob}'::text[]) who;
insert into thing
select 'grant', grant_of(who)
from unnest('{ada,bob}'::text[]) who;
insert into thing
select 'account', id from account;
-- One whose newest mark is young, and one that is ended.
select refreshed(id, 1)
from grant_of() id;
insert into thing
select 'grant', g.id
from access_grant g
where g.id not in (select id from thing);
create temp table gone as select grant_of() as id;
insert into thing select 'grant', id from gone;
select grant_revoke(id, 'test') from gone;
-- Bound to either session, and of a client that is not asked about again.
insert into thing
select 'request', request_of(t.id, client, redirect)
from thing t
cross join (values ('app', 'https://app.example/cb'),
	('self', 'http://localhost:5/cb')) v (client, redirect)
where t.what = 'session';
-- Some of which bob may have nothing, whose client's document is to be
-- fetched, and for the account page.
insert into thing
select 'request', request_of(s.id, 'app', 'https://app.example/cb',
	'{mcp:exec:workflows:nightly}')
from session s
join account a on a.id = s.account_id
where a.username = 'bob'
and s.id in (select id from thing);
select setting_set('client_documents', 'true');
insert into thing
select 'request', a.request_id
from thing t
cross join lateral authorize_request('https://app.example/c',
	'https://app.example/cb', 'https://app.example/cb', null, 'state',
	challenge(), '{}', null, t.id, digest('session'), digest('request'),
	null, 'q=1') a
where t.what = 'session';
insert into request (id, hash, session_id)
select uuid7(), digest('request'), t.id
from thing t
where t.what = 'session';
insert into thing
select 'request', id
from request
where client_id is null;
insert into consent (account_id, client_id, redirect_host, resource, scopes)
select a.id, 'app', 'app.example', 'https://mcp.example/mcp',
	'{mcp:tools:weather}'
from account a
on conflict do nothing;
create temp table caller as
select client_id as id
from resource_server_create('https://mcp.example/mcp', 'Backend');
update resource_server set secret_hash = digest('caller secret');

-- ---- asked both ways ----

select is(pg_temp.compared('authorize_request', $$ (
	select row(client, redirect,
		pick(redirect_match(redirect), 'https://evil.example/'),
		pick(null, 'invalid_request'), 'state ' || n,
		pick(challenge(), 'short'), pick('{}', '{mcp:tools:news}',
		'{other:a}')::text[], pick(null, 'https://mcp.example/mcp',
		'https://nowhere.example/'), tap.thing('session'),
		digest(pick('session', 'wrong')), digest('request ' || n),
		'192.0.2.' || n, case when client like 'https:%'
		then 'q=1' end)::authorize_call
	from pick('https://app.example/cb', 'https://web.example/cb',
	    'http://localhost:7/cb', 'https://evil.example/') redirect,
	pick('app', 'web', 'self', 'batch', 'nobody', 'https://app.example/c')
	    client) $$,
	60), 'same', 'authorization requests');
select is(pg_temp.compared('consent_show', $$
	row(tap.thing('session'), digest(pick('session', 'wrong')),
	tap.thing('request'), digest(pick('request', 'wrong')),
	digest('csrf ' || n), digest('code ' || n), '192.0.2.' || n,
	pick('en', 'de'))::consent_call $$, 60), 'same', 'consent');
select is(pg_temp.compared('token_redeem', $$
	row(pick('app', 'web', 'nobody'), pick('none', 'client_secret_basic',
	'private_key_jwt'), null, null, tap.thing('code'),
	digest(pick('code', 'wrong')), digest('refresh ' || n),
	pick(null, 'https://app.example/cb', 'https://web.example/cb'),
	pick(challenge(), 'wrong'), pick(null, 'https://mcp.example/mcp',
	'https://other.example/'), '192.0.2.' || n)::redeem_call $$, 60),
	'same', 'codes');
select is(pg_temp.compared('token_refresh', $$
	row(pick('app', 'web', 'nobody'), pick('none', 'client_secret_basic',
	'private_key_jwt'), null, null, tap.thing('grant'),
	pick('1', '2', '3', '0', null)::integer, digest(pick('refresh secret', 'new secret')),
	pick('{}', '{mcp:tools:news}', '{other:a}')::text[],
	pick(null, 'https://mcp.example/mcp', 'https://other.example/'),
	'192.0.2.' || n)::refresh_call $$, 60), 'same', 'refreshes');
select is(pg_temp.compared('token_client_credentials', $$ (
	select row(client, pick(method, 'client_secret_post', 'none',
		'private_key_jwt'), digest(pick(case when client <> 'app'
		then client || ' secret' end, 'wrong', null)), null, pick('{}',
		'{mcp:exec:workflows:nightly}', '{mcp:tools:news}', null)
		::text[], pick(null, 'https://mcp.example/mcp',
		'https://mcp.example/mcp/', 'https://other.example/',
		'https://nowhere.example/'), '192.0.2.' || n)
		::client_credentials_call
	from pick('batch', 'web', 'app', 'nobody') client
	cross join lateral (values (case client when 'app' then 'none'
	    when 'web' then 'client_secret_basic'
	    else 'client_secret_post' end)) m (method)) $$, 60), 'same',
	'clients for themselves');
select is(pg_temp.compared('introspect_token', $$
	row(pick(caller.id, 'nobody'), pick('client_secret_basic', 'none',
	'private_key_jwt'), digest(pick('caller secret', 'wrong')), null,
	pick('t', 'f')::boolean, tap.thing('grant'), pick('app', 'web'),
	tap.thing('account')::text, pick('https://mcp.example/mcp',
	'https://other.example/'), floor(extract(epoch from now()))::bigint,
	'192.0.2.' || n)::introspect_call from caller $$, 60), 'same',
	'introspection');

-- Also by a plan that reads the rows in another order.
savepoint s;
set local enable_nestloop = off;
set local enable_hashjoin = off;
set local jit = off;
discard plans;
select is(pg_temp.compared('token_client_credentials', $$
	row('batch', 'client_secret_post', digest('batch secret'), null, '{}',
	pick(null, 'https://other.example/', 'https://mcp.example/mcp',
	'https://nowhere.example/'), '192.0.2.' || n)
	::client_credentials_call $$, 20), 'same',
	'clients for themselves, merged');
rollback to s;

-- All of it came: what is good, and what is refused, also one by the other.
select is(string_agg(distinct outcome, ' ' order by outcome), wanted,
	'of ' || v.asked)
from (values
	('authorize_request', 'bad_redirect consent fetch login refused '
	'unknown_client'),
	('consent_show', 'account ask code fetch gone login refused'),
	('token_redeem', 'invalid_client invalid_grant invalid_target issued'),
	('token_refresh', 'invalid_client invalid_grant invalid_scope '
	'invalid_target issued'),
	('token_client_credentials', 'invalid_client invalid_scope '
	'invalid_target issued unauthorized_client'),
	('introspect_token', 'active inactive invalid_client'))
	v (asked, wanted)
left join tally using (asked)
group by v.asked, wanted;

-- ---- how much is read ----

-- Rows that were looked at in tables that grow, by this transaction.
create function pg_temp.looked_at()
returns bigint language sql volatile
return (
	select sum(pg_stat_get_xact_tuples_returned(c.oid)
		+ pg_stat_get_xact_tuples_fetched(c.oid)
		+ coalesce((
			select sum(pg_stat_get_xact_tuples_returned(
				i.indexrelid))
			from pg_index i
			where i.indrelid = c.oid), 0))
	from pg_class c
	where c.relispartition
	and c.relkind = 'r');

-- What is good, between the least and the greatest id, which clients can send.
create temp table good as
select n, e.id as session, request_of(e.id, 'app', 'https://app.example/cb',
	'{mcp:tools:weather}') as request, code_of() as code, grant_of() as held
from (
	select n, session_of('ada') as id
	from generate_series(1, 2) n) e;
-- Just now, so that the next time it is moved by the statement for all, not by
-- refresh_mark.
select refreshed(held, 1)
from good;
create function pg_temp.asked_wide(good, out outcomes text, out looked bigint)
language plpgsql as $$
declare
	least constant uuid := '00000000-0000-0000-0000-000000000000';
	most constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
	before constant bigint := pg_temp.looked_at();
begin
	select concat_ws(' ', (
		select string_agg(outcome, ' ')
		from authorize_request((
			select array_agg(row('app', 'https://app.example/cb',
				'https://app.example/cb', null, null,
				challenge(), '{}', null, s, digest('session'),
				digest('request ' || n), null,
				null)::authorize_call order by n)
			from unnest(array[least, $1.session, most])
			    with ordinality u (s, n)))), (
		select string_agg(outcome, ' ')
		from consent_show((
			select array_agg(row(s, digest('session'), r,
				digest('request'), digest('csrf ' || n),
				digest('code ' || n), null, null)::consent_call
				order by n)
			from unnest(array[least, $1.session, most],
			    array[least, $1.request, most])
			    with ordinality u (s, r, n)))), (
		select string_agg(outcome, ' ')
		from token_redeem((
			select array_agg(row('app', 'none', null, null, k,
				digest('code'), digest('refresh'), null,
				challenge(), null, null)::redeem_call
				order by n)
			from unnest(array[least, $1.code, most])
			    with ordinality u (k, n)))), (
		select string_agg(outcome, ' ')
		from token_refresh((
			select array_agg(row('app', 'none', null, null, g, 2,
				digest('refresh secret'), '{}', null,
				null)::refresh_call order by n)
			from unnest(array[least, $1.held, most])
			    with ordinality u (g, n)))), (
		select string_agg(outcome, ' ')
		from introspect_token((
			select array_agg(row(caller.id, 'client_secret_basic',
				digest('caller secret'), null, true, g, 'app',
				a.id::text, 'https://mcp.example/mcp',
				extract(epoch from now()), null)
				::introspect_call order by n)
			from caller, account a,
			unnest(array[least, $1.held, most])
			    with ordinality u (g, n)
			where a.username = 'ada'))))
	into outcomes;
	looked := pg_temp.looked_at() - before;
end
$$;

-- As roles have it (role.psql); plans are made while there is little, and then
-- it grows.  No triggers: they would take minutes.  That setting forgets plans,
-- and so it comes before them.
savepoint s;
set local session_replication_role = replica;
set local plan_cache_mode = force_generic_plan;
set local enable_seqscan = off;
set local enable_hashjoin = off;
set local enable_mergejoin = off;
set local enable_bitmapscan = off;
set local enable_memoize = off;
analyze session, request, code, access_grant;
discard plans;
create temp table few as
select w.*
from good, pg_temp.asked_wide(good) w
where n = 1;
insert into session (id, hash, account_id)
select uuid7(), digest('session'), a.id
from generate_series(1, 3000), account a
where a.username = 'bob';
insert into request (id, hash)
select uuid7(), digest('request')
from generate_series(1, 3000);
insert into code (id, hash, client_id, account_id, consent_id, session_id,
    redirect_uri, code_challenge, scopes, resource, expires_at)
select uuid7(), hash, client_id, account_id, consent_id, session_id,
    redirect_uri, code_challenge, scopes, resource, expires_at
from (select * from code limit 1) k, generate_series(1, 3000);
insert into access_grant (id, client_id, resource, scopes)
select uuid7(), 'batch', 'https://mcp.example/mcp', '{}'
from generate_series(1, 3000);
create temp table many as
select w.*
from good, pg_temp.asked_wide(good) w
where n = 2;
select is(outcomes, 'login consent login gone code gone invalid_grant issued '
	'invalid_grant invalid_grant issued invalid_grant inactive active '
	'inactive', 'what is good is, beside the least and the greatest id')
from (table few union all table many) w;
select cmp_ok(looked, '<', 500::bigint,
	'each row is found by its key, whatever is asked beside it')
from many;
rollback to s;

-- ---- in words ----

-- What is counted from elsewhere would be judged for one and done for another;
-- of more than ten some would be read when others are decided.
select is(try(format('select %I(''%s'')', f, calls)), 'P0001', f || what)
from (values
	('[0:1]={NULL,NULL}', ', not counted from 1'),
	('{NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL}', ', nine'))
	v (calls, what),
	unnest('{authorize_request,consent_show,token_redeem,token_refresh,
	token_client_credentials,introspect_token}'::text[]) f;

create function pg_temp.outcomes(variadic calls redeem_call[])
returns text language sql return (
	select string_agg(outcome, ' ' order by n)
	from token_redeem(calls) with ordinality t (outcome, b, c, d, e, f, g,
	    h, i, j, k, l, n));
savepoint s;
create temp table code_call as
select row('app', 'none', null, null, id, digest('code'), digest('refresh'),
	null, challenge(), null, null)::redeem_call as q
from thing
where what = 'code';
select is(pg_temp.outcomes(q, q, q), 'issued invalid_grant invalid_grant',
	'a code is redeemed by the first')
from code_call
limit 1;
select is(count(*), 1::bigint, 'and its grant is over by the second')
from access_grant
where ended_why = 'code used twice';
rollback to s;
create temp table grant_call as
select row('app', 'none', null, null, grant_of(), 1,
	digest('refresh secret'), '{}', null, null)::refresh_call as q;
select is(string_agg(t.outcome || t.generation, ' '), 'issued2 issued2',
	'a grant is moved on by the first, and the second has the same')
from grant_call, token_refresh(array[q, q]) t;
select is(g.generation, 2, 'by one')
from access_grant g, grant_call
where g.id = (q).grant_id;
select is((select count(*) from token_refresh('{}')), 0::bigint,
	'nothing for nobody');

select * from finish();
rollback;
