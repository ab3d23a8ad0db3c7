-- SPDX-License-Identifier: ISC
-- Glewlwyd's plugin for OpenID Connect, and who uses it.  Read by a DBA's psql
-- after Glewlwyd's own init.postgre.sql, with :issuer, :key (a JWKS with the
-- private key), :jwks (the public one of the client "keys") and :secret.
--
-- Client secrets are compared as they are, since a slow hash of them would be
-- all that is measured.

insert into g_plugin_module_instance (gpmi_module, gpmi_name, gpmi_parameters)
select 'oidc', 'oidc', jsonb_build_object(
	'iss', :'issuer',
	'jwks-private', :'key',
	'jwks-show', true,
	'allowed-scope', '["openid"]'::jsonb,
	'allow-non-oidc', true,
	'access-token-duration', 600,
	'refresh-token-duration', 2592000,
	'code-duration', 60,
	'refresh-token-rolling', true,
	'refresh-token-one-use', 'always',
	'auth-type-code-enabled', true,
	'auth-type-code-revoke-replayed', true,
	'auth-type-client-enabled', true,
	'auth-type-refresh-enabled', true,
	'pkce-allowed', true,
	'pkce-method-plain-allowed', false,
	'introspection-revocation-allowed', true,
	'introspection-revocation-allow-target-client', true,
	'request-parameter-allow', true,
	'request-maximum-exp', 7200,
	'client-jwks-parameter', 'jwks',
	'subject-type', 'public')::text;

insert into g_scope (gs_name, gs_password_required)
values ('mcp:tools:news', 0);

insert into g_client (gc_client_id, gc_confidential)
values ('bench', 1), ('keys', 1), ('web', 0);

insert into g_client_scope (gcs_name)
values ('mcp:tools:news');
insert into g_client_scope_client (gc_id, gcs_id)
select gc_id, gcs_id
from g_client, g_client_scope;

insert into g_client_property (gc_id, gcp_name, gcp_value)
select gc_id, name, value
from g_client
join (values
	('bench', 'authorization_type', 'client_credentials'),
	('bench', 'token_endpoint_auth_method', 'client_secret_basic'),
	('bench', 'client_secret', :'secret'),
	('keys', 'authorization_type', 'client_credentials'),
	('keys', 'token_endpoint_auth_method', 'private_key_jwt'),
	('keys', 'jwks', :'jwks'),
	('web', 'authorization_type', 'code'),
	('web', 'authorization_type', 'refresh_token'),
	('web', 'token_endpoint_auth_method', 'none'),
	('web', 'redirect_uri', 'https://client.example/callback')
) p (client, name, value) on client = gc_client_id;

insert into g_user (gu_username)
values ('demo');
insert into g_user_password (gu_id, guw_password)
select gu_id, crypt(:'secret', gen_salt('bf', 4))
from g_user
where gu_username = 'demo';
insert into g_user_scope (gus_name)
values ('mcp:tools:news');
insert into g_user_scope_user (gu_id, gus_id)
select gu_id, gus_id
from g_user, g_user_scope
where gu_username = 'demo'
and gus_name = 'mcp:tools:news';
insert into g_client_user_scope (gs_id, gcus_username, gcus_client_id)
select gs_id, 'demo', 'web'
from g_scope
where gs_name = 'mcp:tools:news';
