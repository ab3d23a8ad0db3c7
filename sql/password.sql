-- SPDX-License-Identifier: ISC
-- What login and account share: the counting of attempts at a password.

-- Counts a login against a network, a name, or a name from a network: few
-- wrong guesses of one name from one network, ten times as many from anywhere,
-- so that a stranger cannot so easily keep the owner out.  It is a failure
-- until it turns out well.  Called by attempt_count.  Returns the seconds to
-- wait, null when it may go on.  The row's lock lets no two that run at once
-- count as one.
create or replace function gatepost.login_count(
	counted_kind text,
	counted_subject text,
	allowed integer,
	span interval
)
returns integer
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	counted login_failure;
begin
	if counted_subject is null then
		return null;
	end if;
	insert into login_failure as f (kind, subject)
	values (counted_kind, counted_subject)
	on conflict (kind, subject) do update
	set since = case when f.since > now() - span
			then f.since else now() end,
		failures = case when f.since > now() - span
			then least(f.failures + 1, 1000000) else 1 end
	returning f.*
	into counted;
	if counted.failures <= allowed then
		return null;
	end if;
	return ceil(extract(epoch from
	    greatest(least(counted.since + span - now(), span), '1 second')));
end
$$;
comment on function gatepost.login_count(text, text, integer, interval) is
'Counts a login as a failure; returns the seconds to wait, or null.';

-- Counts an attempt at a password.  Called by login_attempt and
-- account_attempt before they give a hash out.  Returns the seconds to wait,
-- null when it may be tried.
create or replace function gatepost.attempt_count(
	given_username text,
	given_address text
)
returns integer
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	bucket constant text := hashtext(given_username)::text;
	from_network constant text :=
	    address_network(address_read(given_address));
	s server;
begin
	select *
	into strict s
	from server;
	return coalesce(
	    login_count('address', from_network, 10 * s.login_failures,
		s.login_window),
	    login_count('guess', concat_ws(' ', bucket, from_network),
		s.login_failures, s.login_window),
	    login_count('name', bucket, 10 * s.login_failures,
		s.login_window));
end
$$;
comment on function gatepost.attempt_count(text, text) is
'Counts an attempt at a password; returns the seconds to wait, or null.';

-- Notes an attempt whose hash is given out: for a request that waits for a
-- login, or in a session.  Called by login_attempt and account_attempt.
-- Returns its id.
create or replace function gatepost.attempt_add(
	for_request uuid,
	in_session uuid,
	person uuid,
	given_out text,
	given_username text,
	given_address text
)
returns uuid
language sql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	insert into login_attempt (id, request_id, session_id, account_id,
	    tried_hash, name_bucket, address)
	values (uuid7(), for_request, in_session, person,
	    secret_digest(given_out), hashtext(given_username)::text,
	    address_read(given_address))
	returning id
$$;
comment on function gatepost.attempt_add(uuid, uuid, uuid, text, text, text) is
'Notes an attempt at a password; returns its id.';

-- Uses an attempt, once.  Called by login_open and account_password.  Returns
-- it, all null when it is unknown, used or too old.
create or replace function gatepost.attempt_take(given_attempt_id uuid)
returns gatepost.login_attempt
language sql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	update login_attempt t
	set used_at = now()
	where t.id = given_attempt_id
	and t.used_at is null
	and t.created_at > now() - interval '1 minute'
	returning t.*
$$;
comment on function gatepost.attempt_take(uuid) is
'Uses an attempt at a password, once.';

-- Decides what came of an attempt; one that was right is no failure.  Called
-- by login_open and account_password with what the program found and the
-- account, which is locked: the password must still be the one that was tried.
-- Returns whether it was right.
create or replace function gatepost.attempt_right(
	tried gatepost.login_attempt,
	verified boolean,
	person gatepost.account
)
returns boolean
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	if not coalesce(verified and person.disabled_at is null
	    and person.sessions_ended_at < tried.created_at
	    and secret_digest(person.password_hash) = tried.tried_hash,
	    false) then
		return false;
	end if;
	update login_failure f
	set failures = greatest(f.failures - 1, 0)
	where (f.kind, f.subject) in (
		('address', address_network(tried.address)),
		('name', tried.name_bucket));
	delete from login_failure f
	where f.kind = 'guess'
	and f.subject = concat_ws(' ', tried.name_bucket,
	    address_network(tried.address));
	return true;
end
$$;
comment on function gatepost.attempt_right(gatepost.login_attempt, boolean,
	gatepost.account) is
'Whether an attempt at a password was right; then it is no failure.';
