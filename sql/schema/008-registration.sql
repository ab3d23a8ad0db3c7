-- SPDX-License-Identifier: ISC
-- How clients register themselves: who may, how often, and who vouches.

alter table gatepost.server
	drop constraint server_registration_check,
	add constraint server_registration_check check (registration in
		('open', 'token', 'closed')),
	add column registration_rate integer not null default 100
		check (registration_rate between 1 and 1000000),
	add column client_idle_age interval default '180 days'
		check (client_idle_age between '1 day' and '10 years'),
	alter column client_unused_age set default '30 days';
update gatepost.server
set client_unused_age = default
where client_unused_age = '90 days';
comment on column gatepost.server.registration is
'Whether clients may register themselves: open, with a token of initial_access_token_create(), or closed.';
comment on column gatepost.server.registration_rate is
'So many registrations an hour from one network, and ten times as many from all; those of hosted_client are counted apart.';
comment on column gatepost.server.client_idle_age is
'A client that registered itself and got no token for so long goes; null: never.';

create table gatepost.hosted_client (
	redirect_host text primary key check (
		gatepost.host_valid(redirect_host)
		and redirect_host = lower(redirect_host)),
	per_hour integer not null default 1000
		check (per_hour between 1 and 1000000),
	why text not null default ''
);
insert into gatepost.hosted_client (redirect_host, why)
values
	('claude.ai', 'Claude registers anew for each connection'),
	('claude.com', 'Claude'),
	('chatgpt.com', 'ChatGPT'),
	('vscode.dev', 'Visual Studio Code'),
	('insiders.vscode.dev', 'Visual Studio Code Insiders'),
	('www.cursor.com', 'Cursor');
comment on table gatepost.hosted_client is
'Hosts of applications that many people use from the same few networks.  Registrations that are answered there are counted by themselves.';
comment on column gatepost.hosted_client.redirect_host is
'The host of their redirect URIs; of those with another scheme than https it is no matter.';
comment on column gatepost.hosted_client.per_hour is
'So many registrations an hour from one network, and ten times as many from all.';

create table gatepost.initial_access_token (
	id uuid primary key default gatepost.uuid7(),
	name gatepost.label not null,
	hash gatepost.sha256 not null,
	uses integer check (uses > 0),
	used integer not null default 0 check (used between 0 and uses),
	expires_at timestamptz not null,
	created_at timestamptz not null default now()
);
comment on table gatepost.initial_access_token is
'Who has one of these may register (RFC 7591, 3): see initial_access_token_create().';
comment on column gatepost.initial_access_token.uses is
'How many clients it may register; null: any number.';

create table gatepost.software_signer (
	iss text primary key check (length(iss) between 1 and 512),
	name gatepost.label not null,
	jwks jsonb not null check (gatepost.jwks_valid(jwks))
);
comment on table gatepost.software_signer is
'Whose software statements (RFC 7591, 2.3) are believed; all others are refused.';
comment on column gatepost.software_signer.iss is
'What its statements have as iss.';
comment on column gatepost.software_signer.jwks is
'Its public keys, a JWK Set.';

create table gatepost.rate (
	subject text primary key,
	since timestamptz not null default now(),
	span interval not null,
	count integer not null default 1
) with (fillfactor = 50);
comment on table gatepost.rate is
'How often a thing happened since then, of those that may only so often in a span of time.';

alter table gatepost.client
	add column initial_access_token uuid
		references gatepost.initial_access_token
		on delete set null,
	add column software_signer text,
	add column first_account_id uuid
		references gatepost.account
		on delete set null,
	add column first_consent_at timestamptz;
create index client_idle on gatepost.client (last_used_at)
where self_registered and last_used_at is not null;
create index client_initial_access_token
on gatepost.client (initial_access_token)
where initial_access_token is not null;
create index client_first_account on gatepost.client (first_account_id)
where first_account_id is not null;
comment on column gatepost.client.initial_access_token is
'The token with which it registered.';
comment on column gatepost.client.software_signer is
'Who vouched for it, by the iss of its software statement.';
comment on column gatepost.client.first_account_id is
'The account that first consented to it.';
