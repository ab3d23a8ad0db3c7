# SPDX-License-Identifier: ISC
# What several processes do at one moment; sourced by tests/sql/run, which
# has race and same.  Each is done as often as it may be.

sql >/dev/null <<-END || exit 1
	select world();
	select setting_set('login_failures', '3');
	create table held (what text, id uuid);
	insert into held
	select 'code', code_of()
	union all
	select 'grant', grant_of();
	insert into held
	select 'session', session_of('ada');
	insert into held
	select 'request', request_of(id, 'self', 'http://localhost:5/cb')
	from held
	where what = 'session';
	select shown(s.id, r.id)
	from held s, held r
	where s.what = 'session' and r.what = 'request';
END

same 'one of eight redemptions is good' '7 invalid_grant,1 issued' \
    "$(race "select redeemed(id) from held where what = 'code'")"
same 'and the others end its grant' 'code used twice' \
    "$(sql -c "select ended_why from access_grant g join held h using (id)
	where h.what = 'code'")"
same 'eight refreshes with one token get one successor' '8 issued 2' \
    "$(race "select refreshed(id, 1) from held where what = 'grant'")"
same 'and the grant has moved on by one' 2 \
    "$(sql -c "select generation from access_grant g join held h using (id)
	where h.what = 'grant'")"
same 'one of eight submits mints a code' '1 code,7 gone' \
    "$(race "select decided(s.id, r.id, '{mcp:tools:weather}')
	from held s, held r where s.what = 'session' and r.what = 'request'")"
same 'eight clients for themselves have one grant' '8 issued' \
    "$(race "select outcome from token_client_credentials('batch',
	'client_secret_post', digest('batch secret'), null, '{}', null, null)")"
same 'the standing one' 1 \
    "$(sql -c "select count(distinct grant_id) from audit_event
	where event = 'client_credentials'")"
same 'one of eight uses a client assertion' '7 f,1 t' \
    "$(race "select assertion_spend('batch', row(null, null, null, null,
	digest('jti'), extract(epoch from now())::bigint + 60, null,
	null)::client_assertion)")"
same 'one of eight new keys is kept' '7 lost,1 stored' \
    "$(race "select token_key_store(2, 'n' || :n, 'ES256', '{}',
	decode(repeat('00', 40), 'hex'), null)")"

sql >/dev/null <<-END
	select setting_set('client_documents', 'true');
	with asked as (
		select (authorize_request('https://app.example/c', null, null,
			null, null, challenge(), '{}', null, h.id,
			digest('session'), digest('request'), null, 'q'))
			.request_id
		from held h
		where h.what = 'session'
	)
	insert into held
	select 'document', request_id
	from asked;
END
same 'one of eight fetches a document' '1 fetch,7 wait' \
    "$(race "select f.outcome from held s, held r, fetch_begin(s.id,
	digest('session'), r.id, digest('request'), null) f
	where s.what = 'session' and r.what = 'document'")"
sql >/dev/null <<-END
	update document
	set leased_until = '-infinity', due_at = now();
END
same 'and one of eight that nobody waits for' '1 fetch,7 none' \
    "$(race "select outcome from fetch_take()")"

sql >/dev/null <<-END
	insert into held
	select 'login', request_of(null);
	select outcome
	from held, login_show(id, digest('request'), digest('csrf'))
	where what = 'login';
END
same 'three of eight guesses are checked' '3 check,5 slow' \
    "$(race "select t.outcome from held, login_attempt(id,
	digest('request'), digest('csrf'), 'ada', '192.0.2.1') t
	where what = 'login'")"
sql -c "insert into held select 'attempt', id from login_attempt limit 1"
same 'one of eight answers opens a session' '7 gone,1 open' \
    "$(race "select t.outcome from held, login_open(id, true,
	digest('s'), null) t where what = 'attempt'")"
same 'eight changes have eight numbers' '8 t' \
    "$(race "select change_bump() > 0")"
race "select account_create('zoe', null)" >/dev/null
same 'seven of eight accounts of one name are told so' 7 \
    "$(cat "$dir"/race.? | grep -c 'there is an account zoe already')"
same 'eight sweeps do no harm' 0 \
    "$(race 'select what from sweep()' | grep -c ERROR)"

# What is given out while a DBA's transaction is open, which began before.
# slowly SQL: in a transaction that commits two seconds later; returns while
# it is open
slowly()
{
	sql >/dev/null <<-END &
		begin;
		$1;
		select pg_sleep(2);
		commit;
	END
	for n in $(seq 100); do
		[ "$(sql -c "select count(*) from pg_stat_activity
		    where query like '%pg_sleep(2)%'
		    and wait_event = 'PgSleep'")" = 0 ] || break
		sleep 0.1
	done
}
slowly "select revoke_everything('test')"
sql -c "insert into held select 'late', session_of('ada')"
wait
same 'a session of before a new epoch committed is over' t \
    "$(sql -c "select e.opened_at < s.epoch_at from session e
	join held h using (id), server s where h.what = 'late'")"
slowly "select token_key_store(1 + (select max(generation) from signing_key),
	'slow', 'ES256', '{}', decode(repeat('00', 40), 'hex'), null)"
sql -c "select setting_set('replay_window', '20 minutes')" >/dev/null
wait
same 'what two changed at once is copied from both' 't slow 00:20:00' \
    "$(sql -F ' ' -c 'select copied(), kid, replay_window from change')"
