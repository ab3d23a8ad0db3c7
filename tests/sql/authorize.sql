-- SPDX-License-Identifier: ISC
-- authorize_request: the client, then the redirect, then the rest.

begin;
select * from no_plan();
select tap.world();

create temp table answer as
select 0 as n, 0 as requests, *
from authorize_request('app', 'https://app.example/cb',
	'https://app.example/cb', null, 'state', challenge(), '{}', null,
	null, null, digest('request'), '192.0.2.1');
select is((outcome, error, self_registered, redirect_uri,
	redirect_host)::text,
	'(login,,f,https://app.example/cb,)', 'a good request')
from answer;
select is((q.hash::bytea, q.client_id, q.redirect_uri, q.state,
	q.code_challenge, q.scopes, q.resource, q.session_id, q.decided_at)::text,
	(digest('request'), 'app', 'https://app.example/cb', 'state',
	challenge(), '{mcp:tools:weather}', 'https://mcp.example/mcp',
	null, null)::text, 'is stored as it was asked')
from request q
join answer a on a.request_id = q.id;
select is(last_audit(), 'authorize authorize login', 'and recorded');

-- What is refused, and in which order; nothing is stored of it.
select is((
	select concat_ws(' ', outcome, error)
	from authorize_request(client, redirect,
		coalesce(match, redirect_match(redirect)), fault, 'state',
		challenge(), scope::text[], resource, null, null,
		digest('request'), '192.0.2.1')), wanted, what)
from (values
	('nobody', 'https://app.example/cb', null, null, '{}', null,
	'unknown_client', 'an unknown client'),
	('nobody', 'https://evil.example/', null, 'invalid_request', '{}', 'x',
	'unknown_client', 'before anything else'),
	('', 'https://app.example/cb', null, null, '{}', null,
	'unknown_client', 'an empty client_id'),
	(null, 'https://app.example/cb', null, null, '{}', null,
	'unknown_client', 'no client_id'),
	('app', 'https://evil.example/', null, null, '{}', null,
	'bad_redirect', 'another''s redirect URI'),
	('app', 'https://web.example/cb', null, null, '{}', null,
	'bad_redirect', 'another client''s redirect URI'),
	('app', 'https://app.example/cb/', null, 'invalid_request', '{}', null,
	'bad_redirect', 'before other faults'),
	('app', 'https://app.example/CB', null, null, '{}', null,
	'bad_redirect', 'another case'),
	('app', 'https://app.example/cb?x=1', null, null, '{}', null,
	'bad_redirect', 'a query more'),
	('app', 'https://app.example/%63b', null, null, '{}', null,
	'bad_redirect', 'escapes are not decoded'),
	('app', 'https://app.example:443/cb', null, null, '{}', null,
	'bad_redirect', 'a default port is another URI'),
	('app', 'http://127.0.0.1/cb/', null, null, '{}', null,
	'bad_redirect', 'loopback with another path'),
	('app', 'http://localhost/cb', null, null, '{}', null,
	'bad_redirect', 'another name of loopback'),
	('app', 'http://127.0.0.1:0/cb', null, null, '{}', null,
	'bad_redirect', 'port 0'),
	('app', 'http://127.0.0.1:70000/cb', null, null, '{}', null,
	'bad_redirect', 'no port'),
	('app', 'https://evil.example/', 'https://app.example/cb', null, '{}',
	null, 'bad_redirect', 'a match that is not of the URI'),
	('app', 'javascript:alert(1)', null, null, '{}', null,
	'bad_redirect', 'a script'),
	('app', null, null, null, '{}', null,
	'bad_redirect', 'no redirect URI, and two registered'),
	('app', 'https://app.example/cb', null, 'invalid_request', '{}', 'x:y',
	'refused invalid_request', 'what the program found'),
	('batch', null, null, null, '{}', null,
	'bad_redirect', 'none registered'),
	('app', 'https://app.example/cb', null, null, array(
		select 'mcp:exec:workflows:' || n
		from generate_series(1, 101) n)::text, null,
	'refused invalid_scope', 'more scopes than a token has room for'),
	('app', 'https://app.example/cb', null, null, '{}',
	'https://mcp.example/other', 'refused invalid_target',
	'an unknown resource'),
	('app', 'https://app.example/cb', null, null, '{}',
	'https://mcp.example/mcp?x', 'refused invalid_target',
	'a resource with a query'),
	('app', 'https://app.example/cb', null, null, '{other:a}', null,
	'refused invalid_scope', 'a scope of another resource'),
	('app', 'https://app.example/cb', null, null, '{mcp:tools}', null,
	'refused invalid_scope', 'a scope that only begins like one'))
	v (client, redirect, match, fault, scope, resource, wanted, what);
select is((
	select concat_ws(' ', outcome, error)
	from authorize_request('app', 'https://app.example/cb',
		'https://app.example/cb', null, 'state', given, '{}', null,
		null, null, digest('request'), '192.0.2.1')),
	'refused invalid_request', what)
from (values
	(null, 'no code_challenge'),
	(left(challenge(), 42), 'one that is too short'),
	(challenge() || 'A', 'one that is too long'),
	(overlay(challenge() placing '+' from 7), 'one in another alphabet'))
	v (given, what);
select is(count(*), 1::bigint, 'nothing of that was stored') from request;

-- What is accepted.
select is((
	select format('%s %s', a.outcome,
		array_to_string((stored(a.request_id)).scopes, ' '))
	from authorize_request(client, redirect, redirect_match(redirect),
		null, 'state', challenge(), scope::text[], resource, null,
		null, digest('request'), '192.0.2.1') a), 'login ' || wanted,
	what)
