-- SPDX-License-Identifier: ISC
-- What several files' functions share.  Only server_read, server_change and
-- refusal_record are for programs; role.psql grants them.
--
-- What a program calls runs as the owner and with a search_path of its own.
-- What only that calls, and for many requests, has neither, but its caller's:
-- setting them takes longer than such a function.

-- Makes a trigger, unless there is one of that very definition, which its
-- comment tells: making it locks the table against all that write until
-- migrate commits, and programs are at work.  Called by files of functions.
create or replace function gatepost.trigger_make(
	relation regclass,
	name text,
	definition text
)
returns void
language plpgsql
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	made_of constant text := 'Made of ' || md5(definition);
begin
	if exists (
		select
		from pg_trigger t
		where t.tgrelid = relation
		and t.tgname = trigger_make.name
		and obj_description(t.oid, 'pg_trigger') = made_of) then
		return;
	end if;
	execute format('drop trigger if exists %I on %s', name, relation);
	execute definition;
	execute format('comment on trigger %I on %s is %L', name, relation,
	    made_of);
end
$$;
comment on function gatepost.trigger_make(regclass, text, text) is
'Makes a trigger, unless it is there.';

-- Enters a change that programs cache.  Called by every function that makes
-- one.  Returns its number.  The row's lock makes numbers commit in order;
-- the clock, in milliseconds, keeps them above those that a restored backup has
-- forgotten.
create or replace function gatepost.change_bump()
returns bigint
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	number bigint;
begin
	update change
	set counter = greatest(counter + 1,
	    (extract(epoch from clock_timestamp()) * 1000)::bigint)
	returning counter into strict number;
	perform pg_notify('gatepost_change', number::text);
	return number;
end
$$;
comment on function gatepost.change_bump() is
'Enters a change that programs cache; returns its number.';

-- Copies to `change` what token reads of settings and keys.  Called by the
-- trigger below, and when this file is applied.  Of several at a time each has
-- the row's lock before it reads, so that the last one has read what all wrote.
create or replace function gatepost.change_copy()
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	perform
	from change
	for update;
	update change h
	set kid = k.kid,
		activates_at = k.activates_at,
		rotates_at = case
		    when k.created_at < s.key_rotation_asked_at
			or k.alg <> s.signing_algorithm then '-infinity'
		    else k.activates_at + s.key_rotation_age end,
		access_token_lifetime = s.access_token_lifetime,
		refresh_idle = s.refresh_idle,
		refresh_absolute = s.refresh_absolute,
		replay_window = s.replay_window,
		epoch_at = s.epoch_at,
		default_resource = s.default_resource
	from server s
	left join lateral (
		select n.*
		from signing_key n
		order by n.generation desc
		limit 1) k on true;
end
$$;
comment on function gatepost.change_copy() is
'Copies to change what token reads of settings and keys.';
select gatepost.change_copy();

create or replace function gatepost.change_copied()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	perform change_copy();
	return null;
end
$$;
comment on function gatepost.change_copied() is
'A trigger: settings or keys have changed; change has copies of them.';
-- For each row, so that a sweep that finds no old key locks nothing.
select gatepost.trigger_make(format('gatepost.%I', t)::regclass,
	'change_copied', format('create trigger change_copied '
	'after insert or update or delete on gatepost.%I '
	'for each row execute function gatepost.change_copied()', t))
from unnest('{server,signing_key}'::text[]) t;
select gatepost.trigger_make('gatepost.signing_key', 'change_copied_truncate',
	'create trigger change_copied_truncate '
	'after truncate on gatepost.signing_key '
	'for each statement execute function gatepost.change_copied()');

-- ---- functions for several calls ----
--
-- What most requests are for is asked for several at once (lib/db/carry.h),
-- since most of what a query costs is that it begins.  Such a function takes an
-- array of up to eight calls, counted from 1, and gives an answer for each, in
-- their order.  One query finds what they are about, and locks what they may
-- change; of such a query plpgsql reads ten rows before it begins the loop's
-- first turn, so all are read before anything is decided.  Call by call is
-- decided, in a block, so that nothing is left of the call before; and what
-- most calls write is written by one statement for each table.  A query reads
-- and locks a row once: so calls from the first on that is about the row of an
-- earlier one are left to another turn.
--
-- In tables that grow each row is found by a query of its own for its key:
-- lateral, with a lock or offset 0, or within a left join.  Of another join the
-- planner might make one that reads all between the least and the greatest key,
-- which come from clients.

