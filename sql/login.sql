-- SPDX-License-Identifier: ISC
-- login: slows guessing, gives one hash out at a time, opens sessions.

\set program login
\ir role.psql

-- Says for whom a login is.  Called by the two functions that show it.  Of a
-- client whose document was not fetched yet only the host is known.
create or replace function gatepost.request_words(q gatepost.request)
returns table (
	client_name text,
	self_registered boolean,
	redirect_host text,
	resource_name text,
	redirect_uri text
)
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select c.name, c.self_registered, redirect_host(q.redirect_uri), t.name,
		q.redirect_uri
	from client c
	cross join resource t
	where q.query is null
	and c.client_id = q.client_id
	and t.uri = q.resource
	union all
	select redirect_host(q.client_id), false, null, null, q.client_id
	where q.query is not null
$$;
comment on function gatepost.request_words(gatepost.request) is
'For whom a login is.';

-- Shows for whom a login is.  Called by login for its page; csrf_hash is that
-- of the page's token, and takes the place of an older page's.  Outcomes:
-- 'ok', 'gone' (unknown, decided or too old).
create or replace function gatepost.login_show(
	given_request_id uuid,
	given_request_hash bytea,
	given_csrf_hash bytea,
	out outcome text,
	out client_name text,
	out self_registered boolean,
	out redirect_host text,
	out resource_name text,
	out redirect_uri text
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	q constant request :=
	    request_find(given_request_id, given_request_hash);
begin
	if q.id is null then
		outcome := 'gone';
		return;
	end if;
	update request r
	set login_csrf_hash = given_csrf_hash
	where r.id = q.id;
	outcome := 'ok';
	select w.client_name, w.self_registered, w.redirect_host,
		w.resource_name, w.redirect_uri
	into client_name, self_registered, redirect_host, resource_name,
	    redirect_uri
	from request_words(q) w;
end
$$;
comment on function gatepost.login_show(uuid, bytea, bytea) is
'Shows for whom a login is; for login.';

-- Counts a login against a network, a name, or a name from a network: few
-- wrong guesses of one name from one network, ten times as many from anywhere,
-- so that a stranger cannot so easily keep the owner out.  It is a failure
-- until it turns out well.  Called by login_attempt.  Returns the seconds to
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

-- Gives the hash that a password is compared with.  Called by login_attempt.
-- Nobody has the name: somebody else's, always the same for the same name;
-- there is nobody: a fixed one, of a password that nobody knows.
create or replace function gatepost.login_hash(given_username text)
returns text
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select coalesce(
		(
			select a.password_hash
			from account a
			where a.username = given_username
			and a.password_hash is not null
			and a.disabled_at is null
		), (
			select a.password_hash
			from account a
			where a.password_hash is not null
			and hashtext(a.username) >= hashtext(given_username)
			order by hashtext(a.username)
			limit 1
		), (
			select a.password_hash
			from account a
			where a.password_hash is not null
			order by hashtext(a.username)
			limit 1
		),
		'$2a$12$6mlVinH.KaO7.gulo36MSeFwr304ZWNakq9zRzlDQfDsJgNgf3K9C')
$$;
comment on function gatepost.login_hash(text) is
'The hash that a password is compared with, whoever has the name.';

-- Decides whether a password may be tried, and counts the attempt before it
-- gives the hash out.  Called by login with what the form sent; the hash is
-- compared there, and login_open told.  Outcomes: 'check', 'slow' (retry
-- after so many seconds), 'gone' (request or csrf_hash do not hold).
create or replace function gatepost.login_attempt(
	given_request_id uuid,
	given_request_hash bytea,
	given_csrf_hash bytea,
	given_username text,
	given_address text,
	out outcome text,
	out attempt_id uuid,
	out password_hash text,
	out retry_after integer,
	out client_name text,
	out self_registered boolean,
	out redirect_host text,
	out resource_name text,
	out redirect_uri text
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	q constant request :=
	    request_find(given_request_id, given_request_hash);
	bucket constant text := hashtext(given_username)::text;
	from_network constant text :=
	    address_network(address_read(given_address));
	person uuid;
	s server;
begin
	if q.id is null
	or q.login_csrf_hash is distinct from given_csrf_hash then
		outcome := 'gone';
	else
		select *
		into strict s
		from server;
		retry_after := coalesce(
		    login_count('address', from_network,
			10 * s.login_failures, s.login_window),
		    login_count('guess', concat_ws(' ', bucket, from_network),
			s.login_failures, s.login_window),
		    login_count('name', bucket,
			10 * s.login_failures, s.login_window));
		select w.client_name, w.self_registered, w.redirect_host,
			w.resource_name, w.redirect_uri
		into client_name, self_registered, redirect_host,
		    resource_name, redirect_uri
		from request_words(q) w;
		select a.id
		into person
		from account a
		where a.username = given_username
		and a.password_hash is not null
		and a.disabled_at is null;
		outcome := case when retry_after is null
		    then 'check' else 'slow' end;
	end if;

	if outcome = 'check' then
		attempt_id := uuid7();
		password_hash := login_hash(given_username);
		insert into login_attempt (id, request_id, account_id,
		    tried_hash, name_bucket, address)
		values (attempt_id, q.id, person, secret_digest(password_hash),
		    bucket, address_read(given_address));
		return;
	end if;
	perform audit_add(
	    program => 'login',
	    event => 'login',
	    outcome => outcome,
	    client_id => q.client_id,
	    account_id => person,
	    address => given_address);
end
$$;
comment on function gatepost.login_attempt(uuid, bytea, bytea, text, text) is
'Counts a login and gives the hash to compare with; for login.';

-- Opens a session for an account and binds the request to it.  Called by
-- login_open and login_remote.  Returns its id.
create or replace function gatepost.session_open(
	opened_for uuid,
	opened_request uuid,
	given_session_hash bytea
)
returns uuid
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	made constant uuid := uuid7();
begin
	insert into session (id, hash, account_id)
	values (made, given_session_hash, opened_for);
	update request q
	set session_id = made,
		login_csrf_hash = null,
		csrf_hash = null
	where q.id = opened_request;
	update account a
	set last_login_at = now()
	where a.id = opened_for;
	return made;
end
$$;
comment on function gatepost.session_open(uuid, uuid, bytea) is
'Opens a browser session.';

-- Ends an attempt: opens a session if the password was right.  Called by
-- login, once an attempt.  Outcomes: 'open', 'refused', 'gone' (the attempt
-- was used, or it or its request is too old).
create or replace function gatepost.login_open(
	given_attempt_id uuid,
	verified boolean,
	given_session_hash bytea,
	given_address text,
	out outcome text,
	out session_id uuid
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	tried login_attempt;
	q request;
	person account;
begin
	update login_attempt t
	set used_at = now()
	where t.id = given_attempt_id
	and t.used_at is null
	and t.created_at > now() - interval '1 minute'
	returning t.*
	into tried;
	q := request_find(tried.request_id, (
		select r.hash
		from request r
		where r.id = tried.request_id));
	-- A person who is being disabled, or given another password, meanwhile:
	-- the lock waits for that.
	select a.*
	into person
	from account a
	where a.id = tried.account_id
	for no key update;

	if q.id is null then
		outcome := 'gone';
	elsif verified and person.disabled_at is null
	and person.sessions_ended_at < tried.created_at
	and secret_digest(person.password_hash) = tried.tried_hash then
		outcome := 'open';
		update login_failure f
		set failures = greatest(f.failures - 1, 0)
		where (f.kind, f.subject) in (
			('address', address_network(tried.address)),
			('name', tried.name_bucket));
		delete from login_failure f
		where f.kind = 'guess'
		and f.subject = concat_ws(' ', tried.name_bucket,
		    address_network(tried.address));
		session_id := session_open(person.id, q.id, given_session_hash);
	else
		outcome := 'refused';
	end if;

	perform audit_add(
	    program => 'login',
	    event => 'login',
	    outcome => outcome,
	    client_id => q.client_id,
	    account_id => person.id,
	    username => person.username,
	    address => given_address);
end
$$;
comment on function gatepost.login_open(uuid, boolean, bytea, text) is
'Opens a session when the password was right; for login.';

-- Opens a session for whom the web server has authenticated, if the settings
-- believe it.  Called by login.  Outcomes as login_open's; 'refused' also for
-- a name without an account, unless a setting has it made.
create or replace function gatepost.login_remote(
	given_request_id uuid,
	given_request_hash bytea,
	given_username text,
	given_session_hash bytea,
	given_address text,
	out outcome text,
	out session_id uuid
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	q constant request :=
	    request_find(given_request_id, given_request_hash);
	s server;
	person account;
	made boolean;
begin
	select *
	into strict s
	from server;
	if s.remote_user and q.id is not null then
		if s.remote_user_create then
			insert into account (username)
			values (given_username)
			on conflict do nothing;
			made := found;
		end if;
		select *
		into person
		from account a
		where a.username = given_username;
	end if;

	if q.id is null then
		outcome := 'gone';
	elsif person.id is not null and person.disabled_at is null then
		outcome := 'open';
		session_id := session_open(person.id, q.id, given_session_hash);
	else
		outcome := 'refused';
	end if;

	perform audit_add(
	    program => 'login',
	    event => 'login',
	    outcome => outcome,
	    client_id => q.client_id,
	    account_id => person.id,
	    username => person.username,
	    address => given_address,
	    detail => jsonb_build_object('remote', true)
		|| case when made then '{"created": true}' else '{}' end::jsonb);
end
$$;
comment on function gatepost.login_remote(uuid, bytea, text, bytea, text) is
'Opens a session for REMOTE_USER; for login.';

grant execute on function
	gatepost.login_show(uuid, bytea, bytea),
	gatepost.login_attempt(uuid, bytea, bytea, text, text),
	gatepost.login_open(uuid, boolean, bytea, text),
	gatepost.login_remote(uuid, bytea, text, bytea, text)
to :"role";
