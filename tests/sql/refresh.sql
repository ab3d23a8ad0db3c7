-- SPDX-License-Identifier: ISC
-- token_refresh: generations move on by one, what was superseded a while ago
-- converges, and what was superseded long ago ends the grant.

begin;
select * from no_plan();
select tap.world();

create function pg_temp.row_of(grant_id uuid)
returns text language sql
return (
	select concat_ws(' ', g.generation,
		g.refresh_hash = digest('refresh secret'),
		case when g.ended_at is not null then 'ended' end)
	from access_grant g
	where g.id = grant_id);
-- Makes everything that a grant remembers so much older.
create function pg_temp.age(grant_id uuid, span interval)
returns void
language sql as $$
	update access_grant g
	set rotated_at = g.rotated_at - span,
		granted_at = g.granted_at - span,
		mark_at = array(
			select t - span
			from unnest(g.mark_at) with ordinality u (t, n)
			order by n)
	where g.id = grant_id
$$;

-- Two grants of one client and person: what happens to one is its own.
create temp table one as select tap.grant_of() as id;
create temp table other as select tap.grant_of() as id;
select is(pg_temp.row_of(id), '1 t', 'the first generation') from one;
create temp table answer as
select t.*
from one, token_refresh('app', 'none', null, null, one.id, 1, digest('refresh secret'), '{}',
	null, '192.0.2.1') t;
select is((outcome, grant_id, subject, client_id, audience, scope, generation,
	issued_at, expires_in, kid, rotate, change)::text,
	('issued', one.id, a.id, 'app', 'https://mcp.example/mcp',
	'mcp:tools:weather mcp:tools:news', 2,
	floor(extract(epoch from now())), 600, 'k1', false,
	server_change())::text, 'the answer')
from answer, one, account a
where a.username = 'ada';
select is(pg_temp.row_of(id), '2 t', 'the second generation') from one;
select is(last_audit(), 'token refresh issued', 'is recorded');
select is(refreshed(id, 2), 'issued 3', 'the third') from one;
select is(pg_temp.row_of(id), '1 t', 'the other grant is as it was')
from other;

-- Races: an older generation gets the current one, and nothing moves.
select is(refreshed(id, 2), 'issued 3', 'the one before, once more') from one;
select is(refreshed(id, 1), 'issued 3', 'and one before that') from one;
select is(pg_temp.row_of(id), '3 t', 'nothing has moved') from one;
select is(last_audit(), 'token refresh issued superseded', 'it is recorded');
select is(refreshed(id, 4), 'invalid_grant', 'one that there is not yet')
from one;
select is(refreshed(id, 0), 'invalid_grant', 'none') from one;
select is(refreshed(id, -1), 'invalid_grant', 'less than none') from one;
select is(refreshed(id, null), 'invalid_grant', 'null') from one;
select is(pg_temp.row_of(id), '3 t', 'nothing has moved') from one;
select is(refreshed(id, 3), 'issued 4', 'the current one still works')
from one;
select ok(cardinality(mark_at) between 1 and 3, 'few marks for many at once')
from access_grant g, one
where g.id = one.id;

-- Superseded 14 minutes ago: still good; 16 minutes ago: the grant is over.
select pg_temp.age(id, '14 minutes') from one;
select is(refreshed(id, 3), 'issued 4', 'superseded 14 minutes ago') from one;
select pg_temp.age(id, '2 minutes') from one;
select is(refreshed(id, 4, 'web', 'client_secret_basic', 'web secret'),
	'invalid_grant', 'another client') from one;
select is(refreshed(id, 3, 'web', 'client_secret_basic', 'web secret'),
	'invalid_grant', 'another client, long ago') from one;
select is(refreshed(id, 3, 'app', 'client_secret_post', 'x'),
	'invalid_client', 'not authenticated, long ago') from one;
select is(refreshed(id, 3, 'app', 'none', null, '{mcp:exec:workflows:a}'),
	'invalid_scope', 'asking for more, long ago') from one;
select is(refreshed(id, 3, 'app', 'none', null, '{}',
	'https://other.example/'), 'invalid_target',
	'another resource, long ago') from one;
