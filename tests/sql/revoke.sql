-- SPDX-License-Identifier: ISC
-- revoke_token and introspect_token.

begin;
select * from no_plan();
select tap.world();
create temp table one as select tap.grant_of() as id;
create temp table other as select tap.grant_of() as id;
create temp table web as
select grant_of('ada', 'web', 'client_secret_post', 'web secret',
	'https://web.example/cb') as id;

create function pg_temp.revoked(
	grant_id uuid,
	token text default null,
	client text default 'app',
	method text default 'none',
	secret text default null)
returns text language sql
return revoke_token(client, method, digest(secret), null, grant_id, digest(token),
	'192.0.2.1');
select is(pg_temp.revoked(id, token, client, method, secret), wanted, what)
from one, lateral (values
	('refresh secret', 'nobody', 'none', null, 'invalid_client', 'an unknown client'),
	('refresh secret', 'app', 'client_secret_post', 'x', 'invalid_client',
	'a wrong method'),
	('refresh secret', 'web', 'client_secret_post', 'wrong', 'invalid_client',
	'a wrong secret'),
	('refresh secret', 'web', 'none', null, 'invalid_client', 'no secret'),
	('refresh secret', 'web', 'client_secret_post', 'web secret', 'ignored',
	'another client''s refresh token'),
	(null, 'web', 'client_secret_post', 'web secret', 'ignored',
	'another client''s access token'),
	('wrong', 'app', 'none', null, 'ignored', 'a wrong token'))
	v (token, client, method, secret, wanted, what);
select is(pg_temp.revoked(uuid7(), 'refresh secret'), 'ignored', 'an unknown grant');
select is((select count(*) from access_grant where ended_at is not null),
	0::bigint, 'nothing has ended');
select is((select count(*) from revocation), 0::bigint, 'or is revoked');
select is((select count(*) from audit_event where event = 'revoke'), 8::bigint,
	'all of it is recorded');
select is(string_agg(detail ->> 'why', ', ' order by detail ->> 'why'),
	'auth_method, auth_method, secret, unknown client', 'with why')
from audit_event
where event = 'revoke';

select is(refreshed(id, n), 'issued ' || n + 1, 'refreshed')
from one, generate_series(1, 2) n;
update access_grant g
set refresh_hash = digest('new secret'), previous_refresh_hash = g.refresh_hash
from one
where g.id = one.id;
savepoint s;
select is(pg_temp.revoked(id, 'new secret'), 'revoked', 'a new secret') from one;
rollback to s;
select is(pg_temp.revoked(id, 'refresh secret'), 'revoked', 'the one before') from one;
select is(last_audit(), 'revoke revoke revoked', 'is recorded');
select is((select kind || ' ' || subject from revocation), 'grant ' || id,
	'with its access tokens') from one;
select is(refreshed(id, 3), 'invalid_grant', 'it is over') from one;
select is(pg_temp.revoked(id, 'refresh secret'), 'ignored', 'once more is no news')
from one;
select is(refreshed(id, 1), 'issued 2', 'the other grant lives') from other;
select is(pg_temp.revoked(id, null, 'web', 'client_secret_basic',
	'web secret'), 'revoked', 'by an access token') from web;
select is(refreshed(id, 1, 'web', 'client_secret_basic', 'web secret'),
	'invalid_grant', 'the refresh token is over, too') from web;
select client_disable('app', 'test');
select is(pg_temp.revoked(id, 'refresh secret'), 'invalid_client', 'a disabled client')
from other;
select client_enable('app');
delete from revocation;

-- Introspection.
create temp table server as
select * from resource_server_create('https://mcp.example/mcp', 'Backend');
create temp table foreign_server as
select * from resource_server_create('https://other.example/', 'Other');
-- Both ways: by one statement, and by two where the first writes nothing.
create function pg_temp.looked(
	caller text default null,
	secret text default null,
	method text default 'client_secret_basic',
	active boolean default true,
	client text default 'app',
	audience text default 'https://mcp.example/mcp',
	subject text default null,
	issued_at bigint default null,
	grant_id uuid default null)
