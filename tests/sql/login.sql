-- SPDX-License-Identifier: ISC
-- login: guesses are counted and slowed, nobody learns who there is, and a
-- session is opened once.

begin;
select * from no_plan();
select tap.world();
select setting_set('login_failures', '3');
create temp table asked as select request_of(null) as id;

create function pg_temp.show(secret text default 'request')
returns text language sql
return (
	select concat_ws(' ', s.outcome, s.client_name, s.redirect_host,
		s.resource_name)
	from asked, login_show(asked.id, digest(secret), digest('csrf')) s);
create function pg_temp.attempt(
	username text,
	csrf text default 'csrf',
	address text default '192.0.2.1')
returns table (outcome text, attempt_id uuid, password_hash text,
	retry_after integer)
language sql
begin atomic
	select t.outcome, t.attempt_id, t.password_hash, t.retry_after
	from asked, login_attempt(asked.id, digest('request'), digest(csrf),
		username, address) t;
end;
create function pg_temp.opened(attempt uuid, verified boolean)
returns text language sql
return (
	select outcome || case when session_id is null then '' else ' +' end
	from login_open(attempt, verified, digest('session'), '192.0.2.1'));

select is(pg_temp.show('wrong'), 'gone', 'a wrong handle');
select is((
	select outcome
	from login_show(uuid7(), digest('request'), digest('csrf'))), 'gone',
	'an unknown request');
select is((select outcome from pg_temp.attempt('ada')), 'gone',
	'no attempt before the page was shown');
select is(pg_temp.show(), 'ok App app.example Example', 'the page');
select is((select outcome from pg_temp.attempt('ada', 'wrong')), 'gone',
	'a wrong CSRF token');
select is((select count(*) from login_failure), 0::bigint,
	'which is no guess');

-- A good login.
create temp table good as select * from pg_temp.attempt('ada');
select is(outcome || ' ' || password_hash, 'check $2a$04$'
	|| repeat('a', 53), 'the account''s hash') from good;
select is((select failures from login_failure where kind = 'name'), 1,
	'the attempt counts before the hash is given out');
select is(pg_temp.opened(attempt_id, true), 'open +', 'the right password')
from good;
select is(last_audit(), 'login login open', 'is recorded');
select is((select sum(failures) from login_failure), 0::bigint,
	'and forgets the failures');
select is(q.session_id, s.id, 'the request is of the new session')
from request q, session s;
select is(s.hash, digest('session')::sha256, 'of which the hash is kept')
from session s;
select isnt((select last_login_at from account where username = 'ada'), null,
	'the login is noted');
select is(pg_temp.opened(attempt_id, true), 'gone', 'an attempt is used once')
from good;
select is((select count(*) from session), 1::bigint, 'one session');
select is((select outcome from pg_temp.attempt('ada')), 'gone',
	'the CSRF token is used, too');

-- A wrong password, and names that nobody has.
select is(pg_temp.show(), 'ok App app.example Example', 'the page again');
create temp table bad as select * from pg_temp.attempt('ada');
select is(pg_temp.opened(attempt_id, false), 'refused', 'a wrong password')
from bad;
select is(pg_temp.opened(attempt_id, true), 'gone', 'is not right later')
from bad;
select is(last_audit(), 'login login gone', 'the second is recorded');
create temp table nobody as select * from pg_temp.attempt('nobody');
select is(outcome, 'check', 'a name that nobody has is checked') from nobody;
select ok(password_hash in (select a.password_hash from account a),
	'with somebody else''s hash') from nobody;
select is((select password_hash from pg_temp.attempt('nobody')), password_hash,
	'always the same') from nobody;
select is(pg_temp.opened(attempt_id, true), 'refused',
	'but does not log in, even if that password was right') from nobody;
select account_disable('bob', 'test');
create temp table stopped as select * from pg_temp.attempt('bob');
select is(outcome, 'check', 'a disabled account is checked') from stopped;
select isnt(password_hash, null, 'there is a hash') from stopped;
select is(pg_temp.opened(attempt_id, true), 'refused', 'and does not log in')
from stopped;
select account_enable('bob');
select ok(not exists (
	select from audit_event where username = 'nobody'
	or detail::text like '%nobody%'), 'what was typed is not recorded');
select is((
	select count(distinct length(password_hash))
	from generate_series(1, 5) n, pg_temp.attempt('name' || n, 'csrf',
		'192.0.2.' || (100 + n))), 1::bigint, 'all names look alike');

