-- SPDX-License-Identifier: ISC
-- The demonstration: issuer, scopes, and the finance server as the default
-- resource.  Not part of an installation.  Safe to run again.
--
--	psql -v issuer=URL -v mcp_uri=URL -f demo.sql

\set ON_ERROR_STOP 1
begin;
select gatepost.setting_set('issuer', :'issuer')
where :'issuer' is distinct from (
	select value
	from gatepost.settings
	where name = 'issuer');

-- quickstart runs fetch and account.
select gatepost.setting_set(s.name, 'true')
from gatepost.settings s
where s.name in ('client_documents', 'account_page')
and s.value = 'false';

-- Everybody comes from this machine.
select gatepost.setting_set('registration_rate', '1000000')
where '100' = (
	select value
	from gatepost.settings
	where name = 'registration_rate');

select gatepost.scope_create(s.name, s.description)
from (values
	('mcp:tools:analyze_sentiment',
	'Judge whether a text about finance sounds good or bad'),
	('mcp:tools:ticker_sentiment',
	'Judge the headlines about a company'),
	('mcp:resources:coverage:read',
	'Read which companies there are headlines about')) s (name, description)
where not exists (
	select
	from gatepost.scope k
	where k.name = s.name);

select gatepost.resource_create(:'mcp_uri', 'Finance sentiment',
	scopes => '{mcp:tools:analyze_sentiment,mcp:tools:ticker_sentiment,mcp:resources:coverage:read}',
	default_scopes => '{mcp:tools:analyze_sentiment}',
	checks_scope => true)
where not exists (
	select
	from gatepost.resource r
	where r.uri = gatepost.resource_canonical(:'mcp_uri'));

select gatepost.setting_set('default_resource', :'mcp_uri')
where gatepost.resource_canonical(:'mcp_uri') is distinct from (
	select value
	from gatepost.settings
	where name = 'default_resource');
-- That of a quickstart with another port has the same path, by which metadata
-- would take it for this one.
delete from gatepost.resource r
where r.name = 'Finance sentiment'
and r.uri ~ '^https?://localhost[:/]'
and r.uri <> gatepost.resource_canonical(:'mcp_uri');
commit;
