-- SPDX-License-Identifier: ISC
-- Clients with keys: which they may be, which assertions are good, and that
-- each is used once.

begin;
select * from no_plan();
select tap.world();

create function pg_temp.ec(more jsonb default '{}')
returns jsonb language sql
return '{"kty": "EC", "crv": "P-256"}'::jsonb || jsonb_build_object(
	'x', repeat('x', 43), 'y', repeat('y', 43)) || more;
create function pg_temp.p384(width integer)
returns jsonb language sql
return jsonb_build_object('kty', 'EC', 'crv', 'P-384', 'x',
	repeat('x', width), 'y', repeat('y', 64));
create function pg_temp.rsa(n text, e text default 'AQAB')
returns jsonb language sql
return jsonb_build_object('kty', 'RSA', 'n', n, 'e', e);
create function pg_temp.jwks(variadic keys jsonb[])
returns jsonb language sql
return jsonb_build_object('keys', to_jsonb(keys));

select is(jwk_kind(jwk), wanted, what)
from (values
	(pg_temp.ec(), 'good', 'P-256'),
	(pg_temp.ec('{"use": "sig", "alg": "ES256", "kid": "k"}'), 'good',
	'that says so'),
	(pg_temp.p384(64), 'good', 'P-384'),
	(jsonb_build_object('kty', 'OKP', 'crv', 'Ed25519', 'x',
	repeat('x', 43)), 'good', 'Ed25519'),
	(pg_temp.rsa(repeat('x', 342)), 'good', 'RSA of 2048 bits'),
	(pg_temp.rsa(repeat('x', 683)), 'good', 'RSA of 4096 bits'),
	(pg_temp.rsa(repeat('x', 171)), null, 'RSA of 1024 bits'),
	(pg_temp.rsa('f' || repeat('x', 341)), null, 'RSA of 2047 bits'),
	(pg_temp.rsa(repeat('x', 684)), null, 'RSA of more than 4096 bits'),
	(pg_temp.rsa(repeat('x', 342), 'Aw'), null, 'a small exponent'),
	(pg_temp.rsa(null), null, 'RSA without a modulus'),
	(pg_temp.p384(43), null, 'P-384 of another width'),
	(pg_temp.ec('{"x": "short"}'), null, 'P-256 of another width'),
	(pg_temp.ec('{"y": 7}'), null, 'a number for text'),
	(pg_temp.ec('{"d": "x"}'), null, 'a private key'),
	(pg_temp.ec('{"kty": "OKP"}'), null, 'a curve of another type'),
	('{"kty": "oct", "k": "x"}', null, 'a symmetric key'),
	('{"kty": "oct"}', null, 'or what is left of one'),
	('{}', null, 'no type'), ('[]', null, 'no object'), (null, null, 'nothing'),
	(pg_temp.ec('{"use": "enc"}'), 'passed over', 'for encryption'),
	(pg_temp.ec('{"alg": "ECDH-ES"}'), 'passed over', 'for something else'),
	('{"kty": "EC", "crv": "P-521"}', 'passed over', 'another curve'),
	('{"kty": "AKP"}', 'passed over', 'another type')) v (jwk, wanted, what);
select is(jwks_valid(jwks), wanted, what)
from (values
	(pg_temp.jwks(pg_temp.ec()), true, 'a set of one'),
	(pg_temp.jwks(pg_temp.ec(), '{"kty": "AKP"}'), true,
	'one that is passed over'),
	(pg_temp.jwks('{"kty": "AKP"}'), false, 'or all of them'),
	(pg_temp.jwks(pg_temp.ec(), '{"kty": "oct"}'), false, 'a bad one'),
	('{"keys": []}', false, 'an empty set'), ('{}', false, 'no set'),
	('{"keys": {}}', false, 'an object for a list'),
	(to_jsonb(array[pg_temp.ec()]), false, 'a list'),
	('null', false, 'JSON''s null'), (null, false, 'null'),
	(jsonb_build_object('keys', to_jsonb(array_fill(pg_temp.ec(), '{16}'))),
	true, '16 keys'),
	(jsonb_build_object('keys', to_jsonb(array_fill(pg_temp.ec(), '{17}'))),
	false, '17 keys'),
	(pg_temp.jwks(pg_temp.ec(jsonb_build_object('x5c', repeat('x', 17000)))),
	false, 'too long a set')) v (jwks, wanted, what);

