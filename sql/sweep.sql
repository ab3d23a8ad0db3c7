-- SPDX-License-Identifier: ISC
-- What has expired goes, in bounded time: partitions as a whole, small rows
-- so many at once.  Called by a DBA, or once an hour by a timer, for which
-- there is a role that can do this and nothing else.

\set role :prefix _sweep
\set about 'gatepost: logs in from the hourly timer'
\ir connect.psql
-- Bounded, but not by what a request may take.
alter role :"role" set statement_timeout = '5min';
set role :"owner";
grant usage on schema gatepost to :"role";

-- Says how long rows of a table are of use after they were made, at most.
-- Called by sweep.  Null: for ever.
create or replace function gatepost.partition_lifetime(parent text)
returns interval
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select case parent
		when 'request' then interval '2 days'
		when 'login_attempt' then interval '2 days'
		when 'code' then interval '2 days'
		-- the id is where the day begins
		when 'assertion_used' then interval '25 hours'
		when 'session' then interval '31 days'
		when 'access_grant' then interval '2 days' + greatest(
			s.refresh_absolute, (
				select max(c.refresh_absolute)
				from client c))
		when 'audit_event' then s.audit_retention end
	from server s
$$;
comment on function gatepost.partition_lifetime(text) is
'How long rows of a table are of use; null: for ever.';

