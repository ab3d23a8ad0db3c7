-- SPDX-License-Identifier: ISC
-- Settings: each can be set, and to nothing that would do harm.

begin;
select * from no_plan();
create function pg_temp.set(name text, value text)
returns text language plpgsql as $$
begin
	perform setting_set(name, value);
	return (select s.value from settings s where s.name = set.name);
exception
	when others then
		return sqlstate;
end $$;

select is((select string_agg(name, ' ') from settings), (
	select string_agg(attname, ' ' order by attnum)
	from pg_attribute
	where attrelid = 'server'::regclass and attnum > 0
	and attname not in ('only_one', 'key_rotation_asked_at', 'epoch_at')),
	'the view has every setting');
select isnt(description, null, name || ' is described') from settings;
create temp table defaults as select name, value from settings;

select is(pg_temp.set(name, value), coalesce(becomes, value),
	format('%s = %s', name, value))
from (values
	('issuer', 'https://auth.example', null),
	('issuer', 'https://auth.example/tenant', null),
	('issuer', 'http://127.0.0.1:8080', null),
	('service_name', 'My service', null),
	('access_token_lifetime', '1 min', '00:01:00'),
	('access_token_lifetime', '1 day', null),
	('code_lifetime', '10 minutes', '00:10:00'),
	('request_lifetime', '1 hour', '01:00:00'),
	('session_idle', '1 h', '01:00:00'),
	('session_absolute', '24:00:00', null),
	('refresh_idle', '400 days', null),
	('refresh_absolute', '400 days', null),
	('replay_window', '1 hour', '01:00:00'),
	('registration', 'closed', null),
	('signing_algorithm', 'EdDSA', null),
	('signing_algorithm', 'RS256', null),
	('key_rotation_age', '7 days', null),
	('cache_seconds', '60', null),
	('remote_user', 'on', 'true'),
	('remote_user_create', 'yes', 'true'),
	('prepared_statements', 'off', 'false'),
	('login_failures', '5', null),
	('login_window', '1 minute', '00:01:00'),
	('guard_offline', '0', '00:00:00'),
	('guard_audit', 'synchronous', null),
	('client_unused_age', '30 days', null),
	('audit_retention', '1 year', null),
	('password_cost', '10', null)) v (name, value, becomes);
select is(pg_temp.set(name, value), '22023', format('not %s = %s', name, value))
from (values
	('issuer', 'https://auth.example/'),
	('issuer', 'http://auth.example'),
	('issuer', 'https://auth.example?x'),
	('issuer', 'https://auth.example:443'),
	('issuer', 'https://Auth.example'),
	('issuer', 'http://localhost:80'),
	('issuer', ''),
	('service_name', ''),
	('service_name', E'a\nb'),
	('access_token_lifetime', '59 s'),
	('access_token_lifetime', '25 hours'),
	('access_token_lifetime', '-1 hour'),
	('access_token_lifetime', 'soon'),
	('access_token_lifetime', ''),
	('code_lifetime', '11 minutes'),
	('code_lifetime', '0'),
	('session_absolute', '31 days'),
	('refresh_idle', '401 days'),
	('refresh_absolute', '401 days'),
	('refresh_absolute', 'infinity'),
	('replay_window', '0'),
	('registration', 'Open'),
	('registration', 'tokens'),
	('signing_algorithm', 'none'),
	('signing_algorithm', 'HS256'),
	('key_rotation_age', '1 minute'),
	('cache_seconds', '-1'),
	('cache_seconds', '1.5'),
	('cache_seconds', '99999999999'),
	('remote_user', 'perhaps'),
	('login_failures', '0'),
	('login_window', '0'),
	('guard_audit', 'off'),
	('client_unused_age', '1 minute'),
	('audit_retention', '1 hour'),
	('password_cost', '4'),
	('password_cost', '31')) v (name, value);
select is(pg_temp.set(name, 'x'), '42704', 'there is no setting ' || name)
from unnest('{only_one,epoch_at,key_rotation_asked_at,nosuch,Issuer,
	"issuer = issuer","",ctid,tableoid}'::text[]) name;
