-- SPDX-License-Identifier: ISC
-- fetch: what is fetched, for whom, how often, and what comes of it.

begin;
select * from no_plan();
select world();
set constraints all immediate;

-- ---- URLs ----

select is(document_url_valid(u), false, coalesce(u, 'null'))
from unnest(array['http://app.example/c', 'https://app.example',
	'https://app.example/c#', 'https://ada@app.example/c',
	'https://app.example/a/../c', 'https://app.example/./c',
	'https://app.example/a/%2e%2E/c', 'https://app.example/.%2e',
	'https://app.example/a/..', 'https://app.example/a%2Fc',
	'https://app.example/a%5cc', 'https://app.example/..;a/c',
	'https://app.example/a/.%3bb', 'https://127.1/c', 'https://0x7f.1/c',
	'https://app.example:0/c', 'https://app.example:x/c',
	'ftp://app.example/c', 'HTTPS://app.example/c', 'https:///c',
	'https://app.example/' || repeat('c', 500), 'https://app.example/ c',
	'app', '', null]) u;
select is(document_url_valid(u), true, u)
from unnest('{https://app.example/,https://app.example/c.json,
	https://app.example:8443/c?v=1,https://192.0.2.1/c,
	https://[2001:db8::1]/c,https://app.example/a..b/...;c}'::text[]) u;

-- ---- policy ----

insert into fetch_policy (pattern, action)
values
	('*', 'hold'),
	('app.example', 'allow'),
	('*.app.example', 'deny'),
	('good.app.example', 'allow'),
	('app.example/apps/*', 'deny'),
	('app.example/apps/good.json', 'allow'),
	('app.example:8443', 'deny'),
	('443.example:443', 'deny'),
	('[2001:db8::1]', 'allow');
select is(document_standing(v.url), v.standing, v.url)
from (values
	('https://other.example/c', 'hold'),
	('https://app.example/c', 'allow'),
	('https://APP.example/c', 'allow'),
	('https://app.example/apps', 'allow'),
	('https://app.example/apps/bad.json', 'deny'),
	('https://app.example/apps/good.json', 'allow'),
	('https://app.example/apps/goodXjson', 'deny'),
	('https://app.example:8443/c', 'deny'),
	('https://app.example:443/c', 'allow'),
	('https://443.example/c', 'deny'),
	('https://443.example:8443/c', 'hold'),
	('https://bad.app.example/c', 'deny'),
	('https://good.app.example/c', 'allow'),
	('https://appXexample/c', 'hold'),
	('https://xapp.example/c', 'hold'),
	-- a pattern for a host does not look into the path
	('https://other.example/x.app.example', 'hold'),
	('https://other.example/app.example/apps/good.json', 'hold'),
	('https://[2001:db8::1]/c', 'allow'),
	('https://[2001:db8::1]:8443/c', 'allow')) v (url, standing);
select is(try(format($$insert into fetch_policy (pattern, action)
	values (%L, 'allow')$$, p)), '23514', 'no pattern: ' || p)
from unnest('{https://app.example,App.example,"",app.example/a b}'::text[]) p;
delete from fetch_policy;
select is(document_standing('https://other.example/c'), 'allow',
	'where no pattern matches, fetching is allowed');

-- ---- authorize ----

create function pg_temp.outcome(
	session_id uuid default null,
	client text default 'https://app.example/c',
	fault text default null
)
returns text
language sql
as $$
	select a.outcome
	from authorize_request(client, 'https://app.example/cb',
		'https://app.example/cb', fault, 'state', challenge(), '{}',
		null, session_id, digest('session'), digest('request'),
		'192.0.2.1', 'q=1') a
$$;

select is(pg_temp.outcome(), 'unknown_client',
	'a URL is no client where the setting is not on');
select setting_set('client_documents', 'true');
select is(pg_temp.outcome(), 'login', 'first the person signs in');
select is(pg_temp.outcome(session_of('ada')), 'fetch',
	'then the document is fetched');
select is(pg_temp.outcome(fault => 'invalid_scope'), 'refused',
	'a faulty request is not worth a fetch');
select is(pg_temp.outcome(client => 'https://app.example'), 'unknown_client',
	'what can be no document''s URL is an unknown client');
insert into client (client_id, name, auth_method)
values ('https://app.example/own', 'Own', 'none');
insert into client_redirect (client_id, uri)
values ('https://app.example/own', 'https://app.example/cb');
select is(pg_temp.outcome(client => 'https://app.example/own'), 'login',
	'a client of that name that a DBA made wins');
select is((
	select count(*)
	from request q
	where q.client_id = 'https://app.example/own'
	and q.query is null), 1::bigint, 'and its request is checked at once');

-- ---- what waits ----

create temp table waiting as
select s.id as session_id, (
	select a.request_id
	from authorize_request('https://app.example/c',
		'https://app.example/cb', 'https://app.example/cb', null,
		'state', challenge(), '{}', null, s.id, digest('session'),
		digest('request'), '192.0.2.1', 'q=1') a) as request_id
from (select session_of('ada') as id) s;

select is(shown(session_id, request_id), 'fetch',
	'consent sends to fetch what was not checked')
from waiting;
select is(decided(session_id, request_id, '{}'), 'gone',
	'and decides nothing on it')
from waiting;
select results_eq(
	$$select w.outcome, w.client_name, w.resource_name, w.redirect_uri
	from waiting, login_show(request_id, digest('request'),
		digest('csrf')) w$$,
	$$values ('ok', 'app.example', null, 'https://app.example/c')$$,
	'login shows the host, which is all that is known');

create function pg_temp.begin_outcome(
	session_secret text default 'session',
	request_secret text default 'request'
)
returns text
language sql
as $$
	select f.outcome
	from waiting, fetch_begin(session_id, digest(session_secret),
		request_id, digest(request_secret), '192.0.2.1') f
$$;

select is(pg_temp.begin_outcome('other'), 'login',
	'fetch wants the session that the request is bound to');
select is(pg_temp.begin_outcome(request_secret => 'other'), 'gone',
	'and the request''s secret');
select is((
	select f.outcome
	from waiting, fetch_begin(session_of('bob'), digest('session'),
		request_id, digest('request'), '192.0.2.1') f), 'login',
	'another person''s session is not it');
select is((select count(*) from document), 0::bigint,
	'nothing was entered for all of these');

insert into fetch_policy (pattern, action)
values ('app.example', 'deny');
select is(pg_temp.begin_outcome(), 'deny', 'what is denied is not fetched');
select is(last_audit(), 'fetch fetch deny', 'and that is recorded');
select is((select count(*) from document), 0::bigint,
	'and takes no room in the cache');

update fetch_policy
set action = 'hold';
select is(pg_temp.begin_outcome(), 'hold', 'what is held is not fetched');
select results_eq(
	'select client_id, host, asked_by from pending_clients',
	$$values ('https://app.example/c', 'app.example', 'ada')$$,
	'a DBA sees who waits');
select lives_ok($$select client_approve('https://app.example/c')$$,
	'and approves');
select is_empty('select from pending_clients', 'who then waits no more');
select is(try($$select client_approve('app')$$), '22023',
	'only a URL can be approved');

-- ---- one at a time ----

create temp table job as
select f.*
from waiting, fetch_begin(session_id, digest('session'), request_id,
	digest('request'), '192.0.2.1') f;
select is(outcome, 'fetch', 'the approved is fetched')
from job;
select is(pg_temp.begin_outcome(), 'wait', 'by one at a time');
select is((select outcome from fetch_take()), 'none',
	'with nobody waiting neither');
select is((
	select recorded
	from fetch_fail('https://app.example/c', 'client', gen_random_uuid(),
		'timeout')), false, 'a lease that is another''s stores nothing');
select is((
	select outcome
	from fetch_client_store('https://app.example/c', gen_random_uuid(),
		'App', '{https://app.example/cb}', '{authorization_code}',
		'none', false, '{}', null)), 'gone', 'nor a document');
select is(recorded, true, 'its own records a failure')
from job, fetch_fail(url, 'client', lease, 'timeout');
select is(last_audit(), 'fetch fetch failed timeout', 'in the audit too');
select is(pg_temp.begin_outcome(), 'fetch', 'which is not kept for success');
update document
set lease = null,
	leased_until = '-infinity';
insert into document (url, kind, lease, leased_until, leased_for)
select 'https://app.example/2', 'client', gen_random_uuid(),
	now() + interval '1 second', a.id
from account a
where a.username = 'ada';
select is(pg_temp.begin_outcome(), 'wait', 'nobody has two fetched at once');
delete from document
where url = 'https://app.example/2';
select is(pg_temp.begin_outcome(), 'fetch', 'after that, it goes on');

update document
set leased_until = now() - interval '1 second';
select is(pg_temp.begin_outcome(), 'fetch',
	'a process that died holds nobody up for long');

-- ---- storing ----

create function pg_temp.store(
	name text default 'App',
	uris text[] default '{https://app.example/cb,http://localhost/cb}',
	age bigint default null,
	method text default 'none',
	public boolean default false,
	more jsonb default '{}'
)
returns text
language sql
as $$
	update document
	set lease = '00000000-0000-0000-0000-000000000001';
	select outcome
	from fetch_client_store('https://app.example/c',
		'00000000-0000-0000-0000-000000000001', name, uris,
		'{authorization_code,refresh_token}', method, public,
		more || '{"client_uri": "https://app.example/"}', age)
$$;

select is(pg_temp.store(uris => '{https://*.example/cb}'),
	'invalid_redirect_uri', 'what a client may not have is refused');
select is(pg_temp.store(uris => '{odd:/cb}'), 'invalid_redirect_uri',
	'so is a scheme that is no exception');
select is(pg_temp.store(name => ''), 'invalid_client_metadata',
	'so is no name');
select is_empty(
	$$select from client where client_id = 'https://app.example/c'$$,
	'and makes no client');
select is(pg_temp.store(), 'stored', 'a good document is stored');
select results_eq(
	$$select name::text, self_registered, from_document, auth_method,
		redirect_uris
	from clients where client_id = 'https://app.example/c'$$,
	$$values ('App', true, true, 'none',
		'{https://app.example/cb,http://localhost/cb}'::text[])$$,
	'as a client');
select is(pg_temp.begin_outcome(), 'ready', 'the person goes back');
select is(pg_temp.begin_outcome(), 'gone', 'once');
select is(pg_temp.outcome(session_of('ada')), 'consent',
	'and authorize checks the request');
select is(pg_temp.outcome(fault => 'invalid_scope'), 'refused',
	'and judges it');

create function pg_temp.kept(age bigint)
returns bigint
language sql
as $$
	select pg_temp.store(age => age);
	select round(extract(epoch from expires_at - fetched_at))::bigint
	from document
$$;
select is(pg_temp.kept(age), kept, format('%s seconds are kept as %s', age, kept))
from (values (null, 3600::bigint), (0, 300), (299, 300), (301, 301),
	(86400, 86400), (9223372036854775807, 86400)) v (age, kept);

-- ---- consent anew ----

update client
set consent = 'remembered'
where client_id = 'https://app.example/c';
create temp table browser as
select session_of('ada') as id;
create function pg_temp.shows(redirect text default 'https://app.example/cb')
returns text
language sql
as $$
	select shown(b.id, request_of(b.id, 'https://app.example/c', redirect))
	from browser b
$$;
select is(decided(b.id, q.id, '{mcp:tools:weather}'), 'code', 'agreed to once')
from browser b, lateral (
	select request_of(b.id, 'https://app.example/c') as id) q,
	lateral (select shown(b.id, q.id) as s) s
where s.s = 'ask';
select is(pg_temp.shows(), 'code', 'it is remembered');
select is(pg_temp.store(), 'stored', 'the same document again');
select is(pg_temp.shows(), 'code', 'changes nothing');
update consent
set extended_at = now() - interval '1 minute';
select is(pg_temp.store(name => 'Another'), 'stored', 'another name');
select is(pg_temp.shows(), 'ask', 'asks again');
update client
set changed_at = null;
select is(pg_temp.shows(), 'code', 'else remembered');
select is(pg_temp.store(name => 'Another', uris => '{https://app.example/cb}'),
	'stored', 'fewer redirect URIs');
select is(pg_temp.shows(), 'ask', 'ask again');
select is(pg_temp.outcome(b.id), 'consent', 'what is left is good') from browser b;
select is((
	select a.outcome
	from browser b, authorize_request('https://app.example/c',
		'http://localhost/cb', 'http://localhost/cb', null, 'state',
		challenge(), '{}', null, b.id, digest('session'),
		digest('request'), '192.0.2.1', 'q=1') a), 'bad_redirect',
	'what is gone is not');

-- ---- installations ----

select is((
	select count(*)
	from register_find('https://app.example/c', digest('token')) f
	where f.client_id is not null), 0::bigint,
	'nobody manages a client that is a document');

-- ---- disabled, denied, expired ----

select client_disable('https://app.example/c', 'bad');
select is(pg_temp.outcome(), 'unknown_client', 'a DBA can stop one');
select is(pg_temp.store(), 'stored', 'fetching it again');
select is(pg_temp.outcome(), 'unknown_client', 'does not enable it');
select client_enable('https://app.example/c');
update fetch_policy
set action = 'deny';
select is(pg_temp.outcome((select id from browser)), 'fetch',
	'one that is denied is not used from the cache');
delete from fetch_policy;
update document
set fetched_at = fetched_at - interval '2 hours',
	expires_at = now() - interval '1 second';
select is(pg_temp.outcome((select id from browser)), 'fetch',
	'nor one that has expired');

select is(pg_temp.store(), 'stored', 'once more');
select setting_set('client_documents', 'false');
select is(pg_temp.outcome(), 'unknown_client',
	'where the setting is off again there are no such clients');
select setting_set('client_documents', 'true');
delete from client
where client_id = 'https://app.example/c';
select is(pg_temp.outcome((select id from browser)), 'fetch',
	'a client that was deleted is fetched again, whatever is in the cache');
select is(pg_temp.store(), 'stored', 'and there again');
select is(pg_temp.outcome((select id from browser)), 'consent', 'for good');

-- ---- nobody waiting ----

update document
set due_at = now() - interval '1 second',
	leased_until = '-infinity';
select is(kind, 'client', 'what is due is taken')
from fetch_take()
where outcome = 'fetch';
select is((select outcome from fetch_take()), 'none', 'once');
select document_fail(d, 'timeout') from document d;
select ok(due_at > now(), 'after a failure it is tried later')
from document;
select document_fail(d, 'timeout') from document d;
select document_fail(d, 'timeout') from document d;
select document_fail(d, 'timeout') from document d;
select document_fail(d, 'timeout') from document d;
select is(due_at, null, 'and not for ever')
from document;

-- ---- keys ----

create temp table key_set as
select jsonb_build_object('keys', jsonb_build_array(jsonb_build_object(
	'kty', 'OKP', 'crv', 'Ed25519', 'kid', 'k', 'x', repeat('x', 43))))
	as keys;
create function pg_temp.client_keys()
returns jsonb
language sql
as $$
	select c.jwks
	from client c
	where c.client_id = 'https://app.example/c'
$$;

select is(pg_temp.store(method => 'private_key_jwt'), 'keys',
	'who has a key says which');
select is(pg_temp.store(method => 'private_key_jwt', more => '{"jwks_uri":
	"http://app.example/keys"}'), 'keys', 'or where, by https');
select is(pg_temp.store(method => 'private_key_jwt', more =>
	jsonb_build_object('jwks', keys)), 'stored', 'a key of its own')
from key_set;
select is(pg_temp.client_keys(), keys, 'is the client''s') from key_set;
select is(client_keys_ask('https://app.example/c'), false,
	'and not asked for elsewhere');
select is(pg_temp.store(method => 'private_key_jwt', public => true, more =>
	'{"jwks_uri": "https://app.example/keys"}'), 'stored',
	'keys may be elsewhere');
select is(pg_temp.client_keys(), null, 'then there are none at first');
select is(client_secret_good(c, 'none', null), true,
	'one that may do without a key is believed without')
from client c
where c.client_id = 'https://app.example/c';
select is(client_secret_good(c, 'client_secret_post', digest('s')),
	false, 'but not with a secret')
from client c
where c.client_id = 'https://app.example/c';
create temp table keys_job as
select * from fetch_take();
select results_eq('select outcome, url, kind from keys_job',
	$$values ('fetch', 'https://app.example/keys', 'keys')$$,
	'they are fetched at once');
select is(array_agg(client_keys_ask('https://app.example/c')),
	'{t,t,t,f,f}', 'meanwhile three may wait for them')
from generate_series(1, 5);
select is(s.outcome, 'keys', 'what is no set is refused')
from keys_job k, fetch_keys_store(k.url, k.lease, '{"keys": []}', 600) s;
update document
set lease = k.lease
from keys_job k
where document.kind = 'keys';
select is(s.outcome, 'stored', 'a good one is stored')
from keys_job k, key_set w, fetch_keys_store(k.url, k.lease, w.keys, 600) s;
select is(pg_temp.client_keys(), keys, 'as the client''s') from key_set;
select is(pg_temp.store(method => 'private_key_jwt', public => true, more =>
	'{"jwks_uri": "https://app.example/keys"}'), 'stored',
	'the document once more');
select is(pg_temp.client_keys(), keys, 'takes them away from nobody')
from key_set;

-- Another client whose keys these are; what became of it.
create function pg_temp.another(url text)
returns client
language sql
as $$
	select document_client_set(url, '{"name": "Another",
		"auth_method": "private_key_jwt", "also_public": false,
		"jwks_uri": "https://app.example/keys", "metadata": {},
		"grant_types": ["authorization_code"],
		"redirect_uris": ["https://app.example/cb"]}');
	delete from client
	where client_id = url
	returning *
$$;

select is((pg_temp.another('https://app.example/2')).jwks, keys,
	'another client that refers to them has them at once')
from key_set;
insert into fetch_policy (pattern, action)
values ('app.example/keys', 'deny');
select is((pg_temp.another('https://app.example/2')).jwks, null,
	'but not where they are denied');
delete from fetch_policy;
insert into audience_exception (pattern)
values ('app.example/old/*');
select is((pg_temp.another(v.url)).token_endpoint_audience, v.old, v.url)
from (values
	('https://app.example/old/2', true),
	('https://app.example/old', false),
	('https://app.example:8443/old/2', false),
	('https://x.example/app.example/old/2', false),
	('https://chatgpt.com/oauth/client.json', true),
	('https://chatgpt.com/oauth/kDmjx77UnKOM/client.json', true),
	('https://chatgpt.com.x.example/oauth/client.json', false)) v (url, old);
select is(try(format('insert into audience_exception (pattern) values (%L)',
	p)), '23514', 'no pattern: ' || p)
from unnest('{https://app.example/*,app.example,*/old,*.example/}'::text[]) p;
delete from audience_exception
where pattern like 'app%';
select is(client_keys_ask('https://app.example/c'), false,
	'an unknown kid asks no oftener than all ten seconds');
update document
set tried_at = now() - interval '11 seconds'
where kind = 'keys';
update rate set count = 6 where subject = 'waits for keys';
select is(client_keys_ask('https://app.example/c'), false,
	'of all no more than six wait in that time');
delete from rate;
select is(client_keys_ask('https://app.example/c'), true, 'then again');
select is(client_keys_ask('self'), false, 'others have none to ask for');
select document_fail(d, 'timeout')
from document d
where d.kind = 'keys';
select is(pg_temp.client_keys(), keys, 'a failure takes nothing away')
from key_set;
update document
set failures = 4,
	expires_at = now() - interval '1 second'
where kind = 'keys';
select document_fail(d, 'timeout')
from document d
where d.kind = 'keys';
select is(pg_temp.client_keys(), null,
	'the fifth does, when they have expired');
insert into fetch_policy (pattern, action)
values ('app.example', 'deny');
update document
set due_at = null
where kind = 'keys';
select keys_ask('https://app.example/keys');
select is(due_at, null, 'what is denied is not asked for')
from document
where kind = 'keys';
update document
set due_at = now();
select is((select outcome from fetch_take()), 'none', 'even if it was due');
update fetch_policy
set action = 'hold';
update document
set due_at = case when kind = 'keys' then now() end;
select is((select url from fetch_take()), 'https://app.example/keys',
	'what is held is a client, not its keys');
delete from fetch_policy;

update document
set due_at = now();
select is((select outcome from fetch_take()), 'none',
	'one at a time with nobody waiting');
update document
set due_at = null,
	leased_until = '-infinity';
select is(client_set_auth_method('web', 'private_key_jwt',
	jwks_uri => 'https://web.example/keys'), null,
	'a DBA''s client may have them elsewhere too');
select is((select url from fetch_take()), 'https://web.example/keys',
	'and they are fetched');
select throws_like(statement, message, message)
from (values
	($$select client_set_auth_method('web', 'private_key_jwt',
		jwks_uri => 'http://web.example/keys')$$, '%https URL%'),
	($$select client_set_auth_method('web', 'none',
		jwks_uri => 'https://web.example/keys')$$, '%goes with%'),
	($$select client_set_auth_method('web', 'private_key_jwt', '{}',
		jwks_uri => 'https://web.example/keys')$$, '%goes with%'))
	v (statement, message);

-- ---- bounds ----

select setting_set('fetch_rate', '3');
delete from rate;
create function pg_temp.counted(url text, known boolean, who uuid default null)
returns bigint
language sql
as $$
	select count(fetch_count(url, known, who))
	from generate_series(1, 10)
$$;
select is(pg_temp.counted('https://app.example/c', true), 3::bigint,
	'so many fetches a minute from one host');
select is(pg_temp.counted('https://app.example/keys', true), 0::bigint,
	'whatever for');
select is(pg_temp.counted('https://app.example/new', false), 3::bigint,
	'and as many of what was never read');
create temp table another as
select s.id as session_id, (
	select a.request_id
	from authorize_request('https://app.example/another',
		'https://app.example/cb', 'https://app.example/cb', null,
		'state', challenge(), '{}', null, s.id, digest('session'),
		digest('request'), '192.0.2.1', 'q=1') a) as request_id
from (select session_of('bob') as id) s;
create function pg_temp.another_begins()
returns text
language sql
as $$
	select f.outcome
	from another, fetch_begin(session_id, digest('session'), request_id,
		digest('request'), '192.0.2.1') f
$$;
select is(pg_temp.another_begins(), 'slow', 'then another is not read now');
select is_empty(
	$$select from document where url = 'https://app.example/another'$$,
	'and takes no room in the cache');
update document
set lease = null,
	leased_until = '-infinity',
	due_at = case url when 'https://app.example/keys' then now() end;
select is((select outcome from fetch_take()), 'none',
	'nor what nobody waits for');
select is((due_at - now(), lease)::text, ('1 minute'::interval, null)::text,
	'which is put off')
from document
where url = 'https://app.example/keys';
select is((
	select sum(pg_temp.counted(format('https://%s.example/c', n), false,
		a.id))
	from generate_series(1, 10) n, account a
	where a.username = 'ada'), 3::numeric, 'and as many for one account');
select is(pg_temp.counted('https://one.example/c', false, a.id), 1::bigint,
	'of which one host is a small part')
from account a
where a.username = 'bob';
update rate
set since = now() - interval '1 minute';
select is(pg_temp.counted('https://app.example/c', true), 3::bigint,
	'and again in the next');

update document
set leased_until = '-infinity';
insert into document (url, kind, used_at)
select format('https://many.example/%s', n), 'client',
	now() - n * interval '1 second'
from generate_series(1, 10000) n;
select document_add('https://one.example/more', 'client', null);
select ok((select count(*) from document) <= 10000, 'the cache has an end');
select isnt_empty(
	$$select from document where url = 'https://many.example/1'$$,
	'what was used last stays');
select is_empty(
	$$select from document where url = 'https://many.example/10000'$$,
	'what was not for the longest time goes');

savepoint before;
update document
set approved_at = now();
insert into document (url, kind, approved_at)
select format('https://many.example/a/%s', n), 'client', now()
from generate_series(1, 10000 - (
	select count(*)
	from document)) n;
select is(document_add('https://one.example/last', 'client', null), false,
	'what a DBA approved stays, if there is no room for others');
select is(pg_temp.another_begins(), 'slow', 'who comes with one waits');
select is((select count(*) from document), 10000::bigint, 'outside');
rollback to before;

update document
set used_at = now() - interval '31 days'
where url <> 'https://app.example/c';
select ok(bool_or(name = 'document' and rows > 9000), 'and is swept')
from sweep();
select results_eq('select url from document order by url',
	$$values ('https://app.example/c'), ('https://app.example/keys'),
	('https://web.example/keys')$$,
	'all of it but keys that clients have');

select * from finish();
rollback;
