-- SPDX-License-Identifier: ISC
-- The audit trail: what a DBA does is in it by whatever way, no secret is,
-- and nobody changes it.

begin;
select * from no_plan();
select tap.world();

-- By functions: one record each, with who it was.
create function pg_temp.recorded(statement text, role text default 'postgres')
returns text language plpgsql as $$
declare
	before constant bigint := (select count(*) from audit_event);
begin
	execute format('set local role %I', role);
	execute statement;
	reset role;
	return (
		select string_agg(concat_ws(' ', e.program, e.event, e.outcome,
			e.actor), ', ')
		from (
			select *
			from audit_event
			order by cmin::text::bigint
			offset before) e);
end $$;
create temp table held as select tap.grant_of() as id;
select is(pg_temp.recorded(statement),
	format('admin %s done postgres', substring(statement from '\w+_\w+')),
	statement)
from unnest(array[
	'select client_create(''x'', ''{https://x.example/}'')',
	'select client_rotate_secret(''web'')',
	'select client_disable(''web'', ''x'')',
	'select client_enable(''web'')',
	'select account_create(''carol'', null)',
	'select account_set_password(''carol'', ''$2a$04$'' || repeat(''c'', 53))',
	'select account_disable(''carol'', ''x'')',
	'select account_enable(''carol'')',
	'select resource_create(''https://c.example/c'', ''C'', ''{c}'')',
	'select resource_alias_add(''https://c.example/c'', ''https://d.example/'')',
	'select resource_rule_add(''https://c.example/c'', ''c'')',
	'select resource_server_create(''https://c.example/c'', ''S'')',
	'select scope_create(''c'', ''C'')',
	'select scope_translate(''c'', ''de'', ''C'')',
	'select setting_set(''cache_seconds'', ''10'')',
	'select key_rotate()',
	'select grant_revoke(id, ''x'') from held',
	'select revoke_everything(''x'')']) statement;
select is(pg_temp.recorded('select sweep()'), 'admin sweep done postgres',
	'sweep');
select is(pg_temp.recorded('select grant_revoke(id, ''x'') from held'),
	'admin grant_revoke ignored postgres', 'what was over already');
select is(pg_temp.recorded('select gatepost.client_disable(''web'', ''x'')',
	'gatepost_owner'), 'admin client_disable done postgres',
	'one also for who has become the owner');

-- Directly.
select is(pg_temp.recorded(statement),
	format('admin direct_%s done postgres', substring(statement from '^\w+')),
	statement)
from unnest(array[
	'insert into scope values (''d'', ''D'')',
	'update scope set description = ''E'' where name = ''d''',
	'delete from scope where name = ''d''',
	'update client set name = ''Z'' where client_id = ''web''',
	'delete from client where client_id = ''web''',
	'update account set scopes = ''{a}'' where username = ''carol''',
	'delete from account where username = ''carol''',
	'insert into redirect_scheme_exception values (''zed'')',
	'insert into client_redirect values (''app'', 9, ''zed:/cb'')',
	'delete from client_redirect where uri = ''zed:/cb''',
	'update resource set name = ''Z'' where name = ''C''',
	'delete from resource where name = ''Z''',
	'update server set service_name = ''Z''',
	'update signing_key set alg = ''EdDSA''',
	'update access_grant set ended_at = null',
	'delete from request',
	'update code set redeemed_at = now()',
	'update session set seen_at = now()',
	'delete from login_failure',
	'delete from revocation',
	'update partition_plan set ahead = 4 where parent = ''code''',
	'truncate standing_grant']) statement;
select is(pg_temp.recorded('delete from gatepost.redirect_scheme_exception
	where scheme = ''zed''', 'gatepost_owner'),
	'admin direct_delete done postgres', 'who has become the owner');
select is(tap.try('update gatepost.client set name = ''Y''
	where client_id = ''app''', 'gatepost_dba'), 'ok', 'a DBA');
select is(last_audit(), 'admin direct_update done', 'too');
select is((select detail from audit_event order by cmin::text::bigint desc
	limit 1), '{"table": "client", "key": {"client_id": "app"},
	"old": {"name": "App"}, "new": {"name": "Y"}}'::jsonb,
	'what was and what is');

-- Tokens are issued until such a change is committed.
savepoint s;
select is(tap.try(format('delete from gatepost.%I where %I = %L', t, k, v),
	'gatepost_dba'), 'ok', 'a DBA deletes: ' || t)
from account a, lateral (values
	('client', 'client_id', 'app'),
	('account', 'id', a.id::text)) d (t, k, v)
where a.username = 'ada';
create temp table moment as select clock_timestamp() as at;
set constraints all immediate;
select ok(bool_and(v.revoked_at > moment.at) and count(*) = 2,
	'what was issued up to the commit is over, too')
from revocation v, moment
where v.kind in ('client', 'account');
rollback to s;

-- A search_path in which nothing is what it seems.
create schema stranger;
grant usage on schema stranger to public;
create function stranger.never(name, name)
returns boolean language sql immutable return false;
create operator stranger.<> (
	leftarg = name, rightarg = name, function = stranger.never);
create function stranger.current_setting(text)
returns text language sql immutable
return 'pg_catalog, gatepost, pg_temp';
create function pg_temp.among_strangers()
returns void language plpgsql
set search_path = stranger, pg_catalog
as $$
begin
	set local role gatepost_dba;
	update gatepost.client set name = 'X' where client_id = 'app';
	reset role;
end
$$;
select pg_temp.among_strangers();
select is((select detail ->> 'new' from audit_event
	order by cmin::text::bigint desc limit 1), '{"name": "X"}',
	'a DBA with another search_path is recorded as well');

