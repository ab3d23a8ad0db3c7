-- SPDX-License-Identifier: ISC
-- What a DBA calls to describe protected servers and scopes.  Each call is an
-- audit record, and programs hear of it.  What is to go is deleted from the
-- tables: triggers see to the same.

-- Writes a resource in its one spelling (RFC 8707, 2).  Called by what takes
-- one from a DBA.  Null, or what the domain refuses, when it is none.
create or replace function gatepost.resource_canonical(uri text)
returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	part constant text[] := gatepost.uri_split(uri);
begin
	return lower(part[1]) || '://' || lower(part[2])
	    || coalesce(':' || case
		when lower(part[1]) || part[3] in ('https443', 'http80')
		then null else part[3] end, '')
	    || coalesce(nullif(part[4], ''), '/')
	    || coalesce('?' || part[5], '');
end
$$;
comment on function gatepost.resource_canonical(text) is
'A resource''s URI in its one spelling; null when it is none.';

-- Finds a resource that a DBA named, or says that there is none.
create or replace function gatepost.resource_known(uri text)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	known text;
begin
	select r.uri
	into known
	from resource r
	where r.uri = resource_canonical(resource_known.uri);
	if not found then
		raise exception 'there is no resource %', uri
		using errcode = 'no_data_found',
		hint = 'resource_create() makes one.';
	end if;
	return known;
end
$$;
comment on function gatepost.resource_known(text) is
'The URI of a resource that there is; else an error.';

-- Refuses what does not go together in a resource, saying what.  Called by
-- resource_create.
create or replace function gatepost.resource_check(
	uri text,
	scopes text[],
	default_scopes text[],
	origins text[]
)
returns void
language plpgsql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	why constant text := case
	    when not coalesce(resource_valid(resource_canonical(uri)), false)
		then 'the URI is http or https with a host, no user, '
		    'no fragment'
	    when scopes is null or cardinality(scopes) = 0
		or not scopes_valid(scopes)
		then 'scopes are one or more well-formed ones'
	    when cardinality(default_scopes) = 0
		or not scopes_valid(default_scopes)
		or not scopes_cover(scopes, default_scopes)
		then 'default_scopes are some of the scopes, or null for all'
	    when exists (
		select
		from unnest(origins) o
		where o is null
		or o <> lower(o)
		or o || '/' is distinct from resource_canonical(o))
		then 'origins are like https://app.example, in lower case'
	    end;
begin
	if why is not null then
		raise exception 'not a good resource: %', why
		using errcode = 'invalid_parameter_value';
	end if;
end
$$;
comment on function gatepost.resource_check(text, text[], text[], text[]) is
'Raises an error that says what does not go together in a resource.';

-- Makes a resource, with the spelling that ends in a slash as an alias if
-- nothing else has that.  Called by a DBA.  Returns its URI as it is stored.
create or replace function gatepost.resource_create(
	uri text,
	name text,
	scopes text[],
	default_scopes text[] default null,
	origins text[] default null,
	checks_scope boolean default false
)
returns text
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	made text;
begin
	perform resource_check(uri, scopes, default_scopes, origins);
	insert into resource as r (uri, name, scopes, default_scopes, origins,
	    checks_scope)
	values (resource_canonical(resource_create.uri), resource_create.name,
	    resource_create.scopes, resource_create.default_scopes,
	    resource_create.origins, resource_create.checks_scope)
	on conflict do nothing
	returning r.uri
	into made;
	if made is null then
		raise exception 'there is a resource % already', uri
		using errcode = 'unique_violation';
	end if;
	if made !~ '(/|\?.*)$' then
		perform resource_alias_free(made, made || '/');
	end if;
	perform change_bump();
	perform audit_add(
	    program => 'admin',
	    event => 'resource_create',
	    outcome => 'done',
	    resource => made,
	    scope => array_to_string(scopes, ' '),
	    detail => jsonb_build_object('name', name,
		'default_scopes', default_scopes, 'origins', origins,
		'checks_scope', checks_scope));
	return made;
end
$$;
comment on function gatepost.resource_create(text, text, text[], text[],
	text[], boolean) is
'Makes a protected server known and returns its URI as stored.  default_scopes null: asking for nothing means all scopes.  origins null: no web page may call it.  checks_scope: it checks scopes itself, the guard only tells it.';

-- Gives a resource another name if that is free.  Called by resource_create
-- and setting_set, for names that clients are known to send.
create or replace function gatepost.resource_alias_free(uri text, alias text)
returns void
language sql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	insert into resource_alias (uri, alias)
	select resource_alias_free.uri, resource_alias_free.alias
	where not exists (
		select
		from resource r
		where r.uri = resource_alias_free.alias)
	on conflict do nothing
$$;
comment on function gatepost.resource_alias_free(text, text) is
'Gives a resource another name, unless something has it.';

-- Gives a resource another name, which clients may send.  Called by a DBA.
create or replace function gatepost.resource_alias_add(uri text, alias text)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	known constant text := resource_known(uri);
	spelt constant text := resource_canonical(alias);
