-- SPDX-License-Identifier: ISC
-- Who may do what: the whole list.  A right that is not in it fails, and so
-- does one that is missing.

begin;
select * from no_plan();
set local search_path = tap, pg_catalog;

create temp table program (name text, own text[]);
insert into program
values
	('account', '{account_show,account_end,account_attempt,
		account_password}'),
	('authorize', '{authorize_request}'),
	('consent', '{consent_show,consent_decide}'),
	('fetch', '{fetch_begin,fetch_take,fetch_client_store,
		fetch_keys_store,fetch_fail}'),
	('finance', '{finance_headlines,finance_covered}'),
	('guard', '{guard_read,guard_revocations,guard_journal}'),
	('introspect', '{introspect_token,introspect_judge,introspect_record,
		client_keys_read,jwks_read}'),
	('jwks', '{jwks_read}'),
	('login', '{login_show,login_attempt,login_open,login_remote}'),
	('metadata', '{metadata_describe}'),
	('register', '{register_create,register_read,register_update,
		register_delete,register_signer}'),
	('revoke', '{revoke_token,client_keys_read,client_keys_ask,jwks_read}'),
	('token', '{token_redeem,token_refresh,token_client_credentials,
		client_keys_read,client_keys_ask,token_keys,token_key_store}');

create temp table dba (kind text, name text, privileges text);
insert into dba
values
	('function', 'account_create', 'execute'),
	('function', 'account_disable', 'execute'),
	('function', 'account_enable', 'execute'),
	('function', 'account_set_password', 'execute'),
	('function', 'client_approve', 'execute'),
	('function', 'client_create', 'execute'),
	('function', 'client_disable', 'execute'),
	('function', 'client_enable', 'execute'),
	('function', 'client_rotate_secret', 'execute'),
	('function', 'client_set_auth_method', 'execute'),
	('function', 'grant_revoke', 'execute'),
	('function', 'initial_access_token_create', 'execute'),
	('function', 'initial_access_token_revoke', 'execute'),
	('function', 'key_rotate', 'execute'),
	('function', 'key_withdraw', 'execute'),
	('function', 'resource_alias_add', 'execute'),
	('function', 'resource_create', 'execute'),
	('function', 'resource_rule_add', 'execute'),
	('function', 'resource_server_create', 'execute'),
	('function', 'revoke_everything', 'execute'),
	('function', 'scope_create', 'execute'),
	('function', 'scope_translate', 'execute'),
	('function', 'setting_set', 'execute'),
	('function', 'sweep', 'execute'),
	-- what constraints and views call
	('function', 'document_standing', 'execute'),
	('function', 'document_url_valid', 'execute'),
	('function', 'redirect_host', 'execute'),
	('function', 'host_valid', 'execute'),
	('function', 'jwk_kind', 'execute'),
	('function', 'jwks_digest', 'execute'),
	('function', 'jwks_valid', 'execute'),
	('function', 'label_valid', 'execute'),
	('function', 'origin_canonical', 'execute'),
	('function', 'port_valid', 'execute'),
	('function', 'redirect_custom_valid', 'execute'),
	('function', 'redirect_exception', 'execute'),
	('function', 'redirect_loopback', 'execute'),
	('function', 'redirect_match', 'execute'),
	('function', 'redirect_valid', 'execute'),
	('function', 'resource_canonical', 'execute'),
	('function', 'resource_valid', 'execute'),
	('function', 'scope_valid', 'execute'),
	('function', 'scopes_fit', 'execute'),
	('function', 'scopes_valid', 'execute'),
	('function', 'setting_described', 'execute'),
	('function', 'uri_decode', 'execute'),
	('function', 'uri_split', 'execute'),
	('function', 'uuid7', 'execute'),
	('function', 'uuid7_floor', 'execute'),
	('function', 'uuid7_time', 'execute'),
	('relation', 'accounts', 'select'),
	('relation', 'audience_exception', 'delete insert select update'),
	('relation', 'audit', 'select'),
	('relation', 'clients', 'select'),
	('relation', 'documents', 'select'),
	('relation', 'fetch_policy', 'delete insert select update'),
	('relation', 'hosted_client', 'delete insert select update'),
	('relation', 'initial_access_tokens', 'select'),
	('relation', 'software_signer', 'delete insert select update'),
	('relation', 'grants', 'select'),
	('relation', 'keys', 'select'),
	('relation', 'pending_clients', 'select'),
	('relation', 'settings', 'select'),
	('relation', 'account', 'delete'),
	('relation', 'client', 'delete'),
	('relation', 'client_redirect', 'delete insert select update'),
	('relation', 'consent', 'delete select'),
	('relation', 'redirect_scheme_exception',
		'delete insert select update'),
	('relation', 'resource', 'delete insert select update'),
	('relation', 'resource_alias', 'delete insert select update'),
	('relation', 'resource_rule', 'delete insert select update'),
	('relation', 'resource_server', 'delete'),
	('relation', 'revocation', 'select'),
	('relation', 'scope', 'delete insert select update'),
	('relation', 'scope_translation', 'delete insert select update'),
	('column', 'account.id', 'select'),
	('column', 'account.scopes', 'update'),
	('column', 'account.username', 'select update'),
	('column', 'client.access_token_lifetime', 'update'),
	('column', 'client.token_endpoint_audience', 'update'),
	('column', 'client.client_id', 'select'),
	('column', 'client.consent', 'update'),
	('column', 'client.created_at', 'select'),
	('column', 'client.default_resource', 'update'),
	('column', 'client.grant_types', 'update'),
	('column', 'client.last_used_at', 'select'),
	('column', 'client.name', 'select update'),
	('column', 'client.refresh_absolute', 'update'),
	('column', 'client.refresh_idle', 'update'),
	('column', 'client.scopes', 'update'),
	('column', 'client.self_registered', 'select'),
	('column', 'resource_server.created_at', 'select'),
	('column', 'resource_server.disabled_at', 'update'),
	('column', 'resource_server.id', 'select'),
	('column', 'resource_server.jwks', 'update'),
	('column', 'resource_server.name', 'select'),
	('column', 'resource_server.uri', 'select');