select is(tap.try(statement, 'gatepost_dba'), '42501', statement)
from unnest(array[
	'update gatepost.client set secret_hash = null',
	'update gatepost.account set password_hash = null',
	'select password_hash from gatepost.account',
	'select secret_hash from gatepost.client',
	'select sealed from gatepost.signing_key',
	'update gatepost.server set issuer = ''https://x.example''',
	'insert into gatepost.audit_event (program, event, outcome)
	values (''x'', ''x'', ''x'')',
	'update gatepost.audit_event set outcome = ''x''',
	'delete from gatepost.audit_event',
	'delete from gatepost.revocation',
	'insert into gatepost.access_grant default values',
	'select gatepost.audit_add(''x'', ''x'', ''x'')']) statement;

select is(tap.try(format('select * from gatepost.%I', v), 'gatepost_dba'),
	'ok', 'a DBA reads the view ' || v)
from unnest('{accounts,audit,clients,grants,initial_access_tokens,keys,settings}'::text[]) v;

-- A program's own changes are not a DBA's.
select ok(not exists (
	select from audit_event e
	where e.event ~ '^direct_' and e.detail ->> 'table' = 'consent'),
	'consent''s row was none of a DBA');
select is(pg_temp.recorded('select register_create(''Desk'','
	' ''{https://d.example/}'', ''{authorization_code}'', ''none'', null,'
	' digest(''t''), ''{}'', null, false, null, null, null)'), 'register register created postgres',
	'one record of a registration');

-- What stops or goes directly takes its tokens with it.
create function pg_temp.revoked(statement text)
returns text language plpgsql as $$
declare
	before constant bigint := server_change();
begin
	execute statement;
	return (
		select string_agg(r.kind, ' ')
		from revocation r
		where r.change > before);
end $$;
select is(pg_temp.revoked(statement), wanted, statement)
from (values
	('update client set disabled_at = now() where client_id = ''app''',
	'client'),
	('update client set disabled_why = ''x'' where client_id = ''app''', null),
	('update client set disabled_at = null where client_id = ''app''', null),
	('update account set disabled_at = now() where username = ''bob''',
	'account'),
	('update access_grant set ended_at = now()', 'grant'),
	('delete from access_grant', 'grant'),
	('delete from account where username = ''bob''', 'account'),
	('delete from client where client_id = ''batch''', 'client'))
	v (statement, wanted);

-- One that was stopped and is made anew is another.
savepoint s;
select client_disable('app', 'test');
delete from client where client_id = 'app';
set constraints all immediate;
select cmp_ok((
		select v.revoked_at
		from revocation v
		where v.kind = 'client' and v.subject = 'app'
		order by v.change desc
		limit 1),
	'>=', now(), 'tokens of one that was stopped and is deleted are over');
select is_empty('
	select
	from revocation v
	where v.kind = ''client'' and v.subject = ''app''
	and v.revoked_at = ''infinity''',
	'but none that comes');
rollback to s;
update server set epoch_at = '-infinity';
create temp table again as select tap.grant_of() as id;
select is(pg_temp.revoked('delete from consent'), 'grant',
	'a consent takes its grants with it');
select is((select ended_why from access_grant g where g.id = again.id),
	'consent deleted', 'which end') from again;

-- Nobody changes what is recorded.
select is(tap.try(statement), '42501', 'a superuser: ' || statement)
from unnest(array[
	'update audit_event set outcome = ''x''',
	'delete from audit_event',
	'truncate audit_event']) statement;
select is(tap.try(format(s, c.relname)), '42501', format(s, c.relname))
from pg_inherits i
join pg_class c on c.oid = i.inhrelid
cross join unnest(array['truncate %I']) s
where i.inhparent = 'audit_event'::regclass;
select is(tap.try(format(s, c.relname), 'gatepost_owner'), '42501',
	'the owner: ' || format(s, c.relname))
from pg_class c
cross join unnest(array[
	'update gatepost.%I set outcome = ''x''',
	'delete from gatepost.%I',
	'truncate gatepost.%I']) s
where c.oid = 'audit_event'::regclass
or c.oid in (
	select inhrelid
	from pg_inherits
	where inhparent = 'audit_event'::regclass);
select is_empty('
	select r.rolname, c.oid::regclass, p
	from pg_roles r
	cross join pg_class c
	cross join unnest(''{update,delete,truncate,insert}''::text[]) p
	where r.rolname ~ ''^gatepost_'' and r.rolname <> ''gatepost_owner''
	and c.relname ~ ''^audit_event''
	and c.relkind in (''r'', ''p'')
	and has_table_privilege(r.oid, c.oid, p)',
	'no role has a right to');

-- No secret is in it: everything was done with secrets that are known here.
create temp table secrets as
select secret, digest(secret) as hash
from unnest(array['web secret', 'batch secret', 'self token', 'session',
	'request', 'csrf', 'code', 'refresh secret', repeat('a', 53),
	repeat('b', 53), repeat('c', 53)]) secret;
create temp table trail as
select e.id, e::text as line
from audit_event e;
select is(count(*), 0::bigint, 'no hash is recorded')
from trail, secrets
where strpos(line, encode(hash, 'hex')) > 0
or strpos(line, encode(hash, 'base64')) > 0;
select is(count(*), 0::bigint, 'no password, secret or state is')
from trail
where line ~ '\$2[aby]\$|web secret|batch secret|self token|aaaaaaaa|"state"';
select is(count(*), 0::bigint, 'nor a challenge')
from trail
where strpos(line, challenge()) > 0;
select cmp_ok(count(*), '>', 60::bigint, 'there is something to search')
from trail;
-- to the millisecond, which is rounded
select ok(bool_and(uuid7_time(id) between now() - interval '1 hour'
	and clock_timestamp() + interval '1 millisecond'),
	'the id tells the time')
from audit_event;
select * from finish();
rollback;
