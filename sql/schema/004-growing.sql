-- SPDX-License-Identifier: ISC
-- Tables that only grow, each partitioned by its UUIDv7: primary key,
-- partition key and time are one.  partition_prepare() makes the partitions
-- and sweep() drops those whose time has passed.

create table gatepost.partition_plan (
	parent text primary key,
	width interval not null check (width >= '1 hour'),
	ahead integer not null check (ahead between 1 and 24),
	fillfactor integer not null check (fillfactor between 10 and 100)
);
insert into gatepost.partition_plan (parent, width, ahead, fillfactor)
values
	('request', '1 day', 4, 60),
	('login_attempt', '1 day', 4, 60),
	('code', '1 day', 4, 60),
	('session', '8 days', 3, 80),
	('access_grant', '100 days', 1, 80),
	('audit_event', '30 days', 3, 100);
comment on table gatepost.partition_plan is
'How wide partitions are and how many are made ahead.  Few: a statement locks all of a table''s partitions.';

create table gatepost.request (
	id uuid primary key,
	hash gatepost.sha256 not null,
	client_id text not null,
	redirect_uri text not null,
	state text,
	code_challenge text not null
		check (code_challenge ~ '^[A-Za-z0-9_-]{43}$'),
	scopes text[] not null,
	resource text not null,
	session_id uuid,
	login_csrf_hash gatepost.sha256,
	csrf_hash gatepost.sha256,
	shown_scopes text[],
	decided_at timestamptz,
	created_at timestamptz not null default now()
) partition by range (id);
comment on table gatepost.request is
'Authorization requests that were checked and wait for a person.';
comment on column gatepost.request.redirect_uri is
'As the client sent it, port included.';
comment on column gatepost.request.login_csrf_hash is
'Of the login page, which anybody may open who has the request''s handle.';
comment on column gatepost.request.csrf_hash is
'Of the consent page, which only the request''s session sees.';
comment on column gatepost.request.scopes is
'What was asked, cut to the client''s and the resource''s.';
comment on column gatepost.request.shown_scopes is
'What the consent page offered; nothing else can be ticked.';

create table gatepost.login_attempt (
	id uuid primary key,
	request_id uuid not null,
	account_id uuid,
	tried_hash gatepost.sha256 not null,
	name_bucket text not null,
	address inet,
	used_at timestamptz,
	created_at timestamptz not null default now()
) partition by range (id);
comment on table gatepost.login_attempt is
'Logins by password, counted before the hash is given out; account_id is null when there is nobody to log in.';

create table gatepost.session (
	id uuid primary key,
	hash gatepost.sha256 not null,
	account_id uuid not null,
	opened_at timestamptz not null default now(),
	seen_at timestamptz not null default now(),
	ended_at timestamptz
) partition by range (id);
comment on column gatepost.login_attempt.tried_hash is
'Of the password''s crypt(3) string that was given out: the account must still have it.';

comment on table gatepost.session is
'Browser sessions.';

create table gatepost.code (
	id uuid primary key,
	hash gatepost.sha256 not null,
	client_id text not null,
	account_id uuid not null,
	consent_id uuid not null,
	session_id uuid not null,
	redirect_uri text not null,
	code_challenge text not null,
	scopes text[] not null,
	resource text not null,
	expires_at timestamptz not null,
	redeemed_at timestamptz
) partition by range (id);
comment on table gatepost.code is
'Authorization codes.  A redeemed one stays a while, so that a second use is known for what it is.';

create table gatepost.access_grant (
	id uuid primary key,
	client_id text not null,
	account_id uuid,
	consent_id uuid,
	resource text not null,
	scopes text[] not null,
	generation integer check (generation > 0),
	refresh_hash gatepost.sha256,
	previous_refresh_hash gatepost.sha256,
	rotated_at timestamptz,
	mark_generation integer[] not null default '{}',
	mark_at timestamptz[] not null default '{}',
	granted_at timestamptz not null default now(),
	ended_at timestamptz,
	ended_why text,
	check ((generation is null) = (refresh_hash is null)
		and (generation is null) = (rotated_at is null)),
	check ((account_id is null) = (consent_id is null)),
	check (cardinality(mark_generation) = cardinality(mark_at))
) partition by range (id);
create index access_grant_client on gatepost.access_grant (client_id);
create index access_grant_account on gatepost.access_grant (account_id);
comment on table gatepost.access_grant is
'Grants: one redeemed code each (the id is the code''s), or a client''s own standing grant (no account).';
comment on column gatepost.access_grant.generation is
'The refresh token''s current generation; null: none was issued.';
comment on column gatepost.access_grant.refresh_hash is
'Of the secret in its refresh tokens, by which revoke knows them.';
comment on column gatepost.access_grant.previous_refresh_hash is
'The same under the key-encryption key before, when that was changed.';
comment on column gatepost.access_grant.mark_generation is
'With mark_at: a few moments at which a generation became the current one, from which follows when older ones were superseded.';

create type gatepost.token_answer as (
	outcome text,
	grant_id uuid,
	subject text,
	client_id text,
	audience text,
	scope text,
	generation integer,
	issued_at bigint,
	expires_in integer,
	kid text,
	rotate boolean,
	change bigint
);
comment on type gatepost.token_answer is
'What is decided about a token: outcome is issued or the error''s code.  If issued, the rest is what the token says, which key signs it and whether the next is to be made, the refresh token''s generation (null: none), and the latest change.';

create table gatepost.audit_event (
	id uuid primary key default gatepost.uuid7(),
	program text not null,
	event text not null,
	outcome text not null,
	error text,
	client_id text,
	account_id uuid,
	username text,
	grant_id uuid,
	resource text,
	scope text,
	address inet,
	detail jsonb,
	actor text not null default session_user
) partition by range (id);
comment on table gatepost.audit_event is
'Every decision, one row each, written in the statement that made it.  The id tells the time.';

create table gatepost.request_default
partition of gatepost.request default;
create table gatepost.login_attempt_default
partition of gatepost.login_attempt default;
create table gatepost.session_default
partition of gatepost.session default;
create table gatepost.code_default
partition of gatepost.code default;
create table gatepost.access_grant_default
partition of gatepost.access_grant default;
create table gatepost.audit_event_default
partition of gatepost.audit_event default;
