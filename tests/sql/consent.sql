-- SPDX-License-Identifier: ISC
-- consent: what is shown, what is decided, and what of it is remembered.

begin;
select * from no_plan();
select tap.world();

-- What the page shows.
create temp table web as select tap.session_of('ada') as session_id;
alter table web add request_id uuid;
update web set request_id = request_of(session_id, 'web', null,
	'{mcp:tools:weather,mcp:exec:workflows:nightly}');
select scope_create('mcp:tools:weather', 'Look up the weather');
select scope_create('mcp:exec:*', 'Run anything');
select scope_create('mcp:exec:workflows:*', 'Run workflows');
create temp table page as
select s.*
from web, consent_show(session_id, digest('session'), request_id,
	digest('request'), digest('csrf'), digest('code'), '192.0.2.1') s;
select is((outcome, client_id, client_name, self_registered, redirect_uri,
	redirect_host, loopback, resource_uri, resource_name, username, state,
	code_id)::text,
	'(ask,web,Web,f,https://web.example/cb,web.example,f,'
	'https://mcp.example/mcp,Example,ada,state,)', 'the page')
from page;
select is(scopes, '[
	{"name": "mcp:tools:weather", "granted_before": false,
	"description": "Look up the weather"},
	{"name": "mcp:exec:workflows:nightly", "granted_before": false,
	"description": "Run workflows"}]'::jsonb,
	'with the narrowest words for each scope') from page;

-- The same in other languages, as far as it is translated.
select scope_translate('mcp:tools:weather', 'de', 'Das Wetter nachsehen');
select scope_translate('mcp:exec:*', 'de', 'Alles ausführen');
select scope_translate('mcp:exec:workflows:*', 'fr', 'Lancer des processus');
select is((
	select string_agg(e ->> 'description', ', ')
	from consent_show(session_id, digest('session'), request_id,
		digest('request'), digest('csrf'), digest('code'), null,
		language) s, jsonb_array_elements(s.scopes) e), wanted,
	coalesce(language, 'no language'))
from web, (values
	('de', 'Das Wetter nachsehen, Run workflows'),
	('fr', 'Look up the weather, Lancer des processus'),
	('en', 'Look up the weather, Run workflows'),
	(null, 'Look up the weather, Run workflows')) v (language, wanted);

-- What is refused.
select is((
	select outcome
	from consent_show(s, digest(session), r, digest(request),
		digest('csrf'), digest('code'), null)), wanted, what)
from web, lateral (values
	(session_id, 'session', request_id, 'wrong', 'gone',
	'a wrong handle of the request'),
	(session_id, 'session', uuid7(), 'request', 'gone',
	'an unknown request'),
	(session_id, 'wrong', request_id, 'request', 'login',
	'a wrong handle of the session'),
	(null, null, request_id, 'request', 'login', 'no session'),
	(tap.session_of('bob'), 'session', request_id, 'request', 'login',
	'somebody else''s session'),
	(tap.session_of('ada'), 'session', request_id, 'request', 'login',
	'another session of the same person'))
	v (s, session, r, request, wanted, what);
update session set seen_at = now() - interval '31 minutes';
select is((
	select outcome
	from consent_show(session_id, digest('session'), request_id,
		digest('request'), digest('csrf'), digest('code'), null)),
	'login', 'an idle session: ' || what)
from web
cross join unnest('{is over,does not come back}'::text[]) what;
update session set seen_at = now() - interval '29 minutes';
select is((
	select outcome
	from consent_show(session_id, digest('session'), request_id,
		digest('request'), digest('csrf'), digest('code'), null)),
	'ask', 'one that was seen of late')
from web;
select is(min(s.seen_at), now(), 'is seen again')
from web w
join session s on s.id = w.session_id;

create function pg_temp.decide(ticked text[], approve boolean default true,
	csrf text default 'csrf', s uuid default null)
returns text language sql
return (
	select decided(coalesce(s, session_id), request_id, ticked, approve,
		csrf)
	from web);
select is(pg_temp.decide('{mcp:tools:weather}', true, 'wrong'), 'gone',
	'a wrong CSRF token');
-- The login page is shown to anybody who has the request's handle.
select is(outcome, 'ok', 'a login page for the same request')
from web, login_show(request_id, digest('request'), digest('stranger'));
select is(pg_temp.decide('{mcp:tools:weather}', true, 'stranger'), 'gone',
	'its CSRF token is none of the consent page');
select is(pg_temp.decide('{mcp:tools:weather}', true, 'csrf',
	tap.session_of('bob')), 'login', 'somebody else decides');
