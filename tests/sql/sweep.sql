-- SPDX-License-Identifier: ISC
-- Partitions and sweep().

begin;
select * from no_plan();
select tap.world();

create function pg_temp.id_of(at timestamptz)
returns uuid language sql
return (left(uuid7_floor(at)::text, 14) || '7' || right(uuid7()::text, 21))
	::uuid;
create function pg_temp.swept()
returns text language sql as $$
	select string_agg(concat_ws(' ', s.what, s.name,
		nullif(s.rows, 0)), ', ' order by s.what, s.name)
	from sweep() s
	where s.rows is distinct from 0
$$;

-- As it is after migrate.
select is((select count(*) from pg_inherits i
	where i.inhparent = format('gatepost.%I', p.parent)::regclass),
	ahead + 2::bigint, format('%s has %s partitions', parent, ahead + 2))
from partition_plan p;
select cmp_ok(ahead + 2, '<=', 8, parent || ': few') from partition_plan;
select set_eq('select parent from partition_plan',
	'select relname::text from pg_class
	where relkind = ''p'' and relnamespace = ''gatepost''::regnamespace',
	'every partitioned table has a plan');
select is((select tableoid::regclass::text ~ '_[0-9]{10}$'
	from access_grant limit 1), null, 'no grant yet');
create temp table held as select tap.grant_of() as id;
select ok(tableoid::regclass::text ~ 'access_grant_[0-9]{10}$',
	'a row goes into its partition') from access_grant;
select is(tap.try('insert into code select * from code'), '23505',
	'an id is unique');
select is(pg_temp.swept(), null, 'a sweep with nothing to do');

-- Small rows that have expired.
insert into login_failure (kind, subject, since)
values ('name', 'old', now() - interval '1 day'), ('name', 'new', now());
insert into revocation (change, kind, subject, expires_at)
values (1, 'grant', 'old', now() - interval '1 second'),
	(2, 'grant', 'new', now() + interval '1 hour');
insert into signing_key (generation, kid, alg, public_jwk, sealed, activates_at)
select n, 'k' || n, 'ES256', '{}', decode(repeat('00', 40), 'hex'), now()
	- age
from (values (2, interval '2 days'), (3, '1 hour')) v (n, age);
insert into client (client_id, name, auth_method, self_registered,
	registration_token_hash, created_at, last_used_at, disabled_at)
select 'c' || n, 'C', 'none', n <> 4, case when n <> 4 then digest('x') end,
	now() - age, used, disabled
from (values
	(1, interval '91 days', null::timestamptz, null::timestamptz),
	(2, '29 days', null, null),
	(3, '91 days', now(), null),
	(4, '91 days', null, null),
	(5, '91 days', null, now()),
	(6, '500 days', now() - interval '181 days', null),
	(7, '500 days', now() - interval '179 days', null))
	v (n, age, used, disabled);
update client set previous_secret_hash = digest('x'),
	previous_secret_until = now() - interval '1 second'
where client_id = 'web';
select is(pg_temp.swept(), 'old secrets forgotten client 1, '
	'rows deleted login_failure 1, rows deleted revocation 1, '
	'rows deleted signing_key 1, unused clients deleted client 2',
	'one of each goes');
select is((select string_agg(subject, ' ') from login_failure), 'new',
	'failures of the window stay');
select is((select string_agg(subject, ' ') from revocation), 'new',
	'so does what is still revoked');
select is((select string_agg(kid, ' ' order by generation) from signing_key),
	'k2 k3', 'so do keys of which tokens live');
select is((select string_agg(client_id, ' ' order by client_id) from client
	where client_id ~ '^c[0-9]'), 'c2 c3 c4 c5 c7',
	'so do clients that are used, are young, a DBA''s or disabled');
select is((select string_agg((event, outcome, client_id)::text, ' '
	order by client_id) from audit_event
	where event = 'client_unused'), '(client_unused,deleted,c1) (client_unused,deleted,c6)',
	'a client''s end is recorded');
select is(pg_temp.swept(), null, 'once');

-- Partitions whose time has passed.
create function pg_temp.partition(parent text, age interval)
returns text language plpgsql as $$
declare
	name constant text := parent || '_test' || extract(day from age)
	    || substr(md5(random()::text), 1, 6);
begin
	execute format('create table gatepost.%I partition of gatepost.%I '
	    'for values from (%L) to (%L)', name, parent,
	    uuid7_floor(now() - age - interval '1 day'),
	    uuid7_floor(now() - age));
	execute format('alter table gatepost.%I owner to gatepost_owner', name);
	return name;
