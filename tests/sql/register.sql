-- SPDX-License-Identifier: ISC
-- register_*: clients that register themselves, and manage only that.

begin;
select * from no_plan();
select tap.world();

create function pg_temp.made(
	name text default 'Desk',
	uris text[] default '{http://127.0.0.1/cb}',
	grants text[] default '{authorization_code,refresh_token}',
	method text default 'none',
	secret text default null,
	metadata jsonb default '{}',
	token text default 'token',
	address text default '192.0.2.1',
	access text default null,
	signer text default null)
returns text language sql
return (
	select r.outcome || case when r.client_id is null then '' else ' +' end
	from register_create(name, uris, grants, method, digest(secret),
		digest(token), metadata, address, access is not null,
		nullif(split_part(access, '.', 1), '')::uuid,
		digest(split_part(access, '.', 2)), signer) r);

create temp table before as select count(*) as clients from client;
select is(pg_temp.made(name, uris::text[], grants::text[], method, secret,
	metadata), wanted, what)
from (values
	('x', '{}', '{authorization_code}', 'none', null, '{}'::jsonb,
	'invalid_redirect_uri', 'no redirect URI'),
	('x', null, '{authorization_code}', 'none', null, '{}',
	'invalid_redirect_uri', 'null'),
	('x', '{https://a.example/,http://b.example/}', '{authorization_code}',
	'none', null, '{}', 'invalid_redirect_uri', 'one that is not safe'),
	('x', '{https://a.example/,null}', '{authorization_code}', 'none', null,
	'{}', 'invalid_redirect_uri', 'one that is null'),
	('x', '{foo:/cb}', '{authorization_code}', 'none', null, '{}',
	'invalid_redirect_uri', 'a scheme that is no exception'),
	('x', '{javascript:alert(1)}', '{authorization_code}', 'none', null,
	'{}', 'invalid_redirect_uri', 'a script'),
	('x', (select array_agg('https://a.example/' || n)::text
		from generate_series(1, 33) n), '{authorization_code}', 'none',
	null, '{}', 'invalid_redirect_uri', 'too many'),
	('x', '{https://a.example/}', '{}', 'none', null, '{}',
	'invalid_client_metadata', 'no grant type'),
	('x', '{https://a.example/}', '{refresh_token}', 'none', null, '{}',
	'invalid_client_metadata', 'refresh_token alone'),
	('x', '{https://a.example/}', '{client_credentials}',
	'client_secret_post', 's', '{}',
	'invalid_client_metadata', 'client_credentials'),
	('x', '{https://a.example/}', '{authorization_code,implicit}', 'none',
	null, '{}', 'invalid_client_metadata', 'implicit'),
	('', '{https://a.example/}', '{authorization_code}', 'none', null,
	'{}', 'invalid_client_metadata', 'no name'),
	(E'a\nb', '{https://a.example/}', '{authorization_code}', 'none', null,
	'{}', 'invalid_client_metadata', 'a control character'),
	('x', '{https://a.example/}', '{authorization_code}', 'x', null, '{}',
	'invalid_client_metadata', 'an unknown method'),
	('x', '{https://a.example/}', '{authorization_code}', null, null, '{}',
	'invalid_client_metadata', 'no method'),
	('x', '{https://a.example/}', '{authorization_code}', 'none', null,
	'[]', 'invalid_client_metadata', 'metadata that is no object'),
	('x', '{https://a.example/}', '{authorization_code}', 'none', null,
	jsonb_build_object('a', repeat('x', 17000)),
	'invalid_client_metadata', 'too much metadata'))
	v (name, uris, grants, method, secret, metadata, wanted, what);
select is(count(*), min(clients), 'nothing of that is stored')
from client, before;
select is((select count(*) from audit_event where event = 'register'),
	17::bigint, 'all of it is recorded');

select is(pg_temp.made(), 'created +', 'a public client');
select is(last_audit(), 'register register created', 'is recorded');
select is((name, self_registered, auth_method, secret_hash, grant_types,
	scopes, consent, registration_token_hash::bytea, disabled_at)::text,
	('Desk', true, 'none', null, '{authorization_code,refresh_token}',
	null, 'default', digest('token'), null)::text, 'what is stored')
