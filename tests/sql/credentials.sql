-- SPDX-License-Identifier: ISC
-- token_client_credentials: a client for itself, under one standing grant.

begin;
select * from no_plan();
select tap.world();

create function pg_temp.own(
	scope text[] default '{}',
	client text default 'batch',
	method text default 'client_secret_post',
	secret text default 'batch secret',
	resource text default null)
returns text language sql
return (
	select concat_ws(' ', t.outcome, t.scope)
	from token_client_credentials(client, method, digest(secret), null, scope,
		resource, '192.0.2.1') t);
select is(pg_temp.own(scope::text[], client, method, secret, resource),
	wanted, what)
from (values
	('{}', 'nobody', 'client_secret_post', 'batch secret', null,
	'invalid_client', 'an unknown client'),
	('{}', 'batch', 'client_secret_post', 'wrong', null,
	'invalid_client', 'a wrong secret'),
	('{}', 'batch', 'client_secret_post', null, null,
	'invalid_client', 'no secret'),
	('{}', 'batch', 'client_secret_basic', 'batch secret', null,
	'invalid_client', 'another method'),
	('{}', 'batch', 'none', null, null,
	'invalid_client', 'no method'),
	('{}', 'app', 'none', null, null,
	'unauthorized_client', 'a public client'),
	('{}', 'web', 'client_secret_basic', 'web secret', null,
	'unauthorized_client', 'a client without that grant type'),
	('{mcp:tools:weather}', 'batch', 'client_secret_post', 'batch secret',
	null, 'invalid_scope', 'beyond its limit'),
	('{mcp:exec:workflows}', 'batch', 'client_secret_post',
	'batch secret', null, 'invalid_scope', 'not covered'),
	('{}', 'batch', 'client_secret_post', 'batch secret',
	'https://nowhere.example/', 'invalid_target', 'no resource'),
	('{}', 'batch', 'client_secret_post', 'batch secret',
	'https://other.example/', 'invalid_scope',
	'nothing there that it may have'))
	v (scope, client, method, secret, resource, wanted, what);
select is((select count(*) from access_grant), 0::bigint, 'no grant by that');
select is((select count(*) from audit_event
	where event = 'client_credentials' and outcome = 'refused'), 11::bigint,
	'each is recorded');

-- A DBA who asks why.
create function pg_temp.why(client text, method text, secret text)
returns text language sql as $$
	select pg_temp.own('{}', client, method, secret);
	select last_audit();
$$;
savepoint s;
select client_disable('web', 'test');
select is(pg_temp.why(client, method, secret),
	'token client_credentials refused invalid_client ' || wanted,
	format('%s, %s: %s', client, method, wanted))
from (values ('nobody', 'none', null, 'unknown client'),
	('web', 'client_secret_basic', 'web secret', 'disabled'),
	('batch', 'client_secret_basic', 'batch secret', 'auth_method'),
	('batch', 'none', null, 'auth_method'),
	('batch', 'client_secret_post', 'wrong', 'secret'),
	('batch', 'client_secret_post', null, 'secret'))
	v (client, method, secret, wanted);
rollback to s;

create temp table answer as
select *
from token_client_credentials('batch', 'client_secret_post',
	digest('batch secret'), null, '{}', null, '192.0.2.1');
select is(answer.*::text,
	('issued', g.id, 'batch', 'batch', 'https://mcp.example/mcp',
	'mcp:exec:workflows:nightly', null, floor(extract(epoch from now())),
	600, 'k1', false, server_change())::text, 'the answer')
from answer, access_grant g;
select is((client_id, account_id, consent_id, generation, refresh_hash)::text,
	'(batch,,,,)', 'the grant is of no person') from access_grant;
select is(last_audit(), 'token client_credentials issued', 'the record');