-- Says for how many of the first calls one turn is, by the ids that they are
-- about, which are all different; and the least and the greatest of those, so
-- that the planner need not begin with all partitions.
create or replace function gatepost.ids_span(
	ids uuid[],
	out apart integer,
	out low uuid,
	out high uuid
)
language plpgsql immutable parallel safe
as $$
begin
	apart := 0;
	for n in 1 .. cardinality(ids) loop
		exit when ids[n] = any (ids[:apart]);
		apart := n;
		low := least(low, ids[n]);
		high := greatest(high, ids[n]);
	end loop;
end
$$;
comment on function gatepost.ids_span(uuid[]) is
'How many of the first ids are all different, the least and the greatest.';

-- Says how long what concerns an access token must be remembered: while it may
-- live (the constraints of access_token_lifetime), and as much longer as
-- clocks may differ.  Called by what enters
-- revocations, publishes keys and sweeps.
create or replace function gatepost.token_memory()
returns interval
language sql immutable parallel safe
return interval '1 day 5 minutes';
comment on function gatepost.token_memory() is
'How long revocations and keys are kept for the sake of access tokens.';

-- Enters that access tokens of a grant, client or account, or (epoch, '')
-- all of them, are over: a grant's whenever they are issued, others' up to a
-- moment.  Called by what ends those.  Returns the change.
create or replace function gatepost.revocation_add(
	kind text,
	subject text,
	issued_until timestamptz default clock_timestamp()
)
returns bigint
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	number constant bigint := change_bump();
begin
	insert into revocation (change, kind, subject, revoked_at, expires_at)
	values (number, revocation_add.kind, revocation_add.subject,
	    issued_until, clock_timestamp() + token_memory());
	return number;
end
$$;
comment on function gatepost.revocation_add(text, text, timestamptz) is
'Enters a revocation of access tokens; returns the change''s number.';

-- Has a revocation of what was issued up to then reach up to its commit, since
-- tokens are issued while its transaction is open: one that a DBA types, say.
-- A trigger of revocation.
create or replace function gatepost.revocation_begin()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	update revocation v
	set revoked_at = clock_timestamp(),
		expires_at = clock_timestamp() + token_memory()
	where v.change = new.change;
	return null;
end
$$;
comment on function gatepost.revocation_begin() is
'A trigger: what is revoked is so up to the commit.';

select gatepost.trigger_make('gatepost.revocation', 'revocation_begin',
	'create constraint trigger revocation_begin '
	'after insert on gatepost.revocation '
	'deferrable initially deferred '
	'for each row when (new.kind in (''client'', ''account'') '
	'and new.revoked_at < ''infinity'') '
	'execute function gatepost.revocation_begin()');

-- Lets access tokens that are issued from now on count again.  Called when a
-- client or account is enabled, or a client directly deleted; what was issued
-- up to now stays over.
create or replace function gatepost.revocation_end(kind text, subject text)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	delete from revocation v
	where v.kind = revocation_end.kind
	and v.subject = revocation_end.subject
	and v.revoked_at = 'infinity';
	perform revocation_add(revocation_end.kind, revocation_end.subject);
end
$$;
comment on function gatepost.revocation_end(text, text) is
'Enters that tokens of a client or account that come from now on count.';

-- Ends a grant: its refresh token, its access tokens, its standing.  Called
-- by token (replays), revoke and DBA functions.  Returns whether it was alive.
create or replace function gatepost.grant_end(grant_id uuid, why text)
returns boolean
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	update access_grant g
	set ended_at = now(), ended_why = grant_end.why
	where g.id = grant_end.grant_id
	and g.ended_at is null;
	if not found then
		return false;
	end if;
	delete from standing_grant s
	where s.grant_id = grant_end.grant_id;
	perform revocation_add('grant', grant_end.grant_id::text);
	return true;
end
$$;
comment on function gatepost.grant_end(uuid, text) is
'Ends a grant and enters it as revoked; false when it was over already.';