select is(pg_temp.row_of(id), '4 t', 'none of that ended it') from one;
create temp table before as select server_change() as change;
select is(refreshed(id, 3), 'invalid_grant', 'superseded 16 minutes ago')
from one;
select is(pg_temp.row_of(id), '4 t ended', 'the grant is over') from one;
select is(last_audit(), 'token refresh refused invalid_grant replayed',
	'which is recorded');
select is((select kind || ' ' || subject from revocation), 'grant ' || id,
	'and revoked') from one;
select cmp_ok(server_change(), '>', change, 'of which programs hear')
from before;
select is(refreshed(id, 4), 'invalid_grant', 'nobody can refresh it') from one;
select is(refreshed(id, 1), 'issued 2', 'the other one lives') from other;

-- A change of the key-encryption key changes the secret: the grant knows both,
-- whether it moved on or not, and forgets none when hosts change one by one.
create temp table changed as select tap.grant_of() as id;
create function pg_temp.hashes()
returns text language sql
return (
	select concat_ws(' ', g.generation, s.name, p.name)
	from access_grant g
	join changed using (id)
	left join (values ('old', 'refresh secret'), ('new', 'new secret'))
		s (name, text) on g.refresh_hash = digest(s.text)
	left join (values ('old', 'refresh secret'), ('new', 'new secret'))
		p (name, text) on g.previous_refresh_hash = digest(p.text));
select is(pg_temp.hashes(), '1 old', 'one secret');
select outcome
from changed, token_refresh('app', 'none', null, null, id, 1, digest('new secret'),
	'{}', null, null);
select is(pg_temp.hashes(), '2 new old', 'a new one, and the one before');
select is(refreshed(id, 1), 'issued 2', 'a superseded token, another host')
from changed;
select is(pg_temp.hashes(), '2 old new', 'still both');

-- Late, but never superseded: nothing is wrong with that.
select pg_temp.age(id, '5 days') from other;
select is(refreshed(id, 2), 'issued 3', 'five days later') from other;
select is(refreshed(id, 2), 'issued 3', 'and a race then') from other;
select is(refreshed(id, 1), 'invalid_grant', 'but not five days late')
from other;
select is(pg_temp.row_of(id), '3 t ended', 'which is a theft') from other;

-- Marks say to a fifteenth of the window when each was superseded.  A month
-- of a refresh every 30 seconds: the row stays small.
create temp table busy as select tap.grant_of() as id;
do $$
begin
	for n in 1 .. 200 loop
		perform pg_temp.age(id, '30 seconds') from busy;
		if refreshed((select id from busy), n) <> 'issued ' || n + 1
		then
			raise exception 'generation % was not refreshed', n;
		end if;
	end loop;
end $$;
select is(pg_temp.row_of(id), '201 t', '200 refreshes') from busy;
select cmp_ok(cardinality(mark_at), '<=', 32, 'few marks')
from access_grant g, busy
where g.id = busy.id;
-- Generation n was superseded (200 - n) * 30 s ago.
select is(refreshed(id, n), 'issued 201', format('generation %s of 201', n))
from busy, unnest('{200,199,190,180,173}'::integer[]) n;
savepoint s;
select is(refreshed(id, 167), 'invalid_grant', '16 minutes 30 seconds late')
from busy;
rollback to s;
select is(refreshed(id, 1), 'invalid_grant', 'a hundred minutes late')
from busy;
-- The first refresh after long: the one before is good for the window, though
-- there is no mark of it.
create temp table rare as select tap.grant_of() as id;
select pg_temp.age(id, '1 day') from rare;
select is(refreshed(id, 1), 'issued 2', 'once a day') from rare;
select is(refreshed(id, 1), 'issued 2', 'and again') from rare;
select pg_temp.age(id, '10 minutes') from rare;
select is(refreshed(id, 2), 'issued 3', 'ten minutes on') from rare;
select is(refreshed(id, 1), 'issued 3', 'the first was superseded then')
from rare;
select pg_temp.age(id, '6 minutes') from rare;
savepoint s;
select is(refreshed(id, 1), 'invalid_grant', 'and six minutes on is too late')
from rare;
rollback to s;
select is(refreshed(id, 2), 'issued 3', 'for the first alone') from rare;

