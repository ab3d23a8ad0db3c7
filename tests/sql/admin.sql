-- SPDX-License-Identifier: ISC
-- What a DBA calls: what it makes, and what it refuses.

begin;
select * from no_plan();
create function pg_temp.refused(statement text, message text)
returns text language sql
return throws_like(statement, message, statement);
-- a DBA's password hashing should not cost the tests their time
update server set password_cost = 8;

-- Every argument has the name and default that scripts rely on.
select is(pg_get_function_arguments(p.oid), arguments, p.proname || '()')
from (values
	('client_create', 'name text, redirect_uris text[] DEFAULT ''{}''::text[], grant_types text[] DEFAULT ''{authorization_code,refresh_token}''::text[], scopes text[] DEFAULT NULL::text[], auth_method text DEFAULT NULL::text, jwks jsonb DEFAULT NULL::jsonb'),
	('client_rotate_secret', 'client_id text, overlap interval DEFAULT ''1 day''::interval'),
	('client_set_auth_method', 'client_id text, auth_method text, jwks jsonb DEFAULT NULL::jsonb, signing_alg text DEFAULT NULL::text, jwks_uri text DEFAULT NULL::text'),
	('client_approve', 'client_id text'),
	('client_disable', 'client_id text, why text'),
	('client_enable', 'client_id text'),
	('account_create', 'username text, password text, scopes text[] DEFAULT NULL::text[]'),
	('account_set_password', 'username text, password text'),
	('account_disable', 'username text, why text'),
	('account_enable', 'username text'),
	('resource_create', 'uri text, name text, scopes text[], default_scopes text[] DEFAULT NULL::text[], origins text[] DEFAULT NULL::text[], checks_scope boolean DEFAULT false'),
	('resource_alias_add', 'uri text, alias text'),
	('resource_server_create', 'uri text, name text, jwks jsonb DEFAULT NULL::jsonb'),
	('resource_rule_add', 'uri text, required_scope text, method text DEFAULT NULL::text, path_prefix text DEFAULT NULL::text, mcp_method text DEFAULT NULL::text, mcp_name text DEFAULT NULL::text'),
	('scope_create', 'name text, description text'),
	('scope_translate', 'name text, language text, description text'),
	('grant_revoke', 'grant_id uuid, why text'),
	('setting_set', 'name text, value text'),
	('revoke_everything', 'why text'),
	('key_rotate', ''), ('sweep', '')) v (name, arguments)
left join pg_proc p on p.proname = v.name
	and p.pronamespace = 'gatepost'::regnamespace;

-- Clients.
create temp table made as
select * from client_create('Report', '{https://report.example/cb}',
	scopes => '{a:b}');
select matches(client_secret, '^[A-Za-z0-9_-]{43}$', 'a secret') from made;
select is(c.secret_hash::bytea, digest(m.client_secret), 'of which the hash is kept')
from client c, made m where c.client_id = m.client_id;
select is((name, self_registered, auth_method, grant_types, scopes)::text,
	'(Report,f,,"{authorization_code,refresh_token}",{a:b})', 'the client')
from client;
select is(client_secret, null, 'a public client has no secret')
from client_create('Public', '{https://p.example/}', auth_method => 'none');
select isnt(client_secret, null, 'one for itself has')
from client_create('Batch', grant_types => '{client_credentials}');
select pg_temp.refused(statement, message)
from (values
	('select client_create(''x'')', '%needs a redirect URI%'),
	('select client_create('''', ''{https://a.example/}'')', '%1 to 200%'),
	('select client_create(null, ''{https://a.example/}'')', '%1 to 200%'),
	(E'select client_create(E''a\\nb'', ''{https://a.example/}'')',
	'%control%'),
	('select client_create(''x'', ''{http://a.example/}'')',
	'%redirect URI: http://a.example/'),
	('select client_create(''x'', ''{javascript:alert(1)}'')',
	'%redirect URI: javascript:alert(1)'),
	('select client_create(''x'', ''{https://a.example/#x}'')',
	'%redirect URI%'),
	('select client_create(''x'', ''{https://a.example/,null}'')',
	'%redirect URI%'),
	('select client_create(''x'', ''{foo:/cb}'')', '%scheme: foo'),
	('select client_create(''x'', ''{https://a.example/}'', ''{implicit}'')',
	'%grant_types%'),
	('select client_create(''x'', ''{https://a.example/}'', ''{}'')',
	'%grant_types%'),
	('select client_create(''x'', ''{https://a.example/}'', null)',
	'%grant_types%'),
	('select client_create(''x'', grant_types => ''{refresh_token}'')',
	'%goes with%'),
	('select client_create(''x'', grant_types => ''{client_credentials}'','
	' auth_method => ''none'')', '%clients with a secret%'),
	('select client_create(''x'', ''{https://a.example/}'','
	' scopes => ''{a*}'')', '%malformed%'),
	('select client_create(''x'', ''{https://a.example/}'','
	' auth_method => ''x'')', '%auth_method%'),
	('select client_create(''x'', ''{https://a.example/}'','
	' auth_method => ''private_key_jwt'')', '%jwks goes with%'),
	('select client_create(''x'', ''{https://a.example/}'', jwks => ''{}'')',
	'%not good keys%'),
	('select client_disable(''nobody'', ''x'')', 'no client%'),
	('select client_enable(''nobody'')', 'no client%'),
	('select client_rotate_secret(''nobody'')', 'no client%'),
	('select client_rotate_secret(null)', 'no client%'),
	('select client_rotate_secret(client_id) from client'
	' where name = ''Public''', 'no client%'),
	('select client_rotate_secret(client_id, ''-1 day'') from made',
	'an overlap%'),
	('select client_rotate_secret(client_id, ''1 year'') from made',
	'an overlap%')) v (statement, message);
