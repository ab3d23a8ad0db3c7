-- SPDX-License-Identifier: ISC
-- account: what people see of what they allowed, and what they may end: theirs,
-- and nobody else's.

begin;
select * from no_plan();
select tap.world();

create function pg_temp.person(name text)
returns uuid language sql
return (select id from account where username = name);
create function pg_temp.show(session_id uuid, secret text default 'session')
returns record language sql
return account_show(session_id, digest(secret), digest('request'), 'en');
create function pg_temp.ends(session_id uuid, what text, subject text default null)
returns text language sql
return account_end(session_id, digest('session'), what, subject,
	'192.0.2.9');
-- A grant, by way of authorize, consent and token.
create function pg_temp.granted(
	client text,
	session_id uuid,
	redirect text default null,
	scope text default 'mcp:tools:weather'
)
returns uuid language plpgsql
as $$
declare
	request_id constant uuid := request_of(session_id, client, redirect,
	    array[scope]);
	code uuid;
begin
	if shown(session_id, request_id) = 'ask' then
		perform decided(session_id, request_id, array[scope]);
	end if;
	select id
	into strict code
	from code c
	order by c.id desc
	limit 1;
	insert into access_grant (id, client_id, account_id, consent_id,
	    resource, scopes, generation, refresh_hash, rotated_at, address)
	select c.id, c.client_id, c.account_id, c.consent_id, c.resource,
	    c.scopes, 1, digest('refresh'), now(), '192.0.2.7'
	from code c
	where c.id = code;
	return code;
end
$$;

create temp table ada as
select tap.session_of('ada') as here, tap.session_of('ada') as there,
	tap.session_of('bob') as bob;
alter table ada add app uuid, add app2 uuid, add web uuid, add bobs uuid;
update ada set app = pg_temp.granted('app', here, 'https://app.example/cb');
update ada set app2 = pg_temp.granted('app', here, 'https://app.example/cb');
update ada set web = pg_temp.granted('web', here, null, 'mcp:tools:news');
update ada set bobs = pg_temp.granted('app', bob, 'https://app.example/cb');
select scope_create('mcp:tools:weather', 'Look up the weather');

-- Without a session: a request that no client asked for.
select is((s.outcome, q.client_id, q.query, s.username, s.clients)::text,
	'(login,,,,)', what)
from ada, lateral (values
	(null, 'session', 'no session'),
	(uuid7(), 'session', 'an unknown one'),
	(here, 'wrong', 'a wrong handle')) v (id, secret, what),
	pg_temp.show(id, secret) s (outcome text, request_id uuid,
		username text, has_password boolean, said text, clients jsonb,
		sessions jsonb),
	lateral (select * from tap.stored(s.request_id)) q;
create temp table login as
select request_id as id
from account_show(null, null, digest('request'), 'en');
select is((outcome, client_name, self_registered, redirect_host, resource_name,
	redirect_uri)::text, '(ok,,f,,,http://localhost:8080)',
	'login shows no client')
from login, login_show(id, digest('request'), digest('csrf'));
select is(outcome, 'check', 'a password may be tried')
from login, login_attempt(id, digest('request'), digest('csrf'), 'ada',
	'192.0.2.1');
select is(outcome, 'open', 'and opens a session')
from (
	select t.id
	from login_attempt t
	join login l on l.id = t.request_id) a,
	login_open(a.id, true, digest('session'), '192.0.2.8');
select is((select host(address) from session e
	where e.id = (select session_id from tap.stored(l.id))),
	'192.0.2.8', 'of which the address is kept') from login l;
select is(shown(here, id), 'login', 'which is not another') from login, ada;
select is(shown((tap.stored(id)).session_id, id), 'account',
	'consent sends on to the account page') from login;
select is(shown((tap.stored(id)).session_id, id), 'gone', 'once') from login;
update session
set ended_at = now()
where address = '192.0.2.8';
select is(decided(here, request_id, '{mcp:tools:weather}'), 'gone',
	'there is nothing to decide')
from ada, account_show(null, null, digest('request'), 'en');
select is(f.outcome, 'gone', 'and nothing to fetch')
from ada, account_show(null, null, digest('request'), 'en') s,
	fetch_begin(here, digest('session'), s.request_id, digest('request'),
	null) f;

-- What is shown.
create temp table page as
select s.* from ada, account_show(here, digest('session'), digest('request'), 'en') s;
select is((outcome, request_id, username, has_password, said)::text,
	'(ok,,ada,t,)', 'the page') from page;
