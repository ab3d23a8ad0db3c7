-- SPDX-License-Identifier: ISC
-- Functions that earlier versions had.  Here every function has one meaning: a
-- program of an earlier version whose function is no more answers with an error
-- until it is restarted; left there, the function would go on over parts of
-- which some are new.

drop function if exists gatepost.authorize_request(
	text, text, text, text, text, text, text[], text, uuid, bytea,
	bytea, text, text);
drop function if exists gatepost.client_keys_check(text, jsonb);
drop function if exists gatepost.client_set_auth_method(
	text, text, jsonb, text);
drop function if exists gatepost.consent_show(
	uuid, bytea, uuid, bytea, bytea, bytea, text, text);
drop function if exists gatepost.document_row(text, text, uuid);
drop function if exists gatepost.guard_record(json);
drop function if exists gatepost.introspect_facts(
	text, text, bytea, gatepost.client_assertion, boolean, uuid, text,
	text, text, bigint);
drop function if exists gatepost.introspect_refusal(
	gatepost.resource_server, text, bytea, gatepost.client_assertion);
drop function if exists gatepost.introspect_token(
	text, text, bytea, gatepost.client_assertion, boolean, uuid, text,
	text, text, bigint, text);
drop function if exists gatepost.partition_prepare();
drop function if exists gatepost.redirect_find(text, text);
drop function if exists gatepost.refresh_move(
	uuid, timestamptz[], interval, inet);
drop function if exists gatepost.request_decided(uuid);
drop function if exists gatepost.resource_server_create(text, text);
drop function if exists gatepost.signing_key_now(interval, timestamptz, text);
drop function if exists gatepost.token_assertion(
	text, gatepost.client_assertion, text);
drop function if exists gatepost.token_caller(
	text, text, bytea, gatepost.client_assertion, text);
drop function if exists gatepost.token_caller_fault(
	text, text, text, gatepost.client_assertion, text);
drop function if exists gatepost.token_client_credentials(
	text, text, bytea, gatepost.client_assertion, text[], text, text);
drop function if exists gatepost.token_end(
	gatepost.token_answer, text, uuid, boolean, jsonb, text);
drop function if exists gatepost.token_redeem(
	text, text, bytea, gatepost.client_assertion, uuid, bytea, bytea,
	text, text, text, text);
drop function if exists gatepost.token_refresh(
	text, text, bytea, gatepost.client_assertion, uuid, integer,
	bytea, text[], text, text);
drop function if exists gatepost.token_spend(
	text, text, gatepost.client_assertion);