create temp table rotated as
select client_rotate_secret(client_id) as secret from made;
select is((c.secret_hash = digest(r.secret),
	c.previous_secret_hash = digest(m.client_secret),
	c.previous_secret_until - now())::text, '(t,t,"1 day")',
	'a new secret beside the old')
from client c, made m, rotated r where c.client_id = m.client_id;
select client_rotate_secret(client_id, '0') from made \g /dev/null
select is(c.previous_secret_hash, null, 'or in its place')
from client c, made m where c.client_id = m.client_id;
select client_disable(client_id, 'stolen') from made \g /dev/null
select is((disabled_at is not null, disabled_why)::text, '(t,stolen)',
	'disabled') from clients where name = 'Report';
select is((select kind from revocation where subject = client_id), 'client',
	'and revoked') from made;
select client_enable(client_id) from made \g /dev/null
select is((disabled_at, disabled_why)::text, '(,)', 'enabled')
from clients where name = 'Report';

-- Accounts.
create temp table hashes as
select '$2y$05$' || repeat('a', 53) as bcrypt;
select isnt(account_create('ada', 'correct horse'), null, 'an account');
select ok(password_hash = gatepost_crypto.crypt('correct horse', password_hash)
	and password_hash ~ '^\$2a\$08\$', 'with bcrypt of the cost that is set')
from account where username = 'ada';
select isnt(account_create('bob', bcrypt, '{a:*}'), null, 'a hash')
from hashes;
select is((password_hash, scopes)::text, (bcrypt, '{a:*}')::text,
	'is kept as it is') from account, hashes where username = 'bob';
