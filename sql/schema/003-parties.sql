-- SPDX-License-Identifier: ISC
-- Clients, accounts, and what accounts agreed to.

create table gatepost.client (
	client_id text primary key default gatepost.uuid7()::text
		check (client_id ~ '^[!-~]+$' and length(client_id) <= 512),
	name gatepost.label not null,
	self_registered boolean not null default false,
	auth_method text check (auth_method in
		('none', 'client_secret_basic', 'client_secret_post')),
	secret_hash gatepost.sha256,
	previous_secret_hash gatepost.sha256,
	previous_secret_until timestamptz,
	grant_types text[] not null
		default '{authorization_code,refresh_token}'
		check (cardinality(grant_types) > 0 and grant_types <@
		'{authorization_code,refresh_token,client_credentials}'),
	scopes gatepost.scope_list,
	default_resource gatepost.resource_uri
		references gatepost.resource
		on update cascade
		on delete set null,
	registration_token_hash gatepost.sha256,
	metadata jsonb not null default '{}'
		check (jsonb_typeof(metadata) = 'object'
		and octet_length(metadata::text) <= 16384),
	consent text not null default 'default'
		check (consent in ('default', 'always', 'remembered', 'none')),
	refresh_idle interval
		check (refresh_idle between '1 second' and '400 days'),
	refresh_absolute interval
		check (refresh_absolute between '1 second' and '400 days'),
	access_token_lifetime interval
		check (access_token_lifetime between '1 minute' and '1 day'),
	disabled_at timestamptz,
	disabled_why text,
	last_used_at timestamptz,
	created_at timestamptz not null default now(),
	constraint client_public check (
		(auth_method is not distinct from 'none') = (secret_hash is null)),
	constraint client_previous_secret check (
		(previous_secret_hash is null) = (previous_secret_until is null)
		and (previous_secret_hash is null or secret_hash is not null)),
	constraint client_credentials_confidential check (
		not 'client_credentials' = any (grant_types)
		or secret_hash is not null and not self_registered),
	constraint client_self_registered check (
		self_registered = (registration_token_hash is not null)
		and not (self_registered and scopes is not null))
);
create index client_unused on gatepost.client (created_at)
where self_registered and last_used_at is null;
comment on table gatepost.client is
'Applications: made by a DBA, or registered by themselves.';
comment on column gatepost.client.auth_method is
'How it authenticates; null: client_secret_basic or client_secret_post.';
comment on column gatepost.client.previous_secret_hash is
'The secret before the last rotation, good until previous_secret_until.';
comment on column gatepost.client.scopes is
'What it may be granted at most; null: no limit of its own.';
comment on column gatepost.client.default_resource is
'What its tokens are for when it names no resource; null: the server''s.';
comment on column gatepost.client.metadata is
'What else it said of itself when it registered; shown back, never believed.';
comment on column gatepost.client.consent is
'Whether people are asked: always, remembered, none, or default: always when it registered itself or the redirect is not to https.';
comment on column gatepost.client.last_used_at is
'When it last got a token, to the hour.';

create table gatepost.client_redirect (
	client_id text not null
		references gatepost.client
		on update cascade
		on delete cascade,
	position smallint not null default 1 check (position between 1 and 32),
	uri gatepost.redirect_uri not null,
	match text not null
		generated always as (gatepost.redirect_match(uri)) stored,
	exception text
		generated always as (gatepost.redirect_exception(uri)) stored
		references gatepost.redirect_scheme_exception,
	primary key (client_id, uri)
);
comment on table gatepost.client_redirect is
'Where a client may be answered.';
comment on column gatepost.client_redirect.match is
'What is compared: the URI, without its port if it is loopback.';
comment on column gatepost.client_redirect.exception is
'The custom scheme that must be in redirect_scheme_exception.';

create table gatepost.account (
	id uuid primary key default gatepost.uuid7(),
	username text not null unique check (
		length(username) between 1 and 255
		and username !~ '[\x01-\x1f\x7f]' and username = btrim(username)),
	password_hash gatepost.crypt_hash,
	scopes gatepost.scope_list,
	sessions_ended_at timestamptz not null default '-infinity',
	disabled_at timestamptz,
	disabled_why text,
	last_login_at timestamptz,
	created_at timestamptz not null default now()
);
-- From which login_attempt takes a hash for names that nobody has.
create index account_pick on gatepost.account (hashtext(username))
where password_hash is not null;
comment on table gatepost.account is
'People who log in.';
comment on column gatepost.account.password_hash is
'A crypt(3) string; null: no login by password.';
comment on column gatepost.account.scopes is
'What it may grant at most; null: no limit of its own.';
comment on column gatepost.account.sessions_ended_at is
'Browser sessions opened up to then are over.';

create table gatepost.consent (
	id uuid primary key default gatepost.uuid7(),
	account_id uuid not null
		references gatepost.account
		on delete cascade,
	client_id text not null
		references gatepost.client
		on update cascade
		on delete cascade,
	redirect_host text not null,
	resource gatepost.resource_uri not null
		references gatepost.resource
		on update cascade
		on delete cascade,
	scopes gatepost.scope_list not null,
	given_at timestamptz not null default now(),
	extended_at timestamptz not null default now(),
	unique (account_id, client_id, redirect_host, resource)
);
create index consent_client on gatepost.consent (client_id);
comment on table gatepost.consent is
'What a person agreed to.  Deleting a row ends the refresh tokens of its grants.';

create table gatepost.standing_grant (
	client_id text not null
		references gatepost.client
		on update cascade
		on delete cascade,
	resource gatepost.resource_uri not null
		references gatepost.resource
		on update cascade
		on delete cascade,
	grant_id uuid not null unique,
	made_at timestamptz not null default now(),
	primary key (client_id, resource)
);
comment on table gatepost.standing_grant is
'The grant under which a client gets tokens for itself (client_credentials).';

create table gatepost.login_failure (
	kind text not null check (kind in ('name', 'address', 'guess')),
	subject text not null,
	since timestamptz not null default now(),
	failures integer not null default 1 check (failures >= 0),
	primary key (kind, subject)
) with (fillfactor = 50);
comment on table gatepost.login_failure is
'Failed logins in the present window: by network (address), by a short hash of the name typed, which may be a password typed in the wrong place (name), and by both (guess).';
