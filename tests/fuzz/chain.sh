# SPDX-License-Identifier: ISC
# The refresh chain against a model, see chain.c; sourced by tests/sql/run.
# GATEPOST_HISTORIES says how many (default 2000).

chain=${top_builddir:-.}/tests/fuzz/chain
if [ ! -x "$chain" ] && [ "${GATEPOST_REQUIRE_ALL:-}" != 1 ]; then
	say ok 'chain # SKIP make check builds it'
	return
fi
sql -c 'select world()' -f - >/dev/null <<-'END' || exit 1
	-- A person, a client and a consent for each history that is under way.
	insert into client (client_id, name, auth_method, grant_types)
	select format('h%s-%s', p, i), 'Chain', 'none',
		'{authorization_code,refresh_token}'
	from generate_series(0, 3) p, generate_series(1, 50) i;
	insert into account (username)
	select client_id from client where client_id ~ '^h[0-9]';
	create table tap.chain (
		name text primary key,
		code_id uuid,
		consent_id uuid not null default uuid7()
	);
	insert into tap.chain (name)
	select client_id from client where client_id ~ '^h[0-9]';

	create function tap.chain_codes(process integer, n integer)
	returns table (name text, code text)
	language plpgsql security definer
	set search_path = pg_catalog, gatepost, pg_temp
	as $$
	begin
		update account a set disabled_at = null
		where a.username like 'h' || process || '-%'
		and a.disabled_at is not null;
		update client c set disabled_at = null
		where c.client_id like 'h' || process || '-%'
		and c.disabled_at is not null;
		insert into consent (id, account_id, client_id, redirect_host,
		    resource, scopes)
		select h.consent_id, a.id, h.name, 'app.example',
			'https://mcp.example/mcp', '{mcp:tools:news}'
		from tap.chain h
		join account a on a.username = h.name
		where h.name like 'h' || process || '-%'
		on conflict do nothing;
		update tap.chain h set code_id = uuid7()
		where h.name like 'h' || process || '-%';
		insert into session (id, hash, account_id, opened_at)
		select h.code_id, tap.digest('session'), a.id, clock_timestamp()
		from tap.chain h
		join account a on a.username = h.name
		where h.name like 'h' || process || '-%';
		insert into code (id, hash, client_id, account_id, consent_id,
		    session_id, redirect_uri, code_challenge, scopes, resource,
		    expires_at)
		select h.code_id, tap.digest('code'), h.name, a.id, h.consent_id,
			h.code_id, 'https://app.example/cb', tap.challenge(),
			'{mcp:tools:news}', 'https://mcp.example/mcp',
			now() + interval '1 hour'
		from tap.chain h
		join account a on a.username = h.name
		where h.name like 'h' || process || '-%';
		return query
		select h.name, h.code_id::text
		from tap.chain h
		where h.name like 'h' || process || '-%'
		order by h.name
		limit n;
	end
	$$;
	create function tap.chain_rows(process integer, n integer)
	returns setof text
	language sql
	as $$
		select coalesce(g.generation || case when g.ended_at is null
			then ' alive' else ' ended' end, 'none')
		from chain h
		left join access_grant g on g.id = h.code_id
		where h.name like 'h' || process || '-%'
		order by h.name
		limit n
	$$;
	create function tap.chain_redeem(name text, code uuid)
	returns text
	language sql
	return (
		select concat_ws(' ', t.outcome, t.generation)
		from token_redeem(name, 'none', null, null, code,
			digest('code'), digest('refresh secret'), null,
			challenge(), null, '192.0.2.1') t);
	create function tap.chain_refresh(name text, code uuid, number integer)
	returns text
	language sql
	return (
		select concat_ws(' ', t.outcome, t.generation)
		from token_refresh(name, 'none', null, null, code, number,
			digest('refresh secret'), '{}', null, '192.0.2.1') t);
	create function tap.chain_revoke(name text, code uuid)
	returns text
	language sql
	return (
		select outcome
		from revoke_token(name, 'none', null, null, code,
			digest('refresh secret'), '192.0.2.1'));
	create function tap.chain_end(code uuid)
	returns text
	language plpgsql
	as $$
	begin
		return case when grant_revoke(code, 'chain')
		    then 'revoked' else 'ignored' end;
	exception
		when no_data_found then
			return 'ignored';
	end
	$$;
	create function tap.chain_withdraw(of text)
	returns void
	language sql
	as $$
		delete from consent n
		using chain h
		where h.name = of
		and n.id = h.consent_id
	$$;
	create function tap.chain_age(code uuid, minutes integer)
	returns void
	language sql security definer
	set search_path = pg_catalog, gatepost, pg_temp
	as $$
		update access_grant g
		set rotated_at = g.rotated_at - minutes * interval '1 minute',
			mark_at = array(
				select t - minutes * interval '1 minute'
				from unnest(g.mark_at) with ordinality u (t, n)
				order by n)
		where g.id = code
	$$;
	-- What only prepares is no change that programs would have to hear of.
	grant usage, create on schema tap to gatepost_owner;
	grant select, update on tap.chain to gatepost_owner;
	alter function tap.chain_codes owner to gatepost_owner;
	alter function tap.chain_age owner to gatepost_owner;
END
# as the roles have it, see role.psql
PGOPTIONS="$PGOPTIONS -c plan_cache_mode=force_generic_plan"
result=0
"$chain" "${GATEPOST_HISTORIES:-2000}" >"$dir/chain" 2>&1 || result=$?
same 'histories of the refresh chain go as the model has them' 0 "$result"
sed '/^#/!s/^/# /' "$dir/chain"