from client
where name = 'Desk';
select is(pg_temp.made('Web', '{https://w.example/cb,https://w.example/2}',
	'{authorization_code}', 'client_secret_basic', 'secret',
	'{"client_uri": "https://w.example/"}'), 'created +',
	'a confidential one');
select is((select string_agg(uri, ' ' order by position) from client_redirect d
	join client c using (client_id)
	where c.name = 'Web' and c.self_registered),
	'https://w.example/cb https://w.example/2', 'its redirect URIs in order');
select is(pg_temp.made('Editor', '{cursor://anysphere.cursor-mcp/oauth}'),
	'created +', 'a scheme that is an exception');
select is(pg_temp.made('App', '{com.example.app:/cb}'), 'created +',
	'a scheme of the reverse-domain form');
select is(pg_temp.made('Twice', '{https://w.example/,https://w.example/}'),
	'created +', 'a redirect URI given twice');
select is(pg_temp.made(repeat('n', 300)), 'created +', 'a long name is cut');

-- One with keys, which are taken out of what else it said.
create temp table keys as
select jsonb_build_object('keys', jsonb_build_array(jsonb_build_object(
	'kty', 'OKP', 'crv', 'Ed25519', 'x', repeat(x, 43)))) as jwks, x
from unnest('{a,b}'::text[]) x;
select is(pg_temp.made('Keys', method => method, secret => null,
	metadata => metadata), wanted, what)
from (values
	('private_key_jwt', null, 'invalid_client_metadata', 'no keys'),
	('private_key_jwt', '{"jwks": {"keys": []}}', 'invalid_client_metadata',
	'an empty set'),
	('private_key_jwt', (
		select jsonb_build_object('jwks', jwks, 'scope', 's',
			'token_endpoint_auth_signing_alg', 'EdDSA')
		from keys where x = 'a'), 'created +', 'keys'),
	('none', (select jsonb_build_object('jwks', jwks)
		from keys where x = 'a'), 'created +', 'keys for nothing'))
	v (method, metadata, wanted, what);
select is(string_agg((c.auth_method, c.jwks = k.jwks, signing_alg, metadata)
	::text, ' ' order by c.auth_method desc),
	'(private_key_jwt,t,EdDSA,"{""scope"": ""s""}") (none,,,{})',
	'which are stored by themselves')
from client c, keys k
where c.name = 'Keys'
and k.x = 'a';
select is(r.metadata, jsonb_build_object('jwks', k.jwks, 'scope', 's',
	'token_endpoint_auth_signing_alg', 'EdDSA'), 'and read back with it')
from keys k, client c,
	lateral register_read(c.client_id, digest('token'), null) r
where x = 'a'
and c.auth_method = 'private_key_jwt';
select is(u.outcome || coalesce(' ' || u.metadata::text, ''), wanted, what)
from keys, client c, lateral (values
	('{}'::jsonb, 'invalid_client_metadata', 'not replaced by nothing'),
	(jsonb_build_object('jwks', keys.jwks), 'updated '
	|| jsonb_build_object('jwks', keys.jwks)::text, 'but by others'))
	v (metadata, wanted, what),
	lateral register_update(c.client_id, digest('token'), null, 'Keys',
	'{https://k.example/}', '{authorization_code}', v.metadata, null, null) u
where x = 'b'
and c.auth_method = 'private_key_jwt';
select is(c.jwks, k.jwks, 'kept')
from client c, keys k
where c.auth_method = 'private_key_jwt'
and k.x = 'b';

-- Read, with the registration token of that client alone.
create temp table mine as
select client_id from client where name = 'Web' and self_registered;
create function pg_temp.readable(client text, token text)
returns text language sql
return (
	select r.outcome
	from register_read(client, digest(token), '192.0.2.1') r);
select is((outcome, client_name, redirect_uris, grant_types, auth_method,
	issued_at, metadata)::text,
	('ok', 'Web', '["https://w.example/cb", "https://w.example/2"]',
	'["authorization_code"]', 'client_secret_basic',
	floor(extract(epoch from now())),
	'{"client_uri": "https://w.example/"}')::text, 'reading it back')
from mine, register_read(mine.client_id, digest('token'), null);
select is(pg_temp.readable(client, token), 'invalid_token', what)
from mine, lateral (values
	(client_id, 'wrong', 'a wrong token'), (client_id, null, 'no token'),
	('self', 'token', 'another client''s'),
	('web', 'token', 'a client that a DBA made'),
	('web', null, 'without a token'),
	('nobody', 'token', 'an unknown client')) v (client, token, what);
