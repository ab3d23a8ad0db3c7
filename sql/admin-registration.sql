-- SPDX-License-Identifier: ISC
-- What a DBA calls to say who may register a client.

-- Makes an initial access token (RFC 7591, 3), with which clients register
-- where not everybody may, and beside what is counted where everybody may.
-- Called by a DBA.  Returns the token, which is shown this once.
create or replace function gatepost.initial_access_token_create(
	name text,
	uses integer default 1,
	lifetime interval default '7 days'
)
returns text
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	secret constant text := secret_make();
	made initial_access_token;
begin
	if not coalesce(lifetime between '1 minute' and '10 years', false) then
		raise exception 'a lifetime is 1 minute to 10 years'
		using errcode = 'invalid_parameter_value';
	end if;
	insert into initial_access_token as t (name, hash, uses, expires_at)
	values (initial_access_token_create.name, secret_digest(secret),
	    initial_access_token_create.uses, now() + lifetime)
	returning t.*
	into made;
	perform audit_add(
	    program => 'admin',
	    event => 'initial_access_token_create',
	    outcome => 'done',
	    detail => jsonb_build_object('id', made.id, 'name', made.name,
		'uses', made.uses, 'expires_at', made.expires_at));
	return made.id || '.' || secret;
end
$$;
comment on function gatepost.initial_access_token_create(text, integer,
	interval) is
'Makes a token with which clients may register, so many (null: any number) and so long, and returns it, this once.';

-- Ends an initial access token; what was registered with it stays.  Called by
-- a DBA, with the id from the view initial_access_tokens.
create or replace function gatepost.initial_access_token_revoke(
	id uuid,
	why text
)
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	update initial_access_token t
	set expires_at = least(t.expires_at, now())
	where t.id = initial_access_token_revoke.id;
	if not found then
		raise exception 'no initial access token has the id %', id
		using errcode = 'no_data_found';
	end if;
	perform audit_add(
	    program => 'admin',
	    event => 'initial_access_token_revoke',
	    outcome => 'done',
	    detail => jsonb_build_object('id', id, 'why', why));
end
$$;
comment on function gatepost.initial_access_token_revoke(uuid, text) is
'Ends a token with which clients may register.';

grant execute on function
	gatepost.initial_access_token_create(text, integer, interval),
	gatepost.initial_access_token_revoke(uuid, text)
to :"dba";
