-- SPDX-License-Identifier: ISC
-- What each request would pay for again: PostgreSQL reads a table's constraints
-- anew for every statement that writes to it.  Only functions write to these
-- two tables; those named keep the rule now, and tests/faults counts the rows
-- that break one.

-- A code_challenge is one of S256: authorize_request.  A query is not longer
-- than a program reads.  A request has all that was asked; or the query, while
-- the client's document is to be fetched; or, for the account page, nothing:
-- authorize_request and account_show.
alter table gatepost.request
	drop constraint request_code_challenge_check,
	drop constraint request_query_check,
	drop constraint request_checked;
-- A generation, which is at least 1, a hash and the time of a rotation come
-- together: token_redeem, refresh_move and refresh_mark.  A grant of an account
-- has a consent: token_redeem and standing_grant_make.  Each mark has a time:
-- refresh_mark.
alter table gatepost.access_grant
	drop constraint access_grant_check,
	drop constraint access_grant_check1,
	drop constraint access_grant_check2,
	drop constraint access_grant_generation_check;

-- As stable as array_to_string, which it calls: so the planner makes it a part
-- of its caller's query, and does not plan it each time.
alter function gatepost.scopes_fit(text[]) stable;
