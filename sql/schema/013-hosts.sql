-- SPDX-License-Identifier: ISC
-- Which URLs are one and the same, and which applications are hosted.

-- An escaped slash or backslash, or parameters behind dots, lead some servers
-- to another path than the one that a policy's pattern matched.
create or replace function gatepost.document_url_valid(url text)
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
	    and part[4] !~* '%(2f|5c)|(^|/)(\.|%2e){1,2}([/;]|%3b|$)'
	    and length(url) <= 512, false);
end
$$;

-- These register from where they run, with a redirect to there besides.
delete from gatepost.hosted_client
where redirect_host in ('vscode.dev', 'insiders.vscode.dev', 'www.cursor.com');
comment on table gatepost.hosted_client is
'Hosts of applications that many people use from the same few networks.  Registrations of which all redirect URIs are there are counted by themselves.';
comment on column gatepost.hosted_client.redirect_host is
'The host of their redirect URIs.';
comment on column gatepost.server.registration_rate is
'So many registrations an hour from one network, and ten times as many from all, then one from each other network, a hundred times as many at most; those of hosted_client are counted apart.';
comment on column gatepost.server.fetch_rate is
'So many fetches a minute from one host, and as many for one account, of which a fifth from one host.';
