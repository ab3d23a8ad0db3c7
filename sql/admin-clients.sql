-- SPDX-License-Identifier: ISC
-- What a DBA calls to run clients.  Each call is an audit record with who
-- made it; a secret is in the answer and nowhere else.

-- Makes a secret of 256 bits.  Called by what gives one to a client or to a
-- resource server.  Returns the 43 characters that are given out.
create or replace function gatepost.secret_make()
returns text
language sql volatile security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select translate(encode(gatepost_crypto.gen_random_bytes(32), 'base64'),
		'+/=', '-_')
$$;
comment on function gatepost.secret_make() is
'A new secret of 256 bits, in base64url.';

-- Refuses redirect URIs that a client may not have, saying which and why.
-- Called by client_create before it stores them; the same rules are
-- constraints of client_redirect.
create or replace function gatepost.redirects_check(redirect_uris text[])
returns void
language plpgsql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	one text;
begin
	if cardinality(redirect_uris) > 32 then
		raise exception 'a client has at most 32 redirect URIs'
		using errcode = 'invalid_parameter_value';
	end if;
	foreach one in array redirect_uris loop
		if not coalesce(redirect_valid(one), false) then
			raise exception 'not a safe redirect URI: %', one
			using errcode = 'invalid_parameter_value',
			hint = 'https with a host; or http with 127.0.0.1, '
			    '[::1] or localhost; or a scheme of the '
			    'reverse-domain form.  No fragment, user or *.';
		end if;
		if not redirect_allowed(one) then
			raise exception 'not an allowed redirect scheme: %',
			    redirect_exception(one)
			using errcode = 'invalid_parameter_value',
			hint = 'A DBA may insert it into '
			    'gatepost.redirect_scheme_exception.';
		end if;
	end loop;
end
$$;
comment on function gatepost.redirects_check(text[]) is
'Raises an error that names the redirect URI which a client may not have.';

-- Refuses what does not go together in a client, saying what.  Called by
-- client_create; the same rules are constraints of the table client.
create or replace function gatepost.client_check(
	name text,
	redirect_uris text[],
	grant_types text[],
	scopes text[],
	auth_method text
)
returns void
language plpgsql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	why constant text := case
	    when not coalesce(label_valid(name), false)
		then 'a name has 1 to 200 characters, none of control'
	    when auth_method not in
		('none', 'client_secret_basic', 'client_secret_post',
		'private_key_jwt')
		then 'auth_method is none, client_secret_basic, '
		    'client_secret_post, private_key_jwt, '
		    'or null for either of the two with a secret'
	    when cardinality(grant_types) = 0 or grant_types is null
		or not grant_types <@
		'{authorization_code,refresh_token,client_credentials}'
		then 'grant_types are some of authorization_code, '
		    'refresh_token and client_credentials'
	    when not scopes_valid(scopes)
		then 'one of the scopes is malformed'
	    when auth_method = 'none'
		and 'client_credentials' = any (grant_types)
		then 'client_credentials is for clients with a secret '
		    'or a key'
	    when 'refresh_token' = any (grant_types)
		and not 'authorization_code' = any (grant_types)
		then 'refresh_token goes with authorization_code'
	    when 'authorization_code' = any (grant_types)
		and coalesce(cardinality(redirect_uris), 0) = 0
		then 'authorization_code needs a redirect URI'
	    end;
begin
	if why is not null then
		raise exception 'not a good client: %', why
		using errcode = 'invalid_parameter_value';
	end if;
end
$$;
comment on function gatepost.client_check(text, text[], text[], text[], text) is
'Raises an error that says what does not go together in a client.';

-- Refuses keys that a client may not have, saying why.  Called by
-- client_create and client_set_auth_method; the same rules are constraints of
-- the table client.
create or replace function gatepost.client_keys_check(
	auth_method text,
	jwks jsonb,
	jwks_uri text default null
)
returns void
language plpgsql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	why constant text := case
	    when (auth_method is not distinct from 'private_key_jwt')
		<> (num_nonnulls(jwks, jwks_uri) = 1)
		or num_nonnulls(jwks, jwks_uri) = 2
		then 'jwks goes with the auth_method private_key_jwt, '
		    'or jwks_uri does'
	    when jwks_uri is not null and not document_url_valid(jwks_uri)
		then 'jwks_uri is an https URL'
	    when jwks is not null and not jwks_valid(jwks)
		then 'jwks is {"keys": [...]} with 1 to 16 public keys: '
		    'P-256, P-384, Ed25519, or RSA of 2048 to 4096 bits'
	    end;
