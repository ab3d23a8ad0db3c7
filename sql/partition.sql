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
-- Returns the names of those it made.  Programs at work have these tables
-- locked in orders of their own: who waits longer here than for a moment begins
-- again, so that it is not one of them that has to give way.
create or replace function gatepost.partition_prepare()
returns setof text
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
set lock_timeout = '250ms'
as $$
declare
	plan partition_plan;
begin
	for plan in select * from partition_plan p order by p.parent loop
		for attempt in 1 .. 10 loop
			begin
				return query select partition_make(plan);
				exit;
			exception
				when lock_not_available
				or deadlock_detected then
					null;
			end;
		end loop;
	end loop;
end
$$;
comment on function gatepost.partition_prepare() is
'Makes partitions ahead of time; returns the names of the new ones.';

select count(*) as "partitions made"
from gatepost.partition_prepare();
