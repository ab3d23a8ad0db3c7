-- SPDX-License-Identifier: ISC
-- login: slows guessing, gives one hash out at a time, opens sessions.

\set program login
\ir role.psql

-- Says for whom a login is.  Called by the two functions that show it.  Of a
-- client whose document was not fetched yet only the host is known; the account
-- page has no client, and is this server's.
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
	union all
	select null, false, null, null, s.issuer
	from server s
	where q.client_id is null
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
	person uuid;
begin
	if q.id is null
	or q.login_csrf_hash is distinct from given_csrf_hash then
		outcome := 'gone';
	else
		retry_after := attempt_count(given_username, given_address);
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
		password_hash := login_hash(given_username);
		attempt_id := attempt_add(q.id, null, person, password_hash,
		    given_username, given_address);
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
	given_session_hash bytea,
	given_address text default null
)
returns uuid
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	made constant uuid := uuid7();
begin
	insert into session (id, hash, account_id, address)
	values (made, given_session_hash, opened_for,
	    address_read(given_address));
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
comment on function gatepost.session_open(uuid, uuid, bytea, text) is
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
	tried constant login_attempt := attempt_take(given_attempt_id);
	q request;
	person account;
begin
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
	elsif attempt_right(tried, verified, person) then
		outcome := 'open';
		session_id := session_open(person.id, q.id, given_session_hash,
		    given_address);
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
		session_id := session_open(person.id, q.id, given_session_hash,
		    given_address);
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
