-- SPDX-License-Identifier: ISC
-- Arguments and answers of functions for several calls (base.sql): a value for
-- each call.  The order of the attributes is that of `each` in cgi-bin/*.c.
-- What 014-lean.sql says of refresh_move, token_refresh does now.

create type gatepost.authorize_call as (
	client_id text,
	redirect_uri text,
	redirect_match text,
	fault text,
	state text,
	code_challenge text,
	scope text[],
	resource text,
	session_id uuid,
	session_hash bytea,
	request_hash bytea,
	address text,
	query text
);
comment on type gatepost.authorize_call is
'An authorization request: what it says, the first fault that the program found itself, whose browser sent it, the hash of the handle that it is to have, where it came from, and as query all of it where the client''s document may have to be fetched first.';

create type gatepost.authorize_answer as (
	outcome text,
	error text,
	self_registered boolean,
	redirect_uri text,
	redirect_host text,
	request_id uuid
);
comment on type gatepost.authorize_answer is
'What is decided about an authorization request, and where its answer goes.';

create type gatepost.consent_call as (
	session_id uuid,
	session_hash bytea,
	request_id uuid,
	request_hash bytea,
	csrf_hash bytea,
	code_hash bytea,
	address text,
	language text
);
comment on type gatepost.consent_call is
'A browser that opens the consent page for a request; the hashes of what the page''s form and the code are to have; where it came from, and the page''s language.';

create type gatepost.consent_answer as (
	outcome text,
	error text,
	client_id text,
	client_name text,
	self_registered boolean,
	redirect_uri text,
	redirect_host text,
	loopback boolean,
	resource_uri text,
	resource_name text,
	username text,
	scopes jsonb,
	state text,
	code_id uuid,
	account_page boolean
);
comment on type gatepost.consent_answer is
'What the consent page shows, or the code where nothing is to be asked.';

create type gatepost.redeem_call as (
	client_id text,
	method text,
	secret_hash bytea,
	assertion gatepost.client_assertion,
	code_id uuid,
	code_hash bytea,
	refresh_hash bytea,
	redirect_uri text,
	code_challenge text,
	resource text,
	address text
);
comment on type gatepost.redeem_call is
'Who redeems a code and how that authenticated, which code, the hash that its refresh tokens are to have, what the code is bound to, and where the request came from.';

create type gatepost.refresh_call as (
	client_id text,
	method text,
	secret_hash bytea,
	assertion gatepost.client_assertion,
	grant_id uuid,
	generation integer,
	refresh_hash bytea,
	scope text[],
	resource text,
	address text
);
comment on type gatepost.refresh_call is
'Who refreshes and how that authenticated, what its refresh token says, the hash that the next are to have, what it asks, and where the request came from.';

create type gatepost.client_credentials_call as (
	client_id text,
	method text,
	secret_hash bytea,
	assertion gatepost.client_assertion,
	scope text[],
	resource text,
	address text
);
comment on type gatepost.client_credentials_call is
'Who asks for a token for itself and how that authenticated, what it asks, and where the request came from.';

create type gatepost.introspect_call as (
	caller_id text,
	method text,
	secret_hash bytea,
	assertion gatepost.client_assertion,
	verified boolean,
	grant_id uuid,
	client_id text,
	subject text,
	audience text,
	issued_at bigint,
	address text
);
comment on type gatepost.introspect_call is
'Who asks about a token and how that authenticated; whether the token''s signature and times hold, and what it says; where the request came from.';

create type gatepost.introspect_answer as (
	outcome text,
	username text
);
comment on type gatepost.introspect_answer is
'What a resource server is told about a token.';
