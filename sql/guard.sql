-- SPDX-License-Identifier: ISC
-- guard: what it decides by, and the records of what it decided.

\set program guard
\ir role.psql

-- Reads keys, resources and rules.  Called by guard at its start and when the
-- counter moved.  One row.
create or replace function gatepost.guard_read(
	out issuer text,
	out keys jsonb,
	out resources jsonb
)
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select s.issuer, signing_keys_public(),
		coalesce((
			select jsonb_agg(t || jsonb_build_object('rules', (
				select coalesce(jsonb_agg(jsonb_build_object(
						'scope', u.required_scope,
						'method', u.method,
						'path_prefix', u.path_prefix,
						'mcp_method', u.mcp_method,
						'mcp_name', u.mcp_name)
						order by u.id), '[]')
				from resource_rule u
				where u.uri = t ->> 'uri'))
				order by place)
			from jsonb_array_elements(resources_describe())
				with ordinality d (t, place)), '[]')
	from server s
$$;
comment on function gatepost.guard_read() is
'What the guard decides by; for guard.';

-- Lists the revocations entered after a change that are not yet past, at most
-- 10,000 at a time.  Called by guard when the counter moved, until none is
-- left.  In the order in which they committed: of two for the same subject
-- the later counts.
create or replace function gatepost.guard_revocations(after bigint)
returns table (
	change bigint,
	kind text,
	subject text,
	revoked_at bigint
)
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select v.change, v.kind, v.subject,
		case when isfinite(v.revoked_at)
		    then floor(extract(epoch from v.revoked_at))::bigint
		    else 9223372036854775807 end
	from revocation v
	where v.change > after
	and v.expires_at > now()
	order by v.change
	limit 10000
$$;
comment on function gatepost.guard_revocations(bigint) is
'The live revocations after a change; for guard.';

-- Reads a batch of decisions: a line each, of nine fields with tabs between
-- them, of which an empty one is null.  Called by guard_journal, of whose
-- statements the planner makes it a part.  Raises a data_exception for what is
-- not as it should be.
create or replace function gatepost.guard_lines(lines text)
returns table (
	id uuid,
	outcome text,
	error text,
	client_id text,
	account_id uuid,
	grant_id uuid,
	resource text,
	address inet,
	detail jsonb
)
language sql stable
begin atomic
	-- Each field is looked for anew: an array of them costs more.
	select nullif(split_part(line, e'\t', 1), '')::uuid,
		coalesce(nullif(split_part(line, e'\t', 2), ''), 'refused'),
		nullif(split_part(line, e'\t', 3), ''),
		nullif(split_part(line, e'\t', 4), ''),
		nullif(split_part(line, e'\t', 5), '')::uuid,
		nullif(split_part(line, e'\t', 6), '')::uuid,
		nullif(split_part(line, e'\t', 7), ''),
		nullif(split_part(line, e'\t', 8), '')::inet,
		-- an empty text is no JSON
		case octet_length(line)
			- octet_length(replace(line, e'\t', ''))
			when 8 then split_part(line, e'\t', 9) else '' end::jsonb
	from string_to_table(lines, e'\n') line
	-- so that each is read once, however often it is asked for
	offset 0;
end;
comment on function gatepost.guard_lines(text) is
'A batch of decisions, read.';

-- Records a batch of decisions, as guard_lines reads them.  Called by guard at
-- the latest a second after them.  A record's id is the guard's, so that its
-- time is that of the decision and a batch that is sent again is recorded once;
-- unless it tells of a time that the guard cannot have waited for.  A batch
-- that is not as it should be is recorded all the same, as it came, and each
-- time that it comes.  Returns how many are new.  guard_record, which came
-- before this, stays in databases that had it, for guards that still run.
create or replace function gatepost.guard_journal(
	lines text,
	out recorded integer
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	first constant uuid := uuid7_floor(now() - interval '1 day');
	last constant uuid := uuid7_floor(clock_timestamp()
	    + interval '1 second');
begin
	-- A block of its own: a handler's errors are for those around it.
	begin
		insert into audit_event (id, program, event, outcome, error,
		    client_id, account_id, grant_id, resource, address, detail)
		select case when e.id between first and last then e.id
			else uuid7() end,
		    'guard', 'guard', e.outcome, e.error, e.client_id,
		    e.account_id, e.grant_id, e.resource, e.address, e.detail
		from guard_lines(lines) e;
	exception
		-- It was sent before.  To say `on conflict` each time would
		-- cost a fifth more.
		when unique_violation then
			insert into audit_event (id, program, event, outcome,
			    error, client_id, account_id, grant_id, resource,
			    address, detail)
			select case when e.id between first and last then e.id
				else uuid7() end,
			    'guard', 'guard', e.outcome, e.error, e.client_id,
			    e.account_id, e.grant_id, e.resource, e.address,
			    e.detail
			from guard_lines(lines) e
			on conflict do nothing;
	end;
	get diagnostics recorded = row_count;
exception
	when data_exception then
		insert into audit_event (id, program, event, outcome, detail)
		select uuid7(), 'guard', 'guard', 'malformed',
		    jsonb_build_object('line', line)
		from string_to_table(lines, e'\n') line;
		get diagnostics recorded = row_count;
end
$$;
comment on function gatepost.guard_journal(text) is
'Records a batch of the guard''s decisions; for guard.';

grant execute on function
	gatepost.guard_read(),
	gatepost.guard_revocations(bigint),
	gatepost.guard_journal(text)
to :"role";