select isnt(account_create('carol', null), null, 'no password');
select is(has_password, false, 'is none') from accounts
where username = 'carol';
select pg_temp.refused(statement, message)
from (values
	('select account_create(''ada'', ''x'')', 'there is an account%'),
	('select account_create('''', ''x'')', 'a username%'),
	('select account_create('' ada'', ''x'')', 'a username%'),
	('select account_create(null, ''x'')', 'a username%'),
	(E'select account_create(E''a\\tb'', ''x'')', 'a username%'),
	('select account_create(repeat(''a'', 256), ''x'')', 'a username%'),
	('select account_create(''dan'', '''')', 'a password%'),
	('select account_create(''dan'', repeat(''x'', 73))', 'a password%'),
	(E'select account_create(''dan'', E''a\\nb'')', 'a password%'),
	('select account_create(''dan'', ''$1$salt$'' || repeat(''a'', 22))',
	'not a crypt%'),
	('select account_create(''dan'', ''$2y$31$'' || repeat(''a'', 53))',
	'not a crypt%'),
	('select account_create(''dan'', ''$argon2id$v=19$x'')',
	'not a crypt%'),
	('select account_create(''dan'', ''x'', ''{a*}'')', '%scope_list%'),
	('select account_set_password(''nobody'', ''x'')', 'there is no account%'),
	('select account_set_password(''ada'', '''')', 'a password%'),
	('select account_disable(''nobody'', ''x'')', 'there is no account%'),
	('select account_enable(null)', 'there is no account%'))
	v (statement, message);
select is(sessions_ended_at, '-infinity', 'sessions go on') from account
where username = 'ada';
select account_set_password('ada', 'new') \g /dev/null
select ok(sessions_ended_at > now() and password_hash
	= gatepost_crypto.crypt('new', password_hash), 'until a new password')
from account where username = 'ada';
select account_disable('ada', 'left') \g /dev/null
select is((select kind from revocation where subject = a.id::text), 'account',
	'a disabled account is revoked') from account a where username = 'ada';
select account_enable('ada') \g /dev/null
select is(disabled_at, null, 'enabled') from accounts where username = 'ada';

-- Resources.
select is(resource_create('HTTPS://MCP.example:443/mcp', 'Example', '{a:b,c}',
	'{c}', '{https://app.example,http://localhost:6274}', true),
	'https://mcp.example/mcp', 'a resource in its one spelling');
select is((name, scopes, default_scopes, origins, checks_scope)::text,
	'(Example,"{a:b,c}",{c},"{https://app.example,http://localhost:6274}",t)',
	'as it was given') from resource;
select is((select string_agg(alias, ' ') from resource_alias),
	'https://mcp.example/mcp/', 'with an alias');
select is(resource_create('https://root.example', 'Root', '{a}'),
	'https://root.example/', 'a resource at the root');
select is((select count(*) from resource_alias), 1::bigint, 'has none');
select resource_alias_add('https://mcp.example/mcp', 'https://MCP.example/old') \g /dev/null
select is(resource_find('https://mcp.example/old', null),
	'https://mcp.example/mcp', 'another alias');
select isnt(resource_rule_add('https://mcp.example/mcp', 'a:{name}',
	mcp_method => 'tools/call'), null, 'a rule');
create temp table server_made as
select * from resource_server_create('https://mcp.example/mcp', 'Backend');
select is(s.secret_hash::bytea, digest(m.client_secret),
	'credentials of a resource server')
from resource_server s, server_made m where s.id = m.client_id;
select scope_create('a:b', 'Do b') \g /dev/null
select scope_translate('a:b', 'de', 'Falsch') \g /dev/null
select scope_translate('a:b', 'de', 'B machen') \g /dev/null
select scope_translate('a:b', 'fr', 'Faire b') \g /dev/null
select scope_translate('a:b', 'fr', null) \g /dev/null
select is(jsonb_object_agg(language, description), '{"de": "B machen"}',
	'what a scope means elsewhere')
from scope_translation;
select pg_temp.refused(statement, message)
from (values
	('select resource_create(''https://mcp.example/mcp'', ''x'', ''{a}'')',
	'there is a resource%'),
	('select resource_create(''ftp://a.example/'', ''x'', ''{a}'')',
	'%the URI is%'),
	('select resource_create(''https://a.example/#x'', ''x'', ''{a}'')',
	'%the URI is%'),
	('select resource_create(''https://u@a.example/'', ''x'', ''{a}'')',
	'%the URI is%'),
	('select resource_create(null, ''x'', ''{a}'')', '%the URI is%'),
	('select resource_create(''https://a.example/'', ''x'', ''{}'')',
	'%scopes are%'),
	('select resource_create(''https://a.example/'', ''x'', null)',
	'%scopes are%'),
	('select resource_create(''https://a.example/'', ''x'', ''{a}'', ''{b}'')',
	'%default_scopes are%'),
	('select resource_create(''https://a.example/'', ''x'', ''{a}'', ''{}'')',
	'%default_scopes are%'),
	('select resource_create(''https://a.example/'', ''x'', ''{a}'', null,'
	' ''{https://b.example/}'')', '%origins are%'),
	('select resource_create(''https://a.example/'', ''x'', ''{a}'', null,'
	' ''{*}'')', '%origins are%'),
	('select resource_create(''https://a.example/'', ''x'', ''{a}'', null,'
	' ''{null}'')', '%origins are%'),
	('select resource_create(''https://a.example/'', '''', ''{a}'')',
	'%label%'),
	('select resource_alias_add(''https://no.example/'', ''https://a.example/'')',
	'there is no resource%'),
	('select resource_alias_add(''https://mcp.example/mcp'', ''x'')',
	'not a resource%'),
	('select resource_alias_add(''https://mcp.example/mcp'','
	' ''https://root.example/'')', '%already%'),
	('select resource_alias_add(''https://mcp.example/mcp'','
	' ''https://mcp.example/old'')', '%already%'),
	('select resource_rule_add(''https://no.example/'', ''a'')',
	'there is no resource%'),
	('select resource_rule_add(''https://mcp.example/mcp'', ''a*'')',
	'%violates check%'),
	('select resource_rule_add(''https://mcp.example/mcp'', ''a'', ''post'')',
	'%violates check%'),
	('select resource_rule_add(''https://mcp.example/mcp'', ''a'', null, ''x'')',
	'%violates check%'),
	('select resource_rule_add(''https://mcp.example/mcp'', ''a:{name}'','
	' mcp_method => ''tools/call'')', '%duplicate%'),
	('select resource_server_create(''https://no.example/'', ''x'')',
	'there is no resource%'),
	('select scope_create(''a:b'', ''again'')', '%duplicate%'),
	('select scope_create(''a*'', ''x'')', 'not a well-formed%'),
	('select scope_create(null, ''x'')', 'not a well-formed%'),
	('select scope_create(''x'', '''')', '%violates check%'),
	('select scope_translate(''no'', ''de'', ''x'')', 'there is no scope%'),
	('select scope_translate(null, ''de'', ''x'')', 'there is no scope%'),
	('select scope_translate(''a:b'', ''../de'', ''x'')', '%violates check%'),
	('select scope_translate(''a:b'', ''DE'', ''x'')', '%violates check%'),
	('select scope_translate(''a:b'', null, ''x'')', '%null value%'),
	('select scope_translate(''a:b'', ''de'', '''')', '%violates check%'),
	('select grant_revoke(uuid7(), ''x'')', 'no grant%'),
	('select grant_revoke(null, ''x'')', 'no grant%'))
	v (statement, message);
select * from finish();
rollback;
