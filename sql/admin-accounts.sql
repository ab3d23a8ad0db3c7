-- SPDX-License-Identifier: ISC
-- What a DBA calls to run accounts.  Each call is an audit record.

-- Makes what is kept of a password.  Called by account_create and
-- account_set_password.  A crypt(3) string is kept as it is, if login can
-- check it; plain text becomes bcrypt.  Null stays null: no login by password.
create or replace function gatepost.password_hash(password text)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	if password is null or crypt_valid(password) then
		return password;
	end if;
	-- A hash of another kind must not become a password by itself.
	if password ~ '^\$[A-Za-z0-9-]+\$' then
		raise exception 'not a crypt(3) string that login can check'
		using errcode = 'invalid_parameter_value',
		hint = 'bcrypt ($2y$, cost 4 to 14), yescrypt ($y$) or '
		    'SHA-512 ($6$, at most 999999 rounds).';
	end if;
	if password = '' or octet_length(password) > 72
	or password ~ '[\x01-\x1f\x7f]' then
		raise exception 'a password has 1 to 72 bytes, none of control'
		using errcode = 'invalid_parameter_value',
		hint = 'A longer one can be given as a crypt(3) string.';
	end if;
	return gatepost_crypto.crypt(password, gatepost_crypto.gen_salt('bf', (
		select password_cost
		from server)));
end
$$;
comment on function gatepost.password_hash(text) is
'The crypt(3) string that is kept of a password.';

-- Makes an account.  Called by a DBA.  Returns its id, the sub of its tokens.
create or replace function gatepost.account_create(
	username text,
	password text,
	scopes text[] default null
)
returns uuid
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	made uuid;
begin
	-- Judged here, since a constraint's message would show the hash.
	if username is null or username = '' or length(username) > 255
	or username ~ '[\x01-\x1f\x7f]' or username <> btrim(username) then
		raise exception 'a username has 1 to 255 characters, none of '
		    'control, and no space around it'
		using errcode = 'invalid_parameter_value';
	end if;
	insert into account as a (username, password_hash, scopes)
	values (account_create.username, password_hash(password),
	    account_create.scopes)
	on conflict do nothing
	returning a.id
	into made;
	if made is null then
		raise exception 'there is an account % already', username
		using errcode = 'unique_violation';
	end if;
	perform audit_add(
	    program => 'admin',
	    event => 'account_create',
	    outcome => 'done',
	    account_id => made,
	    username => account_create.username,
	    scope => array_to_string(scopes, ' '));
	return made;
end
$$;
comment on function gatepost.account_create(text, text, text[]) is
'Makes an account and returns its id.  password: plain text or a crypt(3) string ($2..., $y$..., $6$...); null: no login by password.  scopes null: no limit of its own.';

-- Changes a password; who is logged in with the old one must log in again.
-- Called by a DBA.  What clients were granted stays.
create or replace function gatepost.account_set_password(
	username text,
	password text
)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	known uuid;
begin
	update account a
	set password_hash = password_hash(password),
		sessions_ended_at = clock_timestamp()
	where a.username = account_set_password.username
	returning a.id
	into known;
	if known is null then
		raise exception 'there is no account %', username
		using errcode = 'no_data_found';
	end if;
	perform audit_add(
	    program => 'admin',
	    event => 'account_set_password',
	    outcome => 'done',
	    account_id => known,
	    username => account_set_password.username);
end
$$;
comment on function gatepost.account_set_password(text, text) is
'Changes an account''s password and ends its browser sessions.';

-- Stops an account: no login, no refresh, its access tokens and browser
-- sessions are over.  Called by a DBA.  What it agreed to is kept.
create or replace function gatepost.account_disable(username text, why text)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	known uuid;
begin
	update account a
	set disabled_at = coalesce(a.disabled_at, now()),
		disabled_why = why,
		sessions_ended_at = clock_timestamp()
	where a.username = account_disable.username
	returning a.id
	into known;
	if known is null then
		raise exception 'there is no account %', username
		using errcode = 'no_data_found';
	end if;
	perform revocation_add('account', known::text, 'infinity');
	perform audit_add(
	    program => 'admin',
	    event => 'account_disable',
	    outcome => 'done',
	    account_id => known,
	    username => account_disable.username,
	    detail => jsonb_build_object('why', why));
end
$$;
comment on function gatepost.account_disable(text, text) is
'Stops an account, ends its sessions and access tokens; account_enable() undoes it.';

-- Lets a stopped account go on; the person logs in again.  Called by a DBA.
create or replace function gatepost.account_enable(username text)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	known uuid;
begin
	update account a
	set disabled_at = null,
		disabled_why = null,
		sessions_ended_at = clock_timestamp()
	where a.username = account_enable.username
	returning a.id
	into known;
	if known is null then
		raise exception 'there is no account %', username
		using errcode = 'no_data_found';
	end if;
	perform revocation_end('account', known::text);
	perform audit_add(
	    program => 'admin',
	    event => 'account_enable',
	    outcome => 'done',
	    account_id => known,
	    username => account_enable.username);
end
$$;
comment on function gatepost.account_enable(text) is
'Lets an account go on that account_disable() stopped.';

grant execute on function
	gatepost.account_create(text, text, text[]),
	gatepost.account_set_password(text, text),
	gatepost.account_disable(text, text),
	gatepost.account_enable(text)
to :"dba";