create temp table expected as
select 'gatepost_' || p.name as role, 'function' as kind, f.name,
	'execute' as privileges
from program p
cross join unnest(p.own || '{server_read,server_change,refusal_record}')
	f (name)
union all
values ('gatepost_sweep', 'function', 'sweep', 'execute'),
	('public', 'function', 'changed_directly', 'execute')
union all
select 'gatepost_dba', d.kind, d.name, d.privileges
from dba d
union all
select 'gatepost_' || r.name, v.kind, 'gatepost', v.privilege
from (select name from program union all values ('dba'), ('sweep')) r
cross join (values ('schema', 'usage'), ('database', 'connect'))
	v (kind, privilege);

select ok(count(*) > 100, 'there are rights to compare')
from tap.rights;

select is((
	select string_agg(format('%s: %s %s %s', r.role, r.kind, r.name,
		r.privileges), E'\n')
	from tap.rights r
	where r.role = wanted.role
	and not exists (
		select
		from expected e
		where (e.role, e.kind, e.name, e.privileges)
			= (r.role, r.kind, r.name, r.privileges))),
	null, wanted.role || ' has no right but those listed')
from (
	select role from tap.rights
	union
	select role from expected
	union
	select 'public') wanted;

select is((
	select string_agg(format('%s: %s %s %s', e.role, e.kind, e.name,
		e.privileges), E'\n')
	from expected e
	where e.role = wanted.role
	and not exists (
		select
		from tap.rights r
		where (e.role, e.kind, e.name, e.privileges)
			= (r.role, r.kind, r.name, r.privileges))),
	null, wanted.role || ' has every right that is listed')
from (select distinct role from expected) wanted;

-- The roles themselves.
select set_eq(
	'select rolname::text from pg_roles
	where rolname ~ ''^gatepost_'' and rolcanlogin',
	'select ''gatepost_'' || name from program
	union all values (''gatepost_sweep'')',
	'the roles that log in are the programs and the timer');
select is_empty(
	'select rolname from pg_roles
	where rolname ~ ''^gatepost_''
	and (rolsuper or rolcreaterole or rolcreatedb or rolreplication
		or rolbypassrls)',
	'no role has an attribute that is a power');