begin
	if why is not null then
		raise exception 'not good keys: %', why
		using errcode = 'invalid_parameter_value';
	end if;
end
$$;
comment on function gatepost.client_keys_check(text, jsonb, text) is
'Raises an error that says what is wrong with a client''s keys.';

-- Makes a client.  Called by a DBA.  Returns its client_id and its secret,
-- which is shown this once; null for a public client (auth_method none), and
-- for one that has keys.
create or replace function gatepost.client_create(
	name text,
	redirect_uris text[] default '{}',
	grant_types text[] default '{authorization_code,refresh_token}',
	scopes text[] default null,
	auth_method text default null,
	jwks jsonb default null
)
returns table (client_id text, client_secret text)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	method constant text := coalesce(auth_method,
	    case when jwks is not null then 'private_key_jwt' end);
begin
	perform client_check(name, redirect_uris, grant_types, scopes, method);
	perform client_keys_check(method, jwks);
	perform redirects_check(redirect_uris);
	if coalesce(method not in ('none', 'private_key_jwt'), true) then
		client_secret := secret_make();
	end if;
	insert into client as c (name, auth_method, secret_hash, grant_types,
	    scopes, jwks)
	values (client_create.name, method, secret_digest(client_secret),
	    client_create.grant_types, client_create.scopes,
	    client_create.jwks)
	returning c.client_id
	into strict client_id;
	perform client_redirects_set(client_create.client_id, redirect_uris);
	perform audit_add(
	    program => 'admin',
	    event => 'client_create',
	    outcome => 'done',
	    client_id => client_create.client_id,
	    scope => array_to_string(scopes, ' '),
	    detail => jsonb_build_object('name', name,
		'redirect_uris', redirect_uris, 'grant_types', grant_types,
		'auth_method', method));
	return next;
end
$$;
comment on function gatepost.client_create(text, text[], text[], text[], text,
	jsonb) is
'Makes a client; returns its client_id and, this once, its secret.  auth_method none: a public client, without a secret; null: client_secret_basic or client_secret_post, or with jwks private_key_jwt.  scopes null: no limit of its own.';

-- Gives a client a new secret.  Called by a DBA.  Returns the secret, which
-- is shown this once; the one before stays good for the overlap.
create or replace function gatepost.client_rotate_secret(
	client_id text,
	overlap interval default '1 day'
)
returns text
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	secret constant text := secret_make();
	known client;
begin
	select *
	into known
	from client c
	where c.client_id = client_rotate_secret.client_id
	for update;
	if not found or known.secret_hash is null then
		raise exception 'no client with a secret has the client_id %',
		    client_id
		using errcode = 'no_data_found';
	end if;
	if overlap is null or not overlap between '0' and '90 days' then
		raise exception 'an overlap is 0 to 90 days'
		using errcode = 'invalid_parameter_value';
	end if;
	update client c
	set secret_hash = secret_digest(secret),
		previous_secret_hash =
			case when overlap > '0' then c.secret_hash end,
		previous_secret_until =
			case when overlap > '0' then now() + overlap end
	where c.client_id = known.client_id;
	perform audit_add(
	    program => 'admin',
	    event => 'client_rotate_secret',
	    outcome => 'done',
	    client_id => known.client_id,
	    detail => jsonb_build_object('overlap', overlap));
	return secret;
end
$$;
comment on function gatepost.client_rotate_secret(text, interval) is
'Gives a client a new secret and returns it, this once; the old one is good for the overlap.';

-- Sets how a client authenticates from now on, and the keys it does that with.
-- Called by a DBA.  Returns its new secret, which is shown this once; null when
-- it has keys, or nothing.  What it was granted stays.
create or replace function gatepost.client_set_auth_method(
	client_id text,
	auth_method text,
	jwks jsonb default null,
	signing_alg text default null,
	jwks_uri text default null
)
returns text
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	secret constant text := case
	    when coalesce(auth_method not in ('none', 'private_key_jwt'), true)
		then secret_make() end;
