-- SPDX-License-Identifier: ISC
-- What the programs cache: settings, resources, scopes, rules, keys, and the
-- counter that tells them of changes.

create table gatepost.change (
	only_one boolean primary key default true check (only_one),
	counter bigint not null
) with (fillfactor = 10);
insert into gatepost.change (counter)
values (extract(epoch from clock_timestamp())::bigint);
comment on table gatepost.change is
'One row: a counter that grows with every change that programs cache.';

create table gatepost.revocation (
	change bigint primary key,
	kind text not null
		check (kind in ('grant', 'client', 'account', 'epoch')),
	subject text not null check ((kind = 'epoch') = (subject = '')),
	revoked_at timestamptz not null default clock_timestamp(),
	expires_at timestamptz not null
);
create index revocation_subject on gatepost.revocation (subject);
comment on table gatepost.revocation is
'Access tokens that are over before they expire: those of a grant, or issued up to revoked_at to a client, an account or (epoch) anybody.';
comment on column gatepost.revocation.revoked_at is
'Tokens issued up to then are over; infinity while a client or account is disabled, since one may be issued before that commits.';
comment on column gatepost.revocation.expires_at is
'When the last of those tokens has expired, and the row may go.';

create table gatepost.resource (
	uri gatepost.resource_uri primary key,
	name gatepost.label not null,
	scopes gatepost.scope_list not null check (cardinality(scopes) > 0),
	default_scopes gatepost.scope_list
		check (cardinality(default_scopes) > 0),
	origins text[],
	checks_scope boolean not null default false,
	created_at timestamptz not null default now()
);
comment on table gatepost.resource is
'Protected MCP servers: what a token can be for.';
comment on column gatepost.resource.default_scopes is
'What asking for nothing means; null: all scopes of the resource.';
comment on column gatepost.resource.origins is
'Web origins that may call it from a browser; null: none.';
comment on column gatepost.resource.checks_scope is
'Whether the server checks scopes itself, so that the guard only tells it.';

create table gatepost.resource_alias (
	alias gatepost.resource_uri primary key,
	uri gatepost.resource_uri not null
		references gatepost.resource
		on update cascade
		on delete cascade,
	check (alias <> uri)
);
create index resource_alias_uri on gatepost.resource_alias (uri);
comment on table gatepost.resource_alias is
'Other spellings that clients send for a resource.  A resource of that very URI wins.';

create table gatepost.resource_rule (
	id uuid primary key default gatepost.uuid7(),
	uri gatepost.resource_uri not null
		references gatepost.resource
		on update cascade
		on delete cascade,
	required_scope text not null check (
		gatepost.scope_valid(replace(required_scope, '{name}', 'name'))),
	method text check (method ~ '^[A-Z]{1,32}$'),
	path_prefix text check (path_prefix ~ '^/[^%;\\?#[:space:]]*$'),
	mcp_method text check (mcp_method ~ '^[!-~]{1,200}$'),
	mcp_name text check (length(mcp_name) between 1 and 1000),
	unique nulls not distinct
		(uri, required_scope, method, path_prefix, mcp_method, mcp_name)
);
comment on table gatepost.resource_rule is
'Which scope a request to a guarded resource needs; every rule that matches must hold.';
comment on column gatepost.resource_rule.required_scope is
'A scope; {name} stands for the name in Mcp-Name.';

create table gatepost.resource_server (
	id text primary key default gatepost.uuid7()::text
		check (id ~ '^[!-~]{1,255}$'),
	uri gatepost.resource_uri not null
		references gatepost.resource
		on update cascade
		on delete cascade,
	name gatepost.label not null,
	secret_hash gatepost.sha256 not null,
	disabled_at timestamptz,
	created_at timestamptz not null default now()
);
comment on table gatepost.resource_server is
'Who may ask about tokens for a resource (introspection).';

create table gatepost.scope (
	name gatepost.scope_name primary key,
	description text not null
		check (length(description) between 1 and 500)
);
comment on table gatepost.scope is
'What scopes mean, in words for the person who is asked.';

create table gatepost.redirect_scheme_exception (
	scheme text primary key check (scheme ~ '^[A-Za-z][A-Za-z0-9+-]*$'),
	why text not null default ''
);
insert into gatepost.redirect_scheme_exception (scheme, why)
values
	('cursor', 'Cursor registers cursor://anysphere.cursor-mcp/...'),
	('vscode', 'Visual Studio Code'),
	('vscode-insiders', 'Visual Studio Code Insiders');
comment on table gatepost.redirect_scheme_exception is
'Custom schemes without a dot that redirect URIs may have all the same.';

create table gatepost.signing_key (
	generation integer primary key check (generation > 0),
	kid text not null unique check (kid ~ '^[A-Za-z0-9_-]{1,64}$'),
	alg text not null check (alg in ('ES256', 'EdDSA', 'RS256')),
	public_jwk jsonb not null check (
		jsonb_typeof(public_jwk) = 'object'
		and not public_jwk ?| '{d,p,q,dp,dq,qi,oth,k}'),
	sealed bytea not null check (octet_length(sealed) between 28 and 8192),
	activates_at timestamptz not null,
	created_at timestamptz not null default now()
);
comment on table gatepost.signing_key is
'Signing keys.  The newest that has been activated signs; one that was followed stays published until what it signed has expired.';
comment on column gatepost.signing_key.sealed is
'The private key, sealed with a key that is not in the database.';

