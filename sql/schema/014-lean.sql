-- SPDX-License-Identifier: ISC
-- What each token would pay for again: PostgreSQL reads a table's constraints
-- anew for every statement that writes to it.  Only functions write to these
-- two, and authorize_request judges the challenge.

alter table gatepost.request
	drop constraint request_code_challenge_check,
	drop constraint request_query_check,
	drop constraint request_checked;
alter table gatepost.access_grant
	drop constraint access_grant_check,
	drop constraint access_grant_check1,
	drop constraint access_grant_check2,
	drop constraint access_grant_generation_check;

-- As stable as array_to_string, which it calls: so the planner makes it a part
-- of its caller's query, and does not plan it each time.
alter function gatepost.scopes_fit(text[]) stable;