select is_empty(
	'select m.member::regrole, m.roleid::regrole from pg_auth_members m
	join pg_roles r on r.oid = m.member
	where r.rolname ~ ''^gatepost_''',
	'no role is a member of another');
select is_empty(
	'select r.rolname from pg_shdepend d
	join pg_roles r on r.oid = d.refobjid
	where d.deptype = ''o''
	and r.rolname ~ ''^gatepost_'' and r.rolname <> ''gatepost_owner''',
	'only the owner owns anything');
select is_empty(
	'select format(''%s: %s'', p.oid::regprocedure, s) from pg_proc p
	cross join unnest(p.proconfig) s
	where p.pronamespace = ''gatepost''::regnamespace
	and s ~ ''^search_path'' and s !~
		''^search_path=pg_catalog, gatepost, pg_temp$''',
	'functions have one search_path');
select is_empty(
	'select p.oid::regprocedure from pg_proc p
	where p.pronamespace = ''gatepost''::regnamespace
	and p.prosecdef and not exists (
		select from unnest(p.proconfig) s where s ~ ''^search_path='')',
	'no function that needs a search_path is without');
select isnt_empty(
	'select from pg_proc p
	where p.pronamespace = ''gatepost''::regnamespace and p.prosecdef',
	'there are such functions');
-- Whoever writes to a table runs these, with a search_path of his own.
select is_empty(
	'select distinct p.oid::regprocedure from pg_depend d
	join pg_proc p on p.oid = d.refobjid
	where d.refclassid = ''pg_proc''::regclass
	and d.classid in (''pg_trigger''::regclass, ''pg_constraint''::regclass,
		''pg_attrdef''::regclass, ''pg_rewrite''::regclass)
	and p.pronamespace = ''gatepost''::regnamespace
	and p.proconfig is null
	and p.prosqlbody is null
	and p.proname <> ''changed_directly''',
	'what a table calls trusts no search_path');
select is_empty(
	'select p.oid::regprocedure from pg_proc p
	cross join aclexplode(p.proacl) a
	join pg_roles r on r.oid = a.grantee
	where p.pronamespace = ''gatepost''::regnamespace
	and r.rolname ~ ''^gatepost_'' and r.rolname not in
		(''gatepost_owner'', ''gatepost_dba'')
	and not p.prosecdef',
	'what programs call runs as the owner');
select is((
	select string_agg(nspowner::regrole::text, ' ')
	from pg_namespace
	where nspname in ('gatepost')), 'gatepost_owner', 'the schema''s owner');

-- What is public has a comment.
select is_empty(format('
	select %s from %s x where %s and obj_description(x.oid, %L) is null',
	v.shown, v.catalogue, v.filter, v.catalogue),
	v.what || ' has a comment')
from (values
	('every function', 'pg_proc', 'x.oid::regprocedure',
	'x.pronamespace = ''gatepost''::regnamespace'),
	('every table and view', 'pg_class', 'x.oid::regclass',
	'x.relnamespace = ''gatepost''::regnamespace
	and x.relkind in (''r'', ''p'', ''v'') and not x.relispartition'),
	('every domain', 'pg_type', 'x.oid::regtype',
	'x.typnamespace = ''gatepost''::regnamespace and x.typtype = ''d'''))
	v (what, catalogue, shown, filter);
select is_empty(
	'select a.attname from pg_attribute a
	where a.attrelid = ''gatepost.server''::regclass
	and a.attnum > 0 and a.attname <> ''only_one''
	and col_description(a.attrelid, a.attnum) is null',
	'every setting has a comment');
select is_empty(
	'select rolname from pg_roles
	where rolname ~ ''^gatepost_''
	and shobj_description(oid, ''pg_authid'') is null',
	'every role has a comment');
select is_empty(
	'select attname from pg_attribute
	where attrelid in (''gatepost.clients''::regclass,
		''gatepost.accounts''::regclass, ''gatepost.grants''::regclass,
		''gatepost.keys''::regclass, ''gatepost.audit''::regclass,
		''gatepost.settings''::regclass)
	and attname ~ ''hash|sealed|secret$|token''
	and attname <> all (''{access_token_lifetime,token_endpoint_audience}'')',
	'no view shows a hash or a secret');
select * from finish();
rollback;
