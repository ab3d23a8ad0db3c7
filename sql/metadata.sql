-- SPDX-License-Identifier: ISC
-- metadata: what the well-known documents say.

\set program metadata
\ir role.psql

-- Reads what the documents are made of.  Called by metadata at its start and
-- when the counter moved.  One row.
create or replace function gatepost.metadata_describe(
	out change bigint,
	out issuer text,
	out registration text,
	out client_documents boolean,
	out resources jsonb,
	out scopes jsonb
)
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select c.counter, s.issuer, s.registration, s.client_documents,
		resources_describe(),
		coalesce((
			select jsonb_agg(distinct o.name)
			from resource t
			cross join unnest(t.scopes::text[]) o (name)), '[]')
	from server s
	cross join change c
$$;
comment on function gatepost.metadata_describe() is
'What the well-known documents say; for metadata.';

grant execute on function
	gatepost.metadata_describe()
to :"role";