-- How clients authenticate.
create temp table made as
select *
from client_create('Signer', grant_types => '{client_credentials}',
	jwks => pg_temp.jwks(pg_temp.ec()));
select is(client_secret, null, 'keys, and no secret') from made;
select is((c.auth_method, v.auth_method, c.secret_hash, v.jwks = c.jwks)::text,
	('private_key_jwt', 'private_key_jwt', null, true)::text,
	'as the view shows')
from made
join client c using (client_id)
join clients v using (client_id);
select throws_like(statement, message, what)
from made, lateral (values
	(format('select client_set_auth_method(%L, ''private_key_jwt'')',
	client_id), '%jwks goes with%', 'no keys'),
	(format('select client_set_auth_method(%L, ''none'')', client_id),
	'%client_credentials_confidential%', 'nothing, with client_credentials'),
	(format('select client_set_auth_method(%L, ''magic'')', client_id),
	'%client_auth_method_check%', 'an unknown method'),
	(format('select client_set_auth_method(%L, ''none'', ''{}'')', client_id),
	'%jwks goes with%', 'keys for nothing'),
	(format('select client_set_auth_method(%L, ''private_key_jwt'', ''{}'')',
	client_id), '%1 to 16 public keys%', 'bad keys'),
	(format('select client_set_auth_method(%L, ''private_key_jwt'', %L, %L)',
	client_id, pg_temp.jwks(pg_temp.ec()), 'HS256'),
	'%client_signing_alg_check%', 'an algorithm with a shared secret'),
	('select client_set_auth_method(''nobody'', null)', 'no client has%',
	'an unknown client')) v (statement, message, what);
select is(tap.try(statement), '23514', what)
from (values
	('update client set jwks = null where auth_method = ''private_key_jwt''',
	'keys are not just taken away'),
	('update client set jwks = pg_temp.jwks(pg_temp.ec())
	where client_id = ''web''', 'nor given beside a secret'),
	('update client set secret_hash = digest(''x'')
	where auth_method = ''private_key_jwt''', 'nor a secret beside them'),
	('update client set signing_alg = ''ES256'' where client_id = ''web''',
	'an algorithm is for keys')) v (statement, what);
select matches(client_set_auth_method('web', null), '^[A-Za-z0-9_-]{43}$',
	'a secret');
select is(client_set_auth_method('app', 'none'), null, 'none');
select is(client_set_auth_method('web', 'private_key_jwt',
	pg_temp.jwks(pg_temp.ec()), 'ES256'), null, 'keys');
select is((select (event, detail ->> 'auth_method', detail ->> 'signing_alg')
	::text from audit_event order by cmin::text::bigint desc limit 1),
	('client_set_auth_method', 'private_key_jwt', 'ES256')::text,
	'is recorded');
select is(version, c.jwks_version::bytea, 'the programs read them by client')
from client c, client_keys_read('web')
where c.client_id = 'web';
select is_empty('select client_keys_read(client) from unnest(
	''{app,batch,nobody}''::text[]) client', 'those that have some');

-- What a program found in an assertion, all well but for `more`.
create function pg_temp.said(more jsonb default '{}')
returns client_assertion language sql
return jsonb_populate_record(null::client_assertion, jsonb_build_object(
	'alg', 'ES256', 'audience', 'issuer',
	'jti_hash', digest(gen_random_uuid()::text),
	'expires_at', extract(epoch from now())::bigint + 60,
	'keys_version', (select jwks_version from client c join made
		using (client_id))) || more);
create function pg_temp.own(
	said client_assertion,
	method text default 'private_key_jwt',
	client text default null)
returns text language sql
return (
	select t.outcome
	from made, token_client_credentials(coalesce(client, client_id), method,
		null, said, '{}', null, '192.0.2.1') t);
