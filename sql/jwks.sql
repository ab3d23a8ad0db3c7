-- SPDX-License-Identifier: ISC
-- jwks: the public keys.

\set program jwks
\ir role.psql

-- Lists the public keys that verify access tokens: every one but those that
-- were followed by another so long ago that all they signed has expired.
-- Called by jwks and guard.  Returns their JWKs, the newest first.
create or replace function gatepost.signing_keys_public()
returns jsonb
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select coalesce(jsonb_agg(k.public_jwk order by k.generation desc),
		'[]')
	from signing_key k
	where not exists (
		select
		from signing_key later
		where later.generation > k.generation
		and later.activates_at < now() - token_memory())
$$;
comment on function gatepost.signing_keys_public() is
'The public keys, as an array of JWKs.';

-- Reads the public keys and the change they are of.  Called by jwks, and by
-- revoke and introspect, which verify access tokens.  One row.
create or replace function gatepost.jwks_read(
	out change bigint,
	out keys jsonb
)
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select c.counter, signing_keys_public()
	from change c
$$;
comment on function gatepost.jwks_read() is
'The public keys; for jwks, revoke and introspect.';

grant execute on function
	gatepost.jwks_read()
to :"role";
