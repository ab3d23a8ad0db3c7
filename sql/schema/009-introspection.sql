-- SPDX-License-Identifier: ISC
-- Resource servers that authenticate with a key of their own.

alter table gatepost.resource_server
	alter column secret_hash drop not null,
	add column jwks jsonb
		check (jwks is null or gatepost.jwks_valid(jwks)),
	add column jwks_version gatepost.sha256
		generated always as (gatepost.jwks_digest(jwks)) stored,
	add constraint resource_server_secret check (
		(secret_hash is null) = (jwks is not null));
comment on column gatepost.resource_server.jwks is
'Its public keys (a JWK Set), with which it authenticates instead of a secret.';
comment on column gatepost.resource_server.jwks_version is
'Of its keys, which programs keep.';
