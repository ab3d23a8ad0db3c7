-- SPDX-License-Identifier: ISC
-- token_redeem: everything is checked before anything changes.

begin;
select * from no_plan();
select tap.world();

create temp table app as select tap.code_of() as code_id;
create temp table web as
select tap.code_of('ada', 'web', 'https://web.example/cb') as code_id;
select setting_set('refresh_idle', '30 days');

-- Each refusal leaves the code as it was.
create function pg_temp.state(code_id uuid)
returns text language sql
return (
	select concat_ws(' ', redeemed_at, (select count(*) from access_grant),
		(select count(*) from revocation))
	from code k
	where k.id = code_id);
select is(redeemed(code_id, client, method, secret, code, redirect,
	challenge, resource) || ' ' || pg_temp.state(code_id),
	wanted || ' 0 0', what)
from app, lateral (values
	('nobody', 'none', null, 'code', null, challenge(), null,
	'invalid_client', 'an unknown client'),
	('web', 'client_secret_basic', 'web secret', 'code', null,
	challenge(), null, 'invalid_grant', 'another client'),
	('web', 'none', null, 'code', null, challenge(), null,
	'invalid_client', 'another client without its secret'),
	('app', 'client_secret_basic', 'x', 'code', null, challenge(), null,
	'invalid_client', 'a public client with a secret'),
	('app', null, null, 'code', null, challenge(), null,
	'invalid_client', 'no method'),
	('app', 'none', null, 'wrong', null, challenge(), null,
	'invalid_grant', 'a wrong code'),
	('app', 'none', null, null, null, challenge(), null,
	'invalid_grant', 'no code'),
	('app', 'none', null, 'code', 'https://app.example/other',
	challenge(), null, 'invalid_grant', 'another redirect URI'),
	('app', 'none', null, 'code', 'http://127.0.0.1/cb', challenge(), null,
	'invalid_grant', 'another redirect URI of the client'),
	('app', 'none', null, 'code', '', challenge(), null,
	'invalid_grant', 'an empty redirect URI'),
	('app', 'none', null, 'code', null, repeat('a', 43), null,
	'invalid_grant', 'a wrong verifier'),
	('app', 'none', null, 'code', null, null, null,
	'invalid_grant', 'no verifier'),
	('app', 'none', null, 'code', null, challenge(),
	'https://other.example/', 'invalid_target', 'another resource'),
	('app', 'none', null, 'code', null, challenge(),
	'https://nowhere.example/', 'invalid_target', 'no resource'))
	v (client, method, secret, code, redirect, challenge, resource,
	wanted, what);
select is(redeemed(code_id, 'web', method, secret) || ' '
	|| pg_temp.state(code_id), 'invalid_client 0 0', what)
from web, lateral (values
	('none', null, 'a confidential client without its secret'),
	('client_secret_basic', 'wrong', 'with a wrong one'),
	('client_secret_post', '', 'with an empty one'),
	('client_secret_basic', null, 'with none'))
	v (method, secret, what);
select is(redeemed(tap.code_of('ada', 'app')), 'issued', 'good');
select is(redeemed(uuid7()), 'invalid_grant', 'an unknown code');
select is(redeemed(uuid7(), 'app', 'client_secret_post', 'x'),
	'invalid_client', 'and a wrong client');
select is((
	select count(*)
	from audit_event
	where event = 'token' and outcome = 'refused'), 20::bigint,
	'each refusal is recorded');

-- What it takes to be good, and what the answer says.
create temp table answer as
select t.*
from app, token_redeem('app', 'none', null, null, code_id, digest('code'),
	digest('refresh secret'), 'https://app.example/cb', challenge(),
	'https://mcp.example/mcp/', '192.0.2.1') t;
select is((outcome, grant_id, subject, client_id, audience, scope, generation,
	issued_at, expires_in, kid, rotate, change)::text,
	('issued', app.code_id, a.id, 'app', 'https://mcp.example/mcp',
	'mcp:tools:weather mcp:tools:news', 1,
	floor(extract(epoch from now())), 600, 'k1', false,
	server_change())::text, 'the answer')
from answer, app, account a
where a.username = 'ada';
select is((g.client_id, g.account_id, g.consent_id is not null, g.resource,
	g.scopes, g.generation, g.refresh_hash::bytea, g.previous_refresh_hash,
	g.rotated_at, g.granted_at, g.ended_at)::text,
	('app', a.id, true, 'https://mcp.example/mcp',
	'{mcp:tools:weather,mcp:tools:news}', 1, digest('refresh secret'), null, now(),
	now(), null)::text, 'the grant')
from access_grant g, app, account a
where g.id = app.code_id
and a.username = 'ada';
select is((select (program, event, outcome, error, client_id, grant_id, scope,
	address)::text from audit_event order by cmin::text::bigint desc limit 1),
	('token', 'token', 'issued', null, 'app', code_id,
	'mcp:tools:weather mcp:tools:news', '192.0.2.1')::text, 'the record')
from app;
select isnt((select last_used_at from client where client_id = 'app'), null,
	'the client was used');

-- Invalid replays change nothing; a valid one ends what was issued.
select is(redeemed(code_id, client, method, secret, code, redirect,
	challenge, resource), wanted, 'replay: ' || what)