-- Disabled, or a new password, between the attempt and the answer.
create temp table late as select * from pg_temp.attempt('bob', 'csrf', '::9');
select account_disable('bob', 'test');
select is(pg_temp.opened(attempt_id, true), 'refused',
	'disabled while the password was checked') from late;
select account_enable('bob');
delete from login_failure;
create temp table later as select * from pg_temp.attempt('bob', 'csrf', '::9');
select account_set_password('bob', '$2a$04$' || repeat('c', 53));
select is(pg_temp.opened(attempt_id, true), 'refused',
	'a new password while the old one was checked') from later;
create temp table old as select * from pg_temp.attempt('ada');
update login_attempt set created_at = now() - interval '2 minutes';
select is(pg_temp.opened(attempt_id, true), 'gone', 'an attempt that is old')
from old;

-- Slowing: three failures for a name from one network, which for IPv6 is
-- a /64.
delete from login_failure;
select is(outcome, 'check', format('guess %s', n))
from generate_series(1, 3) n
cross join lateral pg_temp.attempt('ada', 'csrf', '::' || n);
create temp table slow as select * from pg_temp.attempt('ada', 'csrf', '::4');
select is(outcome, 'slow', 'the fourth is slowed') from slow;
select is(password_hash, null, 'without a hash') from slow;
select is(attempt_id, null, 'or an attempt') from slow;
select cmp_ok(retry_after, '>', 0, 'and told when to come back') from slow;
select cmp_ok(retry_after, '<=', 900, 'within the window') from slow;
select is(last_audit(), 'login login slow', 'which is recorded');
select is((select outcome from pg_temp.attempt('ada')), 'check',
	'the owner, elsewhere, is not kept out');
select is((select outcome from pg_temp.attempt('bob', 'csrf', '::4')), 'check',
	'another name is not slowed');
-- From anywhere, ten times as many; 4 are counted by now, since what is
-- slowed for its network does not count for the name.
select is(string_agg(distinct outcome, ' '), 'check',
	format('guesses up to the %sth, each from another network', max(n) + 4))
from generate_series(1, 26) n
cross join lateral pg_temp.attempt('ada', 'csrf', '198.51.100.' || n);
select is((select outcome from pg_temp.attempt('ada', 'csrf', '203.0.113.9')),
	'slow', 'the 31st is slowed wherever it comes from');
update login_failure set since = now() - interval '16 minutes';
select is((select outcome from pg_temp.attempt('ada')), 'check',
	'after the window it goes on');
-- Names that nobody has are slowed just the same.
delete from login_failure;
select is((select outcome from pg_temp.attempt('ghost', 'csrf', '::' || n)),
	case when n <= 3 then 'check' else 'slow' end,
	format('guess %s for nobody', n))
from generate_series(1, 4) n;
-- An address may fail ten times as often.
delete from login_failure;
select is(string_agg(outcome, ' ' order by n), repeat('check ', 30) || 'slow',
	'the 31st name from one address is slowed')
from generate_series(1, 31) n
cross join lateral pg_temp.attempt('name ' || n) t;
select is((select outcome from pg_temp.attempt('x', 'csrf', '192.0.2.77')),
	'check', 'from another address it is not');
select is((select outcome from pg_temp.attempt('y', 'csrf', null)),
	'check', 'from none');

-- REMOTE_USER.
create function pg_temp.remote(username text)
returns text language sql
return (
	select outcome
	from asked, login_remote(asked.id, digest('request'), username,
		digest('session'), null));
select is(pg_temp.remote('ada'), 'refused', 'not unless a setting says so');
select setting_set('remote_user', 'true');
select is(pg_temp.remote('ada'), 'open', 'an account');
select is(pg_temp.remote('carol'), 'refused', 'not an account');
select is((select count(*) from account where username = 'carol'), 0::bigint,
	'and not made one');
select account_disable('bob', 'test');
select is(pg_temp.remote('bob'), 'refused', 'a disabled account');
select setting_set('remote_user_create', 'true');
select is(pg_temp.remote('bob'), 'refused', 'still disabled');
select is(pg_temp.remote('carol'), 'open', 'made on first sight');
select is((select password_hash from account where username = 'carol'), null,
	'without a password');
update request set created_at = now() - interval '31 minutes';
select is(pg_temp.remote('ada'), 'gone', 'a request that is too old');
select is(pg_temp.show(), 'gone', 'has no page either');
-- A server without any account.
delete from account;
update request set created_at = now();
delete from login_failure;
select is(pg_temp.show(), 'ok App app.example Example', 'nobody there');
select ok(crypt_valid(password_hash), 'a hash all the same')
from pg_temp.attempt('ada');
select * from finish();
rollback;
