-- SPDX-License-Identifier: ISC
-- What guard, metadata, jwks, token (keys) and finance read and record, and
-- the counter by which they know that they must.

begin;
select * from no_plan();
select tap.world();
select resource_rule_add('https://mcp.example/mcp', 'mcp:tools:{name}',
	mcp_method => 'tools/call');
-- of one millisecond they would come in any order
select pg_sleep(0.002) \g /dev/null
select resource_rule_add('https://mcp.example/mcp', 'mcp:tools:news', 'POST',
	'/mcp/admin');

select is(issuer, 'http://localhost:8080', 'guard''s issuer')
from guard_read();
select is(keys, '[{"kid": "k1", "kty": "EC"}]', 'guard''s keys')
from guard_read();
select is(resources -> 0, '{
	"uri": "https://mcp.example/mcp", "name": "Example",
	"scopes": ["mcp:tools:weather", "mcp:tools:news",
		"mcp:exec:workflows:*"],
	"default_scopes": ["mcp:tools:weather"], "origins": [],
	"checks_scope": false, "is_default": true,
	"aliases": ["https://mcp.example/", "https://mcp.example/mcp/"],
	"rules": [
		{"scope": "mcp:tools:{name}", "method": null,
		"path_prefix": null, "mcp_method": "tools/call",
		"mcp_name": null},
		{"scope": "mcp:tools:news", "method": "POST",
		"path_prefix": "/mcp/admin", "mcp_method": null,
		"mcp_name": null}]}'::jsonb, 'a resource with its rules')
from guard_read();
select is(resources -> 1, '{
	"uri": "https://other.example/", "name": "Other",
	"scopes": ["other:a"], "default_scopes": ["other:a"], "origins": [],
	"checks_scope": false, "is_default": false, "aliases": [],
	"rules": []}'::jsonb, 'one without') from guard_read();
select is((change, issuer, registration, scopes)::text,
	(server_change(), 'http://localhost:8080', 'open',
	'["mcp:exec:workflows:*", "mcp:tools:news", "mcp:tools:weather",'
	' "other:a"]')::text, 'what metadata says') from metadata_describe();
select is(jsonb_array_length(resources), 2, 'of two resources')
from metadata_describe();

-- Revocations, in the order of their commits.
select is_empty('select * from guard_revocations(0)', 'nothing is revoked');
create temp table before as select server_change() as change;
select client_disable('app', 'x');
select account_disable('ada', 'x');
select revoke_everything('x');
select is(string_agg(r.kind || ' ' || r.subject, ', ' order by r.change),
	format('client app, account %s, epoch ', (
		select id from account where username = 'ada')), 'three')
from before, guard_revocations(before.change) r;
select is(count(*), 3::bigint, 'with a change each')
from (select distinct r.change from guard_revocations(0) r) d;
select is(count(*), 0::bigint, 'after the last, none')
from guard_revocations(server_change());
select is(count(*), 1::bigint, 'after the one before, one')
from guard_revocations((select max(change) - 1 from revocation));
select ok(abs(r.revoked_at - extract(epoch from now())) < 10, 'in seconds')
from guard_revocations(0) r where r.kind = 'epoch';
select ok(bool_and(r.revoked_at = 9223372036854775807),
	'whatever is issued while somebody is disabled')
from guard_revocations(0) r where r.kind <> 'epoch';
create temp table last as select max(change) as change from revocation;
select client_enable('app');
select account_enable('ada');
select is(string_agg(r.kind, ', ' order by r.change), 'client, account',
	'enabled: what was issued before stays over')
from last, guard_revocations(last.change) r
where abs(r.revoked_at - extract(epoch from now())) < 10;
select is(count(*), 3::bigint, 'in the place of what it was')
from guard_revocations(0);
update revocation set expires_at = now() - interval '1 second'
where kind = 'client';
select is(count(*), 2::bigint, 'not what is past') from guard_revocations(0);

-- Its records.
create function pg_temp.line(id text default null, outcome text default null,
	client_id text default null, account_id text default null,
	grant_id text default null, resource text default null,
	address text default null, detail text default '{}')
returns text language sql return array_to_string(array[id, outcome, null,
	client_id, account_id, grant_id, resource, address, detail], e'\t', '');
create function pg_temp.id_of(at timestamptz, number integer)
returns text language sql return overlay(overlay(uuid7_floor(at)::text
	placing '7' from 15 for 1) placing number::text from 36 for 1);
select is(guard_journal(''), 0, 'no record');
create temp table events as
select pg_temp.line('018f3c5e-0000-7000-8000-000000000009', 'old') as old,
	pg_temp.line(pg_temp.id_of(now() - interval '2 s', 0), 'allowed', 'app',
		'018f3c5e-0000-7000-8000-000000000001',
		'018f3c5e-0000-7000-8000-000000000002',
		'https://mcp.example/mcp', '192.0.2.1', '{"path": "/mcp"}')
		as allowed,
	pg_temp.line(pg_temp.id_of(now() - interval '1 s', 1), 'other') as other,
	pg_temp.line(pg_temp.id_of(now() + interval '9 s', 2), 'refused')
		as refused;