# Somebody enters a change and does not commit yet.
slowly 'select change_bump()'
same 'a sweep does not wait for who enters a change' '0 f' \
    "$(sql -F ' ' -c "select rows, clock_timestamp() - now() > '1 second'
	from sweep() where name = 'signing_key'")"
wait
sql -c "update signing_key set activates_at = now() - interval '3 days'"
slowly 'select change_bump()'
same 'and leaves old keys for the next time' '0 f' \
    "$(sql -F ' ' -c "select rows, clock_timestamp() - now() > '1 second'
	from sweep() where name = 'signing_key'")"
wait
same 'when they go' 't t' \
    "$(sql -F ' ' -c "select rows > 0, copied() from sweep()
	where name = 'signing_key'")"
sql >/dev/null <<-END
	delete from held where what in ('login', 'attempt');
	delete from login_failure;
	insert into held select 'login', request_of(null);
	select outcome
	from held, login_show(id, digest('request'), digest('csrf'))
	where what = 'login';
END
slowly "select account_set_password('ada', repeat('p', 20))"
same 'a login with the old password waits for the new one' refused "$(sql -c "
	insert into held select 'attempt', t.attempt_id
	from held h, login_attempt(h.id, digest('request'), digest('csrf'),
		'ada', '192.0.2.1') t
	where h.what = 'login';
	select t.outcome from held h,
		login_open(h.id, true, digest('s'), null) t
	where h.what = 'attempt'" | tail -n 1)"
wait

# A transaction that reads a table keeps sweep from dropping its partitions,
# and is not kept waiting by it.
sql >/dev/null <<-END
	select format('create table gatepost.request_old partition of
		gatepost.request for values from (%L) to (%L)',
		uuid7_floor(now() - interval '9 days'),
		uuid7_floor(now() - interval '8 days')) \gexec
	alter table request_old owner to gatepost_owner;
END
sql >/dev/null <<-END &
	begin;
	select count(*) from request;
	select pg_sleep(2);
END
sleep 1
same 'sweep leaves what is in use' 'partition in use request_old' \
    "$(sql -F ' ' -c "select what, name from sweep() where rows is null")"
wait
same 'for the next time' 'partition dropped request_old' \
    "$(sql -F ' ' -c "select what, name from sweep() where rows is null")"
# The other way round: the session that such a login opened ends, too.
sql >/dev/null <<-END
	delete from held where what in ('login', 'attempt', 'session');
	delete from login_failure;
	insert into held select 'login', request_of(null);
	insert into held select 'session', session_of('ada');
	select outcome
	from held, login_show(id, digest('request'), digest('csrf'))
	where what = 'login';
	insert into held
	select 'attempt', t.attempt_id
	from held h, login_attempt(h.id, digest('request'), digest('csrf'),
		'ada', '192.0.2.1') t
	where h.what = 'login'
	union all
	select 'change', t.attempt_id
	from held h, account_attempt(h.id, digest('session'), null, null) t
	where h.what = 'session';
END
slowly "select outcome from held h, login_open(h.id, true, digest('s'), null)
	where h.what = 'attempt'"
same 'a change of the password waits for a login, and ends its session' \
    'changed 1' "$(sql -c "
	select t.outcome from held h, account_password(h.id, true,
		'\$2a\$04\$' || repeat('n', 53), digest('new'), null) t
	where h.what = 'change';
	select count(*) from session e join account a on a.id = e.account_id
	where a.username = 'ada' and e.ended_at is null
	and e.opened_at > a.sessions_ended_at" | paste -sd' ')"
wait

# A request that others hold for a moment.  What was withdrawn meanwhile counts,
# and a session that is to be noted as seen keeps nobody waiting.
sql >/dev/null <<-END
	delete from held where what in ('session', 'request');
	insert into held select 'session', session_of('ada');
	insert into held
	select 'agreed', request_of(id, 'web', null)
	from held
	where what = 'session';
	select shown(s.id, r.id),
		decided(s.id, r.id, '{mcp:tools:weather}')
	from held s, held r
	where s.what = 'session' and r.what = 'agreed';
	insert into held
	select r.what, request_of(s.id, 'web', null)
	from held s, unnest('{request,second}'::text[]) r (what)
	where s.what = 'session';
END
# locked WHAT, and what is asked of it
locked()
{
	slowly "select from request q join held h using (id)
		where h.what = '$1' for update of q"
	ask="from held s, held r where s.what = 'session' and r.what = '$1'"
}
locked request
sql -c "select shown(s.id, r.id) $ask" >"$dir/shown" 2>&1 &
sleep 0.5
sql -c "update consent set scopes = '{mcp:tools:news}' where client_id = 'web'"
wait
same 'consent: what was withdrawn meanwhile is asked for' ask "$(cat "$dir/shown")"
sql -c "update session set seen_at = now() - interval '5 minutes'"
locked second
sql -c "select shown(s.id, r.id) $ask" >"$dir/shown" 2>&1 &
sleep 0.5
sql -c "select decided(s.id, r.id, '{mcp:tools:weather}') $ask" \
    >"$dir/decided" 2>&1 &
wait
same 'consent: showing and deciding at once stop none' '' \
    "$(cat "$dir/shown" "$dir/decided" | grep -vxE 'ask|code|gone')"
