-- SPDX-License-Identifier: ISC
-- What a DBA reads.  No hash and no secret is in any of it.

create or replace view gatepost.clients as
select c.client_id,
	c.name,
	c.self_registered,
	coalesce(c.auth_method, 'client_secret_basic or client_secret_post')
		as auth_method,
	array(
		select r.uri::text
		from gatepost.client_redirect r
		where r.client_id = c.client_id
		order by r.position) as redirect_uris,
	c.grant_types,
	c.scopes::text[] as scopes,
	c.default_resource::text as default_resource,
	c.consent,
	c.refresh_idle,
	c.refresh_absolute,
	c.access_token_lifetime,
	c.previous_secret_until,
	c.created_at,
	c.last_used_at,
	c.disabled_at,
	c.disabled_why,
	c.jwks,
	c.signing_alg,
	c.token_endpoint_audience,
	c.from_document,
	c.jwks_uri,
	c.also_public,
	c.initial_access_token as registered_with,
	c.software_signer,
	a.username as first_username,
	c.first_consent_at
from gatepost.client c
left join gatepost.account a on a.id = c.first_account_id;
comment on view gatepost.clients is
'Clients and where they may be answered.  Null scopes: no limit of its own; null lifetimes: the server''s.  first_username is who first consented.';

create or replace view gatepost.pending_clients as
select d.url as client_id,
	gatepost.redirect_host(d.url) as host,
	d.held_at,
	d.used_at as asked_at,
	a.username as asked_by
from gatepost.document d
left join gatepost.account a on a.id = d.asked_by
where d.kind = 'client'
and d.approved_at is null
and gatepost.document_standing(d.url) = 'hold';
comment on view gatepost.pending_clients is
'Clients that wait for approval, as fetch_policy says: see client_approve().  asked_by is who first wanted to use it.';

create or replace view gatepost.initial_access_tokens as
select t.id,
	t.name,
	t.uses,
	t.used,
	t.created_at,
	t.expires_at
from gatepost.initial_access_token t;
comment on view gatepost.initial_access_tokens is
'Tokens with which clients may register.  Null uses: any number.';

create or replace view gatepost.documents as
select d.url,
	d.kind,
	gatepost.document_standing(d.url) as standing,
	d.fetched_at,
	d.expires_at,
	d.due_at,
	d.used_at,
	d.tried_at,
	d.failures,
	d.failure,
	d.approved_at,
	d.content
from gatepost.document d;
comment on view gatepost.documents is
'What fetch has read from elsewhere: clients'' metadata documents and key sets.  Null content: it was never read well; failure says why.';

create or replace view gatepost.accounts as
select a.id,
	a.username,
	a.password_hash is not null as has_password,
	a.scopes::text[] as scopes,
	a.created_at,
	a.last_login_at,
	a.disabled_at,
	a.disabled_why
from gatepost.account a;
comment on view gatepost.accounts is
'Accounts.  The id is the sub of their tokens; null scopes: no limit of its own.';

create or replace view gatepost.grants as
select g.id,
	case
	when g.ended_at is not null or g.granted_at <= s.epoch_at
		or c.client_id is null
		or g.account_id is not null and (a.id is null or n.id is null)
		then 'ended'
	when g.granted_at <= now()
		- coalesce(c.refresh_absolute, s.refresh_absolute)
		or g.rotated_at <= now()
		- coalesce(c.refresh_idle, s.refresh_idle)
		or g.generation is null and g.account_id is not null
		and g.granted_at <= now() - coalesce(c.access_token_lifetime,
			s.access_token_lifetime) then 'expired'
	when c.disabled_at is not null or a.disabled_at is not null
		then 'suspended'
	when g.generation is null and g.account_id is not null
		then 'not refreshable'
	else 'alive' end as state,
	g.client_id,
	c.name as client_name,
	g.account_id,
	a.username,
	g.resource,
	g.scopes,
	g.granted_at,
	g.generation,
	g.rotated_at as refreshed_at,
	g.ended_at,
	g.ended_why,
	g.address,
	n.redirect_host,
	n.scopes::text[] as agreed_scopes,
	n.extended_at as agreed_at
from gatepost.access_grant g
cross join gatepost.server s
left join gatepost.client c on c.client_id = g.client_id
left join gatepost.account a on a.id = g.account_id
left join gatepost.consent n on n.id = g.consent_id;
comment on view gatepost.grants is
'What was granted: one redeemed code each, or what a client has for itself (no account).  An account''s: where username = ''...''.  End one with grant_revoke().';

create or replace view gatepost.keys as
select k.generation,
	k.kid,
	k.alg,
	case
	when k.activates_at > now() then 'published'
	when not exists (
		select
		from gatepost.signing_key later
		where later.generation > k.generation
		and later.activates_at <= now()) then 'signs'
	else 'followed' end as state,
	k.created_at,
	k.activates_at,
	k.public_jwk
from gatepost.signing_key k;
comment on view gatepost.keys is
'Signing keys: published before it signs, signs, or followed by another and kept until what it signed has expired.';

create or replace view gatepost.audit as
select e.id,
	gatepost.uuid7_time(e.id) as at,
	e.program,
	e.event,
	e.outcome,
	e.error,
	e.client_id,
	e.account_id,
	coalesce(e.username, a.username) as username,
	e.grant_id,
	e.resource,
	e.scope,
	e.address,
	e.actor,
	e.detail
from gatepost.audit_event e
left join gatepost.account a on a.id = e.account_id;
comment on view gatepost.audit is
'Every decision.  For the last hour quickly: where id >= gatepost.uuid7_floor(now() - interval ''1 hour'').';

create or replace view gatepost.settings as
select j.key as name,
	j.value,
	pg_get_expr(d.adbin, d.adrelid) as default_value,
	gatepost.setting_described(j.key) as description
from gatepost.server s
cross join jsonb_each_text(to_jsonb(s)) j
join pg_attribute t
	on t.attrelid = 'gatepost.server'::regclass
	and t.attname = j.key
left join pg_attrdef d
	on d.adrelid = t.attrelid
	and d.adnum = t.attnum
where j.key <> all ('{only_one,key_rotation_asked_at,epoch_at}')
order by t.attnum;
comment on view gatepost.settings is
'The settings and what they are for.  Change one with setting_set().';

grant execute on function
	gatepost.document_standing(text),
	gatepost.redirect_host(text)
to :"dba";
grant select on
	gatepost.clients,
	gatepost.pending_clients,
	gatepost.documents,
	gatepost.initial_access_tokens,
	gatepost.accounts,
	gatepost.grants,
	gatepost.keys,
	gatepost.audit,
	gatepost.settings
to :"dba";
