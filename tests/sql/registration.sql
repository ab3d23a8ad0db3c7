-- SPDX-License-Identifier: ISC
-- Who may register: with a token, how often, hosted applications, and who
-- vouches.  And who was the first to consent.

begin;
select * from no_plan();
select tap.world();

create function pg_temp.made(
	uri text default 'http://127.0.0.1/cb',
	name text default 'Desk',
	address text default '192.0.2.1',
	access text default null,
	method text default 'none',
	signer text default null)
returns table (outcome text, client_id text, wait integer) language sql
begin atomic
	select r.outcome, r.client_id, r.wait
	from register_create(name, string_to_array(uri, ' '),
		'{authorization_code}', method,
		case when method <> 'none' then digest('s') end,
		digest('token'), '{}', address, access is not null,
		substring(access from '^[0-9a-f-]{36}')::uuid,
		digest(substring(access from '\.(.*)$')), signer) r;
end;
create function pg_temp.outcomes(n integer, uri text default
	'http://127.0.0.1/cb', address text default '192.0.2.1')
returns text language sql
begin atomic
	select string_agg(o.times || ' ' || o.outcome, ', ' order by o.outcome)
	from (
		select m.outcome, count(*) as times
		from generate_series(1, n) i,
			lateral pg_temp.made(uri, 'n' || i, address) m
		group by m.outcome) o;
end;

-- ---- initial access tokens ----

create temp table token as
select name, initial_access_token_create(name, uses, lifetime) as text
from (values ('one', 1, interval '1 day'), ('any', null, '1 day'),
	('late', 1, '1 day'), ('ended', 5, '1 day')) v (name, uses, lifetime);
select alike((select text from token where name = 'one'), '____________________________________.%',
	'a token is an id and a secret');
select is(last_audit(), 'admin initial_access_token_create done', 'recorded');
select ok(not exists (
	select from audit_event e, token t
	where e.detail::text ~ split_part(t.text, '.', 2)),
	'without the secret');
select is((uses, used, expires_at > now())::text, '(1,0,t)', 'and listed')
from initial_access_tokens where name = 'one';
update initial_access_token set expires_at = now() where name = 'late';
select initial_access_token_revoke(id, 'x') from initial_access_token
where name = 'ended' \g /dev/null
select is(last_audit(), 'admin initial_access_token_revoke done x',
	'ending one is recorded');
select throws_ok(format('select initial_access_token_revoke(%L, null)',
	uuid7()), 'P0002', null, 'one that is none cannot be ended');
select throws_ok(format('select initial_access_token_create(%s)', a), code,
	null, a)
from (values ('null', '23502'), ('''x'', 0', '23514'),
	('''x'', 1, null', '22023'), ('''x'', 1, ''1 second''', '22023'),
	('e''a\nb''', '23514')) v (a, code);

select setting_set('registration', 'token');
select is((pg_temp.made(access => access)).outcome, 'invalid_token', what)
from (values (null, 'without a token'), ('x', 'a malformed one'),
	(uuid7() || '.x', 'an unknown one'),
	((select left(text, 37) || 'x' from token where name = 'one'),
	'a wrong secret'),
	((select text from token where name = 'late'), 'one that expired'),
	((select text from token where name = 'ended'), 'one that was ended'))
	v (access, what);
select is((pg_temp.made('ftp://x', access => text)).outcome,
	'invalid_redirect_uri', 'what is refused')
from token where name = 'one';
select is(used, 0, 'uses nothing up')
from initial_access_token where name = 'one';
select is((pg_temp.made(access => text)).outcome, 'created', 'a good one')
from token where name = 'one';
select is((pg_temp.made(access => text)).outcome, 'invalid_token', 'once')
from token where name = 'one';
select is((pg_temp.made(access => text)).outcome, 'created', 'any number')
from token, generate_series(1, 3) where name = 'any';
select results_eq('select t.name::text, t.used, count(c)::integer
	from initial_access_token t
	join clients c on c.registered_with = t.id
	group by t.name, t.used order by 1',
	$$values ('any', 3, 3), ('one', 1, 1)$$, 'who used it is known');
select setting_set('registration', 'closed');
select is((pg_temp.made(access => text)).outcome, 'closed',
	'closed is closed') from token where name = 'any';
select setting_set('registration', 'open');
select is((pg_temp.made(access => 'x')).outcome, 'invalid_token',
	'a token that is sent must be good where none is needed');

-- ---- how often ----

select setting_set('registration_rate', '3');
select is(pg_temp.outcomes(5), '3 created, 2 slow', 'so many from one network');
select is(pg_temp.outcomes(5, address => '2001:db8::1'), '3 created, 2 slow',
	'of another');
