-- SPDX-License-Identifier: ISC
-- consent: shows what is asked for, records what a person decided, and mints
-- the code.

\set program consent
\ir role.psql

-- Says what a scope means.  Called by consent_show and account_clients.  The
-- words of that scope, else of the narrowest wildcard that covers it, else its
-- name; in the given language if there is a translation.
create or replace function gatepost.scope_words(
	given_scope text,
	given_language text
)
returns text
language sql stable security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
	select coalesce((
		select coalesce(t.description, s.description)
		from scope s
		left join scope_translation t
			on t.name = s.name
			and t.language = given_language
		where scope_covers(s.name, given_scope)
		order by s.name = given_scope desc, length(s.name) desc
		limit 1), given_scope)
$$;
comment on function gatepost.scope_words(text, text) is
'What a scope means, in words.';

-- Decides whether a person must be asked: unless a DBA said otherwise, what
-- registered itself and what is not answered over https always asks; else
-- once is enough.  Called by consent_show.  Returns 'always', 'remembered' or
-- 'none'.
create or replace function gatepost.consent_mode(
	consent text,
	self_registered boolean,
	redirect_uri text
)
returns text
language sql immutable parallel safe
return case when consent <> 'default' then consent
	when self_registered or redirect_uri not like 'https://%' then 'always'
	else 'remembered' end;
comment on function gatepost.consent_mode(text, boolean, text) is
'Whether a person is asked: always, remembered or none.';

-- Records what a person agreed to: what was ticked is added; what was shown and
-- not ticked is taken away, and so is a wildcard that covers it.  Where that is
-- more than a token has room for, what was ticked is all.  Called when a code
-- is minted.  Returns the consent's id.
create or replace function gatepost.consent_record(
	q gatepost.request,
	person uuid,
	shown text[],
	ticked text[]
)
returns uuid
language plpgsql
as $$
declare
	recorded uuid;
begin
	insert into consent as n (account_id, client_id, redirect_host,
	    resource, scopes)
	values (person, q.client_id, redirect_host(q.redirect_uri),
	    q.resource, ticked)
	on conflict (account_id, client_id, redirect_host, resource) do update
	set scopes = (
			select case when scopes_fit(k.scopes)
				then k.scopes else ticked end
			from (
				select scope_intersect(every, every) as scopes
				from (
					select array_agg(s) || ticked as every
					from unnest(n.scopes::text[]) s
					where s <> all (shown)
					and not exists (
						select
						from unnest(shown) u
						where u <> all (ticked)
						and scope_covers(s, u))
					) kept) k),
		extended_at = now()
	returning n.id
	into recorded;
	update client c
	set first_account_id = person,
		first_consent_at = now()
	where c.client_id = q.client_id
	and c.self_registered
	and c.first_consent_at is null;
	return recorded;
end
$$;
comment on function gatepost.consent_record(gatepost.request, uuid, text[], text[]) is
'Records what a person agreed to.';

-- Mints a code for a request, which is decided with that.  Called by
-- consent_decide with the request locked; consent_show writes all of its codes
-- by one statement.  Returns the code's id.
create or replace function gatepost.code_mint(
	q gatepost.request,
	person uuid,
	consent_id uuid,
	scopes text[],
	given_code_hash bytea
)
returns uuid
language plpgsql
as $$
declare
	made constant uuid := uuid7();
begin
	with decided as (
		update request r
		set decided_at = now()
		where r.id = q.id
	)
	insert into code (id, hash, client_id, account_id, consent_id,
	    session_id, redirect_uri, code_challenge, scopes, resource,
	    expires_at)
	select made, given_code_hash, q.client_id, person, code_mint.consent_id,
	    q.session_id, q.redirect_uri, q.code_challenge, code_mint.scopes,
	    q.resource, now() + s.code_lifetime
	from server s;
	return made;
end
$$;
comment on function gatepost.code_mint(gatepost.request, uuid, uuid, text[], bytea) is
'Mints an authorization code.';