-- Gives what is kept of a secret.  Called by what makes one, and by
-- attempt_add, which so remembers a password's hash.
create or replace function gatepost.secret_digest(secret text)
returns bytea
language sql immutable parallel safe
return sha256(convert_to(secret, 'UTF8'));
comment on function gatepost.secret_digest(text) is
'What is kept of a secret: its SHA-256.';

-- Reads REMOTE_ADDR, which programs pass only if it is an address.  Called
-- wherever it is stored.  An IPv4 client is that, also to a web server whose
-- one socket is for both (RFC 4291, 2.5.5.2).  The planner makes it a part of
-- the query.
create or replace function gatepost.address_read(address text)
returns inet
language sql immutable parallel safe
return case when address::inet << '::ffff:0:0/96'
	then substring(host(address::inet) from '[^:]*$')::inet
	else address::inet end;
comment on function gatepost.address_read(text) is
'An address as inet, IPv4 as such.';

-- Makes one audit record, of the present moment.  Called by audit_add, and by
-- functions for several calls, which write all of theirs at the end.  The
-- planner makes it a part of what calls it: so it is as volatile as uuid7, and
-- has no search_path.
create or replace function gatepost.audit_row(
	program text,
	event text,
	outcome text,
	error text default null,
	client_id text default null,
	account_id uuid default null,
	username text default null,
	grant_id uuid default null,
	resource text default null,
	scope text default null,
	address text default null,
	detail jsonb default null
)
returns gatepost.audit_event
language sql volatile
return row(gatepost.uuid7(), program, event, outcome, error, client_id,
	account_id, username, grant_id, resource, scope,
	gatepost.address_read(address), detail, session_user)
	::gatepost.audit_event;
comment on function gatepost.audit_row(text, text, text, text, text, uuid,
	text, uuid, text, text, text, jsonb) is
'Makes one audit record.';

-- Writes one audit record.  Called by every function that decides, in the
-- statement of the decision, but those for several calls.
create or replace function gatepost.audit_add(
	program text,
	event text,
	outcome text,
	error text default null,
	client_id text default null,
	account_id uuid default null,
	username text default null,
	grant_id uuid default null,
	resource text default null,
	scope text default null,
	address text default null,
	detail jsonb default null
)
returns void
language plpgsql
as $$
declare
	made constant gatepost.audit_event := audit_row(program, event, outcome,
	    error, client_id, account_id, username, grant_id, resource, scope,
	    address, detail);
begin
	insert into audit_event
	values (made.*);
end
$$;
comment on function gatepost.audit_add(text, text, text, text, text, uuid,
	text, uuid, text, text, text, jsonb) is
'Writes one audit record.';

-- Names a client in the audit trail only if there is such a client: what a
-- stranger sends as client_id may be a secret in the wrong place.
create or replace function gatepost.client_known(given_client_id text)
returns text
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
begin atomic
	select c.client_id
	from gatepost.client c
	where c.client_id = given_client_id;
end;
comment on function gatepost.client_known(text) is
'The client_id, if a client has it; else null.';

-- Judges a client's authentication (RFC 6749, 2.3): alive, by exactly the
-- method it is registered with, with the present secret or one that overlaps.
-- Called by token, revoke and introspect with the row of who asks.  Inlined by
-- the planner.
create or replace function gatepost.client_authentic(
	registered_method text,
	disabled_at timestamptz,
	secret_hash bytea,
	previous_hash bytea,
	previous_until timestamptz,
	given_method text,
	given_hash bytea
)
returns boolean
language sql stable parallel safe
return coalesce(disabled_at is null
	and given_method in ('none', 'client_secret_basic',
		'client_secret_post')
	and given_method = coalesce(registered_method,
		case when given_method <> 'none' then given_method end)
	and case when given_method = 'none' then given_hash is null
	else given_hash = secret_hash
		or given_hash = previous_hash and previous_until > now() end,
	false);
comment on function gatepost.client_authentic(text, timestamptz, bytea, bytea,
	timestamptz, text, bytea) is
'Whether a client authenticated itself as it is registered to.';

