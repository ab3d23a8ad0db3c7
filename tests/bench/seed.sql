-- SPDX-License-Identifier: ISC
-- What the measurements need: clients, and grants with refresh tokens.  Read
-- by a DBA's psql with :resource, :jwks, :http chains to be redeemed over HTTP and
-- :chains of which pgbench knows the ids.  Prints a word and values a line.

\set verifier gatepost-bench-verifier-0123456789-abcdefghij
\set redirect http://localhost/callback

select client_id as client, client_secret as secret
from gatepost.client_create('bench', grant_types => '{client_credentials}',
	auth_method => 'client_secret_basic') \gset
select 'client', :'client', :'secret';

select client_id as signer
from gatepost.client_create('bench keys', grant_types => '{client_credentials}',
	jwks => :'jwks') \gset
select 'signer', :'signer';

select client_id as caller, client_secret as secret
from gatepost.resource_server_create(:'resource', 'bench') \gset
select 'caller', :'caller', :'secret';

select client_id as public
from gatepost.client_create('bench chains',
	array[:'redirect', 'https://client.example/callback'],
	auth_method => 'none') \gset
select 'public', :'public';

select id as account
from gatepost.account
where username = 'demo' \gset

insert into gatepost.consent (account_id, client_id, redirect_host, resource,
    scopes)
select :'account', :'public', 'localhost', uri, scopes
from gatepost.resource
where uri = :'resource'
returning id as consent, scopes \gset
insert into gatepost.consent (account_id, client_id, redirect_host, resource,
    scopes)
values (:'account', :'public', 'client.example', :'resource', :'scopes');

select gatepost.secret_make() as secret \gset
insert into gatepost.session (id, hash, account_id)
values (gatepost.uuid7(), gatepost.secret_digest(:'secret'), :'account')
returning id as session \gset
select 'session', :'session' || '.' || :'secret';

with secret as materialized (
	select gatepost.uuid7() as id, gatepost.secret_make() as text
	from generate_series(1, :http)
), made as (
	insert into gatepost.code (id, hash, client_id, account_id,
	    consent_id, session_id, redirect_uri, code_challenge, scopes,
	    resource, expires_at)
	select id, gatepost.secret_digest(text), :'public', :'account',
	    :'consent', :'session', :'redirect',
	    translate(encode(sha256(:'verifier'), 'base64'), '+/=', '-_'),
	    :'scopes', :'resource', now() + interval '60 s'
	from secret
)
select 'code', id || '.' || text
from secret;
select 'verifier', :'verifier';

select left(gatepost.uuid7()::text, 24) as prefix \gset
insert into gatepost.access_grant (id, client_id, account_id, consent_id,
    resource, scopes, generation, refresh_hash, rotated_at)
select (:'prefix' || lpad(n::text, 12, '0'))::uuid, :'public', :'account',
    :'consent', :'resource', :'scopes', 1, sha256(n::text::bytea), now()
from generate_series(0, :chains - 1) n;
select 'prefix', :'prefix';