-- Scope: less for one token; never more than granted.
create temp table narrow as select tap.grant_of() as id;
create function pg_temp.scope_of(asked text[])
returns text language sql
return (
	select concat_ws(' ', t.outcome, t.scope)
	from narrow, access_grant g, token_refresh('app', 'none', null, null, g.id,
		g.generation, digest('refresh secret'), asked, null, null) t
	where g.id = narrow.id);
select is(pg_temp.scope_of('{mcp:tools:news}'), 'issued mcp:tools:news',
	'less');
select is(pg_temp.scope_of('{}'),
	'issued mcp:tools:weather mcp:tools:news', 'the next has all again');
select is(pg_temp.scope_of('{offline_access}'),
	'issued mcp:tools:weather mcp:tools:news', 'offline_access is nothing');
select is(pg_temp.scope_of('{mcp:tools:news,mcp:exec:workflows:a}'),
	'invalid_scope', 'more');
select is(pg_temp.scope_of('{mcp:tools:*}'), 'invalid_scope', 'a wildcard');
update account set scopes = '{mcp:tools:news}' where username = 'ada';
select is(pg_temp.scope_of('{}'), 'issued mcp:tools:news',
	'what the account may no longer have goes');
select is(pg_temp.scope_of('{mcp:tools:weather}'), 'invalid_scope',
	'and cannot be asked for');
update account set scopes = null where username = 'ada';
select is(refreshed(id, 5, resource => 'https://mcp.example/mcp/'),
	'issued 6', 'the resource by another name') from narrow;
select is(refreshed(id, 6, resource => 'https://other.example/'),
	'invalid_target', 'another resource') from narrow;

-- What ends a refresh token.
create function pg_temp.after(statement text)
returns text language plpgsql as $$
declare
	grant_id constant uuid := tap.grant_of();
	result text;
begin
	execute replace(statement, ':id', quote_literal(grant_id));
	result := refreshed(grant_id, 1);
	raise exception 'undo' using errcode = 'GP001';
exception
	when sqlstate 'GP001' then
		return result;
end $$;
select is(pg_temp.after(statement), wanted, what)
from (values
	('select', 'issued 2', 'nothing happened'),
	('select account_disable(''ada'', ''x'')', 'invalid_grant',
	'the account was disabled'),
	('delete from account where username = ''ada''', 'invalid_grant',
	'the account was deleted'),
	('delete from consent', 'invalid_grant', 'the consent was deleted'),
	('select client_disable(''app'', ''x'')', 'invalid_client',
	'the client was disabled'),
	('delete from client where client_id = ''app''', 'invalid_client',
	'the client was deleted'),
	('select grant_revoke(:id, ''x'')', 'invalid_grant',
	'the grant was revoked'),
	('select revoke_everything(''x'')', 'invalid_grant', 'a new epoch'),
	('update client set grant_types = ''{authorization_code}''',
	'unauthorized_client', 'the grant type was taken away'),
	('delete from resource where uri = ''https://mcp.example/mcp''',
	'invalid_grant', 'the resource was deleted'),
	('select pg_temp.age(:id, ''29 days'')', 'issued 2', 'not idle yet'),
	('select pg_temp.age(:id, ''30 days'')', 'invalid_grant', 'idle'),
	('update client set refresh_idle = ''1 day'';
	select pg_temp.age(:id, ''25 hours'')', 'invalid_grant',
	'idle for this client'),
	('update access_grant set granted_at = now() - interval ''90 days''',
	'invalid_grant', 'as old as it gets'),
	('update client set refresh_absolute = ''1 day'';
	update access_grant set granted_at = now() - interval ''25 hours''',
	'invalid_grant', 'for this client'))
	v (statement, wanted, what);
select is(refreshed(uuid7(), 1), 'invalid_grant', 'an unknown grant');
select is(refreshed(uuid7(), 1, 'nobody'), 'invalid_client', 'and client');
update client set grant_types = '{authorization_code}' where client_id = 'web';
create temp table none as
select code_of('ada', 'web', 'https://web.example/cb') as id;
select is(redeemed(id, 'web', 'client_secret_post', 'web secret'), 'issued',
	'a grant without refresh token') from none;
update client set grant_types = '{authorization_code,refresh_token}'
where client_id = 'web';
select is(refreshed(id, 1, 'web', 'client_secret_post', 'web secret'),
	'invalid_grant', 'is not refreshed') from none;
select * from finish();
rollback;
