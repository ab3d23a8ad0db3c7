-- SPDX-License-Identifier: ISC
-- What a DBA calls to run the server as a whole: settings, keys, grants.
-- What is about clients, accounts and resources is in admin-*.sql.

-- Changes a setting; programs take it up within a second.  Called by a DBA.
-- Null means the default.  Returns nothing, or says what the value must be.
create or replace function gatepost.setting_set(name text, value text)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	known constant name := (
		select a.attname
		from pg_attribute a
		where a.attrelid = 'server'::regclass
		and a.attname = setting_set.name
		and a.attnum > 0
		and not a.attisdropped
		and a.attname <> all (
			'{only_one,key_rotation_asked_at,epoch_at}'));
	new_value text := value;
	old_value text;
begin
	if known is null then
		raise exception 'there is no setting %', name
		using errcode = 'undefined_object',
		hint = 'The view gatepost.settings lists them.';
	end if;
	execute format('select %I::text from server for update', known)
	into strict old_value;
	if known = 'default_resource' and value is not null then
		new_value := resource_known(value);
		-- Clients that know only the host name this one.
		perform resource_alias_free(new_value,
		    substring(new_value from '^https?://[^/?]*') || '/');
	end if;
	begin
		if new_value is null then
			execute format('update server set %I = default', known);
		else
			execute format('update server set %I = %L', known,
			    new_value);
		end if;
	exception
		when check_violation or data_exception then
			raise exception '% cannot be %', name, value
			using errcode = 'invalid_parameter_value',
			detail = setting_described(known::text),
			hint = setting_rule(known::text);
	end;
	perform change_bump();
	perform audit_add(
	    program => 'admin',
	    event => 'setting_set',
	    outcome => 'done',
	    detail => jsonb_build_object('name', known, 'old', old_value,
		'new', (select to_jsonb(s) ->> known::text from server s)));
end
$$;
comment on function gatepost.setting_set(text, text) is
'Changes a setting; null means its default.  The view settings lists them.';

-- Says what a setting is for.  Called for the view settings and for errors.
create or replace function gatepost.setting_described(name text)
returns text
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select col_description(a.attrelid, a.attnum)
	from pg_attribute a
	where a.attrelid = 'gatepost.server'::regclass
	and a.attname = setting_described.name
$$;
comment on function gatepost.setting_described(text) is
'What a setting is for.';

-- Says which values a setting takes: its type and its constraint, in SQL.
-- Called by setting_set for the hint of an error.
create or replace function gatepost.setting_rule(name text)
returns text
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select concat_ws(', ', format_type(a.atttypid, a.atttypmod), (
		select string_agg(pg_get_constraintdef(c.oid), ', ')
		from pg_constraint c
		where c.conrelid = a.attrelid
		and c.contype = 'c'
		and c.conkey = array[a.attnum]))
	from pg_attribute a
	where a.attrelid = 'gatepost.server'::regclass
	and a.attname = setting_rule.name
$$;
comment on function gatepost.setting_rule(text) is
'Which values a setting takes.';

-- Asks for a new signing key: token makes it at its next request, and it
-- signs when every cache has it.  Called by a DBA.
create or replace function gatepost.key_rotate()
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	update server
	set key_rotation_asked_at = clock_timestamp();
	perform change_bump();
	perform audit_add(
	    program => 'admin',
	    event => 'key_rotate',
	    outcome => 'done');
end
$$;
comment on function gatepost.key_rotate() is
'Asks token for a new signing key.';

-- Ends a grant: its refresh token and its access tokens are over.  Called by
-- a DBA.  Returns whether it was alive.
create or replace function gatepost.grant_revoke(grant_id uuid, why text)
returns boolean
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	known access_grant;
	alive boolean;
begin
	select *
	into known
	from access_grant g
	where g.id = grant_revoke.grant_id;
	if not found then
		raise exception 'no grant has the id %', grant_id
		using errcode = 'no_data_found';
	end if;
	alive := grant_end(known.id, why);
	perform audit_add(
	    program => 'admin',
	    event => 'grant_revoke',
	    outcome => case when alive then 'done' else 'ignored' end,
	    client_id => known.client_id,
	    account_id => known.account_id,
	    grant_id => known.id,
	    resource => known.resource,
	    detail => jsonb_build_object('why', why));
	return alive;
end
$$;
comment on function gatepost.grant_revoke(uuid, text) is
'Ends a grant with its tokens; returns whether it was alive.';

-- Begins a new epoch: every session, code, grant and token up to now is
-- over.  Called by a DBA, after a restore above all, since a backup has
-- forgotten what was revoked after it was taken.
create or replace function gatepost.revoke_everything(why text)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	update server
	set epoch_at = clock_timestamp();
	perform revocation_add('epoch', '');
	perform audit_add(
	    program => 'admin',
	    event => 'revoke_everything',
	    outcome => 'done',
	    detail => jsonb_build_object('why', why));
end
$$;
comment on function gatepost.revoke_everything(text) is
'Ends every session, code, grant and token there is; for after a restore.';

-- Begins the epoch once more when it commits, so that what was given out while
-- its transaction was open is over too.  A trigger of revocation.
create or replace function gatepost.epoch_begin()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	begun constant timestamptz := clock_timestamp();
begin
	update server
	set epoch_at = begun;
	update revocation v
	set revoked_at = begun,
		expires_at = begun + token_memory()
	where v.change = new.change;
	return null;
end
$$;
comment on function gatepost.epoch_begin() is
'A trigger: a new epoch begins when it commits.';

select gatepost.trigger_make('gatepost.revocation', 'epoch_begin',
	'create constraint trigger epoch_begin '
	'after insert on gatepost.revocation '
	'deferrable initially deferred '
	'for each row when (new.kind = ''epoch'') '
	'execute function gatepost.epoch_begin()');

-- Withdraws a signing key that somebody else may have: what it signed is no
-- longer believed, whatever it says.  Called by a DBA.  A key that waits to
-- sign does at once, else the one before; if there is none, token makes one at
-- its next request.
create or replace function gatepost.key_withdraw(kid text, why text)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	gone signing_key;
begin
	delete from signing_key k
	where k.kid = key_withdraw.kid
	returning k.*
	into gone;
	if not found then
		raise exception 'there is no key %', kid
		using errcode = 'no_data_found',
		hint = 'The view gatepost.keys lists them.';
	end if;
	update signing_key k
	set activates_at = now()
	where k.activates_at > now()
	and not exists (
		select
		from signing_key active
		where active.activates_at <= now()
		and active.generation > gone.generation);
	perform change_bump();
	perform audit_add(
	    program => 'admin',
	    event => 'key_withdraw',
	    outcome => 'done',
	    detail => jsonb_build_object('kid', kid, 'why', why));
end
$$;
comment on function gatepost.key_withdraw(text, text) is
'Withdraws a signing key at once, with all tokens that it signed; for one that was stolen.';

grant execute on function
	gatepost.setting_set(text, text),
	gatepost.setting_described(text),
	gatepost.key_rotate(),
	gatepost.key_withdraw(text, text),
	gatepost.grant_revoke(uuid, text),
	gatepost.revoke_everything(text),
	gatepost.uuid7_floor(timestamptz),
	gatepost.uuid7_time(uuid)
to :"dba";
