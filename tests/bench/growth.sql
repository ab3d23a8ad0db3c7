-- SPDX-License-Identifier: ISC
-- Clients, grants with refresh tokens, and audit events: :rows of each.  Read
-- by a DBA's psql with :resource, of a database that is thrown away.  Triggers
-- and foreign keys are off: they would take hours.

set session_replication_role = replica;
set synchronous_commit = off;
set maintenance_work_mem = '1GB';

insert into gatepost.client (client_id, name, secret_hash, grant_types,
    created_at, last_used_at)
select 'growth-' || n, 'growth', sha256(n::text::bytea),
	'{client_credentials}', now(), now()
from generate_series(1, :rows) n;

insert into gatepost.standing_grant (client_id, resource, grant_id)
select 'growth-' || n, :'resource', gen_random_uuid()
from generate_series(1, :rows) n;

insert into gatepost.access_grant (id, client_id, account_id, consent_id,
    resource, scopes, generation, refresh_hash, rotated_at)
select gatepost.uuid7(), 'growth-' || n, gen_random_uuid(), gen_random_uuid(),
	:'resource', '{mcp:tools:headlines}', 1, sha256(n::text::bytea), now()
from generate_series(1, :rows) n;

insert into gatepost.audit_event (program, event, outcome, client_id,
    account_id, grant_id, resource, scope, address)
select 'token', 'refresh', 'issued', 'growth-' || n, gen_random_uuid(),
	gen_random_uuid(), :'resource', 'mcp:tools:headlines', '127.0.0.1'
from generate_series(1, :rows) n;

set session_replication_role = origin;
vacuum analyze;
checkpoint;
