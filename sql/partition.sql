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

-- Makes the partitions of one table.  Called by migrate when all is committed,
-- for one table after the other: programs at work lock them in orders of their
-- own, so who held one and waited for the next would stop them.  Who waits
-- longer here than for a moment begins again.  Returns the names of those it
-- made.
create or replace function gatepost.partition_prepare(given_parent text)
returns text[]
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
set lock_timeout = '250ms'
as $$
declare
	plan partition_plan;
	made text[];
begin
	select *
	into strict plan
	from partition_plan p
	where p.parent = given_parent;
	for attempt in 1 .. 10 loop
		begin
			made := array(select partition_make(plan));
			perform partition_protect();
			return made;
		exception
			when lock_not_available or deadlock_detected then
				null;
		end;
	end loop;
	raise warning 'table % is too busy to make its partitions', given_parent
	using hint = 'sweep() will make them.';
	return '{}';
end
$$;
comment on function gatepost.partition_prepare(text) is
'Makes a table''s partitions ahead of time; returns the names of the new ones.';
