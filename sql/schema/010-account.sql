-- SPDX-License-Identifier: ISC
-- What account needs: a login that no client asked for, and from where
-- sessions and grants are used.

alter table gatepost.request
	alter column client_id drop not null,
	drop constraint request_checked,
	add constraint request_checked check (case
		when client_id is null then num_nonnulls(query, redirect_uri,
			code_challenge, scopes, resource) = 0
		else query is not null or num_nulls(redirect_uri,
			code_challenge, scopes, resource) = 0 end);
comment on column gatepost.request.client_id is
'Null: no client asks, a person wants the account page.';

alter table gatepost.login_attempt
	alter column request_id drop not null,
	add column session_id uuid,
	add constraint login_attempt_for
		check (num_nonnulls(request_id, session_id) = 1);
comment on column gatepost.login_attempt.session_id is
'Of a change of the password: the session that it is tried in.';

alter table gatepost.session
	add column address inet,
	add column said text check (said in ('done', 'none', 'changed',
		'refused', 'slow', 'short', 'repeat', 'same'));
create index session_account on gatepost.session (account_id);
comment on column gatepost.session.address is
'Where it was opened from.';
comment on column gatepost.session.said is
'What the account page says once: what became of the form before.';

alter table gatepost.access_grant add column address inet;
comment on column gatepost.access_grant.address is
'Where its tokens were last fetched from.';

alter table gatepost.server add column account_page boolean not null default false;
comment on column gatepost.server.account_page is
'Whether pages link to the account page; only where account runs.';
