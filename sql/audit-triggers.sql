-- SPDX-License-Identifier: ISC
-- What a DBA may change in the tables directly, and what follows from that:
-- an audit record with session_user, and what the functions for DBAs would
-- do besides, so that programs hear of it and tokens end.
--
-- Direct is what the owner's functions do not do.  Those run as the owner and
-- with a search_path of their own; who has become the owner has neither.

-- Gives a row as the audit trail may have it: without hashes and secrets, of
-- which only it says that there are some.  Called by change_audit.
create or replace function gatepost.row_shown(shown jsonb)
returns jsonb
language sql immutable parallel safe
begin atomic
	select jsonb_object_agg(j.key,
		case when j.key ~ 'hash$|^sealed$' and j.value <> 'null'
		then '"(not shown)"' else j.value end)
	from jsonb_each(shown) j
	where j.key <> 'only_one';
end;
comment on function gatepost.row_shown(jsonb) is
'A row without hashes and secrets.';

-- Records a direct change of a row and tells the programs.  A trigger of the
-- tables below.  A client, account, grant or consent that is stopped or gone
-- takes its access tokens with it.
create or replace function gatepost.change_audit()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	old_row jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
	new_row jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
	whole constant jsonb := coalesce(old_row, new_row);
	stopped constant boolean := tg_op = 'DELETE' or tg_op = 'UPDATE' and (
	    old_row ->> 'disabled_at' is null
		and new_row ->> 'disabled_at' is not null
	    or old_row ->> 'ended_at' is null
		and new_row ->> 'ended_at' is not null);
	key jsonb;
	grants uuid[];
begin
	if stopped and tg_table_name = 'consent' then
		-- All are locked before the first is ended: whoever ends one
		-- locks it before he enters the change, as this does then.
		select array_agg(l.id)
		into grants
		from (
			select g.id
			from access_grant g
			where g.account_id = (whole ->> 'account_id')::uuid
			and g.consent_id = (whole ->> 'id')::uuid
			and g.ended_at is null
			order by g.id
			for update) l;
		perform grant_end(g, 'consent deleted')
		from unnest(grants) g;
	elsif tg_op = 'DELETE' and tg_argv[0] = 'client' then
		-- One of that name may be made anew.
		perform revocation_end(tg_argv[0], whole ->> tg_argv[1]);
	elsif stopped and tg_nargs > 0 then
		perform revocation_add(tg_argv[0], whole ->> tg_argv[1]);
	end if;
	perform change_bump();

	if tg_op = 'UPDATE' then
		-- What is another now, and by what to find the row.
		select jsonb_object_agg(o.key, o.value),
			jsonb_object_agg(o.key, new_row -> o.key)
		into old_row, new_row
		from jsonb_each(old_row) o
		where o.value is distinct from new_row -> o.key;
		select jsonb_object_agg(a.attname, whole -> a.attname::text)
		into key
		from pg_index i
		join pg_attribute a
			on a.attrelid = i.indrelid
			and a.attnum = any (i.indkey)
		where i.indrelid = tg_relid
		and i.indisprimary;
	end if;
	perform audit_add(
	    program => 'admin',
	    event => 'direct_' || lower(tg_op),
	    outcome => 'done',
	    client_id => whole ->> 'client_id',
	    account_id => case when tg_argv[0] = 'account'
		then whole ->> 'id' else whole ->> 'account_id' end::uuid,
	    username => whole ->> 'username',
	    grant_id => case when tg_argv[0] = 'grant'
		then (whole ->> 'id')::uuid end,
	    resource => case when tg_table_name like 'resource%'
		then whole ->> 'uri' else whole ->> 'resource' end,
	    detail => jsonb_build_object('table', tg_table_name, 'key', key,
		'old', row_shown(old_row), 'new', row_shown(new_row)));
	return null;
end
$$;
comment on function gatepost.change_audit() is
'A trigger: records a direct change of a row and tells the programs.';

-- Records a direct change of a table whose rows are not for the audit trail
-- (there may be millions), or that it was emptied.  A trigger.
create or replace function gatepost.change_audit_table()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	perform change_bump();
	perform audit_add(
	    program => 'admin',
	    event => 'direct_' || lower(tg_op),
	    outcome => 'done',
	    detail => jsonb_build_object('table', tg_table_name));
	return null;
end
$$;
comment on function gatepost.change_audit_table() is
'A trigger: records that a table was changed directly.';

-- Refuses to change what was recorded, whoever asks.  A trigger of
-- audit_event; old records go with their partition, by sweep().
create or replace function gatepost.audit_refuse()
returns trigger
language plpgsql
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	raise exception 'audit records are not changed'
	using errcode = 'insufficient_privilege',
	hint = 'The setting audit_retention says when they go.';
end
$$;
comment on function gatepost.audit_refuse() is
'A trigger: refuses to change audit records.';

select gatepost.trigger_make('gatepost.audit_event', 'audit_refuse',
	'create trigger audit_refuse '
	'before update or delete on gatepost.audit_event '
	'for each row execute function gatepost.audit_refuse()');
select gatepost.trigger_make('gatepost.audit_event', 'audit_refuse_truncate',
	'create trigger audit_refuse_truncate '
	'before truncate on gatepost.audit_event '
	'for each statement execute function gatepost.audit_refuse()');