select is(guard_journal(concat_ws(e'\n', old, allowed, refused,
	pg_temp.line(detail => '{"x": 1}'))), 4, 'four records') from events;
select is(guard_journal(allowed), 0, 'one that comes again is there already')
from events;
select is(guard_journal(concat_ws(e'\n', allowed, other)), 1,
	'and what comes with it for the first time is not lost') from events;
select is(guard_journal(old), 1,
	'one that tells of a time long past is new each time') from events;
select is((program, event, outcome, error, client_id, account_id, grant_id,
	resource, address, detail)::text,
	('guard', 'guard', 'allowed', null, 'app',
	'018f3c5e-0000-7000-8000-000000000001',
	'018f3c5e-0000-7000-8000-000000000002', 'https://mcp.example/mcp',
	'192.0.2.1', '{"path": "/mcp"}'::jsonb)::text, 'what was allowed')
from audit_event
where program = 'guard' and outcome = 'allowed';
select cmp_ok(abs(extract(epoch from uuid7_time(id) - now()) + 2), '<', 0.01,
	'when it was decided')
from audit_event
where program = 'guard' and outcome = 'allowed';
select is(count(*), 2::bigint, 'what says nothing is a refusal')
from audit_event
where event = 'guard' and outcome = 'refused';
-- One that is malformed does not keep its batch from being recorded.
create temp table malformed as
select what, line, pg_temp.line(outcome => 'beside ' || what) as beside
from (values
	('a grant', pg_temp.line(grant_id => 'none')),
	('an account', pg_temp.line(account_id => 'none')),
	('an address', pg_temp.line(address => 'unix:')),
	('a detail', pg_temp.line(detail => '{')),
	('no detail', pg_temp.line(detail => null)),
	('what jsonb cannot hold', pg_temp.line(detail => '"\u0000"')),
	('an id', pg_temp.line('now')),
	('a field too few', regexp_replace(pg_temp.line(), e'\t', '')),
	('a field too many', pg_temp.line() || e'\t'),
	('the last one twice', pg_temp.line() || e'\t{}'),
	('no field', '')) v (what, line);
select is(guard_journal(line || e'\n' || beside), 2, what) from malformed;
select is((select count(*) from audit_event e
		where e.outcome = 'malformed' and e.detail ->> 'line' = m.line),
	1::bigint, format('%s is recorded as it came', what))
from malformed m;
select is((select count(*) from audit_event e
		where e.outcome = 'malformed' and e.detail ->> 'line' = m.beside),
	1::bigint, format('and what is beside %s', what))
from malformed m;
-- Nor does it where another one of the batch is there already.
select is(guard_journal(allowed || e'\n' || pg_temp.line(account_id => 'none')),
	2, 'an account, again')
from events;
select ok(bool_and(uuid7_time(id) < clock_timestamp() + interval '1 second'),
	'nothing is recorded for the future')
from audit_event;

-- The counter.
create function pg_temp.heard(statement text)
returns boolean language plpgsql as $$
declare
	before constant bigint := server_change();
begin
	execute statement;
	return server_change() > before;
end $$;
select ok(pg_temp.heard(statement), 'programs hear of: ' || statement)
from unnest(array[
	'select setting_set(''service_name'', ''x'')',
	'select resource_create(''https://c.example/'', ''C'', ''{c}'')',
	'select resource_alias_add(''https://c.example/'', ''https://d.example/'')',
	'select resource_rule_add(''https://c.example/'', ''c'')',
	'select scope_create(''c'', ''C'')',
	'select client_disable(''web'', ''x'')',
	'select client_enable(''web'')',
	'select account_disable(''bob'', ''x'')',
	'select key_rotate()',
	'update resource set name = ''D'' where name = ''C''',
	'delete from resource where name = ''D''',
	'delete from signing_key',
	'update server set issuer = ''https://auth.example''']) statement;
select ok(not pg_temp.heard('select client_create(''x'', ''{https://x.example/}'')'),
	'not of a new client');

-- Keys: the first signs at once, the next when every cache has it.
create function pg_temp.keys()
returns text language sql
return (
	select string_agg(k.kid, ', ' order by k.generation desc)
	from token_keys() k);
create function pg_temp.now_and()
returns text language sql
return (
	select concat_ws(' ', t.kid, t.rotate)
	from token_client_credentials('batch', 'client_secret_post',
		digest('batch secret'), null, '{}', null, null) t);
create function pg_temp.stored(generation integer, kid text,
	alg text default 'ES256', jwk jsonb default '{"kty": "EC"}')
returns text language sql
return token_key_store(generation, kid, alg,
	jwk || jsonb_build_object('kid', kid), decode(repeat('ab', 60), 'hex'),
	null);
