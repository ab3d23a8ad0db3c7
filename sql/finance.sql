-- SPDX-License-Identifier: ISC
-- finance: the protected MCP server's headlines.

\set program finance
\ir role.psql

-- Lists a company's latest headlines.  Called by finance.  Newest first, at
-- most 20; none for a ticker that is not covered.
create or replace function gatepost.finance_headlines(given_ticker text)
returns table (
	company text,
	published bigint,
	source text,
	headline text
)
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select c.name,
		floor(extract(epoch from h.published))::bigint,
		h.source, h.headline
	from finance_company c
	join finance_headline h on h.ticker = c.ticker
	where c.ticker = upper(given_ticker)
	order by h.published desc, h.headline
	limit 20
$$;
comment on function gatepost.finance_headlines(text) is
'A company''s latest headlines; for finance.';

-- Lists the companies that there are headlines of.  Called by finance.
create or replace function gatepost.finance_covered()
returns table (
	ticker text,
	company text,
	headlines integer,
	newest bigint
)
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select c.ticker, c.name, count(*)::integer,
		floor(extract(epoch from max(h.published)))::bigint
	from finance_company c
	join finance_headline h on h.ticker = c.ticker
	group by c.ticker, c.name
	order by c.ticker
$$;
comment on function gatepost.finance_covered() is
'The companies that there are headlines of; for finance.';

grant execute on function
	gatepost.finance_headlines(text),
	gatepost.finance_covered()
to :"role";
