-- SPDX-License-Identifier: ISC
-- fetch: takes what is to be fetched, and stores what came of it.

\set program fetch
\ir role.psql

-- Counts a fetch: for an account, of which one host is a small part, and from a
-- host, where what was read well before is apart from what was not.  So no
-- account uses up what a host has, and no number of made-up URLs keeps a
-- document in use from being read again.  Called before a lease is taken.
-- Returns true; null when there were too many.
create or replace function gatepost.fetch_count(
	given_url text,
	known boolean,
	account_id uuid
)
returns boolean
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	host constant text := lower((uri_split(given_url))[2]);
	allowed constant integer := (
		select s.fetch_rate
		from server s);
begin
	if account_id is not null and (
	    rate_count(concat_ws(' ', 'fetch for', account_id, host),
		greatest(allowed / 5, 1), '1 minute') is null
	    or rate_count('fetch for ' || account_id, allowed, '1 minute')
		is null) then
		return null;
	end if;
	return rate_count(concat_ws(' ', 'fetch', case when not known
		then 'anew' end, 'from', host), allowed, '1 minute');
end
$$;
comment on function gatepost.fetch_count(text, boolean, uuid) is
'Counts a fetch; null when there were too many.';

-- Takes a fetch for one process, for longer than it can last.  Called by
-- fetch_begin and fetch_take, with the row locked.  Returns the lease.
create or replace function gatepost.fetch_lease(
	d gatepost.document,
	account_id uuid
)
returns uuid
language sql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	update document o
	set lease = gen_random_uuid(),
		leased_until = now() + interval '7 seconds',
		leased_for = account_id,
		tried_at = clock_timestamp()
	where (o.url, o.kind) = (d.url, d.kind)
	returning o.lease
$$;
comment on function gatepost.fetch_lease(gatepost.document, uuid) is
'Takes a fetch for one process.';

-- Finds the document of a client that a person wants to use, and locks it;
-- makes a row for it if one more may be fetched for that person, or be held.
-- Called by fetch_begin.  All null when it may not.
create or replace function gatepost.fetch_document(
	given_url text,
	account_id uuid
)
returns gatepost.document
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	d document;
begin
	for attempt in 1 .. 2 loop
		select *
		into d
		from document o
		where o.url = given_url
		and o.kind = 'client'
		for update;
		exit when found
		or fetch_count(given_url, false, account_id) is null
		or not document_add(given_url, 'client', account_id);
	end loop;
	return d;
end
$$;
comment on function gatepost.fetch_document(text, uuid) is
'The document of a client that a person wants to use, locked.';