begin
	perform client_keys_check(auth_method, jwks, jwks_uri);
	update client c
	set auth_method = client_set_auth_method.auth_method,
		secret_hash = secret_digest(secret),
		previous_secret_hash = null,
		previous_secret_until = null,
		jwks = coalesce(client_set_auth_method.jwks,
			keys_cached(client_set_auth_method.jwks_uri)),
		jwks_uri = client_set_auth_method.jwks_uri,
		also_public = false,
		signing_alg = client_set_auth_method.signing_alg
	where c.client_id = client_set_auth_method.client_id;
	if not found then
		raise exception 'no client has the client_id %', client_id
		using errcode = 'no_data_found';
	end if;
	perform audit_add(
	    program => 'admin',
	    event => 'client_set_auth_method',
	    outcome => 'done',
	    client_id => client_set_auth_method.client_id,
	    detail => jsonb_build_object('auth_method', auth_method,
		'jwks', jwks, 'jwks_uri', jwks_uri,
		'signing_alg', signing_alg));
	if jwks_uri is not null then
		perform keys_ask(jwks_uri);
	end if;
	return secret;
end
$$;
comment on function gatepost.client_set_auth_method(text, text, jsonb, text,
	text) is
'Sets how a client authenticates: with keys (private_key_jwt and jwks, or jwks_uri, from where fetch reads them), with a new secret, which is returned this once, or (none) not at all.';

-- Stops a client: nothing is answered to it, and its access tokens are over.
-- Called by a DBA.  What it was granted is kept for client_enable().
create or replace function gatepost.client_disable(client_id text, why text)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	update client c
	set disabled_at = coalesce(c.disabled_at, now()),
		disabled_why = why
	where c.client_id = client_disable.client_id;
	if not found then
		raise exception 'no client has the client_id %', client_id
		using errcode = 'no_data_found';
	end if;
	perform revocation_add('client', client_id, 'infinity');
	perform audit_add(
	    program => 'admin',
	    event => 'client_disable',
	    outcome => 'done',
	    client_id => client_disable.client_id,
	    detail => jsonb_build_object('why', why));
end
$$;
comment on function gatepost.client_disable(text, text) is
'Stops a client and ends its access tokens; client_enable() undoes it.';

-- Lets a stopped client go on; it needs new access tokens.  Called by a DBA.
create or replace function gatepost.client_enable(client_id text)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	update client c
	set disabled_at = null,
		disabled_why = null
	where c.client_id = client_enable.client_id;
	if not found then
		raise exception 'no client has the client_id %', client_id
		using errcode = 'no_data_found';
	end if;
	perform revocation_end('client', client_id);
	perform audit_add(
	    program => 'admin',
	    event => 'client_enable',
	    outcome => 'done',
	    client_id => client_enable.client_id);
end
$$;
comment on function gatepost.client_enable(text) is
'Lets a client go on that client_disable() stopped.';

-- Lets a client that fetch_policy holds be fetched and used.  Called by a DBA,
-- with its client_id from the view pending_clients or before it ever came.
create or replace function gatepost.client_approve(client_id text)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	if not coalesce(document_url_valid(client_id), false) then
		raise exception 'not the URL of a metadata document: %',
		    client_id
		using errcode = 'invalid_parameter_value',
		hint = 'https, a host and a path, with no fragment, no user '
		    'and no dot segments.';
	end if;
	insert into document as d (url, kind, approved_at)
	values (client_id, 'client', now())
	on conflict (url, kind) do update
	set approved_at = coalesce(d.approved_at, now());
	perform audit_add(
	    program => 'admin',
	    event => 'client_approve',
	    outcome => 'done',
	    client_id => client_approve.client_id);
end
$$;
comment on function gatepost.client_approve(text) is
'Lets a client that fetch_policy holds be used; the view pending_clients lists those that wait.';

grant execute on function
	gatepost.client_approve(text),
	gatepost.client_create(text, text[], text[], text[], text, jsonb),
	gatepost.client_rotate_secret(text, interval),
	gatepost.client_set_auth_method(text, text, jsonb, text, text),
	gatepost.client_disable(text, text),
	gatepost.client_enable(text)
to :"dba";