select is(pg_temp.own(scope::text[], resource => resource), wanted, what)
from (values
	('{}', null, 'issued mcp:exec:workflows:nightly', 'all it may have'),
	('{mcp:exec:workflows:nightly}', null,
	'issued mcp:exec:workflows:nightly', 'what it may have'),
	('{mcp:exec:workflows:nightly,mcp:tools:news}', null,
	'issued mcp:exec:workflows:nightly', 'the part that it may have'),
	('{mcp:exec:workflows:*}', null,
	'issued mcp:exec:workflows:nightly', 'of a wildcard the part'),
	('{offline_access}', null,
	'issued mcp:exec:workflows:nightly', 'offline_access is nothing'),
	('{}', 'https://mcp.example/mcp',
	'issued mcp:exec:workflows:nightly', 'the resource'),
	('{}', 'https://mcp.example/mcp/',
	'issued mcp:exec:workflows:nightly', 'an alias of it'))
	v (scope, resource, wanted, what);
select is((select count(*) from access_grant), 1::bigint, 'one grant for all');

-- Without a limit of its own; another resource is another grant.
update client set scopes = null where client_id = 'batch';
select is(pg_temp.own(), 'issued mcp:tools:weather', 'the defaults');
select is(left(pg_temp.own(array(
	select 'mcp:exec:workflows:' || n
	from generate_series(1, number) n)), 30), wanted,
	format('%s parts of a wildcard', number))
from (values (100, 'issued mcp:exec:workflows:1 mc'), (101, 'invalid_scope'))
	v (number, wanted);
select is(pg_temp.own(array(
	select 'mcp:exec:workflows:' || n || repeat('x', 225)
	from generate_series(10, 30) n)), 'invalid_scope',
	'more than a token has room for');
select is(pg_temp.own(resource => 'https://other.example/'),
	'issued other:a', 'another resource');
select is((select count(*) from access_grant), 2::bigint, 'another grant');
select setting_set('default_resource', null);
select is(pg_temp.own(), 'invalid_target', 'no default resource');
update client set default_resource = 'https://other.example/'
where client_id = 'batch';
select is(pg_temp.own(), 'issued other:a', 'the client''s own default');
select setting_set('default_resource', 'https://mcp.example/mcp');

-- The standing grant ends, and another takes its place.
create temp table standing as
select grant_id from standing_grant where resource = 'https://other.example/';
select grant_revoke(grant_id, 'test') from standing;
select is((select count(*) from standing_grant
	where resource = 'https://other.example/'), 0::bigint, 'revoked');
select is(pg_temp.own(), 'issued other:a', 'it gets tokens again');
select isnt((select grant_id from standing_grant
	where resource = 'https://other.example/'), grant_id, 'by another grant')
from standing;
update standing_grant set made_at = now() - interval '46 days';
update standing
set grant_id = (select s.grant_id from standing_grant s
	where s.resource = 'https://other.example/');
select is(pg_temp.own(), 'issued other:a', 'an old one');
select isnt((select grant_id from standing_grant
	where resource = 'https://other.example/'), grant_id, 'is replaced')
from standing;
update standing
set grant_id = (select s.grant_id from standing_grant s
	where s.resource = 'https://other.example/');
select revoke_everything('test');
select is(pg_temp.own(), 'issued other:a', 'after a new epoch');
select isnt((select grant_id from standing_grant
	where resource = 'https://other.example/'), grant_id, 'too')
from standing;
update standing
set grant_id = (select s.grant_id from standing_grant s
	where s.resource = 'https://mcp.example/mcp');
select is(pg_temp.own(resource => 'https://mcp.example/mcp/'),
	'issued mcp:tools:weather', 'by an alias');
select isnt((select grant_id from standing_grant
	where resource = 'https://mcp.example/mcp'), grant_id, 'too')
from standing;

select client_disable('batch', 'test');
select is(pg_temp.own(), 'invalid_client', 'a disabled client');
select client_enable('batch');
update client set access_token_lifetime = '1 day' where client_id = 'batch';
select is((
	select expires_in
	from token_client_credentials('batch', 'client_secret_post',
		digest('batch secret'), null, '{}', null, null)), 86400,
	'the client''s own lifetime');
select is(tap.try('update client set grant_types = ''{client_credentials}''
	where client_id = ''app'''), '23514',
	'a public client cannot have this grant type');
select is(tap.try('update client set auth_method = ''client_secret_post'',
	secret_hash = digest(''x''), grant_types = ''{client_credentials}''
	where client_id = ''self'''), '23514',
	'nor what registered itself');
select * from finish();
rollback;