from app, lateral (values
	('web', 'client_secret_basic', 'web secret', 'code', null,
	challenge(), null, 'invalid_grant', 'another client'),
	('app', 'client_secret_post', 'x', 'code', null, challenge(), null,
	'invalid_client', 'not authenticated'),
	('app', 'none', null, 'wrong', null, challenge(), null,
	'invalid_grant', 'a wrong code'),
	('app', 'none', null, 'code', 'https://evil.example/', challenge(),
	null, 'invalid_grant', 'another redirect URI'),
	('app', 'none', null, 'code', null, repeat('a', 43), null,
	'invalid_grant', 'a wrong verifier'),
	('app', 'none', null, 'code', null, challenge(),
	'https://other.example/', 'invalid_target', 'another resource'))
	v (client, method, secret, code, redirect, challenge, resource,
	wanted, what);
select is((select ended_at from access_grant g where g.id = app.code_id), null,
	'the grant lives') from app;
select is((select count(*) from revocation), 0::bigint, 'nothing is revoked');
create temp table before as select server_change() as change;
select is(redeemed(code_id), 'invalid_grant', 'a valid replay') from app;
select is(last_audit(), 'token token refused invalid_grant replayed',
	'is recorded');
select isnt((select ended_at from access_grant g where g.id = app.code_id),
	null, 'ends the grant') from app;
select is((select kind || ' ' || subject from revocation),
	'grant ' || code_id, 'and its access tokens') from app;
select cmp_ok(server_change(), '>', change, 'of which programs hear')
from before;
select is(tap.refreshed(code_id, 1), 'invalid_grant', 'it is not refreshed')
from app;
select is(redeemed(code_id), 'invalid_grant', 'another replay') from app;
select is((select count(*) from revocation), 1::bigint, 'is no news');

select is(redeemed(tap.code_of('ada', 'web', 'https://web.example/cb'),
	'web', 'private_key_jwt', 'web secret'), 'invalid_client',
	'by a method that there is not');
-- A confidential client, by either method; the secret before the last.
select is(redeemed(code_id, 'web', 'client_secret_post', 'web secret'),
	'issued', 'by post') from web;
select is(redeemed(tap.code_of('ada', 'web', 'https://web.example/cb'),
	'web', 'client_secret_basic', 'web secret'), 'issued', 'or basic');
update client set auth_method = 'client_secret_post' where client_id = 'web';
select is(redeemed(tap.code_of('ada', 'web', 'https://web.example/cb'),
	'web', 'client_secret_basic', 'web secret'), 'invalid_client',
	'a registered method is enforced');
create temp table rotated as
select client_rotate_secret('web') as secret;
select is(redeemed(tap.code_of('ada', 'web', 'https://web.example/cb'),
	'web', 'client_secret_post', secret), 'issued', 'the new secret')
from rotated;
select is(redeemed(tap.code_of('ada', 'web', 'https://web.example/cb'),
	'web', 'client_secret_post', 'web secret'), 'issued', 'the old one');
update client set previous_secret_until = now() where client_id = 'web';
select is(redeemed(tap.code_of('ada', 'web', 'https://web.example/cb'),
	'web', 'client_secret_post', 'web secret'), 'invalid_client',
	'not for ever');

-- What ends a code.
create function pg_temp.after(undo boolean, variadic statements text[])
returns text language plpgsql as $$
declare
	code_id constant uuid := tap.code_of();
	statement text;
	result text;
begin
	foreach statement in array statements loop
		execute statement;
	end loop;
	result := redeemed(code_id);
	if result = 'issued' then
		return 'issued';
	end if;
	if undo then
		raise exception 'undo' using errcode = 'GP001', detail = result;
	end if;
	return result;
exception
	when sqlstate 'GP001' then
		return result;
end $$;
select is(pg_temp.after(true, statement), wanted, what)
from (values
	('select 1', 'issued', 'nothing happened'),
	('update code set expires_at = now()', 'invalid_grant', 'too late'),
	('select account_disable(''ada'', ''x'')', 'invalid_grant',
	'the account was disabled'),
	('delete from account where username = ''ada''', 'invalid_grant',
	'the account was deleted'),
	('delete from consent', 'invalid_grant', 'the consent was deleted'),
	('update session set ended_at = now()', 'invalid_grant',
	'the session was ended'),
	('select account_set_password(''ada'', ''new password'')',
	'invalid_grant', 'the password was changed'),
	('select client_disable(''app'', ''x'')', 'invalid_client',
	'the client was disabled'),
	('delete from client where client_id = ''app''', 'invalid_client',
	'the client was deleted'),
	('select revoke_everything(''x'')', 'invalid_grant', 'a new epoch'),
	('update client set grant_types = ''{refresh_token}''',
	'unauthorized_client', 'the grant type was taken away'),
	('delete from resource where uri = ''https://mcp.example/mcp''',
	'invalid_grant', 'the resource was deleted'))
	v (statement, wanted, what);

-- Without refresh tokens.
update client set grant_types = '{authorization_code}'
where client_id = 'app';
select is((
	select (t.outcome, t.generation)::text
	from (select tap.code_of() as id) k, token_redeem('app', 'none', null, null,
		k.id, digest('code'), digest('refresh secret'), null, challenge(), null,
		null) t), '(issued,)', 'a client without that grant type');
update client set access_token_lifetime = '2 minutes' where client_id = 'app';
select is((
	select t.expires_in
	from (select tap.code_of() as id) k, token_redeem('app', 'none', null, null,
		k.id, digest('code'), digest('refresh secret'), null, challenge(), null,
		null) t), 120, 'the client''s own lifetime');
select * from finish();
rollback;
