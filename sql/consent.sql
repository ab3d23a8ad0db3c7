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

-- Notes that a request was decided, where no code is minted.  Called by
-- consent_show and consent_decide with the request locked.
create or replace function gatepost.request_decided(decided_id uuid)
returns void
language plpgsql
as $$
begin
	update request r
	set decided_at = now()
	where r.id = decided_id;
end
$$;
comment on function gatepost.request_decided(uuid) is
'Notes that a request was decided.';

-- Mints a code for a request, which is decided with that.  Called by
-- consent_show and consent_decide with the request locked.  Returns its id.
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

-- Decides whether a person is asked, and shows what.  Called by consent for its
-- page, which is in that language; csrf_hash is that of the page's token.
-- Outcomes: 'ask'; 'code' (nothing to ask: minted); 'refused' with the error's
-- code, for the client; 'login' (no session, or not the one that the request is
-- bound to); 'fetch' (the client's document is still to be fetched); 'account'
-- (no client asks: the login was for the account page); 'gone'.
create or replace function gatepost.consent_show(
	given_session_id uuid,
	given_session_hash bytea,
	given_request_id uuid,
	given_request_hash bytea,
	given_csrf_hash bytea,
	given_code_hash bytea,
	given_address text,
	given_language text default null,
	out outcome text,
	out error text,
	out client_id text,
	out client_name text,
	out self_registered boolean,
	out redirect_uri text,
	out redirect_host text,
	out loopback boolean,
	out resource_uri text,
	out resource_name text,
	out username text,
	out scopes jsonb,
	out state text,
	out code_id uuid,
	out account_page boolean
)
language plpgsql security definer
set search_path = pg_catalog, gatepost, pg_temp
as $$
declare
	r record;
	mode text;
	offered text[];
begin
	-- The request is found as by request_find.  What was changed while this
	-- waited for it, is seen.
	perform
	from request q
	where q.id = given_request_id
	and q.hash = given_request_hash
	for update;
	select q as request, q.id, q.session_id, q.query is not null as unfetched,
		q.client_id, q.redirect_uri, q.resource, q.scopes, q.state,
		q.client_id is null or q.query is not null
		    or c.client_id is not null and c.disabled_at is null
		    and t.uri is not null and exists (
			select
			from client_redirect d
			where d.client_id = q.client_id
			and d.match = redirect_match(q.redirect_uri)) as good,
		case when session_alive(e, a, s) then a.id end as person,
		session_unseen(e, s) as unseen,
		a.username, a.scopes::text[] as account_scopes,
		c.name, c.self_registered, c.consent, c.changed_at,
		t.name as resource_name,
		n.id as consent_id, n.scopes::text[] as given,
		n.extended_at, s.account_page
	into r
	from server s
	left join session e
	    on e.id = given_session_id
	    and e.hash = given_session_hash
	left join account a on a.id = e.account_id
	left join request q
	    on q.id = given_request_id
	    and q.hash = given_request_hash
	    and request_waits(q, s)
	left join client c on c.client_id = q.client_id
	left join resource t on t.uri = q.resource
	left join consent n
	    on n.account_id = a.id
	    and n.client_id = q.client_id
	    and n.redirect_host = redirect_host(q.redirect_uri)
	    and n.resource = q.resource;
	if r.person is not null and r.unseen then
		perform session_seen(given_session_id);
	end if;
	outcome := case
	    when r.id is null or not r.good then 'gone'
	    when r.person is null
		or r.session_id is distinct from given_session_id then 'login'
	    when r.unfetched then 'fetch'
	    when r.client_id is null then 'account' end;
	if outcome = 'account' then
		perform request_decided(r.id);
	end if;
	if outcome is not null then
		return;
	end if;

	redirect_uri := r.redirect_uri;
	state := r.state;
	offered := scope_limit(r.scopes, r.account_scopes);
	mode := consent_mode(r.consent, r.self_registered, r.redirect_uri);
	if not scopes_cover(r.given, offered) then
		r.consent_id := null;
	end if;

	if cardinality(offered) = 0 or not scopes_fit(offered) then
		outcome := 'refused';
		error := 'invalid_scope';
		perform request_decided(r.id);
	elsif mode = 'none' or mode = 'remembered'
	and r.consent_id is not null
	and r.extended_at > coalesce(r.changed_at, '-infinity') then
		outcome := 'code';
		-- what was agreed to before is not written again
		code_id := code_mint(r.request, r.person, coalesce(r.consent_id,
			consent_record(r.request, r.person, '{}', offered)),
		    offered, given_code_hash);
	else
		outcome := 'ask';
		client_id := r.client_id;
		client_name := r.name;
		self_registered := r.self_registered;
		redirect_host := redirect_host(r.redirect_uri);
		loopback := redirect_loopback(r.redirect_uri);
		resource_uri := r.resource;
		resource_name := r.resource_name;
		username := r.username;
		account_page := r.account_page;
		update request q
		set csrf_hash = given_csrf_hash,
			shown_scopes = offered
		where q.id = r.id;
		select jsonb_agg(jsonb_build_object(
			'name', s.name,
			'description', scope_words(s.name, given_language),
			'granted_before', scopes_cover(
			    coalesce(r.given, '{}'), array[s.name]))
			order by s.place)
		into scopes
		from unnest(offered) with ordinality s (name, place);
		return;
	end if;

	insert into audit_event (id, program, event, outcome, error, client_id,
	    account_id, username, grant_id, resource, scope, address, detail)
	values (uuid7(), 'consent', 'consent', outcome, error, r.client_id,
	    r.person, r.username, code_id, r.resource,
	    nullif(array_to_string(offered, ' '), ''),
	    address_read(given_address),
	    case when outcome = 'code'
		then jsonb_build_object('asked', false) end);
end
$$;
comment on function gatepost.consent_show(uuid, bytea, uuid, bytea, bytea,
	bytea, text, text) is
'Shows what a person is asked, or mints a code if nothing is; for consent.';

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
		perform request_decided(q.id);
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
	gatepost.consent_show(uuid, bytea, uuid, bytea, bytea, bytea, text,
		text),
	gatepost.consent_decide(uuid, bytea, uuid, bytea, bytea, boolean,
		text[], bytea, text)
to :"role";