returns text language plpgsql as $$
declare
	given record;
	t record; -- by introspect_token
	j record; -- judged
	r record; -- and recorded
	recorded constant bigint := (select count(*) from audit_event);
begin
	select coalesce(caller, s.client_id) as caller,
		digest(coalesce(secret, s.client_secret)) as secret,
		coalesce(grant_id, other.id) as grant_id,
		coalesce(subject, (select a.id::text from account a
			where a.username = 'ada')) as subject,
		coalesce(issued_at, floor(extract(epoch from now()))::bigint)
			as issued_at
	into given
	from other, server s;
	select * into j
	from introspect_judge(given.caller, method, given.secret, active,
	    given.grant_id, client, given.subject, audience, given.issued_at);
	if (select count(*) from audit_event) <> recorded then
		return 'introspect_judge wrote something';
	end if;
	if j.outcome = 'active' then
		select * into r
		from introspect_record(given.caller, method, given.secret,
		    given.grant_id, client, given.subject, given.issued_at,
		    '192.0.2.1');
	else
		select * into r
		from introspect_token(given.caller, method, given.secret,
		    null, active, given.grant_id, client, given.subject, audience,
		    given.issued_at, '192.0.2.1');
	end if;
	select * into t
	from introspect_token(given.caller, method, given.secret, null, active,
	    given.grant_id, client, given.subject, audience, given.issued_at,
	    '192.0.2.1');
	if (
		select count(*) <> 2 or count(distinct to_jsonb(e) - 'id') <> 1
		from (
			select *
			from audit_event
			order by cmin::text::bigint
			offset recorded) e) then
		return 'the two ways leave other records';
	end if;
	if (t.outcome, t.username) is distinct from
	    (r.outcome, j.username) then
		return format('%s, but %s when apart', t, r);
	end if;
	return concat_ws(' ', t.outcome, t.username);
end $$;
select is(pg_temp.looked(), 'active ada', 'a token that holds');
select is(last_audit(), 'introspect introspect active', 'is recorded');
select is(pg_temp.looked(method => 'client_secret_post'), 'active ada',
	'asked by the other method');
select is(pg_temp.looked(caller => 'nobody'), 'invalid_client',
	'an unknown caller');
select is(pg_temp.looked(secret => 'wrong'), 'invalid_client',
	'a wrong secret');
select is(pg_temp.looked(method => 'none'), 'invalid_client', 'no method');
select is(pg_temp.looked(caller => 'web', secret => 'web secret'),
	'invalid_client', 'a client is no resource server');
select is(pg_temp.looked(active => false), 'inactive',
	'the program found it bad');
select is(pg_temp.looked(active => null), 'inactive', 'or does not know');
select is(pg_temp.looked(caller => f.client_id, secret => f.client_secret),
	'inactive', 'another audience than the caller''s') from foreign_server f;
select is(pg_temp.looked(caller => f.client_id, secret => f.client_secret,
	audience => 'https://other.example/'), 'inactive',
	'an audience that the grant has not') from foreign_server f;
select is(pg_temp.looked(client => 'web'), 'inactive', 'another client');
select is(pg_temp.looked(subject => uuid7()::text), 'inactive',
	'another subject');
select is(pg_temp.looked(subject => 'app'), 'inactive',
	'a client as the subject');
select is(pg_temp.looked(grant_id => uuid7()), 'inactive', 'an unknown grant');
select is(pg_temp.looked(grant_id => one.id), 'inactive', 'one that ended')
from one;
update resource_server set disabled_at = now()
where id = (select client_id from server);
select is(pg_temp.looked(), 'invalid_client', 'a disabled caller');
update resource_server set disabled_at = null;
select ok(not exists (select from audit_event
	where event = 'introspect' and outcome <> 'active'
	and client_id is not null), 'no client is named in what was refused');

