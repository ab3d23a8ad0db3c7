-- SPDX-License-Identifier: ISC
-- What authorize, fetch, token and revoke share of clients' documents and key
-- sets: whether one may be used, and asking for it.

-- Takes a pattern of fetch_policy or audience_exception for a regular
-- expression.  Called by document_policy and document_client_set.
create or replace function gatepost.pattern_regex(pattern text)
returns text
language sql immutable parallel safe
return '^' || replace(regexp_replace(pattern, '([^*A-Za-z0-9])', '\\\1', 'g'),
	'*', '.*') || '$';
comment on function gatepost.pattern_regex(text) is
'A text in which * is any text, as a regular expression.';

-- Finds what a DBA says of a URL.  Called by document_standing and by fetch's
-- functions.  Returns the row that counts, all null when none does.
create or replace function gatepost.document_policy(given_url text)
returns gatepost.fetch_policy
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select p
	from fetch_policy p
	cross join (
		select lower(part[2]) as host,
			coalesce(part[3], '443') as port,
			part[4] || coalesce('?' || part[5], '') as path
		from uri_split(given_url) part) u
	cross join pattern_regex(split_part(p.pattern, '/', 1)) host_regex
	where (u.host ~ host_regex or u.host || ':' || u.port ~ host_regex)
	and (strpos(p.pattern, '/') = 0 or u.path ~ pattern_regex(
		substr(p.pattern, strpos(p.pattern, '/'))))
	order by length(replace(p.pattern, '*', '')) desc,
		strpos(p.pattern, '*'), p.pattern
	limit 1
$$;
comment on function gatepost.document_policy(text) is
'The row of fetch_policy that counts for a URL.';

-- Says what the policy makes of a URL.  Returns 'allow', 'deny' or 'hold',
-- the last not when a DBA has approved the client.
create or replace function gatepost.document_standing(given_url text)
returns text
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select case when (p).action = 'hold' and exists (
			select
			from document d
			where d.url = given_url
			and d.approved_at is not null) then 'allow'
		else coalesce((p).action, 'allow') end
	from document_policy(given_url) p
$$;
comment on function gatepost.document_standing(text) is
'Whether a URL may be fetched and used: allow, deny or hold.';

-- Says whether a client_id is a URL whose document must be fetched first: one
-- of no client, or of one that is what its document says, where that is too
-- old, or no longer allowed.  Called by authorize_request and fetch_begin.
create or replace function gatepost.document_needed(given_client_id text)
returns boolean
language plpgsql stable
as $$
begin
	-- Most are no URL, which is seen without a query.
	if starts_with(given_client_id, 'https://') is not true then
		return false;
	end if;
	return document_url_valid(given_client_id)
	and (select s.client_documents from server s)
	and not exists (
		select
		from client c
		where c.client_id = given_client_id
		and (not c.from_document or exists (
			select
			from document d
			where d.url = given_client_id
			and d.kind = 'client'
			and d.expires_at > now()
			and document_standing(d.url) = 'allow')));
end
$$;
comment on function gatepost.document_needed(text) is
'Whether a client_id is a URL whose document must be fetched first.';

-- Notes that a document is in use, to the hour: what is used is fetched again
-- before it expires.  Called by authorize_request.
create or replace function gatepost.document_used(
	given_url text,
	given_kind text
)
returns void
language sql
as $$
	update gatepost.document d
	set used_at = now(),
		due_at = coalesce(d.due_at, now())
	where d.url = given_url
	and d.kind = given_kind
	and d.used_at < now() - interval '1 hour'
$$;
comment on function gatepost.document_used(text, text) is
'Notes that a document is in use.';

-- Says whether a document is of no more use: keys to which no client refers,
-- or any other, that nobody approved.  Called by document_add and sweep_rows
-- with one that was not used for long.
create or replace function gatepost.document_idle(d gatepost.document)
returns boolean
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select d.approved_at is null
	and d.leased_until < now()
	and (d.kind <> 'keys' or not exists (
		select
		from client c
		where c.jwks_uri = d.url))