create function gatepost.issuer_valid(uri text)
returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	part constant text[] := gatepost.uri_split(uri);
begin
	return coalesce((part[1] = 'https' or gatepost.redirect_loopback(uri))
	    and gatepost.origin_canonical(part)
	    and part[4] ~ '^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$'
	    and part[5] is null, false);
end
$$;
comment on function gatepost.issuer_valid(text) is
'Whether a URL can be an issuer: https (http on loopback), no trailing slash, no query.';

create table gatepost.server (
	only_one boolean primary key default true check (only_one),
	issuer text not null default 'http://localhost:8080'
		check (gatepost.issuer_valid(issuer)),
	service_name gatepost.label not null default 'gatepost',
	default_resource gatepost.resource_uri
		references gatepost.resource
		on update cascade
		on delete set null,
	access_token_lifetime interval not null default '10 minutes'
		check (access_token_lifetime between '1 minute' and '1 day'),
	code_lifetime interval not null default '60 seconds'
		check (code_lifetime between '1 second' and '10 minutes'),
	request_lifetime interval not null default '30 minutes'
		check (request_lifetime between '1 second' and '1 day'),
	session_idle interval not null default '30 minutes'
		check (session_idle between '1 second' and '30 days'),
	session_absolute interval not null default '12 hours'
		check (session_absolute between '1 second' and '30 days'),
	refresh_idle interval not null default '30 days'
		check (refresh_idle between '1 second' and '400 days'),
	refresh_absolute interval not null default '90 days'
		check (refresh_absolute between '1 second' and '400 days'),
	replay_window interval not null default '15 minutes'
		check (replay_window between '1 second' and '1 day'),
	registration text not null default 'open'
		check (registration in ('open', 'closed')),
	signing_algorithm text not null default 'ES256'
		check (signing_algorithm in ('ES256', 'EdDSA', 'RS256')),
	key_rotation_age interval not null default '30 days'
		check (key_rotation_age between '1 hour' and '10 years'),
	key_rotation_asked_at timestamptz not null default '-infinity',
	cache_seconds integer not null default 300
		check (cache_seconds between 0 and 86400),
	remote_user boolean not null default false,
	remote_user_create boolean not null default false,
	prepared_statements boolean not null default true,
	login_failures integer not null default 10
		check (login_failures between 1 and 10000),
	login_window interval not null default '15 minutes'
		check (login_window between '1 second' and '1 day'),
	guard_offline interval not null default '60 seconds'
		check (guard_offline between '0' and '1 day'),
	guard_audit text not null default 'batched'
		check (guard_audit in ('batched', 'synchronous')),
	client_unused_age interval not null default '90 days'
		check (client_unused_age between '1 hour' and '10 years'),
	audit_retention interval
		check (audit_retention >= '1 day'),
	password_cost integer not null default 12
		check (password_cost between 8 and 14),
	epoch_at timestamptz not null default '-infinity'
);
insert into gatepost.server default values;
comment on table gatepost.server is
'The settings: one row.  Change it with setting_set().';
comment on column gatepost.server.issuer is
'The issuer, byte for byte as it is everywhere; no trailing slash.';
comment on column gatepost.server.service_name is
'What the pages call this service.';
comment on column gatepost.server.default_resource is
'What a token is for when the client names no resource.';
comment on column gatepost.server.access_token_lifetime is
'How long access tokens live.';
comment on column gatepost.server.code_lifetime is
'How long an authorization code may wait to be redeemed.';
comment on column gatepost.server.request_lifetime is
'How long a person may take to log in and decide.';
comment on column gatepost.server.session_idle is
'A browser session unused for so long is over.';
comment on column gatepost.server.session_absolute is
'A browser session is over so long after the login.';
comment on column gatepost.server.refresh_idle is
'A refresh token unused for so long is over.';
comment on column gatepost.server.refresh_absolute is
'A grant can be refreshed for so long.';
comment on column gatepost.server.replay_window is
'A refresh token superseded not longer ago is answered with its successor.';
comment on column gatepost.server.registration is
'Whether clients may register themselves: open or closed.';
comment on column gatepost.server.signing_algorithm is
'What the next signing key is for: ES256, EdDSA or RS256.';
comment on column gatepost.server.key_rotation_age is
'A signing key that has signed for so long is replaced.';
comment on column gatepost.server.key_rotation_asked_at is
'When key_rotate() was last called.';
comment on column gatepost.server.cache_seconds is
'How long caches may keep metadata and keys; a new key is published twice as long before it signs.';
comment on column gatepost.server.remote_user is
'Whether REMOTE_USER, set by the web server''s own authentication, is a login.';
comment on column gatepost.server.remote_user_create is
'Whether a REMOTE_USER without an account gets one.';
comment on column gatepost.server.prepared_statements is
'Whether programs prepare statements; false behind some poolers.';
comment on column gatepost.server.login_failures is
'So many failures in login_window, and logins to an account from that network are refused until it is over; ten times as many from one network, or to one account from anywhere.';
comment on column gatepost.server.login_window is
'See login_failures.';
comment on column gatepost.server.guard_offline is
'How long the guard goes on with what it knows when the database is away.';
comment on column gatepost.server.guard_audit is
'Whether the guard records its decisions batched, a second later, or synchronous.';
comment on column gatepost.server.client_unused_age is
'A client that registered itself and was never used goes after so long.';
comment on column gatepost.server.audit_retention is
'Audit records older than this go; null: never.';
comment on column gatepost.server.password_cost is
'The bcrypt cost of passwords set from now on.';
comment on column gatepost.server.epoch_at is
'Everything granted up to then is over: see revoke_everything().';
