-- SPDX-License-Identifier: ISC
-- Partitions of the tables that only grow, made ahead of time.

-- Makes the partitions of a table from now on, as many as partition_plan
-- says.  Called by partition_prepare and sweep.  Returns those it made.  A
-- range that rows have gone into the default partition for is left to that one.
create or replace function gatepost.partition_make(plan gatepost.partition_plan)
returns setof text
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	width constant bigint := extract(epoch from plan.width);
	place bigint := floor(extract(epoch from now()) / width);
	beyond constant bigint := place + plan.ahead;
	name text;
begin
	for place in place .. beyond loop
		name := plan.parent || to_char(to_timestamp(place * width)
		    at time zone 'UTC', '_YYYYMMDDHH24');
		continue when to_regclass(format('gatepost.%I', name))
		    is not null;
		begin
			execute format('create table gatepost.%I '
			    'partition of gatepost.%I '
			    'for values from (%L) to (%L) '
			    'with (fillfactor = %s)',
			    name, plan.parent,
			    uuid7_floor(to_timestamp(place * width)),
			    uuid7_floor(to_timestamp((place + 1) * width)),
			    plan.fillfactor);
			return next name;
		exception
			-- The default has rows; or the width was changed.
			when check_violation or invalid_object_definition then
				null;
		end;
	end loop;
end
$$;
comment on function gatepost.partition_make(gatepost.partition_plan) is
'Makes the partitions of one table ahead of time.';

-- Makes the partitions of all tables.  Called when this file is applied.
-- Returns the names of those it made.
create or replace function gatepost.partition_prepare()
returns setof text
language sql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select made
	from partition_plan p
	cross join partition_make(p) made
$$;
comment on function gatepost.partition_prepare() is
'Makes partitions ahead of time; returns the names of the new ones.';

select count(*) as "partitions made"
from gatepost.partition_prepare();