from (values
	('app', 'http://127.0.0.1/cb', '{}', null, 'mcp:tools:weather',
	'loopback as registered'),
	('app', 'http://127.0.0.1:54321/cb', '{}', null, 'mcp:tools:weather',
	'loopback with a port'),
	('self', 'http://localhost:54321/cb', '{}', null, 'mcp:tools:weather',
	'loopback with another port than the registered'),
	('self', 'http://localhost/cb', '{}', null, 'mcp:tools:weather',
	'loopback without the registered port'),
	('web', null, '{}', null, 'mcp:tools:weather',
	'the only redirect URI'),
	('app', 'https://app.example/cb', '{}', 'https://mcp.example/mcp',
	'mcp:tools:weather', 'the resource'),
	('app', 'https://app.example/cb', '{}', 'https://mcp.example/mcp/',
	'mcp:tools:weather', 'an alias with a slash'),
	('app', 'https://app.example/cb', '{}', 'https://mcp.example/',
	'mcp:tools:weather', 'the origin of the default resource'),
	('app', 'https://app.example/cb', '{}', 'https://other.example/',
	'other:a', 'a resource without defaults: all'),
	('app', 'https://app.example/cb', '{offline_access}', null,
	'mcp:tools:weather', 'offline_access alone is nothing'),
	('app', 'https://app.example/cb', '{offline_access,mcp:tools:news}',
	null, 'mcp:tools:news', 'offline_access beside another'),
	('app', 'https://app.example/cb', '{mcp:tools:news,other:a,x}', null,
	'mcp:tools:news', 'what is not allowed is left out'),
	('app', 'https://app.example/cb', '{mcp:tools:*}', null,
	'mcp:tools:news mcp:tools:weather',
	'of a wildcard the parts that there are'),
	('app', 'https://app.example/cb', '{mcp:exec:workflows:nightly:retry}',
	null, 'mcp:exec:workflows:nightly:retry', 'below a wildcard'),
	('app', 'https://app.example/cb',
	'{mcp:exec:workflows:nightly,mcp:exec:workflows:*}', null,
	'mcp:exec:workflows:*', 'beside the wildcard that covers it'))
	v (client, redirect, scope, resource, wanted, what);

-- The client's own limit, default resource and state.
update client set scopes = '{mcp:tools:news}' where client_id = 'web';
select is((
	select concat_ws(' ', outcome, error)
	from authorize_request('web', null, null, null, null, challenge(),
		'{mcp:tools:weather}', null, null, null, digest('request'),
		null)), 'refused invalid_scope', 'beyond the client''s limit');
select is((
	select concat_ws(' ', outcome, error)
	from authorize_request('web', null, null, null, null, challenge(),
		'{}', null, null, null, digest('request'), null)),
	'refused invalid_scope', 'the defaults are cut to it, too');
update client set scopes = null, default_resource = 'https://other.example/'
where client_id = 'web';
select is((
	select (stored(a.request_id)).resource
	from authorize_request('web', null, null, null, null, challenge(),
		'{}', null, null, null, digest('request'), null) a),
	'https://other.example/',
	'the client''s default resource');
select is((
	select concat_ws(' ', a.outcome, a.error, a.self_registered)
	from authorize_request('self', 'http://localhost:1/cb',
		'http://localhost/cb', 'invalid_request', null, challenge(),
		'{}', null, null, null, digest('request'), null) a),
	'refused invalid_request t', 'it is told who registered itself');
update client set grant_types = '{client_credentials}' where client_id = 'web';
select is((
	select concat_ws(' ', outcome, error)
	from authorize_request('web', null, null, null, null, challenge(),
		'{}', null, null, null, digest('request'), null)),
	'refused unauthorized_client', 'a client without that grant type');
select client_disable('app', 'test');
select is((
	select outcome
	from authorize_request('app', 'https://app.example/cb',
		'https://app.example/cb', null, null, challenge(),
		'{}', null, null, null, digest('request'), null)),
	'unknown_client', 'a disabled client is unknown');
select client_enable('app');
select setting_set('default_resource', null);
select is((
	select concat_ws(' ', outcome, error)
	from authorize_request('app', 'https://app.example/cb',
		'https://app.example/cb', null, null, challenge(),
		'{}', null, null, null, digest('request'), null)),
	'refused invalid_target', 'no resource, and no default');
select setting_set('default_resource', 'https://mcp.example/mcp');

-- The browser's session.
create temp table browser as select tap.session_of('ada') as id;
select is((
	select concat_ws(' ', a.outcome,
		(stored(a.request_id)).session_id = b.id)
	from browser b
	cross join authorize_request('app', 'https://app.example/cb',
		'https://app.example/cb', null, null, challenge(), '{}', null,
		b.id, digest('session'), digest('request'), null) a),
	'consent t',
	'who is logged in goes to consent');
create function pg_temp.asked(secret text default 'session')
returns text language sql
return (
	select a.outcome
	from browser b
	cross join authorize_request('app', 'https://app.example/cb',
		'https://app.example/cb', null, null, challenge(), '{}', null,
		b.id, digest(secret), digest('request'), null) a);
select is(pg_temp.asked('wrong'), 'login', 'a wrong secret is no session');
update session set seen_at = now() - interval '31 minutes';
select is(pg_temp.asked(), 'login', 'an idle session is over');
select is(pg_temp.asked(), 'login', 'asking does not bring it back');
update session set seen_at = now(), opened_at = now() - interval '13 hours';
select is(pg_temp.asked(), 'login', 'an old session is over');
update session set opened_at = now(), ended_at = now();
select is(pg_temp.asked(), 'login', 'an ended session is over');
update session set ended_at = null;
select is(pg_temp.asked(), 'consent', 'else it is not');
select account_disable('ada', 'test');
select account_enable('ada');
select is(pg_temp.asked(), 'login', 'disabling ended the session for good');
select * from finish();
rollback;