update server set key_rotation_asked_at = '-infinity';
select is(pg_temp.keys(), null, 'no key');
select is(pg_temp.now_and(), 't', 'one is to be made');
select is(pg_temp.stored(2, 'b'), 'lost', 'but not the second');
select is(pg_temp.stored(1, 'a'), 'stored', 'the first');
select is(last_audit(), 'token key stored', 'is recorded');
select is(pg_temp.stored(1, 'c'), 'lost', 'another at the same time');
select is(pg_temp.keys(), 'a', 'it signs');
select is(pg_temp.now_and(), 'a f', 'it is enough');
select key_rotate();
update signing_key set created_at = now() - interval '1 minute';
select is(pg_temp.now_and(), 'a t', 'a DBA asks for another');
select is(pg_temp.stored(2, 'b'), 'stored', 'the second');
select is(pg_temp.keys(), 'b, a', 'waits');
select is(activates_at - now(), interval '10 minutes',
	'twice as long as caches keep keys') from signing_key where kid = 'b';
select is(pg_temp.now_and(), 'a f', 'the first signs');
select is(jsonb_path_query_array(keys, '$[*].kid'), '["b", "a"]',
	'both are published') from jwks_read();
update signing_key set activates_at = now() where kid = 'b';
select is(pg_temp.keys(), 'b', 'then the second signs');
select is(jsonb_path_query_array(keys, '$[*].kid'), '["b", "a"]',
	'the first is still published') from jwks_read();
update signing_key set activates_at = now() - interval '1 day 6 minutes',
	created_at = now();
select is(jsonb_path_query_array(keys, '$[*].kid'), '["b"]',
	'until all that it signed has expired') from jwks_read();
select is(tap.try('select key_withdraw(''z'', ''x'')'), 'P0002',
	'no such key to withdraw');
savepoint s;
select is(pg_temp.stored(3, 'c'), 'stored', 'a third, which waits');
select key_withdraw('b', 'stolen');
select is(last_audit(), 'admin key_withdraw done stolen', 'is recorded');
select is(jsonb_path_query_array(keys, '$[*].kid'), '["c", "a"]',
	'what is withdrawn is not published') from jwks_read();
select is(left(pg_temp.now_and(), 1), 'c', 'the next signs at once');
select key_withdraw('c', 'stolen too');
select is(pg_temp.now_and(), 'a t', 'then the one before, till there is one');
select key_withdraw('a', 'and that one');
select is(pg_temp.keys(), null, 'no key is left');
select is(outcome, 'no_key', 'then nothing is issued')
from token_client_credentials('batch', 'client_secret_post',
	digest('batch secret'), null, '{}', null, null);
select client_enable('app');
select is(redeemed(code_of()), 'no_key', 'and no code is spent');
insert into signing_key (generation, kid, alg, public_jwk, sealed, activates_at)
values (100, 'later', 'ES256', '{}', decode(repeat('00', 40), 'hex'),
	now() + interval '1 minute');
select is(redeemed(code_of()), 'no_key', 'nor for one that is not active yet');
select is(outcome, 'no_key', 'or issued')
from token_client_credentials('batch', 'client_secret_post',
	digest('batch secret'), null, '{}', null, null);
delete from signing_key where kid = 'later';
select is(count(*), 0::bigint, 'none') from code where redeemed_at is not null;
select is(pg_temp.stored(1, 'd'), 'stored', 'token makes one');
select is(left(pg_temp.now_and(), 1), 'd', 'which signs at once');
select ok(copied(), 'and is what token reads');
truncate signing_key;
select is(kid, null, 'there is none when the table is emptied') from change;
rollback to s;
select setting_set('signing_algorithm', 'EdDSA');
select is(pg_temp.now_and(), 'b t', 'another algorithm is another key');
select setting_set('signing_algorithm', 'ES256');
select setting_set('key_rotation_age', '1 day');
select is(pg_temp.now_and(), 'b t', 'so is an old one');
select is(tap.try(format('select token_key_store(3, ''d'', ''ES256'', %L,
	decode(repeat(''ab'', 60), ''hex''), null)', jwk)), '23514', what)
from (values ('{"d": "x"}', 'a private key is not stored'),
	('{"k": "x"}', 'nor a symmetric one'), ('[]', 'nor none'))
	v (jwk, what);
select is(tap.try('select token_key_store(3, ''d'', ''HS256'', ''{}'',
	decode(repeat(''ab'', 60), ''hex''), null)'), '23514',
	'nor of an algorithm with a shared secret');

-- finance
select cmp_ok(count(*), '>=', 10::bigint, 'companies') from finance_covered();
select ok(bool_and(headlines between 8 and 1000 and newest > 0),
	'with headlines') from finance_covered();
select is(string_agg(h.published::text, ' '),
	string_agg(h.published::text, ' ' order by h.published desc),
	'the newest first')
from finance_covered() c, finance_headlines(c.ticker) h
group by c.ticker;
select is(count(*), 0::bigint, 'none of an unknown company')
from finance_headlines('NOSUCH');
select is(count(*), 0::bigint, 'none of null') from finance_headlines(null);
select * from finish();
rollback;