update client set disabled_at = now() where client_id in (table mine);
select is(pg_temp.readable(client_id, 'token'), 'invalid_token', 'disabled')
from mine;
update client set disabled_at = null where client_id in (table mine);

-- Replace.
create function pg_temp.updated(
	client text,
	token text default 'token',
	secret text default null,
	name text default 'New',
	uris text[] default '{https://n.example/}',
	grants text[] default '{authorization_code,refresh_token}')
returns text language sql
return (
	select (u.outcome, u.client_name, u.redirect_uris, u.auth_method)::text
	from register_update(client, digest(token), digest(secret), name, uris,
		grants, '{}', '192.0.2.1', null) u);
select is(pg_temp.updated(client_id, token, secret, name, uris::text[],
	grants::text[]), format('(%s,,,)', wanted), what)
from mine, lateral (values
	('wrong', null, 'x', '{https://n.example/}', '{authorization_code}',
	'invalid_token', 'a wrong token'),
	('token', 'wrong', 'x', '{https://n.example/}', '{authorization_code}',
	'invalid_client_metadata', 'a secret that is not the client''s'),
	('token', null, 'x', '{}', '{authorization_code}',
	'invalid_redirect_uri', 'no redirect URI'),
	('token', null, 'x', '{http://n.example/}', '{authorization_code}',
	'invalid_redirect_uri', 'an unsafe one'),
	('token', null, 'x', '{https://n.example/}', '{client_credentials}',
	'invalid_client_metadata', 'another grant type'),
	('token', null, '', '{https://n.example/}', '{authorization_code}',
	'invalid_client_metadata', 'no name'))
	v (token, secret, name, uris, grants, wanted, what);
select is(name || ' ' || (select count(*) from client_redirect d
	where d.client_id = c.client_id) || coalesce(' ' || changed_at, ''),
	'Web 2', 'it is as it was')
from client c
where c.client_id in (table mine);
select is(pg_temp.updated('web'), '(invalid_token,,,)',
	'what a DBA made is not changed');
select is(pg_temp.updated(client_id, 'token', 'secret'),
	'(updated,New,"[""https://n.example/""]",client_secret_basic)',
	'changed') from mine;
select is((secret_hash::bytea, registration_token_hash::bytea, auth_method)
	::text, (digest('secret'), digest('token'), 'client_secret_basic')
	::text, 'its secrets stay')
from client
where client_id in (table mine);
select is(changed_at, now(), 'who agreed to it before is asked again')
from client
where client_id in (table mine);
select is(last_audit(), 'register register_update updated', 'recorded');

-- Delete, with what it was granted.
create temp table held as
select grant_of('ada', 'self', redirect => 'http://localhost:7/cb') as id;
create function pg_temp.deleted(client text, token text)
returns text language sql
return register_delete(client, digest(token), '192.0.2.1');
select is(pg_temp.deleted('self', 'token'), 'invalid_token', 'a wrong token');
select is(pg_temp.deleted('web', 'token'), 'invalid_token', 'a DBA''s client');
select is((select count(*) from client where client_id in ('self', 'web')),
	2::bigint, 'they are there');
select is(pg_temp.deleted('self', 'self token'), 'deleted', 'deleted');
select is((select count(*) from client where client_id = 'self'), 0::bigint,
	'it is gone');
select is((select count(*) from consent where client_id = 'self'), 0::bigint,
	'and what people agreed to');
select is((select ended_why from access_grant where id = held.id),
	'client deleted', 'and what it was granted') from held;
select is((select kind from revocation where subject = 'self'), 'client',
	'and its access tokens');
select is(refreshed(id, 1, 'self'), 'invalid_client', 'and its refresh token')
from held;
select is(pg_temp.deleted('self', 'self token'), 'invalid_token', 'once');

select setting_set('registration', 'closed');
select is(pg_temp.made(), 'closed', 'registration can be closed');
select is(pg_temp.readable(client_id, 'token'), 'ok',
	'what there is can be managed') from mine;
delete from revocation;
select is(pg_temp.deleted(client_id, 'token'), 'deleted', 'one never used')
from mine;
select is((select count(*) from revocation, mine where subject = client_id),
	0::bigint, 'leaves nothing to revoke');
select * from finish();
rollback;