revoke update, delete, truncate on gatepost.audit_event from :"owner";

-- Decides whether a change is direct.  Called in the triggers' conditions,
-- which PostgreSQL reads anew for every statement: one call is read fastest.
-- Its caller's user and search_path are what it judges, so it has none of its
-- own, and trusts none: there may be another "<>" than ours in it.
select format($f$
create or replace function gatepost.changed_directly()
returns boolean
language plpgsql stable parallel safe
as $$
begin
	return current_user operator(pg_catalog.<>) %1$L
	    or pg_catalog.current_setting('role')
		operator(pg_catalog.=) %1$L
	    and pg_catalog.current_setting('search_path')
		operator(pg_catalog.<>) 'pg_catalog, gatepost, pg_temp';
end
$$
$f$, :'owner')
\gexec
comment on function gatepost.changed_directly() is
'Whether who changes a table is none of the owner''s functions.';
-- Whoever changes a table must be able to.
grant execute on function gatepost.changed_directly() to public;

-- Row by row: what DBAs make and what programs cache.
select gatepost.trigger_make(format('gatepost.%I', t)::regclass,
	'change_audit', format('create trigger change_audit '
	'after insert or update or delete on gatepost.%I '
	'for each row when (gatepost.changed_directly()) '
	'execute function gatepost.change_audit(%s)', t, arguments))
from (values
	('access_grant', '''grant'', ''id'''),
	('account', '''account'', ''id'''),
	('audience_exception', ''),
	('client', '''client'', ''client_id'''),
	('client_redirect', ''),
	('consent', ''),
	('fetch_policy', ''),
	('hosted_client', ''),
	('initial_access_token', ''),
	('partition_plan', ''),
	('redirect_scheme_exception', ''),
	('resource', ''),
	('resource_alias', ''),
	('resource_rule', ''),
	('resource_server', ''),
	('scope', ''),
	('scope_translation', ''),
	('server', ''),
	('signing_key', ''),
	('software_signer', '')) v (t, arguments);
-- As a whole: what programs work with, and any that is emptied.
select gatepost.trigger_make(format('gatepost.%I', t)::regclass,
	'change_audit_table', format('create trigger change_audit_table '
	'after insert or update or delete on gatepost.%I '
	'for each statement when (gatepost.changed_directly()) '
	'execute function gatepost.change_audit_table()', t))
from unnest('{assertion_used,change,code,document,login_attempt,
	login_failure,rate,request,revocation,session,standing_grant}'::text[]) t;
select gatepost.trigger_make(c.oid::regclass,
	'change_audit_truncate', format('create trigger change_audit_truncate '
	'after truncate on gatepost.%I '
	'for each statement when (gatepost.changed_directly()) '
	'execute function gatepost.change_audit_table()', c.relname))
from pg_class c
where c.relnamespace = 'gatepost'::regnamespace
and c.relkind in ('r', 'p')
and not c.relispartition
and c.relname not in ('audit_event', 'migration');

-- The tables that a DBA may change directly, where no function does it.
grant select on
	gatepost.resource, gatepost.resource_alias, gatepost.resource_rule,
	gatepost.scope, gatepost.scope_translation,
	gatepost.redirect_scheme_exception,
	gatepost.client_redirect, gatepost.consent, gatepost.revocation,
	gatepost.fetch_policy, gatepost.hosted_client,
	gatepost.software_signer, gatepost.audience_exception
to :"dba";
grant insert, update, delete on
	gatepost.resource, gatepost.resource_alias, gatepost.resource_rule,
	gatepost.scope, gatepost.scope_translation,
	gatepost.redirect_scheme_exception,
	gatepost.client_redirect, gatepost.fetch_policy,
	gatepost.hosted_client, gatepost.software_signer,
	gatepost.audience_exception
to :"dba";
grant delete on
	gatepost.client, gatepost.account, gatepost.consent,
	gatepost.resource_server
to :"dba";
grant select (client_id, name, self_registered, created_at, last_used_at),
	update (name, grant_types, scopes, default_resource, consent,
	refresh_idle, refresh_absolute, access_token_lifetime,
	token_endpoint_audience)
on gatepost.client to :"dba";
grant select (id, username), update (username, scopes)
on gatepost.account to :"dba";
grant select (id, uri, name, created_at), update (disabled_at, jwks)
on gatepost.resource_server to :"dba";
grant execute on function
	gatepost.uuid7(),
	gatepost.document_url_valid(text),
	gatepost.uri_split(text),
	gatepost.uri_decode(text),
	gatepost.origin_canonical(text[]),
	gatepost.jwk_kind(jsonb),
	gatepost.jwks_digest(jsonb),
	gatepost.jwks_valid(jsonb),
	gatepost.label_valid(text),
	gatepost.scopes_fit(text[]),
	gatepost.host_valid(text),
	gatepost.port_valid(text),
	gatepost.redirect_loopback(text),
	gatepost.redirect_match(text),
	gatepost.redirect_exception(text),
	gatepost.redirect_custom_valid(text[]),
	gatepost.redirect_valid(text),
	gatepost.resource_valid(text),
	gatepost.resource_canonical(text),
	gatepost.scope_valid(text),
	gatepost.scopes_valid(text[])
to :"dba";