-- Lists the partitions with the moment up to which rows are in them: for a
-- default one, that of its newest row.  Called by sweep.
create or replace function gatepost.partition_list(parent text)
returns table (name text, is_default boolean, until timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	for name, is_default, until in
		select c.relname, b.bound = 'DEFAULT', uuid7_time(substring(
			b.bound from 'TO \(''([0-9a-f-]{36})''\)')::uuid)
		from pg_inherits i
		join pg_class c on c.oid = i.inhrelid
		cross join pg_get_expr(c.relpartbound, c.oid) b (bound)
		where i.inhparent = format('gatepost.%I', parent)::regclass
		order by c.relname
	loop
		if is_default then
			execute format('select uuid7_time((select id '
			    'from gatepost.%I order by id desc limit 1))', name)
			into until;
		end if;
		return next;
	end loop;
end
$$;
comment on function gatepost.partition_list(text) is
'A table''s partitions and up to when their rows are.';

-- Keeps partitions of audit_event from being emptied by TRUNCATE; the other
-- triggers they have from their parent.  Called by sweep, partition_prepare and
-- with this file.
create or replace function gatepost.partition_protect()
returns void
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	name regclass;
begin
	for name in
		select i.inhrelid
		from pg_inherits i
		where i.inhparent = 'audit_event'::regclass
		and not exists (
			select
			from pg_trigger t
			where t.tgrelid = i.inhrelid
			and t.tgname = 'audit_refuse_truncate')
	loop
		execute format('create trigger audit_refuse_truncate '
		    'before truncate on %s for each statement '
		    'execute function gatepost.audit_refuse()', name);
		execute format('revoke update, delete, truncate on %s from %I',
		    name, current_user);
	end loop;
end
$$;
comment on function gatepost.partition_protect() is
'Keeps partitions of audit_event from being changed.';

-- Drops a partition; a default one is made anew, empty.  Called by sweep.
-- Returns false when others would have to wait for that.
create or replace function gatepost.partition_drop(
	parent text,
	name text,
	is_default boolean
)
returns boolean
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	execute format('drop table gatepost.%I', name);
	if is_default then
		execute format('create table gatepost.%I '
		    'partition of gatepost.%I default', name, parent);
	end if;
	return true;
exception
	when lock_not_available or deadlock_detected then
		return false;
end
$$;
comment on function gatepost.partition_drop(text, text, boolean) is
'Drops a partition, unless it would have to wait.';

-- Deletes small rows that have expired, no more than 10000 of a kind at once.
-- Called by sweep.  Returns the tables with how many went.
create or replace function gatepost.sweep_rows()
returns table (what text, name text, rows bigint)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
begin
	what := 'rows deleted';
	delete from login_failure f
	where (f.kind, f.subject) in (
		select o.kind, o.subject
		from login_failure o
		cross join server s
		where o.since < now() - s.login_window
		limit 10000
		for update of o skip locked);
	get diagnostics rows = row_count;
	name := 'login_failure';
	return next;

	delete from rate r
	where r.subject in (
		select o.subject
		from rate o
		where o.since < now() - o.span
		limit 10000
		for update skip locked);
	get diagnostics rows = row_count;
	name := 'rate';
	return next;

	delete from initial_access_token t
	where t.id in (
		select o.id
		from initial_access_token o
		where o.expires_at < now() - interval '30 days'
		limit 10000
		for update skip locked);
	get diagnostics rows = row_count;
	name := 'initial_access_token';
	return next;

	-- What nobody asks for any more; its client is another matter.
	delete from document d
	where (d.url, d.kind) in (
		select o.url, o.kind
		from document o
		where o.used_at < now() - interval '30 days'
		and document_idle(o)
		limit 10000
		for update skip locked);
	get diagnostics rows = row_count;
	name := 'document';
	return next;

	delete from revocation v
	where v.change in (
		select o.change
		from revocation o
		where o.expires_at < now()
		limit 10000
		for update skip locked);
	get diagnostics rows = row_count;
	name := 'revocation';
	return next;

	-- Keys that verify nothing any more: see signing_keys_public.
	begin
		delete from signing_key k
		where exists (
			select
			from signing_key later
			where later.generation > k.generation
			and later.activates_at < now() - token_memory());
		get diagnostics rows = row_count;
	exception
		-- somebody enters a change, for which this would wait
		when lock_not_available or deadlock_detected then
			rows := 0;
			what := 'change in use';
	end;
	name := 'signing_key';
	return next;
	what := 'rows deleted';

	update client c
	set previous_secret_hash = null,
		previous_secret_until = null
	where c.client_id in (
		select o.client_id
		from client o
		where o.previous_secret_until < now()
		limit 10000
		for update skip locked);
	get diagnostics rows = row_count;
	what := 'old secrets forgotten';
	name := 'client';
	return next;
end
$$;
comment on function gatepost.sweep_rows() is
'Deletes small rows that have expired.';

-- Deletes clients that registered themselves and were never used, or not for
-- long, no more than 10000 of either at once, with an audit record each.  One
-- whose grants can still be refreshed is in use.  Called by sweep.  Returns how
-- many.
create or replace function gatepost.sweep_clients()
returns bigint
language sql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	with unused as (
		select o.client_id
		from client o
		cross join server s
		where o.self_registered
		and o.last_used_at is null
		and o.disabled_at is null
		and o.created_at < now() - s.client_unused_age
		order by o.created_at
		limit 10000
		for update of o skip locked
	), idle as (
		select o.client_id
		from client o
		cross join server s
		where o.self_registered
		and o.last_used_at < now() - s.client_idle_age
		and o.last_used_at < now() - interval '1 hour'
			- coalesce(o.refresh_idle, s.refresh_idle)
		and o.disabled_at is null
		order by o.last_used_at
		limit 10000
		for update of o skip locked
	), gone as (
		delete from client c
		where c.client_id in (
			select u.client_id
			from unused u
			union all
			select i.client_id
			from idle i)
		returning c.client_id, c.name, c.created_at, c.last_used_at
	), recorded as (
		insert into audit_event (id, program, event, outcome,
			client_id, detail)
		select uuid7(), 'admin', 'client_unused', 'deleted',
			g.client_id, jsonb_build_object('name', g.name,
			'created_at', g.created_at,
			'last_used_at', g.last_used_at)
		from gone g
		returning 1
	)
	select count(*)
	from recorded
$$;
comment on function gatepost.sweep_clients() is
'Deletes clients that registered themselves and are not used.';

-- Deletes what has expired and makes partitions ahead.  Called by a DBA or the
-- timer, say once an hour.  Returns what it did.  Whatever would keep programs
-- waiting it leaves for the next time; two at once are one.
create or replace function gatepost.sweep()
returns table (what text, name text, rows bigint)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
set lock_timeout = '250ms'
as $$
declare
	plan partition_plan;
	part record;
	done jsonb;
begin
	begin
		lock table partition_plan in share row exclusive mode nowait;
	exception
		when lock_not_available then
			what := 'another sweep is at work';
			return next;
			return;
	end;
	for what, name, rows in select * from sweep_rows() loop
		done := jsonb_build_object(name, rows)
		    || coalesce(done, '{}');
		return next;
	end loop;
	what := 'unused clients deleted';
	name := 'client';
	rows := sweep_clients();
	return next;

	-- Last what locks whole tables, for the moment until the end, in the
	-- order in which most programs do.
	rows := null;
	for plan in
		select *
		from partition_plan p
		order by array_position(array['session', 'request',
			'login_attempt', 'code', 'access_grant',
			'audit_event'], p.parent)
	loop
		what := 'partition dropped';
		for part in
			select *
			from partition_list(plan.parent) l
			where l.until < now() - partition_lifetime(plan.parent)
		loop
			name := part.name;
			if not partition_drop(plan.parent, part.name,
			    part.is_default) then
				what := 'partition in use';
			end if;
			return next;
			exit when what = 'partition in use';
		end loop;
		what := 'partition made';
		begin
			for name in select partition_make(plan) loop
				return next;
			end loop;
		exception
			when lock_not_available or deadlock_detected then
				what := 'partitions not made, in use';
				name := plan.parent;
				return next;
		end;
	end loop;
	perform partition_protect();
	perform audit_add(
	    program => 'admin',
	    event => 'sweep',
	    outcome => 'done',
	    detail => done);
end
$$;
comment on function gatepost.sweep() is
'Deletes what has expired, in bounded time, and makes partitions ahead.  Call it once an hour; it returns what it did.';

select gatepost.partition_protect();
grant execute on function gatepost.sweep() to :"dba", :"role";
