-- SPDX-License-Identifier: ISC
-- account: shows people what they allowed and where they are signed in, and
-- ends it; changes their password.

\set program account
\ir role.psql

-- Says when something was, for a page.  Called by the two below.
create or replace function gatepost.account_time(moment timestamptz)
returns text
language sql immutable parallel safe
return to_char(moment at time zone 'UTC', 'YYYY-MM-DD HH24:MI');
comment on function gatepost.account_time(timestamptz) is
'A moment as the account page shows it: in UTC, to the minute.';

-- Lists the clients that a person agreed to, the latest 200, with the grants
-- that live, the latest 20 of each.  Called by account_show.  Returns an array
-- of objects.
create or replace function gatepost.account_clients(
	person uuid,
	given_language text
)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	return (
	with living as (
		select g.*,
			coalesce(g.refreshed_at, g.granted_at) as used_at,
			row_number() over (
				partition by g.client_id
				order by coalesce(g.refreshed_at, g.granted_at)
				desc, g.id) as place
		from grants g
		where g.account_id = person
		and g.state not in ('ended', 'expired')
	),
	agreed as (
		select n.client_id,
			string_agg(distinct n.redirect_host, ', ') as hosts
		from consent n
		where n.account_id = person
		group by n.client_id
		order by max(n.extended_at) desc
		limit 200
	)
	select coalesce(jsonb_agg(jsonb_build_object(
		'client', c.client_id,
		'name', c.name,
		'host', case when c.client_id like 'https://%'
			then redirect_host(c.client_id) else a.hosts end,
		'self_registered', c.self_registered,
		'more', exists (
			select
			from living g
			where g.client_id = c.client_id
			and g.place > 20),
		'grants', (
			select jsonb_agg(jsonb_build_object(
				'grant', g.id,
				'resource', t.name,
				'uri', g.resource,
				'scopes', (
					select jsonb_agg(scope_words(s.name,
						given_language)
						order by s.place)
					from unnest(g.scopes) with ordinality
						s (name, place)),
				'since', account_time(g.granted_at),
				'used', account_time(g.used_at),
				'address', host(g.address))
				order by g.used_at desc, g.id)
			from living g
			left join resource t on t.uri = g.resource
			where g.client_id = c.client_id
			and g.place <= 20))
		order by c.name, c.client_id), '[]')
	from agreed a
	join client c on c.client_id = a.client_id);
end
$$;
comment on function gatepost.account_clients(uuid, text) is
'The clients that a person agreed to, and their grants, as a JSON array.';

-- Lists a person's browser sessions: at most 100, the latest.  Called by
-- account_show.  Returns an array of objects.
create or replace function gatepost.account_sessions(
	person gatepost.account,
	present_session uuid
)
returns jsonb
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select jsonb_agg(jsonb_build_object(
		'session', e.id,
		'opened', account_time(e.opened_at),
		'seen', account_time(e.seen_at),
		'from', host(e.address),
		'present', e.id = present_session)
		order by e.id = present_session desc, e.seen_at desc)
	from (
		select o.*
		from session o
		cross join server s
		where o.account_id = person.id
		and o.id >= uuid7_floor(now() - s.session_absolute)
		and session_alive(o, person, s)
		order by o.id = present_session desc, o.seen_at desc
		limit 100) e
$$;
comment on function gatepost.account_sessions(gatepost.account, uuid) is
'A person''s browser sessions, as a JSON array.';