-- Finds a resource by its URI, else by an alias, else (null) the default:
-- the client's, then the server's.  Returns its own URI, null when none.
create or replace function gatepost.resource_find(
	given_resource text,
	client_default text
)
returns text
language plpgsql stable
as $$
begin
	if given_resource is null then
		return coalesce(client_default,
		    (select default_resource from server));
	end if;
	return coalesce(
	    (select uri from resource where uri = given_resource),
	    (select uri from resource_alias where alias = given_resource));
end
$$;
comment on function gatepost.resource_find(text, text) is
'The URI of the resource that a client means; null when there is none.';

-- Judges a redirect URI that a client wants to have: safe, and of a scheme that
-- needs no exception or has one.  Called by register_fault and
-- redirects_check; the same rules are constraints of client_redirect.
create or replace function gatepost.redirect_allowed(uri text)
returns boolean
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select coalesce(redirect_valid(uri), false)
	and (redirect_exception(uri) is null
		or exists (
			select
			from redirect_scheme_exception e
			where e.scheme = redirect_exception(uri)))
$$;
comment on function gatepost.redirect_allowed(text) is
'Whether a client may have a redirect URI.';

-- Puts a client's redirect URIs in the place of those it had.  Called
-- when it is made or changed.  One that is given twice counts once.
create or replace function gatepost.client_redirects_set(
	of_client_id text,
	redirect_uris text[]
)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	delete from client_redirect d
	where d.client_id = of_client_id;
	insert into client_redirect (client_id, position, uri)
	select of_client_id, min(u.place)::smallint, u.uri
	from unnest(redirect_uris) with ordinality u (uri, place)
	group by u.uri;
end
$$;
comment on function gatepost.client_redirects_set(text, text[]) is
'Sets a client''s redirect URIs.';

-- Lists the resources.  Called by metadata_describe and guard_read.  Returns an
-- array of objects, in the order of their URIs.
create or replace function gatepost.resources_describe()
returns jsonb
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select coalesce(jsonb_agg(jsonb_build_object(
			'uri', t.uri,
			'name', t.name,
			'scopes', to_jsonb(t.scopes),
			'default_scopes',
			to_jsonb(coalesce(t.default_scopes, t.scopes)),
			'origins', to_jsonb(coalesce(t.origins, '{}')),
			'checks_scope', t.checks_scope,
			'is_default', t.uri is not distinct from
				s.default_resource,
			'aliases', coalesce((
				select jsonb_agg(l.alias order by l.alias)
				from resource_alias l
				where l.uri = t.uri), '[]'))
			order by t.uri::text), '[]')
	from resource t
	cross join server s
$$;
comment on function gatepost.resources_describe() is
'The resources, as a JSON array.';

-- Reads the settings that every program needs.  Called by each at its start
-- and when the counter moved.  One row.
create or replace function gatepost.server_read()
returns table (
	change bigint,
	issuer text,
	service_name text,
	session_absolute_seconds integer,
	registration text,
	cache_seconds integer,
	remote_user boolean,
	prepared_statements boolean,
	guard_offline_seconds integer,
	guard_audit text,
	signing_algorithm text
)
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select c.counter, s.issuer, s.service_name,
		extract(epoch from s.session_absolute)::integer,
		s.registration, s.cache_seconds, s.remote_user,
		s.prepared_statements,
		extract(epoch from s.guard_offline)::integer, s.guard_audit,
		s.signing_algorithm
	from server s
	cross join change c
$$;
comment on function gatepost.server_read() is
'The settings that programs need, and the change they are of.';

-- Reads the counter.  Called by a program about to answer whose last look is
-- older than a second.
create or replace function gatepost.server_change(out counter bigint)
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select c.counter
	from change c
$$;
comment on function gatepost.server_change() is
'The number of the latest change.';

-- Records a request that a program refused before any other statement.
-- Called by every program; which one, its role's name says.
create or replace function gatepost.refusal_record(
	error text,
	client_id text,
	address text,
	out recorded boolean
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	perform audit_add(
	    program => substring(session_user from '[^_]*$'),
	    event => 'refused',
	    outcome => 'refused',
	    error => left(refusal_record.error, 64),
	    client_id => client_known(refusal_record.client_id),
	    address => refusal_record.address);
	recorded := true;
end
$$;
comment on function gatepost.refusal_record(text, text, text) is
'Records that a program refused a request by itself.';