$$;
comment on function gatepost.document_idle(gatepost.document) is
'Whether a document may go from the cache.';

-- Makes room in the cache and a row in it.  What was never read well goes
-- first, then what was not used for longest, with its client if that never got
-- a token.  Called by fetch_document and keys_ask.  Returns false when there is
-- no room.
create or replace function gatepost.document_add(
	given_url text,
	given_kind text,
	account_id uuid
)
returns boolean
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	gone text[];
begin
	if exists (
		select
		from document d
		where d.url = given_url
		and d.kind = given_kind) then
		return true;
	end if;
	if (select count(*) from document) >= 10000 then
		with oldest as (
			delete from document d
			where (d.url, d.kind) in (
				select o.url, o.kind
				from document o
				where document_idle(o)
				order by o.content is not null, o.used_at
				limit 100
				for update skip locked)
			returning d.url
		)
		select array_agg(o.url)
		into gone
		from oldest o;
		if gone is null then
			return false;
		end if;
		delete from client c
		where c.client_id = any (gone)
		and c.from_document
		and c.last_used_at is null
		and c.disabled_at is null;
	end if;
	insert into document (url, kind, asked_by)
	values (given_url, given_kind, document_add.account_id)
	on conflict do nothing;
	return true;
end
$$;
comment on function gatepost.document_add(text, text, uuid) is
'Makes a row in the bounded cache of documents, if there is none.';

-- Finds a document whose fetch is the caller's, and locks it.  Called by the
-- functions with which fetch stores what came of it.  All null when the lease
-- is another's by now.
create or replace function gatepost.document_leased(
	given_url text,
	given_kind text,
	given_lease uuid
)
returns gatepost.document
language sql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select o
	from document o
	where o.url = given_url
	and o.kind = given_kind
	and o.lease = given_lease
	for update
$$;
comment on function gatepost.document_leased(text, text, uuid) is
'A document whose fetch is the caller''s, locked.';

-- Enters what a document says of its client, as the client.  Called by
-- fetch_client_store.  What the client may do with that is judged when it asks.
create or replace function gatepost.document_client_set(
	url text,
	said jsonb
)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	insert into client as c (client_id, name, self_registered,
	    from_document, auth_method, also_public, jwks, jwks_uri,
	    signing_alg, token_endpoint_audience, grant_types, metadata)
	values (url, said ->> 'name', true, true, said ->> 'auth_method',
	    (said ->> 'also_public')::boolean,
	    coalesce(said -> 'jwks', keys_cached(said ->> 'jwks_uri')),
	    said ->> 'jwks_uri', said ->> 'signing_alg', exists (
		select
		from audience_exception e
		where url ~ pattern_regex('https://' || e.pattern)),
	    array(select jsonb_array_elements_text(said -> 'grant_types')),
	    said -> 'metadata')
	on conflict (client_id) do update
	set name = excluded.name,
		auth_method = excluded.auth_method,
		also_public = excluded.also_public,
		jwks = case when c.jwks_uri is not distinct from
			excluded.jwks_uri and c.jwks_uri is not null
			then c.jwks else excluded.jwks end,
		jwks_uri = excluded.jwks_uri,
		signing_alg = excluded.signing_alg,
		grant_types = excluded.grant_types,
		metadata = excluded.metadata
	where c.from_document;
	-- Not that of a client which a DBA has made meanwhile.
	if found then
		perform client_redirects_set(url, array(
			select jsonb_array_elements_text(
				said -> 'redirect_uris')));
	end if;
	if said ->> 'jwks_uri' is not null then
		perform keys_ask(said ->> 'jwks_uri');
	end if;
end
$$;
comment on function gatepost.document_client_set(text, jsonb) is
'Enters what a document says of its client.';