select is(pg_temp.outcomes(2, address => '2001:db8::2'), '2 slow',
	'a /64 is one');
select is((pg_temp.made()).wait, 3600, 'and how long to wait is said');
select is((pg_temp.made(access => text)).outcome, 'created',
	'a token is not counted') from token where name = 'any';
select is((pg_temp.made('ftp://x')).outcome, 'invalid_redirect_uri',
	'what is refused is not either');
select is(count(*), 40::bigint, 'beyond ten times as many in all')
from generate_series(1, 40) i,
	lateral pg_temp.made(address => format('10.0.%s.1', i)) m
where m.outcome = 'created';
select is(pg_temp.outcomes(3, address => '10.1.0.1'), '1 created, 2 slow',
	'each network has one');
update rate set count = 300 where subject = 'registration';
select is(pg_temp.outcomes(1, address => '10.1.0.2'), '1 slow',
	'until there were a hundred times as many');
select is(count(*), 0::bigint, 'of which the networks are not counted')
from rate where subject ~ '10.1.0.2';
select is(last_audit(), 'register register slow slow', 'a refusal is recorded');
delete from rate;
select is(pg_temp.outcomes(5, address => '2001:db8:7:1::1'),
	'3 created, 2 slow', 'a network of IPv6');
select is(pg_temp.outcomes(1, address => '2001:db8:7:2::1'), '1 slow',
	'is part of a larger one');
select is(pg_temp.outcomes(1, address => '2001:db8:8:1::1'), '1 created',
	'which others are not');
select is(pg_temp.outcomes(4, address => '::ffff:192.0.2.1'),
	'3 created, 1 slow', 'IPv4 by way of IPv6');
select is(pg_temp.outcomes(1), '1 slow', 'is the same');
select is(pg_temp.outcomes(1, address => '::ffff:192.0.2.2'), '1 created',
	'and not one network');
update rate set since = now() - interval '1 hour';
select is(pg_temp.outcomes(5), '3 created, 2 slow', 'and again in the next hour');

-- ---- hosted applications ----

select is((register_hosted(string_to_array(uris, ' '))).redirect_host, host,
	coalesce(host, 'none') || ' of ' || uris)
from (values ('https://claude.ai/api/mcp/auth_callback', 'claude.ai'),
	('https://CLAUDE.ai/x', 'claude.ai'),
	('https://claude.ai/x http://127.0.0.1/', null),
	('https://claude.ai/x cursor://x/y', null),
	('https://claude.ai.example/x', null), ('https://x.claude.ai/', null),
	('https://claude.ai/x https://a.example/', null),
	('http://127.0.0.1/', null), ('cursor://claude.ai/', null))
	v (uris, host);
select is(pg_temp.outcomes(1), '1 slow', 'where no others may register');
select is(pg_temp.outcomes(50, 'https://claude.ai/cb'), '50 created',
	'those of a hosted application may');
update hosted_client set per_hour = 2;
select is(pg_temp.outcomes(4, 'https://claude.com/cb'), '2 created, 2 slow',
	'theirs have a number of their own');
select is(pg_temp.outcomes(1, 'https://chatgpt.com/cb'), '1 created',
	'of each by themselves');
select is(pg_temp.outcomes(1, 'https://claude.com/x', '192.0.2.9'), '1 created',
	'from each network');
-- ---- who vouches ----

insert into software_signer (iss, name, jwks)
values ('https://vouch.example', 'Vouch', '{"keys": [{"kty": "OKP",
	"crv": "Ed25519", "x": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}');
select is((select count(*) from register_signer(iss)), wanted,
	'the keys of ' || coalesce(iss, 'nobody'))
from (values ('https://vouch.example', 1::bigint), ('https://x.example', 0),
	(null, 0)) v (iss, wanted);
select throws_ok($$insert into software_signer values ('x', 'X', '{}')$$,
	'23514', null, 'a signer has keys');
select is((pg_temp.made(address => '192.0.2.20', signer =>
	'https://vouch.example')).outcome, 'created', 'a client with a statement');
select is(count(*), 1::bigint, 'and whose')
from clients where software_signer = 'https://vouch.example';

-- ---- who was first ----

select is((first_username, first_consent_at)::text, '(,)', 'nobody yet')
from clients where client_id = 'self';
select grant_of('ada', 'self', redirect => 'http://localhost:7/cb'),
	grant_of('bob', 'self', redirect => 'http://localhost:7/cb') \g /dev/null
select is(first_username, 'ada', 'who consented first is known')
from clients where client_id = 'self';
delete from account where username = 'ada';
select is((first_username, first_consent_at is not null)::text, '(,t)',
	'until the account is gone')
from clients where client_id = 'self';

select * from finish();
rollback;