end $$;
create temp table parts as
select p.parent, p.age, p.goes, pg_temp.partition(p.parent, p.age) as name
from (values
	('request', interval '3 days', true),
	('request', '36 hours', false),
	('code', '3 days', true),
	('login_attempt', '3 days', true),
	('session', '32 days', true),
	('session', '20 days', false),
	('access_grant', '93 days', true),
	('access_grant', '91 days', false),
	('audit_event', '3000 days', false)) p (parent, age, goes);
insert into audit_event (id, program, event, outcome)
values (pg_temp.id_of(now() - interval '3001 days' + interval '1 hour'),
	'x', 'x', 'x');
select is((select string_agg(name, ' ' order by name collate "C")
	from sweep()
	where what = 'partition dropped'),
	(select string_agg(name, ' ' order by name collate "C") from parts
	where goes), 'what has expired is dropped');
select is(to_regclass('gatepost.' || name) is null, goes,
	format('%s of %s', parent, age)) from parts;
select is(count(*), 1::bigint, 'old records stay') from audit_event
where event = 'x';
select setting_set('audit_retention', '365 days');
select is(count(*), 1::bigint, 'until a setting says that they go')
from sweep()
where what = 'partition dropped' and name ~ '^audit_event';
select is(count(*), 0::bigint, 'then they go') from audit_event
where event = 'x';
-- A client may refresh for longer than the server's default.
create temp table long as
select pg_temp.partition('access_grant', '95 days') as name;
update client set refresh_absolute = '200 days' where client_id = 'app';
select is(count(*), 0::bigint, 'a client that may refresh for longer')
from sweep() where what = 'partition dropped';
update client set refresh_absolute = null where client_id = 'app';
select is(count(*), 1::bigint, 'and when it may not') from sweep()
where what = 'partition dropped';

-- Partitions are made again, unless the default has rows for them.
create temp table gone as
select i.inhparent::regclass::text as parent, c.relname as name
from pg_inherits i
join pg_class c on c.oid = i.inhrelid
where i.inhparent in ('request'::regclass, 'audit_event'::regclass)
and c.relname !~ 'default'
and pg_get_expr(c.relpartbound, c.oid) ~ ('TO \(''('
	|| substr(uuid7_floor(now() + interval '2 days')::text, 1, 1) || ')')
order by 2;
do $$
declare
	name text;
begin
	for name in
		select g.name
		from gone g
		where g.name > g.parent || to_char(now() + interval '1 day',
			'_YYYYMMDDHH24')
	loop
		execute format('drop table gatepost.%I', name);
	end loop;
end $$;
insert into audit_event (id, program, event, outcome)
select pg_temp.id_of(now() + interval '61 days'), 'x', 'far', 'x';
insert into request (id, hash, client_id, redirect_uri, code_challenge, scopes,
	resource)
select pg_temp.id_of(now() + interval '2 days'), digest('x'), 'app', 'x',
	challenge(), '{}', 'x';
select is(tableoid::regclass::text, 'request_default', 'a row of the default')
from request
where redirect_uri = 'x';
create temp table made as
select * from sweep();
select cmp_ok(count(*), '>=', 2::bigint, 'others are made again')
from made
where what = 'partition made';
select ok(bool_and(name !~ to_char(now() + interval '2 days', '_YYYYMMDD')),
	'that one is not') from made where name ~ '^request';
select is(count(*), 1::bigint, 'the row is there') from request
where redirect_uri = 'x';
select is(count(*), 0::bigint, 'the next sweep makes none')
from sweep()
where what = 'partition made';
select is(tap.try(format('truncate %I', name)), '42501',
	format('%s is protected', name))
from made
where what = 'partition made' and name ~ '^audit_event';

-- Rows of long ago in a default partition.
delete from request;
insert into request (id, hash, client_id, redirect_uri, code_challenge, scopes,
	resource)
select pg_temp.id_of(now() - interval '50 days'), digest('x'), 'app', 'x',
	challenge(), '{}', 'x'
from generate_series(1, 100);
select is(count(*), 1::bigint, 'go with it')
from sweep()
where what = 'partition dropped' and name = 'request_default';
select is(count(*), 0::bigint, 'it is empty') from request;
select isnt(to_regclass('request_default'), null, 'and there');
select is(session_find(null, null)::text, null, 'and programs go on');
select isnt(request_of(tap.session_of('ada')), null, 'as before');
select is((select r.relowner::regrole::text from pg_class r
	where r.oid = 'request_default'::regclass), 'gatepost_owner', 'its owner');
select is(tap.try('select * from gatepost.sweep()', 'gatepost_dba'), 'ok',
	'a DBA may sweep');
select is(tap.try('select * from gatepost.sweep()', 'gatepost_sweep'), 'ok',
	'so may the timer');
select is(tap.try('select * from gatepost.sweep()', 'gatepost_token'), '42501',
	'a program may not');
select * from finish();
rollback;