select is((select count(*) from code), 0::bigint, 'no code by any of that');
select is(decided(session_id, request_of(session_id), '{mcp:tools:weather}'),
	'gone', 'a request that was not shown') from web;

-- One box ticked, and one that was not there.
select is(pg_temp.decide('{mcp:tools:weather,mcp:tools:news}'), 'code',
	'a decision');
select is((c.client_id, c.account_id, c.session_id, c.redirect_uri, c.scopes,
	c.resource, c.code_challenge, c.hash::bytea, c.expires_at - now(),
	c.redeemed_at)::text,
	('web', a.id, w.session_id, 'https://web.example/cb',
	'{mcp:tools:weather}', 'https://mcp.example/mcp', challenge(),
	digest('code'), interval '60 s', null)::text,
	'the code is for what was shown and ticked')
from code c, web w, account a
where a.username = 'ada';
select is(pg_temp.decide('{mcp:tools:weather}'), 'gone', 'a second submit');
select is((select shown(session_id, request_id) from web), 'gone',
	'a second page');
select is((select count(*) from code), 1::bigint, 'mints nothing');

-- Denied.
update web set request_id = request_of(session_id, 'web', null,
	'{mcp:tools:news}');
select is((select shown(session_id, request_id) from web), 'ask', 'shown');
select is((
	select (outcome, redirect_uri, state, code_id)::text
	from web, consent_decide(session_id, digest('session'), request_id,
		digest('request'), digest('csrf'), false, '{mcp:tools:news}',
		digest('code'), null)),
	'(denied,https://web.example/cb,state,)', 'denied');
select is(last_audit(), 'consent consent denied access_denied', 'recorded');
select is(pg_temp.decide('{mcp:tools:news}'), 'gone', 'for good');
update web set request_id = request_of(session_id, 'web', null,
	'{mcp:tools:news}');
select is((select shown(session_id, request_id) from web), 'ask', 'shown');
select is(pg_temp.decide('{}'), 'denied', 'nothing ticked is denied');
update web set request_id = request_of(session_id, 'web', null,
	'{mcp:tools:news}');
select is((select shown(session_id, request_id) from web), 'ask', 'shown');
select is(pg_temp.decide('{mcp:tools:weather}'), 'denied',
	'so is something that was not shown');
update web set request_id = request_of(session_id, 'web', null,
	'{mcp:tools:news}');
select is((select shown(session_id, request_id) from web), 'ask', 'shown');
select is(pg_temp.decide(null, null), 'denied', 'so is an empty form');

-- Remembered for that much; more is asked, and extends it.
create function pg_temp.again(scope text[], client text default 'web',
	redirect text default 'https://web.example/cb',
	username text default 'ada')
returns text language plpgsql as $$
declare
	session_id constant uuid := session_of(username);
begin
	return shown(session_id,
	    request_of(session_id, client, redirect, scope));
end $$;
select is(pg_temp.again('{mcp:tools:weather}'), 'code', 'remembered');
select is(last_audit(), 'consent consent code', 'and recorded');
select is((select detail ->> 'asked' from audit_event
	where event = 'consent' order by cmin::text::bigint desc limit 1), 'false',
	'as not asked');
select is(pg_temp.again('{mcp:tools:weather,mcp:tools:news}'), 'ask',
	'more is asked');
select is(pg_temp.again('{mcp:tools:weather}', username => 'bob'), 'ask',
	'another person is asked');
update web set request_id = request_of(session_id, 'web', null,
	'{mcp:tools:weather,mcp:tools:news}');
select is((
	select jsonb_path_query_array(scopes, '$[*].granted_before')
	from web, consent_show(session_id, digest('session'), request_id,
		digest('request'), digest('csrf'), digest('code'), null)),
	'[true, false]', 'the page says what was granted before');
select is(pg_temp.decide('{mcp:tools:weather,mcp:tools:news}'), 'code', 'step-up');
select is((select scopes::text[] from consent),
	'{mcp:tools:weather,mcp:tools:news}', 'extends the one consent');
select is(pg_temp.again('{mcp:tools:news}'), 'code', 'which is remembered');
update web set request_id = request_of(session_id, 'web', null,
	'{mcp:tools:weather,mcp:tools:news,mcp:exec:workflows:a}');
select is((select shown(session_id, request_id) from web), 'ask', 'more');
savepoint s;
update consent set scopes = '{mcp:tools:*,mcp:exec:workflows:b}';
select is(pg_temp.decide('{mcp:exec:workflows:a}'), 'code',
	'a box that a wildcard covers is not ticked');