create function pg_temp.at(seconds integer)
returns bigint language sql
return floor(extract(epoch from now()))::bigint + seconds;

select is(pg_temp.own(pg_temp.said(more)), wanted, what)
from (values
	('{}'::jsonb, 'issued', 'a good one'),
	('{"fault": "signature"}', 'invalid_client', 'one that does not hold'),
	('{"keys_version": "\\x00"}', 'stale_keys', 'by other keys'),
	('{"keys_version": null}', 'stale_keys', 'by none'),
	('{"keys_version": null, "fault": "keys"}', 'stale_keys',
	'which comes first'),
	('{"audience": "token_endpoint"}', 'invalid_client', 'for the endpoint'),
	('{"audience": null}', 'invalid_client', 'for nobody'),
	('{"expires_at": null}', 'invalid_client', 'for ever'),
	(jsonb_build_object('expires_at', pg_temp.at(0)), 'invalid_client',
	'expired'),
	(jsonb_build_object('expires_at', pg_temp.at(3600)), 'issued', 'an hour'),
	(jsonb_build_object('expires_at', pg_temp.at(3720)), 'invalid_client',
	'two minutes more'),
	(jsonb_build_object('issued_at', pg_temp.at(-3600)), 'issued',
	'issued an hour ago'),
	(jsonb_build_object('issued_at', pg_temp.at(-3720)), 'invalid_client',
	'before that'),
	(jsonb_build_object('issued_at', pg_temp.at(59)), 'issued',
	'by a clock that is ahead'),
	(jsonb_build_object('issued_at', pg_temp.at(90)), 'invalid_client',
	'too far'),
	(jsonb_build_object('not_before', pg_temp.at(90)), 'invalid_client',
	'not yet')) v (more, wanted, what);
select is(last_audit(), 'token client_credentials refused invalid_client '
	'assertion: not_yet', 'the record says why');
select is((select count(*) from audit_event where error = 'stale_keys'),
	0::bigint, 'what is asked again is not recorded');
select is(pg_temp.own(null), 'stale_keys', 'no assertion is none');
select is(pg_temp.own(pg_temp.said(), 'none'), 'invalid_client',
	'one beside another method');
select is(pg_temp.own(pg_temp.said(), client => 'batch'), 'invalid_client',
	'for a client with a secret');
select is(pg_temp.own(pg_temp.said(), client => 'nobody'), 'invalid_client',
	'for nobody');
update client set signing_alg = 'ES384' where client_id in (
	select client_id from made);
select is(pg_temp.own(pg_temp.said()), 'invalid_client',
	'by another algorithm than the client''s');
select is(pg_temp.own(pg_temp.said('{"alg": "ES384"}')), 'issued', 'by that');
update client set signing_alg = null, token_endpoint_audience = true
where client_id in (select client_id from made);
select is(pg_temp.own(pg_temp.said('{"audience": "token_endpoint"}')),
	'issued', 'for the endpoint, where that is allowed');
select is(pg_temp.own(pg_temp.said('{"audience": null}')), 'invalid_client',
	'but not for nobody');

-- Once.
create temp table one as select pg_temp.said() as said;
select is(pg_temp.own(said), 'issued', 'the first time') from one;
select is(pg_temp.own(said), 'invalid_client', 'the second') from one;
select is(last_audit(), 'token client_credentials refused invalid_client '
	'assertion: used', 'is known for what it is');
select is(pg_temp.own(pg_temp.said(jsonb_build_object('jti_hash',
	(said).jti_hash, 'expires_at', pg_temp.at(t)))), 'invalid_client',
	'its jti in another that expires after ' || t)
from one, unnest('{1,1800,3600}'::integer[]) t;
select ok(assertion_spend('other', said), 'another client''s jti') from one;
select isnt(assertion_id(repeat('a', 64), 1), assertion_id(repeat('a', 64), 2),
	'a day each');
select isnt(assertion_id(repeat('a', 64), 1),
	assertion_id(repeat('a', 17) || repeat('b', 47), 1), 'an assertion each');
select is(uuid7_time(assertion_id(repeat('f', 64), 21915)),
	'2030-01-01 00:00Z', 'its day, by which it is forgotten');

