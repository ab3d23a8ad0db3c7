-- SPDX-License-Identifier: ISC
-- What adapter.mjs keeps.  Read by a DBA's psql with :clients, a JSON array.

create table oidc_payload (
	model text,
	id text,
	payload jsonb not null,
	grant_id text,
	uid text,
	expires_at timestamptz,
	consumed_at timestamptz,
	primary key (model, id)
);
create index on oidc_payload (grant_id) where grant_id is not null;
create index on oidc_payload (model, uid) where uid is not null;
grant select, insert, update, delete on oidc_payload to bench_oidc;

insert into oidc_payload (model, id, payload)
select 'Client', c ->> 'client_id', c
from jsonb_array_elements(:'clients') c;
