-- SPDX-License-Identifier: ISC
-- What fetch reads from elsewhere: clients' metadata documents and key sets,
-- and what a DBA says of them.

create function gatepost.document_url_valid(url text)
returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	part constant text[] := gatepost.uri_split(url);
begin
	return coalesce(part[1] = 'https'
	    and gatepost.host_valid(part[2])
	    and gatepost.port_valid(part[3])
	    and part[4] like '/%'
	    and part[4] !~* '(^|/)(\.|%2e){1,2}(/|$)'
	    and length(url) <= 512, false);
end
$$;
comment on function gatepost.document_url_valid(text) is
'Whether a URL can be fetched, and be a client_id: https, a plain host, a path without dot segments, no user, no fragment, at most 512 bytes.';

create table gatepost.fetch_policy (
	pattern text primary key check (
		length(pattern) <= 512
		and pattern ~ '^[a-z0-9_.:*[\]-]+(/([!-.0-~][!-~]*)?)?$'),
	action text not null check (action in ('allow', 'deny', 'hold')),
	addresses cidr[] not null default '{}',
	ca text check (length(ca) <= 65536
		and ca like '%-----BEGIN CERTIFICATE-----%'),
	why text not null default ''
);
comment on table gatepost.fetch_policy is
'From where clients'' documents and keys may be fetched.  Of the patterns that match the longest counts, its * aside; where none does, fetching is allowed.';
comment on column gatepost.fetch_policy.pattern is
'A host, with its port if it has one, and a path with query if that matters: www.example.org, *.example.org, www.example.org/apps/*, or * for all.  * is any text, but of a host no slash.';
comment on column gatepost.fetch_policy.action is
'allow; deny; or hold, until client_approve() is called for the client.';
comment on column gatepost.fetch_policy.addresses is
'Networks that are not public (loopback, private and so on) and yet may be connected to for this.';
comment on column gatepost.fetch_policy.ca is
'Certificates in PEM that alone are trusted for this; null: those that the system trusts.';

create table gatepost.audience_exception (
	pattern text primary key check (
		length(pattern) <= 512
		and pattern ~ '^[a-z0-9_.:[\]-]+/([!-.0-~][!-~]*)?$'),
	why text not null default ''
);
insert into gatepost.audience_exception (pattern, why)
values ('chatgpt.com/oauth/*', 'ChatGPT signs for the token endpoint');
comment on table gatepost.audience_exception is
'Clients known by a document whose assertions may name the token endpoint as their audience from the first on, as RFC 7523 had it before RFC 10070; client.token_endpoint_audience says it of each.';
comment on column gatepost.audience_exception.pattern is
'A host and a path, without https://; * in the path is any text.';

create table gatepost.document (
	url text not null check (gatepost.document_url_valid(url)),
	kind text not null check (kind in ('client', 'keys')),
	content jsonb check (jsonb_typeof(content) = 'object'),
	fetched_at timestamptz,
	expires_at timestamptz,
	due_at timestamptz,
	used_at timestamptz not null default now(),
	tried_at timestamptz,
	failures integer not null default 0 check (failures >= 0),
	failure text,
	lease uuid,
	leased_until timestamptz not null default '-infinity',
	leased_for uuid,
	waits integer not null default 0,
	held_at timestamptz,
	approved_at timestamptz,
	asked_by uuid
		references gatepost.account
		on delete set null,
	primary key (url, kind),
	check ((content is null) = (fetched_at is null)
		and (content is null) = (expires_at is null))
) with (fillfactor = 70);
create index document_due on gatepost.document (due_at);
create index document_leased on gatepost.document (leased_for)
where lease is not null;
create index document_used on gatepost.document (used_at);
comment on table gatepost.document is
'The cache of what was fetched, and who waits for what.';
comment on column gatepost.document.content is
'What was understood of it; null: it was never fetched well.';
comment on column gatepost.document.due_at is
'When it is to be fetched without anybody waiting; null: not.';
comment on column gatepost.document.lease is
'Whose fetch it is, until leased_until: no two at once.';
comment on column gatepost.document.leased_for is
'The account that waits for it, which has one fetch at a time; null: nobody waits.';
comment on column gatepost.document.waits is
'How many requests wait for these keys, or have: few may, so that a slow server holds few programs up.';
comment on column gatepost.document.held_at is
'When it was first held for a DBA''s approval.';
comment on column gatepost.document.asked_by is
'The account that first asked for it.';

alter table gatepost.server add column client_documents boolean not null default false;
alter table gatepost.server add column fetch_rate integer not null default 30 check (fetch_rate between 1 and 100000);
comment on column gatepost.server.client_documents is
'Whether a client_id may be the URL of a metadata document; only where fetch runs.';
comment on column gatepost.server.fetch_rate is
'So many fetches a minute from one host, and as many for one account.';

alter table gatepost.client
	add column from_document boolean not null default false,
	add column changed_at timestamptz,
	drop constraint client_self_registered,
	add constraint client_self_registered check (
		self_registered
			= (registration_token_hash is not null or from_document)
		and not (registration_token_hash is not null and from_document)
		and not (self_registered and scopes is not null));
alter table gatepost.client
	drop constraint client_keys,
	add column jwks_uri text check (jwks_uri is null
		or gatepost.document_url_valid(jwks_uri)),
	add column also_public boolean not null default false,
	add constraint client_keys check (
		(auth_method is not distinct from 'private_key_jwt')
		= (jwks is not null or jwks_uri is not null)
		and (signing_alg is null
			or auth_method is not distinct from 'private_key_jwt')
		and (not also_public or from_document
			and auth_method is not distinct from 'private_key_jwt'));
create index client_jwks_uri on gatepost.client (jwks_uri)
where jwks_uri is not null;
comment on column gatepost.client.jwks_uri is
'Where its keys are, of which jwks is what was fetched last.';
comment on column gatepost.client.also_public is
'Whether it may come without a key too, as its document says.';
comment on column gatepost.client.from_document is
'Whether it is what the metadata document at its client_id says.';
comment on column gatepost.client.changed_at is
'When its document last changed in name, redirect URIs or keys; consent from before is asked for again.';

alter table gatepost.request
	add column query text check (octet_length(query) <= 65536),
	alter column redirect_uri drop not null,
	alter column code_challenge drop not null,
	alter column scopes drop not null,
	alter column resource drop not null,
	add constraint request_checked check (query is not null
		or num_nulls(redirect_uri, code_challenge, scopes, resource) = 0);
comment on column gatepost.request.query is
'Of one that waits for its client''s document and was not checked: the query with which authorize is asked again.';