select is(pg_temp.set(null, 'x'), '42704', 'or null');
select is(pg_temp.set('default_resource', 'https://mcp.example/mcp'), 'P0002',
	'a default resource that there is not');
select is(count(*), 1::bigint, 'one row') from server;

-- What an error says.
create function pg_temp.told()
returns text language plpgsql as $$
declare
	m text; d text; h text;
begin
	perform setting_set('access_token_lifetime', '1 second');
exception
	when others then
		get stacked diagnostics m = message_text,
		    d = pg_exception_detail, h = pg_exception_hint;
		return concat_ws('|', m, d, h);
end $$;
select is(pg_temp.told(), 'access_token_lifetime cannot be 1 second'
	'|How long access tokens live.|interval, CHECK (((access_token_lifetime'
	' >= ''00:01:00''::interval) AND (access_token_lifetime <='
	' ''1 day''::interval)))', 'an error says what it must be');

-- Null is the default again.
select is(pg_temp.set(name, null), value, name || ' by default')
from defaults
where name <> 'default_resource';
select is(pg_temp.set('default_resource', null), null, 'no default resource');

-- The default resource, which clients may call by its origin.
select resource_create('https://mcp.example/a/b', 'X', '{a}') \g /dev/null
select is(pg_temp.set('default_resource', 'https://MCP.example/a/b'),
	'https://mcp.example/a/b', 'in its one spelling');
select is(resource_find('https://mcp.example/', null),
	'https://mcp.example/a/b', 'its origin is an alias');
select resource_create('https://mcp.example/', 'Y', '{a}') \g /dev/null
select is(resource_find('https://mcp.example/', null), 'https://mcp.example/',
	'unless that is a resource');
select is((select array_agg(l.uri::text) from resource_alias l
	where l.alias = 'https://mcp.example/'),
	'{https://mcp.example/a/b}', 'which comes before the alias');
select is(pg_temp.set('default_resource', 'https://mcp.example/'),
	'https://mcp.example/', 'a resource that is its own origin');
delete from resource where uri = 'https://mcp.example/';
select is((select value from settings where name = 'default_resource'), null,
	'a resource that is deleted is no default');

-- What programs read of it.
select setting_set('access_token_lifetime', '20 minutes') \g /dev/null
select setting_set('registration', 'closed') \g /dev/null
select is((issuer, service_name, registration,
	session_absolute_seconds, cache_seconds, remote_user,
	prepared_statements, guard_offline_seconds, guard_audit,
	signing_algorithm)::text,
	'(http://localhost:8080,gatepost,closed,43200,300,f,t,60,'
	'batched,ES256)', 'server_read')
from server_read();
select is((select (e.event, e.detail)::text from audit_event e
	order by e.cmin::text::bigint desc limit 1),
	('setting_set', '{"new": "closed", "old": "open",'
	' "name": "registration"}')::text, 'a change is recorded');
-- What token reads.
select ok(copied(), 'settings that token reads are copied to change');
update server set replay_window = '1 minute', refresh_idle = '7 days';
select is(replay_window, '1 minute', 'also when the table is changed')
from change;
select ok(copied(), 'and all others');
select client_create('long', '{https://long.example/}') \g /dev/null
-- Revocations and keys outlive the longest lived token by five minutes.
select is(tap.try(format('update %I set access_token_lifetime = %L', t,
	token_memory() - interval '5 minutes' + more)), wanted,
	format('%s: at most what is remembered, %s', t, more))
from unnest('{server,client}'::text[]) t,
	(values (interval '0', 'ok'), (interval '1 second', '23514'))
	v (more, wanted);
select is(tap.try('insert into server default values'), '23505',
	'no second row');
select is(tap.try('insert into server (only_one) values (false)'), '23514',
	'by no way');
select is(tap.try('insert into change (only_one, counter) values (false, 1)'),
	'23514', 'nor a second counter');
select * from finish();
rollback;