-- Stores what was understood of a document, for as long as it may be used: as
-- its server says, within 5 minutes and a day; an hour when that says
-- nothing.  Called by the functions that store.
create or replace function gatepost.document_store(
	d gatepost.document,
	said jsonb,
	max_age bigint
)
returns void
language sql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	update document o
	set content = said,
		fetched_at = clock_timestamp(),
		expires_at = clock_timestamp() + age.span,
		-- while it is in use
		due_at = case when o.used_at > now() - interval '7 days'
			or exists (
				select
				from client c
				where c.jwks_uri = o.url)
			then clock_timestamp() + age.span * 0.8 end,
		failures = 0,
		failure = null,
		waits = 0,
		lease = null,
		leased_until = '-infinity'
	from make_interval(secs =>
		greatest(300, least(86400, coalesce(max_age, 3600)))) age (span)
	where (o.url, o.kind) = (d.url, d.kind)
$$;
comment on function gatepost.document_store(gatepost.document, jsonb, bigint) is
'Stores what was understood of a document.';

-- Notes that a fetch failed; what was there before stays until it expires.
-- With nobody waiting it is tried again later each time, and five times in
-- all: a server that only wastes our time gets little of it.  Then keys that
-- have expired are no longer anybody's.  Called by fetch's functions.
create or replace function gatepost.document_fail(d gatepost.document, why text)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	update document o
	set failures = least(o.failures + 1, 1000),
		failure = left(why, 64),
		due_at = case when o.due_at is not null and o.failures < 4
			then now() + 2 ^ o.failures * interval '1 minute' end,
		waits = 0,
		lease = null,
		leased_until = '-infinity'
	where (o.url, o.kind) = (d.url, d.kind);
	if d.kind = 'keys' and d.failures >= 4 and d.expires_at < now() then
		update client c
		set jwks = null
		where c.jwks_uri = d.url;
	end if;
end
$$;
comment on function gatepost.document_fail(gatepost.document, text) is
'Notes that a fetch failed.';

-- Asks fetch for a key set; the policy may deny that, but holds clients alone.
-- Called by client_keys_ask and client_set_auth_method, and when a client's
-- document has come.  Has no
-- effect when an answer came, or failed to, less than ten seconds ago.
create or replace function gatepost.keys_ask(given_url text)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	if document_standing(given_url) = 'deny' then
		return;
	end if;
	perform document_add(given_url, 'keys', null);
	update document d
	set due_at = least(d.due_at, now()),
		used_at = now()
	where d.url = given_url
	and d.kind = 'keys'
	and coalesce(d.due_at > now(), true)
	and coalesce(d.tried_at < now() - interval '10 seconds', true);
end
$$;
comment on function gatepost.keys_ask(text) is
'Asks for a key set.';

-- Finds a key set in the cache: clients share them, as those of one company do.
-- Called when a client comes to refer to one.  Returns null when there is none
-- that is fresh.
create or replace function gatepost.keys_cached(given_url text)
returns jsonb
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select d.content
	from document d
	where d.url = given_url
	and d.kind = 'keys'
	and d.expires_at > now()
	and document_standing(d.url) <> 'deny'
$$;
comment on function gatepost.keys_cached(text) is
'A key set that is in the cache, and fresh.';

-- Asks for the keys of a client which has signed with one that is not known.
-- Called by token and revoke.  Not for one that registered itself: a stranger
-- could point it anywhere.  Returns whether to wait for them: three requests
-- may, and of all no more than six in ten seconds, since nothing was proved.
create or replace function gatepost.client_keys_ask(
	given_client_id text,
	out asked boolean
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	uri constant text := (
		select c.jwks_uri
		from client c
		where c.client_id = given_client_id
		and c.disabled_at is null
		and c.registration_token_hash is null);
begin
	if uri is not null then
		perform keys_ask(uri);
		update document d
		set waits = d.waits + 1
		where d.url = uri
		and d.kind = 'keys'
		and d.due_at <= now()
		and d.waits < 3;
		asked := found
		    and rate_count('waits for keys', 6, '10 seconds') is not null;
	end if;
	asked := coalesce(asked, false);
end
$$;
comment on function gatepost.client_keys_ask(text) is
'Asks for the keys of a client; for token and revoke.';