-- What was revoked since the token was issued; what is issued later holds.
create function pg_temp.since(statement text)
returns text language plpgsql as $$
declare
	result text;
begin
	execute statement;
	result := concat_ws(', ', pg_temp.looked(),
	    pg_temp.looked(issued_at => floor(extract(epoch from
		clock_timestamp()))::bigint + 2));
	raise exception 'undo' using errcode = 'GP001';
exception
	when sqlstate 'GP001' then
		return result;
end $$;
select is(pg_temp.since(statement), wanted, what)
from (values
	('select', 'active ada, active ada', 'nothing'),
	('select client_disable(''app'', ''x'')', 'inactive, inactive',
	'a disabled client'),
	('select client_disable(''app'', ''x''), client_enable(''app'')',
	'inactive, active ada', 'enabled again'),
	('select account_disable(''ada'', ''x'')', 'inactive, inactive',
	'a disabled account'),
	('select account_disable(''ada'', ''x''), account_enable(''ada'')',
	'inactive, active ada', 'enabled again'),
	('select client_disable(''web'', ''x''), account_disable(''bob'', ''x'')',
	'active ada, active ada', 'another client, another account'),
	('select grant_revoke(id, ''x'') from other', 'inactive, inactive',
	'the grant'),
	('delete from client where client_id = ''app''', 'inactive, inactive',
	'the client was deleted'),
	('delete from account where username = ''ada''', 'inactive, inactive',
	'the account was deleted'),
	('delete from consent', 'inactive, inactive',
	'the consent was deleted')) v (statement, wanted, what);

savepoint s;
select revoke_everything('test');
select is(pg_temp.looked(), 'inactive', 'a new epoch');
rollback to s;

-- A standby that is behind takes for active what the primary knows better.
create function pg_temp.behind(statement text)
returns text language plpgsql as $$
declare
	result text;
begin
	execute statement;
	select concat_ws(' ', r.outcome, last_audit())
	into result
	from other, server s, introspect_record(s.client_id,
	    'client_secret_basic', digest(s.client_secret), other.id, 'app', (select a.id::text from account a
		where a.username = 'ada'),
	    floor(extract(epoch from now()))::bigint, '192.0.2.1') r;
	raise exception 'undo' using errcode = 'GP001';
exception
	when sqlstate 'GP001' then
		return result;
end $$;
select is(pg_temp.behind(statement), wanted
	|| ' introspect introspect ' || wanted, what || ', on the primary')
from (values
	('select', 'active', 'nothing was revoked'),
	('select grant_revoke(id, ''x'') from other', 'inactive', 'the grant'),
	('select client_disable(''app'', ''x'')', 'inactive', 'the client'),
	('delete from client where client_id = ''app''', 'inactive',
	'the client, deleted'),
	('select account_disable(''ada'', ''x'')', 'inactive', 'the account'),
	('select revoke_everything(''x'')', 'inactive', 'everything'))
	v (statement, wanted, what);
select is(pg_temp.behind(statement),
	'invalid_client introspect introspect invalid_client invalid_client',
	what || ', on the primary')
from (values
	('update resource_server set disabled_at = now()', 'the caller disabled'),
	('update resource_server set secret_hash = digest(''another'')',
	'the caller''s secret changed')) v (statement, what);

-- A client's own token.
create temp table own as
select t.grant_id
from token_client_credentials('batch', 'client_secret_post',
	digest('batch secret'), null, '{}', null, null) t;
select is(pg_temp.looked(client => 'batch', subject => 'batch',
	grant_id => grant_id), 'active', 'a client''s own token') from own;
select is(pg_temp.looked(client => 'batch', subject => 'app',
	grant_id => grant_id), 'inactive', 'another subject') from own;
select * from finish();
rollback;
