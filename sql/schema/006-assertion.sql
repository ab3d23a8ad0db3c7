-- SPDX-License-Identifier: ISC
-- Clients that authenticate with a key of their own (private_key_jwt): their
-- public keys, and the assertions that were used.

-- Says what a public key is to us: 'good', 'passed over' (of a kind we do not
-- verify with, RFC 7517, 5), or null: nothing an honest owner publishes, or
-- too weak.  The programs look closer.
create function gatepost.jwk_kind(jwk jsonb)
returns text
language sql immutable parallel safe
return case
	when coalesce(jsonb_typeof(jwk), '') <> 'object'
		or jwk ?| '{d,p,q,dp,dq,qi,oth,k}'
		or coalesce(jsonb_typeof(jwk -> 'kty'), '') <> 'string'
		or jwk ->> 'kty' = 'oct' then null
	when jwk ->> 'kty' = 'RSA' and (
		coalesce(jwk ->> 'n', '') !~ '^[A-Za-z0-9_-]+$'
		-- 2048 bits begin with the highest one
		or length(jwk ->> 'n') not between
		case when jwk ->> 'n' ~ '^[g-z0-9_-]' then 342 else 343 end
		and 683
		or coalesce(jwk ->> 'e', '') !~ '^[A-Za-z0-9_-]{4,6}$')
		then null
	when jwk ->> 'crv' in ('P-256', 'P-384', 'Ed25519')
		and (jwk ->> 'kty' = 'OKP') <> (jwk ->> 'crv' = 'Ed25519')
		then null
	when jwk ->> 'crv' in ('P-256', 'Ed25519')
		and coalesce(jwk ->> 'x', '') !~ '^[A-Za-z0-9_-]{43}$'
		or jwk ->> 'crv' = 'P-256'
		and coalesce(jwk ->> 'y', '') !~ '^[A-Za-z0-9_-]{43}$'
		or jwk ->> 'crv' = 'P-384'
		and (coalesce(jwk ->> 'x', '') !~ '^[A-Za-z0-9_-]{64}$'
		or coalesce(jwk ->> 'y', '') !~ '^[A-Za-z0-9_-]{64}$')
		then null
	when coalesce(jwk ->> 'use', 'sig') = 'sig'
		and coalesce(jwk ->> 'alg', 'ES256') in
		('ES256', 'ES384', 'Ed25519', 'EdDSA', 'PS256', 'RS256')
		and (jwk ->> 'kty' = 'RSA'
		or jwk ->> 'crv' in ('P-256', 'P-384', 'Ed25519'))
		then 'good'
	else 'passed over' end;
comment on function gatepost.jwk_kind(jsonb) is
'Whether a public key is good, to be passed over, or (null) refused.';

create function gatepost.jwks_valid(jwks jsonb)
returns boolean
language sql immutable parallel safe
begin atomic
	select coalesce(jsonb_typeof(jwks -> 'keys') = 'array'
		and octet_length(jwks::text) <= 16384
		and count(k) <= 16
		and bool_and(gatepost.jwk_kind(k) is not null)
		and bool_or(gatepost.jwk_kind(k) = 'good'), false)
	from jsonb_array_elements(case jsonb_typeof(jwks -> 'keys')
		when 'array' then jwks -> 'keys' else '[]' end) k;
end;
comment on function gatepost.jwks_valid(jsonb) is
'Whether a JWK Set has 1 to 16 keys, all public and none weak, that assertions can be verified with.';

create function gatepost.jwks_digest(jwks jsonb)
returns bytea
language sql immutable parallel safe
return sha256(convert_to(jwks::text, 'UTF8'));
comment on function gatepost.jwks_digest(jsonb) is
'The version of a key set, by which a program knows that those it keeps are others.';

alter table gatepost.client
	drop constraint client_auth_method_check,
	drop constraint client_public,
	drop constraint client_credentials_confidential,
	add column jwks jsonb
		check (jwks is null or gatepost.jwks_valid(jwks)),
	add column jwks_version gatepost.sha256
		generated always as (gatepost.jwks_digest(jwks)) stored,
	add column signing_alg text check (signing_alg in
		('ES256', 'ES384', 'EdDSA', 'PS256', 'RS256')),
	add column token_endpoint_audience boolean not null default false,
	add constraint client_auth_method_check check (auth_method in ('none',
		'client_secret_basic', 'client_secret_post',
		'private_key_jwt')),
	add constraint client_secret check (
		coalesce(auth_method in ('none', 'private_key_jwt'), false)
		= (secret_hash is null)),
	add constraint client_keys check (
		(auth_method is not distinct from 'private_key_jwt')
		= (jwks is not null)
		and (signing_alg is null or jwks is not null)),
	add constraint client_credentials_confidential check (
		not 'client_credentials' = any (grant_types)
		or auth_method is distinct from 'none'
		and not self_registered);
comment on column gatepost.client.jwks is
'Its public keys (a JWK Set), when auth_method is private_key_jwt.';
comment on column gatepost.client.jwks_version is
'Of its keys, which programs keep.';
comment on column gatepost.client.signing_alg is
'The one algorithm of its assertions; null: any that one of its keys is for.';
comment on column gatepost.client.token_endpoint_audience is
'Whether its assertions may name the token endpoint as their audience, as old clients do, and not the issuer.';

-- What token and revoke found in an assertion.
create type gatepost.client_assertion as (
	fault text,
	keys_version bytea,
	alg text,
	audience text,
	jti_hash bytea,
	expires_at bigint,
	issued_at bigint,
	not_before bigint
);
comment on type gatepost.client_assertion is
'What a program found in a client assertion: fault, if it does not hold by the keys of that version; else what it says, audience being issuer or token_endpoint, times in seconds since 1970.';

create table gatepost.assertion_used (
	id uuid primary key
) partition by range (id);
create table gatepost.assertion_used_default
partition of gatepost.assertion_used default;
comment on table gatepost.assertion_used is
'Client assertions that were used.  The id is the day on which one expires and a digest of its client and jti: so the primary key lets it be used once, and it is forgotten with its day.';
insert into gatepost.partition_plan (parent, width, ahead, fillfactor)
values ('assertion_used', '1 day', 2, 100);