-- Shows a person their account.  Called by account for its page.  Outcomes:
-- 'ok'; 'login', with the request that was stored for it.  What the form
-- before came to is said once.
create or replace function gatepost.account_show(
	given_session_id uuid,
	given_session_hash bytea,
	given_request_hash bytea,
	given_language text,
	out outcome text,
	out request_id uuid,
	out username text,
	out has_password boolean,
	out said text,
	out clients jsonb,
	out sessions jsonb
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	person constant account :=
	    session_find(given_session_id, given_session_hash);
begin
	if person.id is null then
		outcome := 'login';
		request_id := uuid7();
		insert into request (id, hash)
		values (request_id, given_request_hash);
		return;
	end if;
	outcome := 'ok';
	username := person.username;
	has_password := person.password_hash is not null;
	clients := account_clients(person.id, given_language);
	sessions := account_sessions(person, given_session_id);
	select e.said
	into said
	from session e
	where e.id = given_session_id;
	if said is not null then
		perform account_say(given_session_id, null);
	end if;
end
$$;
comment on function gatepost.account_show(uuid, bytea, bytea, text) is
'Shows a person their account; for account.';

-- Keeps what the page says next.  Called by account_show and what a form
-- leads to.
create or replace function gatepost.account_say(
	given_session_id uuid,
	what text
)
returns void
language sql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	update session e
	set said = what
	where e.id = given_session_id
$$;
comment on function gatepost.account_say(uuid, text) is
'Keeps what a session''s account page says next.';

-- Ends a person's grant.  Called by account_end and account_end_clients.
-- Returns the client it was of, null when there is no such grant of theirs that
-- lives.
create or replace function gatepost.account_end_grant(
	person uuid,
	given_grant_id uuid
)
returns text
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	ended_client constant text := (
		select g.client_id
		from access_grant g
		where g.id = given_grant_id
		and g.account_id = person);
begin
	if ended_client is not null
	and grant_end(given_grant_id, 'ended by the person') then
		return ended_client;
	end if;
	return null;
end
$$;
comment on function gatepost.account_end_grant(uuid, uuid) is
'Ends a person''s grant; returns its client.';

-- Ends what a person allowed one client, or (null) all of them, and what of it
-- is remembered.  Called by account_end.  Returns whether there was anything.
-- Of all of them the access tokens are entered as one.
create or replace function gatepost.account_end_clients(
	person uuid,
	given_client_id text
)
returns boolean
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	ended boolean;
begin
	delete from consent n
	where n.account_id = person
	and (given_client_id is null or n.client_id = given_client_id);
	ended := found;
	if given_client_id is not null then
		perform account_end_grant(person, g.id)
		from access_grant g
		where g.account_id = person
		and g.client_id = given_client_id
		and g.ended_at is null;
		return ended or found;
	end if;
	update access_grant g
	set ended_at = now(), ended_why = 'ended by the person'
	where g.account_id = person
	and g.ended_at is null;
	ended := ended or found;
	perform revocation_add('account', person::text);
	return ended;
end
$$;
comment on function gatepost.account_end_clients(uuid, text) is
'Ends what a person allowed a client, or all of them.';

-- Ends sessions of a person: one, or (null) all but the present one, if there
-- is one.  Called by account_end and account_password.  Returns whether there
-- was any.
create or replace function gatepost.account_end_sessions(
	person uuid,
	given_session_id uuid,
	present_session uuid
)
returns boolean
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	update session e
	set ended_at = now()
	where e.account_id = person
	and e.ended_at is null
	and case when given_session_id is null
	    then e.id is distinct from present_session
	    else e.id = given_session_id end;
	return found;
end
$$;
comment on function gatepost.account_end_sessions(uuid, uuid, uuid) is
'Ends a person''s browser sessions.';

-- Ends what a person has: `what` is 'grant', 'client', 'session' with its id,
-- or 'clients', 'sessions' (all but the present one) or 'sign_out'.  Called by
-- account, which has checked the form.  Outcomes: 'done', 'none' (nothing of
-- theirs that was not over), 'login'.
create or replace function gatepost.account_end(
	given_session_id uuid,
	given_session_hash bytea,
	what text,
	subject text,
	given_address text,
	out outcome text
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	person constant account :=
	    session_find(given_session_id, given_session_hash);
	ended_client text;
	ended boolean;
begin
	if person.id is null then
		outcome := 'login';
		return;
	end if;
	case what
	when 'grant' then
		ended_client := account_end_grant(person.id, subject::uuid);
		ended := ended_client is not null;
	when 'client' then
		ended_client := client_known(subject);
		ended := account_end_clients(person.id, coalesce(subject, ''));
	when 'clients' then
		ended := account_end_clients(person.id, null);
	when 'session' then
		ended := account_end_sessions(person.id, subject::uuid,
		    given_session_id);
	when 'sessions' then
		ended := account_end_sessions(person.id, null,
		    given_session_id);
	when 'sign_out' then
		ended := account_end_sessions(person.id, given_session_id,
		    given_session_id);
	end case;
	outcome := case when ended then 'done' else 'none' end;
	perform account_say(given_session_id, outcome);
	perform audit_add(
	    program => 'account',
	    event => 'end',
	    outcome => outcome,
	    client_id => ended_client,
	    account_id => person.id,
	    username => person.username,
	    grant_id => case when what = 'grant' and ended
		then subject::uuid end,
	    address => given_address,
	    detail => jsonb_build_object('what', what));
end
$$;
comment on function gatepost.account_end(uuid, bytea, text, text, text) is
'Ends what a person has: grants, clients, sessions; for account.';

-- Decides whether the present password may be tried, and counts that before it
-- gives the hash out, as login_attempt does.  Called by account with what it
-- found wrong with the new password by itself, if anything.  Outcomes:
-- 'check', with which account_password is told; else the page says why:
-- 'slow', the fault, 'none' (no password); 'login'.
create or replace function gatepost.account_attempt(
	given_session_id uuid,
	given_session_hash bytea,
	fault text,
	given_address text,
	out outcome text,
	out attempt_id uuid,
	out password_hash text
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	person constant account :=
	    session_find(given_session_id, given_session_hash);
begin
	if person.id is null then
		outcome := 'login';
		return;
	end if;
	outcome := case
	    when person.password_hash is null then 'none'
	    when fault is not null then fault
	    when attempt_count(person.username, given_address) is not null
		then 'slow'
	    else 'check' end;
	if outcome = 'check' then
		password_hash := person.password_hash;
		attempt_id := attempt_add(null, given_session_id, person.id,
		    password_hash, person.username, given_address);
		return;
	end if;
	perform account_say(given_session_id, outcome);
	perform audit_add(
	    program => 'account',
	    event => 'password',
	    outcome => outcome,
	    account_id => person.id,
	    username => person.username,
	    address => given_address);
end
$$;
comment on function gatepost.account_attempt(uuid, bytea, text, text) is
'Counts an attempt at the present password and gives its hash; for account.';

-- Changes the password if the present one was right, and ends all sessions:
-- this browser gets another.  Called by account, once an attempt.  Outcomes:
-- 'changed', 'refused', 'login' (the attempt was used or is too old, or the
-- session is over).
create or replace function gatepost.account_password(
	given_attempt_id uuid,
	verified boolean,
	given_password_hash text,
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
	person account;
begin
	-- Who is being disabled, or is given another password, meanwhile.
	select a.*
	into person
	from account a
	where a.id = tried.account_id
	for no key update;
	if not exists (
		select
		from session e
		cross join server s
		where e.id = tried.session_id
		and session_alive(e, person, s)) then
		outcome := 'login';
	elsif attempt_right(tried, verified, person) then
		outcome := 'changed';
		update account a
		set password_hash = given_password_hash
		where a.id = person.id;
		perform account_end_sessions(person.id, null, null);
		session_id := uuid7();
		insert into session (id, hash, account_id, address, said)
		values (session_id, given_session_hash, person.id,
		    address_read(given_address), outcome);
	else
		outcome := 'refused';
		perform account_say(tried.session_id, outcome);
	end if;
	perform audit_add(
	    program => 'account',
	    event => 'password',
	    outcome => outcome,
	    account_id => person.id,
	    username => person.username,
	    address => given_address);
end
$$;
comment on function gatepost.account_password(uuid, boolean, text, bytea,
	text) is
'Changes the password when the present one was right; for account.';

grant execute on function
	gatepost.account_show(uuid, bytea, bytea, text),
	gatepost.account_end(uuid, bytea, text, text, text),
	gatepost.account_attempt(uuid, bytea, text, text),
	gatepost.account_password(uuid, boolean, text, bytea, text)
to :"role";
