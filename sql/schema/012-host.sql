-- SPDX-License-Identifier: ISC
-- An IPv6 address that ends in an IPv4 one has all four numbers of it.
-- PostgreSQL reads ::1.2, and others do not.

create or replace function gatepost.host_valid(host text)
returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	if host is null or host = '' or length(host) > 253 then
		return false;
	end if;
	if host ~ ('^\[[0-9A-Fa-f:]+'
	    '(:[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3})?\]$') then
		return family(btrim(host, '[]')::inet) = 6;
	end if;
	if host !~ '^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$' then
		return false;
	end if;
	-- What ends in a number is an address, and then in the plain form.
	return host !~ '(^|\.)([0-9]+|0[xX][0-9A-Fa-f]*)$'
	    or host ~ ('^((25[0-5]|2[0-4][0-9]|1?[1-9][0-9]|1[0-9][0-9]|[0-9])'
	    '(\.|$)){4}$') and host !~ '\.$';
exception
	when invalid_text_representation then
		return false;
end
$$;