-- Everything else that is refused spends it, but not what asks again.
create temp table spent as
select pg_temp.said(more::jsonb) as said, otherwise, judged, unused
from (values
	('{}', 'no_key', '', true),
	('{"keys_version": null}', 'unauthorized_client',
	'stale_keys stale_keys', true),
	('{"fault": "claims"}', 'unauthorized_client',
	'invalid_client assertion: claims', true),
	('{}', 'unauthorized_client', '', false)
) v (more, otherwise, judged, unused);
select is(concat_ws(' ', t.refusal, t.why), judged,
	coalesce(nullif(judged, ''), 'good, but for ' || otherwise))
from spent, made, caller_refusal(client_id, client_id, 'private_key_jwt', said,
	otherwise) t;
select is(assertion_spend(client_id, said), unused,
	'spent by ' || coalesce(nullif(judged, ''), otherwise))
from spent, made;

create temp table twice as
select row(client_id, 'private_key_jwt', null, pg_temp.said(), '{}', null,
	null)::client_credentials_call as one,
	row(client_id, 'private_key_jwt', null, pg_temp.said(), '{}', null,
	null)::client_credentials_call as other
from made;
select is(string_agg(t.outcome, ' '), 'issued invalid_client issued',
	'also within one set of calls')
from twice, token_client_credentials(array[one, one, other]) t;
create temp table recorded as select id from audit_event;
select is(string_agg(t.outcome, ' '), 'stale_keys issued stale_keys',
	'some of a set ask again')
from made, token_client_credentials(array[row(client_id, 'private_key_jwt',
	null, pg_temp.said('{"keys_version": null}'), '{}', null, null),
	row(client_id, 'private_key_jwt', null, pg_temp.said(), '{}', null,
	null), row(client_id, 'private_key_jwt', null,
	pg_temp.said('{"keys_version": "\\x00"}'), '{}', null, null)]
	::client_credentials_call[]) t;
select is(count(*), 1::bigint, 'which is not recorded')
from audit_event
where id not in (select id from recorded);

-- Codes, refresh tokens, revocation.
update client
set auth_method = 'private_key_jwt',
	jwks = (select c.jwks from client c join made using (client_id))
where client_id = 'app';
create temp table mine as select tap.code_of() as id;
create function pg_temp.redeemed(said client_assertion)
returns text language sql
return (
	select outcome
	from mine, token_redeem('app', 'private_key_jwt', null, said, mine.id,
		digest('code'), digest('refresh secret'), null, challenge(), null,
		null));
create temp table two as select pg_temp.said() as said;
select is(pg_temp.redeemed(pg_temp.said('{"fault": "signature"}')),
	'invalid_client', 'a code is not spent by an assertion that fails');
select is(pg_temp.redeemed(said), 'invalid_client', 'nor by one that was used')
from two, assertion_spend('app', said) as used;
select is((select ended_at from access_grant g join mine using (id)), null,
	'and nothing is ended');
select is(pg_temp.redeemed(pg_temp.said()), 'issued', 'a code');
select is(outcome, wanted, what)
from (values
	(pg_temp.said('{"keys_version": null}'), 'stale_keys', 'no keys'),
	(pg_temp.said('{"fault": "claims"}'), 'invalid_client', 'no claims'),
	(pg_temp.said(), 'issued', 'a refresh')) v (said, wanted, what),
	mine, lateral token_refresh('app', 'private_key_jwt', null, said, mine.id,
	1, digest('refresh secret'), '{}', null, null) t;
select is(revoke_token('app', 'private_key_jwt', null, v.said, mine.id,
	digest('refresh secret'), null), wanted, what)
from two, mine, lateral (values
	(pg_temp.said('{"keys_version": null}'), 'stale_keys', 'not by no keys'),
	(two.said, 'invalid_client', 'nor by an assertion that was used'),
	(pg_temp.said(), 'revoked', 'a revocation')) v (said, wanted, what);
select is(count(*), 1::bigint, 'as the record says')
from audit_event
where event = 'revoke'
and detail ->> 'why' = 'assertion: used';
select * from finish();
rollback;