select is((select scopes::text[] from consent),
	'{mcp:exec:workflows:b,mcp:exec:workflows:a}', 'the wildcard goes');
select is(pg_temp.again('{mcp:tools:news}'), 'ask',
	'what was not ticked is asked again');
rollback to s;
update consent set scopes = (
	select array_agg('mcp:exec:workflows:x' || n)
	from generate_series(1, 100) n);
select is(pg_temp.decide('{mcp:exec:workflows:a}'), 'code',
	'more than a token has room for');
select is((select scopes::text[] from consent), '{mcp:exec:workflows:a}',
	'is not added to');
rollback to s;
select is(pg_temp.decide('{mcp:exec:workflows:a}'), 'code', 'other boxes');
select is(pg_temp.again('{mcp:tools:news}'), 'ask',
	'what was shown and not ticked is no longer remembered');
select is(pg_temp.again('{mcp:exec:workflows:a}'), 'code', 'what was is');
delete from consent;
select is(pg_temp.again('{mcp:exec:workflows:a}'), 'ask', 'forgotten');

-- Who is asked every time.
create function pg_temp.twice(client text, redirect text)
returns text language plpgsql as $$
declare
	session_id constant uuid := session_of('ada');
	request_id uuid := request_of(session_id, client, redirect);
	first text := shown(session_id, request_id);
begin
	if first = 'ask' then
		perform decided(session_id, request_id, '{mcp:tools:weather}');
	end if;
	return concat_ws(' ', first, shown(session_id,
	    request_of(session_id, client, redirect)));
end $$;
select is(pg_temp.twice('self', 'http://localhost:9/cb'), 'ask ask',
	'what registered itself');
select is(pg_temp.twice('app', 'http://127.0.0.1:9/cb'), 'ask ask',
	'what is answered on loopback');
select is(pg_temp.twice('app', 'https://app.example/cb'), 'ask code',
	'not what is answered over https');
update client set consent = 'remembered' where client_id = 'self';
select is(pg_temp.twice('self', 'http://localhost:9/cb'), 'code code',
	'unless the DBA says so');
update client set consent = 'always' where client_id = 'web';
select is(pg_temp.twice('web', 'https://web.example/cb'), 'ask ask',
	'a DBA''s client, if the DBA says so');
update client set consent = 'none' where client_id = 'web';
delete from consent;
select is(pg_temp.twice('web', 'https://web.example/cb'), 'code code',
	'or never');
-- Another redirect host is another consent.
update client set consent = 'remembered';
insert into client_redirect values ('app', 3, 'https://other.app.example/cb');
select is(pg_temp.twice('app', 'https://app.example/cb'), 'ask code',
	'remembered for one host');
select is(pg_temp.twice('app', 'https://other.app.example/cb'), 'ask code',
	'is not for another');

-- What the account may have.
select is(pg_temp.again('{mcp:exec:workflows:a}', username => 'bob'),
	'refused', 'nothing that the account may have');
select is(last_audit(), 'consent consent refused invalid_scope', 'is recorded');
create temp table bob as select tap.session_of('bob') as session_id;
alter table bob add request_id uuid;
update bob set request_id = request_of(session_id, 'app',
	'https://app.example/cb', '{mcp:tools:news,mcp:exec:workflows:a}');
select is((
	select jsonb_path_query_array(scopes, '$[*].name')
	from bob, consent_show(session_id, digest('session'), request_id,
		digest('request'), digest('csrf'), digest('code'), null)),
	'["mcp:tools:news"]', 'only what it may have is offered');
update account set scopes = '{mcp:tools:weather}' where username = 'bob';
select is(decided(session_id, request_id, '{mcp:tools:news}'), 'denied',
	'not even when that changes in between') from bob;

-- Requests that are over.
create temp table late as select tap.session_of('ada') as session_id;
alter table late add request_id uuid;
update late set request_id = request_of(session_id);
select client_disable('app', 'test');
select is(shown(session_id, request_id), 'gone', 'a disabled client')
from late;
select client_enable('app');
delete from client_redirect where uri = 'https://app.example/cb';
select is(shown(session_id, request_id), 'gone', 'a redirect URI taken away')
from late;
insert into client_redirect values ('app', 1, 'https://app.example/cb');
select is(shown(session_id, request_id) in ('ask', 'code'), true,
	'it was only that') from late;
update late set request_id = request_of(session_id);
update request set created_at = now() - interval '31 minutes';
select is(shown(session_id, request_id), 'gone', 'too late') from late;
update request set created_at = now();
select account_disable('ada', 'test');
select is(shown(session_id, request_id), 'login', 'a disabled account')
from late;
select * from finish();
rollback;