begin
	if not coalesce(resource_valid(spelt), false) then
		raise exception 'not a resource URI: %', alias
		using errcode = 'invalid_parameter_value';
	end if;
	if exists (
		select
		from resource r
		where r.uri = spelt
		union all
		select
		from resource_alias l
		where l.alias = spelt)
	then
		raise exception '% is the name of a resource already', alias
		using errcode = 'unique_violation';
	end if;
	insert into resource_alias (uri, alias)
	values (known, spelt);
	perform change_bump();
	perform audit_add(
	    program => 'admin',
	    event => 'resource_alias_add',
	    outcome => 'done',
	    resource => known,
	    detail => jsonb_build_object('alias', spelt));
end
$$;
comment on function gatepost.resource_alias_add(text, text) is
'Gives a resource another name, which clients may send.';

-- Makes credentials with which a resource's server may ask about tokens for
-- it.  Called by a DBA.  Returns them; the secret is shown this once, and null
-- for one that has keys.
create or replace function gatepost.resource_server_create(
	uri text,
	name text,
	jwks jsonb default null
)
returns table (client_id text, client_secret text)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	known constant text := resource_known(uri);
begin
	if jwks is null then
		client_secret := secret_make();
	else
		perform client_keys_check('private_key_jwt', jwks);
	end if;
	insert into resource_server (uri, name, secret_hash, jwks)
	values (known, resource_server_create.name,
	    secret_digest(client_secret), resource_server_create.jwks)
	returning id
	into strict client_id;
	perform audit_add(
	    program => 'admin',
	    event => 'resource_server_create',
	    outcome => 'done',
	    client_id => resource_server_create.client_id,
	    resource => known,
	    detail => jsonb_build_object('name', name));
	return next;
end
$$;
comment on function gatepost.resource_server_create(text, text, jsonb) is
'Makes credentials for introspection of a resource''s tokens; the secret is shown this once, and there is none for a server with keys.';

-- Says which scope a request to a guarded resource needs; what is null
-- matches anything.  Called by a DBA.  Returns the rule's id.
create or replace function gatepost.resource_rule_add(
	uri text,
	required_scope text,
	method text default null,
	path_prefix text default null,
	mcp_method text default null,
	mcp_name text default null
)
returns uuid
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	known constant text := resource_known(uri);
	made uuid;
begin
	insert into resource_rule as r (uri, required_scope, method,
	    path_prefix, mcp_method, mcp_name)
	values (known, resource_rule_add.required_scope,
	    resource_rule_add.method, resource_rule_add.path_prefix,
	    resource_rule_add.mcp_method, resource_rule_add.mcp_name)
	returning r.id
	into strict made;
	perform change_bump();
	perform audit_add(
	    program => 'admin',
	    event => 'resource_rule_add',
	    outcome => 'done',
	    resource => known,
	    scope => required_scope,
	    detail => jsonb_strip_nulls(jsonb_build_object('rule', made,
		'method', method, 'path_prefix', path_prefix,
		'mcp_method', mcp_method, 'mcp_name', mcp_name)));
	return made;
end
$$;
comment on function gatepost.resource_rule_add(text, text, text, text, text,
	text) is
'Says which scope a request to a guarded resource needs; {name} in it stands for the name in Mcp-Name; null matches anything.  Returns the rule''s id.';

-- Says what a scope means, in words that people are shown.  Called by a DBA.
create or replace function gatepost.scope_create(name text, description text)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	if not coalesce(scope_valid(name), false) then
		raise exception 'not a well-formed scope: %', name
		using errcode = 'invalid_parameter_value',
		hint = 'Segments joined by colons; * alone at the end.';
	end if;
	insert into scope (name, description)
	values (scope_create.name, scope_create.description);
	perform change_bump();
	perform audit_add(
	    program => 'admin',
	    event => 'scope_create',
	    outcome => 'done',
	    scope => name,
	    detail => jsonb_build_object('description', description));
end
$$;
comment on function gatepost.scope_create(text, text) is
'Says what a scope means, in words that people are shown.';

-- Says what a scope means in a language of the pages.  Called by a DBA.  What
-- was said before is replaced; null takes it back.
create or replace function gatepost.scope_translate(
	name text,
	language text,
	description text
)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	if not exists (
		select
		from scope s
		where s.name = scope_translate.name)
	then
		raise exception 'there is no scope %', name
		using errcode = 'no_data_found',
		hint = 'scope_create() makes one.';
	end if;
	if description is null then
		delete from scope_translation t
		where t.name = scope_translate.name
		and t.language = scope_translate.language;
	else
		insert into scope_translation (name, language, description)
		values (scope_translate.name, scope_translate.language,
		    scope_translate.description)
		on conflict on constraint scope_translation_pkey do update
		set description = excluded.description;
	end if;
	perform audit_add(
	    program => 'admin',
	    event => 'scope_translate',
	    outcome => 'done',
	    scope => name,
	    detail => jsonb_build_object('language', language,
		'description', description));
end
$$;
comment on function gatepost.scope_translate(text, text, text) is
'Says what a scope means in a language of the pages (ar, de, en, es, fr or ja); description null: no longer.';

grant execute on function
	gatepost.resource_create(text, text, text[], text[], text[], boolean),
	gatepost.resource_alias_add(text, text),
	gatepost.resource_server_create(text, text, jsonb),
	gatepost.resource_rule_add(text, text, text, text, text, text),
	gatepost.scope_create(text, text),
	gatepost.scope_translate(text, text, text)
to :"dba";
