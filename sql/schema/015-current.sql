-- SPDX-License-Identifier: ISC
-- What each request for a token reads of settings and keys, in the one row that
-- it reads anyway: two joins fewer.  change_copy() keeps it.

alter table gatepost.change
	add column kid text,
	add column activates_at timestamptz,
	add column rotates_at timestamptz,
	add column access_token_lifetime interval,
	add column refresh_idle interval,
	add column refresh_absolute interval,
	add column replay_window interval,
	add column epoch_at timestamptz,
	add column default_resource text;
comment on table gatepost.change is
'One row: a counter that grows with every change that programs cache, and copies of what token reads most: of settings, and of the newest signing key.';
comment on column gatepost.change.kid is
'The newest signing key; null: there is none.';
comment on column gatepost.change.activates_at is
'When that key begins to sign.';
comment on column gatepost.change.rotates_at is
'When the next key is to be made, if that one signs by then.';
