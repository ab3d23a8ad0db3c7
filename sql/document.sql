-- SPDX-License-Identifier: ISC
-- What authorize, fetch, token and revoke share of clients' documents and key
-- sets: whether one may be used, and asking for it.

-- Takes a pattern of fetch_policy for a regular expression.  Called by
-- document_policy.
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
		select lower(part[2]) as host, part[3] as port,
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
language plpgsql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
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
create or replace function gatepost.document_used(given_url text, given_kind text)
returns void
language sql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	update document d
	set used_at = now(),
		due_at = coalesce(d.due_at, now())
	where d.url = given_url
	and d.kind = given_kind
	and d.used_at < now() - interval '1 hour'
$$;
comment on function gatepost.document_used(text, text) is
'Notes that a document is in use.';

-- Says whether a document is of no more use: keys to which no client refers,
-- or any other, that nobody approved.  Called by document_row and sweep_rows
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

-- Makes room in the cache and a row in it, if there is none.  What was not
-- used for longest goes first, with its client if that never got a token.
-- Called by fetch_begin and keys_ask.
create or replace function gatepost.document_row(
	given_url text,
	given_kind text,
	account_id uuid
)
returns void
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
		return;
	end if;
	if (select count(*) from document) >= 10000 then
		with oldest as (
			delete from document d
			where (d.url, d.kind) in (
				select o.url, o.kind
				from document o
				where document_idle(o)
				order by o.used_at
				limit 100
				for update skip locked)
			returning d.url
		)
		select array_agg(o.url)
		into gone
		from oldest o;
		delete from client c
		where c.client_id = any (gone)
		and c.from_document
		and c.last_used_at is null
		and c.disabled_at is null;
	end if;
	insert into document (url, kind, asked_by)
	values (given_url, given_kind, document_row.account_id)
	on conflict do nothing;
end
$$;
comment on function gatepost.document_row(text, text, uuid) is
'Makes a row in the bounded cache of documents, if there is none.';

-- Asks fetch for a key set; the policy may deny that, but holds clients alone.
-- Called by client_keys_ask, and when a client's document has come.  Has no
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
	perform document_row(given_url, 'keys', null);
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
-- may.
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
	end if;
	asked := uri is not null and found;
end
$$;
comment on function gatepost.client_keys_ask(text) is
'Asks for the keys of a client; for token and revoke.';
