-- SPDX-License-Identifier: ISC
-- authorize: judges an authorization request and stores it.

\set program authorize
\ir role.psql

-- Judges where an answer may go (OAuth 2.1, 2.3.3).  Called by
-- authorize_request.  Returns the redirect URI: the given one if the client
-- has registered it (the port aside on loopback), the only one if none was
-- given; else null.
create or replace function gatepost.redirect_find(
	given_client_id text,
	given_redirect_uri text
)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	return (
		select case when given_redirect_uri is not null
			then given_redirect_uri else min(d.uri::text) end
		from client_redirect d
		where d.client_id = given_client_id
		and (given_redirect_uri is null
			or d.match = redirect_match(given_redirect_uri))
		having case when given_redirect_uri is null then count(*) = 1
			else count(*) > 0 end);
end
$$;
comment on function gatepost.redirect_find(text, text) is
'Where a client''s answer may go; null if nowhere.';

-- Judges an authorization request (OAuth 2.1, 4.1.1): the client, then where
-- it wants the answer, then the rest, of which `fault` is what the program
-- found by itself.  Called by authorize.  Outcomes: 'unknown_client' and
-- 'bad_redirect', never to be redirected; 'refused' with the error's code;
-- 'login' or 'consent', where the browser goes next with the request that was
-- stored.  The redirect is judged by the URI; redirect_match must agree.
-- Where the client's document must be fetched first nothing is judged, but
-- given_query kept, with which this is asked again: 'login' or 'fetch'.
create or replace function gatepost.authorize_request(
	given_client_id text,
	given_redirect_uri text,
	given_redirect_match text,
	fault text,
	given_state text,
	given_code_challenge text,
	given_scope text[],
	given_resource text,
	given_session_id uuid,
	given_session_hash bytea,
	given_request_hash bytea,
	given_address text,
	given_query text default null,
	out outcome text,
	out error text,
	out self_registered boolean,
	out redirect_uri text,
	out redirect_host text,
	out request_id uuid
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	c client;
	t resource;
	person account;
	granted text[];
	unfetched constant boolean := given_query is not null
	    and document_needed(given_client_id);
begin
	select k.*
	into c
	from client k
	cross join server s
	where k.client_id = given_client_id
	and k.disabled_at is null
	and (s.client_documents or not k.from_document);
	if unfetched and fault is not null then
		outcome := 'refused';
		error := fault;
		self_registered := true;
		redirect_host := redirect_host(given_client_id);
	elsif unfetched then
		person := session_find(given_session_id, given_session_hash);
		outcome := case when person.id is null
		    then 'login' else 'fetch' end;
		request_id := uuid7();
		insert into request (id, hash, client_id, query, session_id)
		values (request_id, given_request_hash, given_client_id,
		    given_query, case when person.id is not null
		    then given_session_id end);
	elsif c.client_id is null then
		outcome := 'unknown_client';
	else
		self_registered := c.self_registered;
		redirect_uri := redirect_find(c.client_id, given_redirect_uri);
		if redirect_uri is null or given_redirect_match
		    is distinct from redirect_match(given_redirect_uri) then
			redirect_uri := null;
			outcome := 'bad_redirect';
		else
			redirect_host := redirect_host(redirect_uri);
		end if;
	end if;

	if outcome is null then
		select *
		into t
		from resource s
		where s.uri = resource_find(given_resource, c.default_resource);
		granted := array_remove(given_scope, 'offline_access');
		if coalesce(cardinality(granted), 0) = 0 then
			granted := coalesce(t.default_scopes, t.scopes);
		end if;
		granted := scope_intersect(granted, t.scopes);
		granted := scope_limit(granted, c.scopes);
		error := case
		    when fault is not null then fault
		    when not 'authorization_code' = any (c.grant_types)
			then 'unauthorized_client'
		    when t.uri is null then 'invalid_target'
		    when cardinality(granted) = 0
			or not scopes_fit(granted) then 'invalid_scope' end;
		if error is not null then
			outcome := 'refused';
		end if;
	end if;

	if outcome is null then
		person := session_find(given_session_id, given_session_hash);
		outcome := case when person.id is null
		    then 'login' else 'consent' end;
		request_id := uuid7();
		insert into request (id, hash, client_id, redirect_uri, state,
		    code_challenge, scopes, resource, session_id)
		values (request_id, given_request_hash, c.client_id,
		    redirect_uri, given_state, given_code_challenge, granted,
		    t.uri, case when person.id is not null
		    then given_session_id end);
		if c.from_document then
			perform document_used(c.client_id, 'client');
		end if;
	end if;

	perform audit_add(
	    program => 'authorize',
	    event => 'authorize',
	    outcome => outcome,
	    error => error,
	    client_id => c.client_id,
	    account_id => person.id,
	    username => person.username,
	    resource => t.uri,
	    scope => case when request_id is not null
		then array_to_string(granted, ' ') end,
	    address => given_address);
end
$$;
comment on function gatepost.authorize_request(text, text, text, text, text,
	text, text[], text, uuid, bytea, bytea, text, text) is
'Judges and stores an authorization request; for authorize.';

grant execute on function
	gatepost.authorize_request(text, text, text, text, text, text, text[],
		text, uuid, bytea, bytea, text, text)
to :"role";