-- Decides whether a client's document is fetched for a person who waits for
-- it.  Called by fetch with the request that authorize stored and the session
-- that it is bound to.  Outcomes: 'fetch', with url, lease and how; 'ready',
-- it is there, and `query` is what authorize is to be asked again; 'wait', it
-- is fetched just now, or another for the same account is; 'login'; 'gone'; and
-- what only a page can tell: 'deny', 'hold', 'slow'.
create or replace function gatepost.fetch_begin(
	given_session_id uuid,
	given_session_hash bytea,
	given_request_id uuid,
	given_request_hash bytea,
	given_address text,
	out outcome text,
	out query text,
	out url text,
	out lease uuid,
	out addresses text[],
	out ca text
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	person constant account :=
	    session_find(given_session_id, given_session_hash);
	q constant request :=
	    request_find(given_request_id, given_request_hash);
	policy constant fetch_policy := document_policy(q.client_id);
	d document;
begin
	if q.query is null then
		outcome := 'gone';
		return;
	end if;
	if person.id is null or q.session_id is null
	or q.session_id <> given_session_id then
		outcome := 'login';
		return;
	end if;
	query := q.query;
	url := q.client_id;
	outcome := document_standing(url);
	if outcome <> 'deny' and document_needed(url) then
		d := fetch_document(url, person.id);
	end if;
	-- Once the row is locked: somebody else may just have stored it.
	if not document_needed(url) then
		outcome := 'ready';
		update request r
		set decided_at = now()
		where r.id = q.id;
		return;
	end if;
	if outcome <> 'deny' and d.url is null then
		outcome := 'slow';
	elsif outcome = 'allow' then
		if d.leased_until > now() or exists (
			select
			from document o
			where o.leased_for = person.id
			and o.lease is not null
			and o.leased_until > now()) then
			outcome := 'wait';
			return;
		end if;
		-- a new row was counted when it was made
		if d.tried_at is not null
		and fetch_count(url, d.content is not null, person.id)
		    is null then
			outcome := 'slow';
		else
			outcome := 'fetch';
			lease := fetch_lease(d, person.id);
			addresses := policy.addresses::text[];
			ca := policy.ca;
		end if;
	elsif outcome = 'hold' then
		update document o
		set held_at = coalesce(o.held_at, now()),
			used_at = now()
		where (o.url, o.kind) = (d.url, d.kind);
	end if;
	if outcome <> 'fetch' then
		perform audit_add(
		    program => 'fetch',
		    event => 'fetch',
		    outcome => outcome,
		    client_id => url,
		    account_id => person.id,
		    username => person.username,
		    address => given_address);
	end if;
end
$$;
comment on function gatepost.fetch_begin(uuid, bytea, uuid, bytea, text) is
'Decides whether a client''s document is fetched for who waits for it; for fetch.';

-- Stores a document that was fetched and understood.  Called by fetch, whose
-- lease it is; max_age is what its Cache-Control said, in seconds, null for
-- nothing.  Outcomes: 'stored'; 'gone', the lease is another's by now; or the
-- code of what is wrong with it.
create or replace function gatepost.fetch_client_store(
	given_url text,
	given_lease uuid,
	given_name text,
	redirect_uris text[],
	given_grant_types text[],
	given_auth_method text,
	also_public boolean,
	given_metadata jsonb,
	max_age bigint,
	out outcome text
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	d constant document :=
	    document_leased(given_url, 'client', given_lease);
	keys constant record := register_keys(given_auth_method,
	    given_metadata);
	said constant jsonb := jsonb_strip_nulls(jsonb_build_object(
	    'name', left(given_name, 200),
	    'redirect_uris', redirect_uris,
	    'grant_types', given_grant_types,
	    'auth_method', given_auth_method,
	    'also_public', also_public,
	    'jwks', keys.jwks,
	    'jwks_uri', case when given_auth_method = 'private_key_jwt'
		then given_metadata ->> 'jwks_uri' end,
	    'signing_alg', keys.signing_alg,
	    'metadata', keys.rest - 'jwks_uri'));
	known boolean;
begin
	outcome := case when d.url is null then 'gone'
	    when given_auth_method = 'private_key_jwt'
		and not (jwks_valid(keys.jwks)
			or document_url_valid(said ->> 'jwks_uri'))
		then 'keys'
	    else coalesce(register_fault(said ->> 'name', redirect_uris,
		given_grant_types, given_metadata), 'stored') end;
	if outcome = 'stored' then
		known := exists (
			select
			from client c
			where c.client_id = given_url);
		if d.content is distinct from said or not known then
			perform document_client_set(given_url, said);
		end if;
		-- also where the cache has forgotten what it said before
		if known
		and d.content - 'metadata' - 'grant_types'
		is distinct from said - 'metadata' - 'grant_types' then
			update client c
			set changed_at = now()
			where c.client_id = given_url
			and c.from_document;
		end if;
		perform document_store(d, said, max_age);
	elsif outcome <> 'gone' then
		perform document_fail(d, outcome);
	end if;
	if outcome <> 'gone' then
		perform audit_add(
		    program => 'fetch',
		    event => 'fetch',
		    outcome => outcome,
		    error => nullif(outcome, 'stored'),
		    client_id => given_url);
	end if;
end
$$;
comment on function gatepost.fetch_client_store(text, uuid, text, text[],
	text[], text, boolean, jsonb, bigint) is
'Stores a client''s metadata document; for fetch.';

-- Stores a key set that was fetched and understood, as the keys of the clients
-- that refer to it.  Called by fetch, whose lease it is.  Outcomes: 'stored',
-- 'gone', 'keys' (none that assertions can be verified with).
create or replace function gatepost.fetch_keys_store(
	given_url text,
	given_lease uuid,
	keys jsonb,
	max_age bigint,
	out outcome text
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	d constant document :=
	    document_leased(given_url, 'keys', given_lease);
begin
	outcome := case when d.url is null then 'gone'
	    when jwks_valid(keys) then 'stored' else 'keys' end;
	if outcome = 'stored' then
		perform document_store(d, keys, max_age);
		update client c
		set jwks = keys
		where c.jwks_uri = given_url
		and c.jwks is distinct from keys;
	elsif outcome = 'keys' then
		perform document_fail(d, outcome);
	end if;
	if outcome <> 'gone' then
		perform audit_add(
		    program => 'fetch',
		    event => 'fetch',
		    outcome => outcome,
		    error => nullif(outcome, 'stored'),
		    detail => jsonb_build_object('url', given_url,
			'kind', 'keys'));
	end if;
end
$$;
comment on function gatepost.fetch_keys_store(text, uuid, jsonb, bigint) is
'Stores a client''s key set; for fetch.';

-- Takes what is due, with nobody waiting at the browser: what was asked for,
-- or is in use and will expire.  Called by fetch twice a second.  Outcomes:
-- 'fetch', as fetch_begin's; 'none'.
create or replace function gatepost.fetch_take(
	out outcome text,
	out url text,
	out kind text,
	out lease uuid,
	out addresses text[],
	out ca text
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	d document;
	policy fetch_policy;
begin
	outcome := 'none';
	-- One at a time: slow servers are no matter to who waits for a document.
	select *
	into d
	from document o
	where o.due_at <= now()
	and o.leased_until < now()
	and not exists (
		select
		from document u
		where u.lease is not null
		and u.leased_for is null
		and u.leased_until > now())
	order by o.due_at
	limit 1
	for update skip locked;
	if not found then
		return;
	end if;
	if ((d.kind = 'keys' and document_standing(d.url) <> 'deny')
	    or (d.kind = 'client' and document_standing(d.url) = 'allow'
		and (select s.client_documents from server s)))
	and fetch_count(d.url, d.content is not null, null) then
		lease := fetch_lease(d, null);
	end if;
	if lease is null then
		update document o
		set due_at = now() + interval '1 minute'
		where (o.url, o.kind) = (d.url, d.kind);
		return;
	end if;
	policy := document_policy(d.url);
	outcome := 'fetch';
	url := d.url;
	kind := d.kind;
	addresses := policy.addresses::text[];
	ca := policy.ca;
end
$$;
comment on function gatepost.fetch_take() is
'Takes a document that is to be fetched with nobody waiting; for fetch.';

-- Records that a fetch failed.  Called by fetch, whose lease it is.
create or replace function gatepost.fetch_fail(
	given_url text,
	given_kind text,
	given_lease uuid,
	why text,
	out recorded boolean
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	d constant document :=
	    document_leased(given_url, given_kind, given_lease);
begin
	recorded := d.url is not null;
	if recorded then
		perform document_fail(d, why);
		perform audit_add(
		    program => 'fetch',
		    event => 'fetch',
		    outcome => 'failed',
		    error => left(why, 64),
		    client_id => client_known(given_url),
		    detail => jsonb_build_object('url', given_url,
			'kind', given_kind));
	end if;
end
$$;
comment on function gatepost.fetch_fail(text, text, uuid, text) is
'Records that a fetch failed; for fetch.';

grant execute on function
	gatepost.fetch_begin(uuid, bytea, uuid, bytea, text),
	gatepost.fetch_client_store(text, uuid, text, text[], text[], text,
		boolean, jsonb, bigint),
	gatepost.fetch_keys_store(text, uuid, jsonb, bigint),
	gatepost.fetch_take(),
	gatepost.fetch_fail(text, text, uuid, text)
to :"role";
