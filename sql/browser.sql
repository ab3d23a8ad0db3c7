-- SPDX-License-Identifier: ISC
-- What authorize, login, consent and account share: the browser's session, and
-- the request that it is about.

-- Decides whether a browser session lives.  Called by session_find,
-- account_sessions, authorize_request and consent_show, of whose queries the
-- planner makes it a part.
create or replace function gatepost.session_alive(
	e gatepost.session,
	a gatepost.account,
	s gatepost.server
)
returns boolean
language sql stable
return e.ended_at is null
	and e.opened_at > now() - s.session_absolute
	and e.seen_at > now() - s.session_idle
	and e.opened_at > a.sessions_ended_at
	and e.opened_at > s.epoch_at
	and a.disabled_at is null;
comment on function gatepost.session_alive(gatepost.session, gatepost.account,
	gatepost.server) is
'Whether a browser session lives.';

-- Whether it should be noted that a session was seen, which is to the minute.
-- Called by what finds one, of whose query the planner makes it a part.
create or replace function gatepost.session_unseen(
	e gatepost.session,
	s gatepost.server
)
returns boolean
language sql stable
return e.seen_at < now() - least(s.session_idle / 10, interval '1 minute');
comment on function gatepost.session_unseen(gatepost.session,
	gatepost.server) is
'Whether it should be noted that a session was seen.';

-- Notes that a session was seen, never waiting for another that notes it.
-- Called by what finds one that session_unseen tells of.
create or replace function gatepost.session_seen(seen_id uuid)
returns void
language plpgsql
as $$
begin
	update session e
	set seen_at = now()
	where e.id = (
		select d.id
		from session d
		cross join server s
		where d.id = seen_id
		and session_unseen(d, s)
		for no key update of d skip locked);
end
$$;
comment on function gatepost.session_seen(uuid) is
'Notes that a session was seen.';

-- Finds who a browser session is of.  Called by consent, fetch and account.
-- Returns the account, all null when the session is unknown or over; notes that
-- it was seen.
create or replace function gatepost.session_find(
	given_session_id uuid,
	given_session_hash bytea
)
returns gatepost.account
language plpgsql
as $$
declare
	who record;
begin
	if given_session_id is null then
		return null;
	end if;
	select a, session_unseen(e, s) as long_unseen
	into who
	from session e
	join account a on a.id = e.account_id
	cross join server s
	where e.id = given_session_id
	and e.hash = given_session_hash
	and session_alive(e, a, s);
	if who.long_unseen then
		perform session_seen(given_session_id);
	end if;
	return who.a;
end
$$;
comment on function gatepost.session_find(uuid, bytea) is
'The account that a live browser session is of.';

-- Decides whether an authorization request still waits for a decision.  Called
-- by request_find and consent_show, of whose queries the planner makes it a
-- part.
create or replace function gatepost.request_waits(
	q gatepost.request,
	s gatepost.server
)
returns boolean
language sql stable
return q.decided_at is null
	and q.created_at > now() - s.request_lifetime
	and q.created_at > s.epoch_at;
comment on function gatepost.request_waits(gatepost.request,
	gatepost.server) is
'Whether an authorization request still waits for a decision.';

-- Finds an authorization request that waits for a decision, and locks it.
-- Called by login, consent and fetch.  Returns the row, all null when it is
-- unknown, decided, too old, or of a client or redirect URI that is no longer
-- good; one that waits for its client's document is of neither yet, and one for
-- the account page of none.
create or replace function gatepost.request_find(
	given_request_id uuid,
	given_request_hash bytea
)
returns gatepost.request
language plpgsql
as $$
declare
	found_request gatepost.request;
begin
	select q.*
	into found_request
	from request q
	cross join server s
	where q.id = given_request_id
	and q.hash = given_request_hash
	and request_waits(q, s)
	and (q.client_id is null or q.query is not null or exists (
		select
		from client c
		join client_redirect d on d.client_id = c.client_id
		join resource t on t.uri = q.resource
		where c.client_id = q.client_id
		and c.disabled_at is null
		and d.match = redirect_match(q.redirect_uri)))
	for update of q;
	return found_request;
end
$$;
comment on function gatepost.request_find(uuid, bytea) is
'An authorization request that waits for a decision, locked.';