select is(jsonb_path_query_array(clients, '$[*].client'), '["app", "web"]',
	'the clients') from page;
select is(clients #>> '{0,host}', 'app.example', 'the host') from page;
select is(jsonb_path_query_array(clients, '$[0].grants[*].grant'),
	to_jsonb(array(select g from unnest(array[app, app2]) g order by g)),
	'each grant, and nobody else''s')
from page, ada;
select is((clients #> '{0,grants,0}') - '{grant,since,used}'::text[], '{
	"address": "192.0.2.7", "scopes": ["Look up the weather"],
	"uri": "https://mcp.example/mcp", "resource": "Example"}'::jsonb,
	'scopes in words, and from where') from page;
select matches(clients #>> '{0,grants,0,since}',
	'^\d{4}-\d\d-\d\d \d\d:\d\d$', 'since when') from page;
select is(jsonb_path_query_array(sessions, '$[*].session'),
	to_jsonb(array[here, there]), 'their sessions, the present one first')
from page, ada;
select is(jsonb_path_query_array(clients, '$[*].more'), '[false, false]',
	'and nothing is left out') from page;
savepoint before;
insert into access_grant (id, client_id, account_id, consent_id, resource,
    scopes, granted_at)
select uuid7(), g.client_id, g.account_id, g.consent_id, g.resource, g.scopes,
	now() - n * interval '1 second'
from generate_series(1, 19) n, ada
join access_grant g on g.id = ada.app;
select is(s.clients #>> '{0,more}', 'true', 'that there are more is said')
from ada, account_show(here, digest('session'), digest('request'), 'en') s;
select is(jsonb_array_length(s.clients #> '{0,grants}'), 20,
	'of more than twenty grants')
from ada, account_show(here, digest('session'), digest('request'), 'en') s;
select ok(s.clients #> '{0,grants}' @> jsonb_build_array(
	jsonb_build_object('grant', app)), 'the latest are shown')
from ada, account_show(here, digest('session'), digest('request'), 'en') s;
rollback to before;
select is(sessions #> '{0,present}' , 'true', 'which is said') from page;
select is((has_password, clients, sessions #>> '{0,session}')::text,
	(false, '[]', s)::text, 'an account without anything')
from account_create('eve', null), tap.session_of('eve') s,
	lateral account_show(s, digest('session'), digest('request'), 'en');

-- What is over is not shown.
create function pg_temp.left_of(statement text)
returns text language plpgsql
as $$
declare
	shown text;
begin
	execute statement;
	select format('%s %s', jsonb_array_length(jsonb_path_query_array(
	    s.clients, '$[*].grants[*].grant')), jsonb_array_length(s.sessions))
	into shown
	from ada, account_show(here, digest('session'), digest('request'), 'en') s;
	raise exception using message = shown, errcode = 'P0002';
exception
	when no_data_found then
		return sqlerrm;
end
$$;
select is(pg_temp.left_of(statement), wanted, what)
from (values
	('select 1', '3 2', 'all of it'),
	('update access_grant set ended_at = now()', '0 2', 'ended'),
	('update access_grant set rotated_at = now() - interval ''31 days''',
	'0 2', 'idle'),
	('update access_grant set generation = null, refresh_hash = null,
	rotated_at = null', '3 2', 'not refreshable'),
	('update access_grant set generation = null, refresh_hash = null,
	rotated_at = null, granted_at = now() - interval ''11 minutes''',
	'0 2', 'not refreshable, and over'),
	('select client_disable(''app'', ''test'')', '3 2',
	'a disabled client is there to be removed'),
	('update session set ended_at = now() where id = (select there from ada)',
	'3 1', 'a session that ended'),
	('update session set seen_at = now() - interval ''1 hour''
	where id = (select there from ada)', '3 1', 'one that is idle'))
	v (statement, wanted, what);
select is((select string_agg(concat_ws(' ', client_id, state, agreed_scopes,
	redirect_host, address), ', ' order by id)
	from grants where username = 'ada'),
	'app alive {mcp:tools:weather} app.example 192.0.2.7, '
	'app alive {mcp:tools:weather} app.example 192.0.2.7, '
	'web alive {mcp:tools:news} web.example 192.0.2.7',
	'what a DBA sees of an account');

-- Nothing of others is ended.
create function pg_temp.alive() returns bigint language sql
return (select count(*) from access_grant where ended_at is null);
select is(pg_temp.ends(session, what, subject), 'none', wanted)
from ada, lateral (values
	(bob, 'grant', app::text, 'somebody else''s grant'),
	(bob, 'grant', uuid7()::text, 'an unknown one'),
	(bob, 'client', 'web', 'a client that they did not use'),
	(bob, 'client', '', 'no client'),
	(bob, 'session', here::text, 'somebody else''s session'),
	(bob, 'sessions', null, 'sessions, when there is one'))
	v (session, what, subject, wanted);
select is(pg_temp.alive(), 4::bigint, 'of which nothing ended');
select is((select count(*) from session where ended_at is null
	and id in (here, there, bob)), 3::bigint, 'nor a session') from ada;
select is(account_end(s, digest(secret), 'clients', null, null), 'login', what)
from ada, lateral (values
	(null, 'session', 'no session ends nothing'),
	(here, 'wrong', 'nor a wrong handle')) v (s, secret, what);
select throws_ok('select account_end(here, digest(''session''), ''all'', null,
	null) from ada', '20000', null, 'what there is not');

-- One, those of a client, all.
select is(pg_temp.ends(here, 'grant', app::text), 'done', 'one grant') from ada;
select is((select array_agg(g.id order by g.id) from access_grant g
	where g.ended_at is not null), array[app], 'ends alone') from ada;
select is((ended_why, exists (select from revocation v
	where v.kind = 'grant' and v.subject = g.id::text))::text,
	'("ended by the person",t)', 'with its access tokens')
from ada join access_grant g on g.id = app;
select is(pg_temp.ends(here, 'grant', app::text), 'none', 'once') from ada;
select is((event, outcome, client_id, username, grant_id, host(address),
	detail)::text,
	('end', 'done', 'app', 'ada', app, '192.0.2.9', '{"what": "grant"}')::text,
	'on record')
from ada, audit_event
where program = 'account' and outcome = 'done';
select is(said, 'none', 'the page says what came of it')
from ada, account_show(here, digest('session'), digest('request'), 'en');
select is(said, null, 'once')
from ada, account_show(here, digest('session'), digest('request'), 'en');
select is(pg_temp.ends(here, 'client', 'app'), 'done', 'a client') from ada;
select is((select array_agg(g.id order by g.id) from access_grant g
	where g.ended_at is null), array(select unnest(array[web, bobs])
	order by 1), 'of nobody else') from ada;
select is((select array_agg(client_id) from consent
	where account_id = pg_temp.person('ada')), '{web}', 'is forgotten');
select is((select count(*) from consent
	where account_id = pg_temp.person('bob')), 1::bigint,
	'somebody else''s agreement is not');
select is(pg_temp.ends(here, 'client', 'app'), 'none', 'once') from ada;
select is(pg_temp.ends(here, 'clients'), 'done', 'all of them') from ada;
select is((select array_agg(g.id) from access_grant g
	where g.ended_at is null), array[bobs], 'but somebody else''s') from ada;
select is((select count(*) from revocation where kind = 'account'
	and subject = pg_temp.person('ada')::text), 1::bigint,
	'with all access tokens at once');
select is(clients, '[]', 'nothing is left')
from ada, account_show(here, digest('session'), digest('request'), 'en');

-- Sessions.
select is(pg_temp.ends(here, 'session', there::text), 'done', 'one session')
from ada;
select is(pg_temp.ends(there, 'sessions'), 'login', 'which is over') from ada;
update ada set there = tap.session_of('ada');
select is(pg_temp.ends(here, 'sessions'), 'done', 'all but this one') from ada;
select is((select array_agg(e.id) from session e where e.ended_at is null
	and e.account_id = pg_temp.person('ada')), array[here], 'it is left')
from ada;
select is(pg_temp.ends(bob, 'sign_out'), 'done', 'this one') from ada;
select is(pg_temp.ends(bob, 'sign_out'), 'login', 'which is over') from ada;

-- The password.
create function pg_temp.try(session_id uuid, fault text default null)
returns text language sql
return (select outcome from account_attempt(session_id, digest('session'),
	fault, '192.0.2.1'));
create function pg_temp.change(verified boolean)
returns text language sql
as $$
	select account_password(t.id, verified, '$2a$04$' || repeat('n', 53),
	    digest('new session'), '192.0.2.1')::text
	from login_attempt t
	where t.session_id is not null
	order by t.id desc
	limit 1
$$;
select is(outcome, 'login', 'no password is tried without a session')
from account_attempt(null, null, null, null);
select is(pg_temp.try(tap.session_of('eve')), 'none',
	'nor one that there is not');
select is(pg_temp.try(here, 'short'), 'short', 'nor for one that is no good')
from ada;
select is(said, 'short', 'which the page says')
from ada, account_show(here, digest('session'), digest('request'), 'en');
select is((select count(*) from login_failure where kind = 'guess'
	and failures > 0), 0::bigint, 'and does not count');
select is((outcome, password_hash)::text,
	('check', '$2a$04$' || repeat('a', 53))::text, 'the hash is given out')
from ada, account_attempt(here, digest('session'), null, '192.0.2.1');
select is((select count(*) from login_failure where kind = 'guess'
	and failures = 1), 1::bigint, 'and counted before');
select is(pg_temp.change(false), '(refused,)', 'a wrong one');
select is(pg_temp.change(true), '(login,)', 'an attempt is used once');
select is((select password_hash::text from account where username = 'ada'),
	'$2a$04$' || repeat('a', 53), 'nothing changed');
select is(said, 'refused', 'which is said')
from ada, account_show(here, digest('session'), digest('request'), 'en');
update ada set there = tap.session_of('ada');
select is(pg_temp.try(here), 'check', 'another try') from ada;
savepoint before;
update session set ended_at = now() where id = (select here from ada);
select is(pg_temp.change(true), '(login,)', 'not when the session is over');
rollback to before;
select account_set_password('ada', '$2a$04$' || repeat('c', 53));
select is(pg_temp.change(true), '(login,)',
	'nor when the password is another');
rollback to before;
select account_disable('ada', 'test');
select is(pg_temp.change(true), '(login,)', 'nor for a disabled account');
rollback to before;
update login_attempt set created_at = now() - interval '2 minutes';
select is(pg_temp.change(true), '(login,)', 'nor too late');
rollback to before;
select matches(pg_temp.change(true), '^\(changed,[0-9a-f-]{36}\)$',
	'the right one');
select is((select password_hash::text from account where username = 'ada'),
	'$2a$04$' || repeat('n', 53), 'is changed');
select is((select array_agg((e.hash = digest('new session'))::text)
	from session e where e.account_id = pg_temp.person('ada')
	and e.ended_at is null), '{true}', 'of all sessions a new one is left');
select is((select count(*) from login_failure where kind = 'guess'),
	0::bigint, 'and the failures are forgotten');
select is((outcome, username)::text, '(changed,ada)', 'on record')
from audit_event
where program = 'account' and event = 'password'
and outcome = 'changed';
select is((select password_hash::text from account where username = 'bob'),
	'$2a$04$' || repeat('b', 53), 'nobody else''s is');

-- Guessing here is guessing at login, too.
update ada set here = tap.session_of('ada');
select is((select string_agg(pg_temp.try(here), ' ') from ada,
	generate_series(1, 11)), repeat('check ', 10) || 'slow', 'guesses');
create temp table again as
select request_id as id
from account_show(null, null, digest('request'), 'en');
select is((select outcome from login_attempt(id, digest('request'),
	digest('csrf'), 'ada', '192.0.2.1')), 'slow', 'are slowed alike')
from again, login_show(id, digest('request'), digest('csrf'));
select is((select count(*) from audit_event where program = 'account'
	and outcome = 'slow'), 1::bigint, 'on record');

-- Asking for more adds to what was agreed, and says what is new.
create temp table more as
select request_of(here, 'web', null, '{mcp:tools:weather}') as first,
	request_of(here, 'web', null,
	'{mcp:tools:weather,mcp:tools:news}') as second
from ada;
select is(shown(here, first), 'ask', 'asked for one') from ada, more;
select is(decided(here, first, '{mcp:tools:weather}'), 'code', 'allowed')
from ada, more;
select is(jsonb_path_query_array(scopes, '$[*].granted_before'),
	'[true, false]', 'asked for more, it says what is new')
from ada, more, consent_show(here, digest('session'), second,
	digest('request'), digest('csrf'), digest('code'), null);
select is(decided(here, second, '{mcp:tools:news,mcp:tools:weather}'), 'code',
	'allowed') from ada, more;
select is((select agreed_scopes from (
	select n.scopes::text[] as agreed_scopes from consent n
	where n.account_id = pg_temp.person('ada')) a),
	'{mcp:tools:weather,mcp:tools:news}', 'both are agreed to');
select is(shown(here, request_of(here, 'web', null, array[scope])), 'code',
	scope || ' is not asked for again')
from ada, unnest('{mcp:tools:weather,mcp:tools:news}'::text[]) scope;
select * from finish();
rollback;