-- Decides whether people are asked, and shows what.  Called by consent for its
-- page, which is in that language, for several calls (base.sql); csrf_hash is
-- that of the page's token.
-- Outcomes: 'ask'; 'code' (nothing to ask: minted); 'refused' with the error's
-- code, for the client; 'login' (no session, or not the one that the request is
-- bound to); 'fetch' (the client's document is still to be fetched); 'account'
-- (no client asks: the login was for the account page); 'gone'.
create or replace function gatepost.consent_show(calls gatepost.consent_call[])
returns setof gatepost.consent_answer
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	apart integer := cardinality(calls);
	low uuid := (calls[1]).request_id;
	high uuid := low;
	session_low uuid := (calls[1]).session_id;
	session_high uuid := session_low;
	r record;
	decided uuid[];
	codes code[];
	events audit_event[];
begin
	if array_ndims(calls) <> 1 or array_lower(calls, 1) <> 1
	or cardinality(calls) > 8 then
		raise exception 'calls are to be up to 8, counted from 1';
	end if;
	if apart > 1 then
		select i.*, s.low, s.high
		into apart, low, high, session_low, session_high
		from ids_span(array(
			select q.request_id
			from unnest(calls) q)) i,
		ids_span(array(
			select distinct q.session_id
			from unnest(calls) q)) s;
	end if;
	-- Requests are found as by request_find.  What was changed while this
	-- waited for them, is seen.
	perform
	from unnest(calls[:apart]) q
	cross join lateral (
		select
		from request w
		where w.id = q.request_id
		and w.id between low and high
		and w.hash = q.request_hash
		for update) w;
	for r in
		select q.ordinality as place,
			w.request, w.id, w.session_id,
			w.query is not null as unfetched, w.client_id,
			w.redirect_uri, w.resource, w.scopes, w.state,
			w.code_challenge,
			w.client_id is null or w.query is not null
			    or c.client_id is not null and c.disabled_at is null
			    and t.uri is not null and exists (
				select
				from client_redirect d
				where d.client_id = w.client_id
				and d.match = redirect_match(w.redirect_uri))
			    as good,
			case when p.alive then p.id end as person,
			p.unseen, p.username, p.scopes as account_scopes,
			c.name, c.self_registered, c.consent, c.changed_at,
			t.name as resource_name,
			n.id as consent_id, n.scopes::text[] as given,
			n.extended_at, s.account_page, s.code_lifetime
		from server s
		cross join unnest(calls[:apart]) with ordinality q
		left join lateral (
			select a.id, a.username, a.scopes::text[],
				session_alive(e, a, s) as alive,
				session_unseen(e, s) as unseen
			from session e
			join account a on a.id = e.account_id
			where e.id = q.session_id
			and e.id between session_low and session_high
			and e.hash = q.session_hash
			offset 0) p on true
		left join lateral (
			select w as request, w.*
			from request w
			where w.id = q.request_id
			and w.id between low and high
			and w.hash = q.request_hash
			and request_waits(w, s)
			offset 0) w on true
		left join client c on c.client_id = w.client_id
		left join resource t on t.uri = w.resource
		left join consent n
		    on n.account_id = p.id
		    and n.client_id = w.client_id
		    and n.redirect_host = redirect_host(w.redirect_uri)
		    and n.resource = w.resource
		order by q.ordinality
	loop
		declare
			q constant consent_call := calls[r.place];
			o consent_answer;
			mode text;
			offered text[];
		begin
			if r.person is not null and r.unseen then
				perform session_seen(q.session_id);
			end if;
			o.outcome := case
			    when r.id is null or not r.good then 'gone'
			    when r.person is null
				or r.session_id is distinct from q.session_id
				then 'login'
			    when r.unfetched then 'fetch'
			    when r.client_id is null then 'account' end;
			if o.outcome is not null then
				if o.outcome = 'account' then
					decided := array_append(decided, r.id);
				end if;
				return next o;
				continue;
			end if;

			o.redirect_uri := r.redirect_uri;
			o.state := r.state;
			offered := scope_limit(r.scopes, r.account_scopes);
			mode := consent_mode(r.consent, r.self_registered,
			    r.redirect_uri);
			if not scopes_cover(r.given, offered) then
				r.consent_id := null;
			end if;

			if cardinality(offered) = 0
			or not scopes_fit(offered) then
				o.outcome := 'refused';
				o.error := 'invalid_scope';
				decided := array_append(decided, r.id);
			elsif mode = 'none' or mode = 'remembered'
			and r.consent_id is not null
			and r.extended_at > coalesce(r.changed_at, '-infinity')
			then
				o.outcome := 'code';
				o.code_id := uuid7();
				-- all columns of code, in their order; what was
				-- agreed to is not written again
				codes := array_append(codes, row(o.code_id,
				    q.code_hash, r.client_id, r.person,
				    coalesce(r.consent_id, consent_record(
					r.request, r.person, '{}', offered)),
				    r.session_id, r.redirect_uri,
				    r.code_challenge, offered, r.resource,
				    now() + r.code_lifetime, null)::code);
				decided := array_append(decided, r.id);
			else
				o.outcome := 'ask';
				o.client_id := r.client_id;
				o.client_name := r.name;
				o.self_registered := r.self_registered;
				o.redirect_host := redirect_host(
				    r.redirect_uri);
				o.loopback := redirect_loopback(r.redirect_uri);
				o.resource_uri := r.resource;
				o.resource_name := r.resource_name;
				o.username := r.username;
				o.account_page := r.account_page;
				o.scopes := consent_offer(r.id, q.csrf_hash,
				    offered, r.given, q.language);
				return next o;
				continue;
			end if;

			events := array_append(events, audit_row(
			    program => 'consent',
			    event => 'consent',
			    outcome => o.outcome,
			    error => o.error,
			    client_id => r.client_id,
			    account_id => r.person,
			    username => r.username,
			    grant_id => o.code_id,
			    resource => r.resource,
			    scope => nullif(array_to_string(offered, ' '), ''),
			    address => q.address,
			    detail => case when o.outcome = 'code'
				then jsonb_build_object('asked', false) end));
			return next o;
		end;
	end loop;
	if decided is not null then
		update request w
		set decided_at = now()
		where w.id = any (decided)
		and w.id between low and high;
		insert into code
		select *
		from unnest(codes);
	end if;
	if events is not null then
		insert into audit_event
		select *
		from unnest(events);
	end if;
	-- A request that is among them twice is decided by the first.
	if apart < cardinality(calls) then
		return query
		select *
		from consent_show(calls[apart + 1:]);
	end if;
end
$$;
comment on function gatepost.consent_show(gatepost.consent_call[]) is
'Shows what people are asked, or mints codes if nothing is; for consent.';

-- Keeps what a consent page shows, so that nothing else can be ticked, and says
-- it in words.  Called by consent_show with the request locked.
create or replace function gatepost.consent_offer(
	given_request_id uuid,
	given_csrf_hash bytea,
	offered text[],
	given text[],
	given_language text
)
returns jsonb
language plpgsql
as $$
begin
	update request q
	set csrf_hash = given_csrf_hash,
		shown_scopes = offered
	where q.id = given_request_id;
	return (
		select jsonb_agg(jsonb_build_object(
			'name', s.name,
			'description', scope_words(s.name, given_language),
			'granted_before', scopes_cover(
			    coalesce(given, '{}'), array[s.name]))
			order by s.place)
		from unnest(offered) with ordinality s (name, place));
end
$$;
comment on function gatepost.consent_offer(uuid, bytea, text[], text[], text) is
'Keeps what a consent page shows, and says it in words.';

-- Records a person's decision, once.  Called by consent with what the form
-- sent; all else is the server's own record.  Outcomes: 'code'; 'denied' (also
-- when no box was ticked); 'login'; 'gone' (also a wrong csrf_hash or a second
-- submit).
create or replace function gatepost.consent_decide(
	given_session_id uuid,
	given_session_hash bytea,
	given_request_id uuid,
	given_request_hash bytea,
	given_csrf_hash bytea,
	approve boolean,
	given_scopes text[],
	given_code_hash bytea,
	given_address text,
	out outcome text,
	out redirect_uri text,
	out state text,
	out code_id uuid
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	person constant account :=
	    session_find(given_session_id, given_session_hash);
	q constant request :=
	    request_find(given_request_id, given_request_hash);
	ticked text[];
begin
	if q.id is null or q.shown_scopes is null then
		outcome := 'gone';
	elsif person.id is null or q.session_id is null
	or q.session_id <> given_session_id then
		outcome := 'login';
	elsif given_csrf_hash is distinct from q.csrf_hash then
		outcome := 'gone';
	else
		ticked := scope_limit(array(
			select s.name
			from unnest(q.shown_scopes) with ordinality
				s (name, place)
			where s.name = any (given_scopes)
			order by s.place), person.scopes);
		outcome := case when approve and cardinality(ticked) > 0
		    then 'code' else 'denied' end;
		redirect_uri := q.redirect_uri;
		state := q.state;
	end if;

	if outcome = 'code' then
		code_id := code_mint(q, person.id,
		    consent_record(q, person.id, q.shown_scopes, ticked),
		    ticked, given_code_hash);
	elsif outcome = 'denied' then
		update request r
		set decided_at = now()
		where r.id = q.id;
	end if;

	perform audit_add(
	    program => 'consent',
	    event => 'consent',
	    outcome => outcome,
	    error => case when outcome = 'denied' then 'access_denied' end,
	    client_id => q.client_id,
	    account_id => person.id,
	    username => person.username,
	    grant_id => code_id,
	    resource => q.resource,
	    scope => case when outcome = 'code'
		then array_to_string(ticked, ' ') end,
	    address => given_address,
	    detail => case when outcome = 'code'
		then jsonb_build_object('asked', true) end);
end
$$;
comment on function gatepost.consent_decide(uuid, bytea, uuid, bytea, bytea,
	boolean, text[], bytea, text) is
'Records a person''s decision and mints a code; for consent.';

grant execute on function
	gatepost.consent_show(gatepost.consent_call[]),
	gatepost.consent_decide(uuid, bytea, uuid, bytea, bytea, boolean,
		text[], bytea, text)
to :"role";
