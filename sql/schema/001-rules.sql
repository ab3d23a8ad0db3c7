-- SPDX-License-Identifier: ISC
-- What a URI, a scope, a hash and an id may look like.  The rules are the
-- same as the library's (lib/oauth); here no route can get round them.

create function gatepost.uuid7()
returns uuid
language sql volatile parallel safe
return ('0' || to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint)
	|| '7' || substr(gen_random_uuid()::text, 16))::uuid;
comment on function gatepost.uuid7() is
'A new UUIDv7 (RFC 9562, 5.7): time in milliseconds, then chance.';

create function gatepost.uuid7_floor(at timestamptz)
returns uuid
language sql immutable parallel safe
return (lpad(to_hex((date_part('epoch', at) * 1000)::bigint), 12, '0')
	|| repeat('0', 20))::uuid;
comment on function gatepost.uuid7_floor(timestamptz) is
'The least UUID of a moment: where a partition begins.';

create function gatepost.uuid7_time(id uuid)
returns timestamptz
language sql immutable parallel safe
return to_timestamp(('x' || translate(left(id::text, 13), '-', ''))
	::bit(48)::bigint / 1000.0);
comment on function gatepost.uuid7_time(uuid) is
'The moment that a UUIDv7 was made.';

-- Takes a URI apart.  Called by the rules below.  Returns scheme, host (null
-- without an authority), port (null without a colon), path and query; null
-- for what is no URI of at most 2048 bytes, or has userinfo or a fragment.
create function gatepost.uri_split(uri text)
returns text[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	part text[];
	authority text[];
begin
	if octet_length(uri) > 2048
	or uri !~ '^([]A-Za-z0-9._~:/?@[!$&''()*+,;=-]|%[0-9A-Fa-f]{2})+$' then
		return null;
	end if;
	part := regexp_match(uri, '^([A-Za-z][A-Za-z0-9+.-]*):(.*)$');
	if part is null then
		return null;
	end if;
	if starts_with(part[2], '//') then
		authority := regexp_match(part[2],
		    '^//((?:\[[^]/?]*)?[^:/?]*)(?::([^/?]*))?(.*)$');
	else
		authority := array[null, null, part[2]];
	end if;
	return array[part[1], authority[1], authority[2],
	    split_part(authority[3], '?', 1),
	    case when strpos(authority[3], '?') > 0
	    then substr(authority[3], strpos(authority[3], '?') + 1) end];
end
$$;
comment on function gatepost.uri_split(text) is
'Scheme, host, port, path and query of a URI; null if it is none.';

create function gatepost.uri_decode(escaped text)
returns text
language sql immutable parallel safe
return (
	select string_agg(case length(part[1])
		when 3 then chr(greatest(1,
			('x' || substr(part[1], 2))::bit(8)::integer))
		else part[1] end, '' order by place)
	from regexp_matches(escaped, '%..|.', 'g')
		with ordinality m (part, place));
comment on function gatepost.uri_decode(text) is
'What stands in a part of a URI, taken out of its escapes.  For comparing with ASCII.';

-- Whether a host is a name, an IPv4 address or one for IPv6 in brackets, in
-- no spelling that different programs read differently.
create function gatepost.host_valid(host text)
returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	if host is null or host = '' or length(host) > 253 then
		return false;
	end if;
	if host ~ '^\[[0-9A-Fa-f:.]+\]$' then
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
comment on function gatepost.host_valid(text) is
'Whether a host is a name or an address in its plain spelling.';

create function gatepost.port_valid(port text)
returns boolean
language sql immutable parallel safe
return port is null
	or port ~ '^[1-9][0-9]{0,4}$' and lpad(port, 5, '0') <= '65535';
comment on function gatepost.port_valid(text) is
'Whether a port is absent, or 1 to 65535 without leading zeros.';

create function gatepost.redirect_loopback(uri text)
returns boolean
language sql immutable parallel safe
return uri ~ '^http://(127\.0\.0\.1|\[::1\]|localhost)(:[0-9]+)?([/?]|$)'
	and gatepost.port_valid(substring(uri from '^http://[^/?]*:([0-9]+)([/?]|$)'));
comment on function gatepost.redirect_loopback(text) is
'Whether a redirect URI is http to one of the three loopback literals.';

create function gatepost.redirect_match(uri text)
returns text
language sql immutable parallel safe
return case when gatepost.redirect_loopback(uri)
	then regexp_replace(uri, '^(http://[^/?]*):[0-9]+(?=[/?]|$)', '\1')
	else uri end;
comment on function gatepost.redirect_match(text) is
'The text by which redirect URIs are compared: loopback has no port (RFC 8252, 7.3).';

create function gatepost.redirect_host(uri text)
returns text
language sql immutable parallel safe
return coalesce(
	substring(uri from '^https?://(\[[^]/?]*\]|[^:/?#]*)'),
	substring(uri from '^([^:/?#]*):'),
	'');
comment on function gatepost.redirect_host(text) is
'What a person is shown of where a redirect leads: a host, or a scheme.';

create function gatepost.redirect_exception(uri text)
returns text
language sql immutable parallel safe
return case when uri !~ '^https?:'
	then substring(uri from '^([^:/?#.]*):') end;
comment on function gatepost.redirect_exception(text) is
'The custom scheme, not of the reverse-domain form, that must be in redirect_scheme_exception; else null.';

-- Whether a custom scheme leads to a program of the user's and nowhere else.
create function gatepost.redirect_custom_valid(part text[])
returns boolean
language sql immutable parallel safe
return lower(substring(part[1] from '^[^.]*')) <> all (
	'{about,blob,chrome,chrome-extension,content,data,feed,file,filesystem,
	ftp,http,https,intent,jar,javascript,livescript,mailto,mhtml,
	moz-extension,res,resource,sms,tel,urn,vbscript,view-source,ws,wss}')
	and lower(part[1]) !~ '(^|\.)(javascript|vbscript)?(\.|$)'
	and gatepost.port_valid(part[3])
	and case when part[2] is null then starts_with(part[4], '/')
	else part[2] = '' or gatepost.host_valid(part[2]) end;
comment on function gatepost.redirect_custom_valid(text[]) is
'Whether a URI that uri_split took apart is a safe redirect with a custom scheme.';

-- Whether a client may register a redirect URI (OAuth 2.1, 2.3; RFC 8252, 7).
create function gatepost.redirect_valid(uri text)
returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	part constant text[] := gatepost.uri_split(uri);
begin
	if part is null
	or strpos(uri, '*') > 0
	-- Parameters of an answer, however they are escaped.
	or exists (
		select
		from regexp_split_to_table(part[5], '&') p
		where gatepost.uri_decode(split_part(p, '=', 1)) in ('code',
			'state', 'iss', 'error', 'error_description',
			'error_uri')) then
		return false;
	end if;
	return case part[1]
	    when 'https' then
		gatepost.host_valid(part[2]) and gatepost.port_valid(part[3])
	    when 'http' then gatepost.redirect_loopback(uri)
	    else gatepost.redirect_custom_valid(part) end;
end
$$;
comment on function gatepost.redirect_valid(text) is
'Whether a client may register a redirect URI.';

create function gatepost.origin_canonical(part text[])
returns boolean
language sql immutable parallel safe
return gatepost.host_valid(part[2])
	and part[2] = lower(part[2])
	and gatepost.port_valid(part[3])
	and (part[1], coalesce(part[3], ''))
		not in (('https', '443'), ('http', '80'));
comment on function gatepost.origin_canonical(text[]) is
'Whether host and port of a URI that uri_split took apart are as everybody writes them: lower case, no default port.';

-- Whether a resource is written in its one spelling: scheme and host in lower
-- case, no default port, a path (RFC 8707, 2).
create function gatepost.resource_valid(uri text)
returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	part constant text[] := gatepost.uri_split(uri);
begin
	return coalesce(part[1] in ('http', 'https')
	    and gatepost.origin_canonical(part)
	    and starts_with(part[4], '/'), false);
end
$$;
comment on function gatepost.resource_valid(text) is
'Whether a resource URI is written in its canonical form.';

create function gatepost.label_valid(label text)
returns boolean
language sql immutable parallel safe
return length(label) between 1 and 200 and label !~ '[\x01-\x1f\x7f]';
comment on function gatepost.label_valid(text) is
'Whether a name is fit to be shown: 1 to 200 characters, no control characters.';

create function gatepost.scope_valid(scope text)
returns boolean
language sql immutable parallel safe
return length(scope) <= 256 and scope ~
	'^[!#-)+-9;-[\]-~]+(:[!#-)+-9;-[\]-~]+)*(:\*)?$';
comment on function gatepost.scope_valid(text) is
'Whether a scope is well formed: segments joined by colons, * alone at the end.';

create function gatepost.scopes_fit(scopes text[])
returns boolean
language sql immutable parallel safe
return cardinality(scopes) <= 100
	and octet_length(array_to_string(scopes, ' ')) <= 4096;
comment on function gatepost.scopes_fit(text[]) is
'Whether a list has room in an access token: at most 100 scopes and 4096 bytes.';

create function gatepost.scopes_valid(scopes text[])
returns boolean
language sql immutable parallel safe
begin atomic
	select array_ndims(scopes) is not distinct from
		case when cardinality(scopes) > 0 then 1 end
	and gatepost.scopes_fit(scopes)
	and coalesce(bool_and(coalesce(gatepost.scope_valid(s), false)), true)
	from unnest(scopes) s;
end;
comment on function gatepost.scopes_valid(text[]) is
'Whether a list is one of well-formed scopes.';

create function gatepost.crypt_valid(hash text)
returns boolean
language sql immutable parallel safe
return hash ~ '^\$2[abxy]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}$'
	or hash ~ '^\$6\$(rounds=[1-9][0-9]{3,5}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}$'
	or hash ~ '^\$y\$j([78]5|[6-9AB]T)\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}$';
comment on function gatepost.crypt_valid(text) is
'Whether a crypt(3) string is bcrypt, SHA-512 or yescrypt at a cost that a login can bear.';

create domain gatepost.redirect_uri as text
	check (value is null or gatepost.redirect_valid(value));
comment on domain gatepost.redirect_uri is
'A redirect URI that a client may register.';

create domain gatepost.resource_uri as text
	check (value is null or gatepost.resource_valid(value));
comment on domain gatepost.resource_uri is
'The canonical URI of a protected server.';

create domain gatepost.scope_name as text
	check (gatepost.scope_valid(value));
comment on domain gatepost.scope_name is
'A scope, such as mcp:tools:weather or mcp:exec:workflows:*.';

create domain gatepost.scope_list as text[]
	check (gatepost.scopes_valid(value));
comment on domain gatepost.scope_list is
'A list of scopes.';

create domain gatepost.crypt_hash as text
	check (gatepost.crypt_valid(value));
comment on domain gatepost.crypt_hash is
'A password as crypt(3) keeps it: bcrypt, SHA-512 or yescrypt.';

create domain gatepost.sha256 as bytea
	check (octet_length(value) = 32);
comment on domain gatepost.sha256 is
'The SHA-256 of a secret of 256 bits.';

create domain gatepost.label as text
	check (gatepost.label_valid(value));
comment on domain gatepost.label is
'A name for people: 1 to 200 characters, no control characters.';
