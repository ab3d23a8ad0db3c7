-- SPDX-License-Identifier: ISC
-- What people may grant, by the groups that they are in at the directory.
--
--	psql -d gatepost -v ON_ERROR_STOP=1 -f groups.sql
--
-- as a superuser, once; with -v prefix=P where migrate was given --prefix P.
-- Then a DBA says which scopes a group has,
--
--	insert into gatepost_groups.scope values
--	    ('traders', 'mcp:tools:ticker_sentiment');
--
-- and something brings the members, from LDAP say, as often as is wanted:
--
--	begin;
--	delete from gatepost_groups.member;
--	\copy gatepost_groups.member (username, groupname) from 'members.csv' csv
--	select gatepost_groups.apply();
--	commit;
--
-- An account without a password is the directory's.  Its scopes are those of
-- its groups; none of them, and it may grant nothing.  One that is made when
-- its REMOTE_USER is first seen has them at once; apply() sees to the others,
-- each an audit record.  Who has left a group has less at the next refresh of
-- a token, some minutes later.  An account with a password is left alone.
--
-- The trigger works inside login's own statement.  Its function has a role of
-- its own, which may read these tables and nothing else, and which nobody is
-- a member of: whoever may fill the tables cannot make login do more.

\if :{?prefix}
\else
\set prefix gatepost
\endif
\set dba :prefix _dba
\set groups :prefix _groups

begin;
create role :"groups" nologin;
comment on role :"groups" is 'gatepost: reads groups for a trigger of account';
create schema gatepost_groups authorization :"groups";
comment on schema gatepost_groups is 'gatepost: groups and their scopes';
-- What the domains of the two columns below call.
grant usage on schema gatepost to :"groups";
grant usage on type gatepost.scope_name to :"groups";
grant execute on function
	gatepost.scope_valid(text),
	gatepost.scopes_fit(text[]),
	gatepost.scopes_valid(text[])
to :"groups";

set local role :"groups";

create table gatepost_groups.scope (
	groupname text not null,
	scope gatepost.scope_name not null,
	primary key (groupname, scope)
);
comment on table gatepost_groups.scope is
'Which scopes a group has; wildcards as in mcp:tools:* too.';

create table gatepost_groups.member (
	username text not null,
	groupname text not null,
	primary key (username, groupname)
);
comment on table gatepost_groups.member is
'Who is in which group; names as REMOTE_USER has them, to the letter.';

-- The scopes of somebody's groups.  No group is '{}': null would be no limit.
create function gatepost_groups.scopes_of(of_username text)
returns text[]
language sql stable
set search_path = pg_catalog, pg_temp
as $$
	select coalesce(array_agg(distinct s.scope::text
		order by s.scope::text), '{}')
	from gatepost_groups.member m
	join gatepost_groups.scope s on s.groupname = m.groupname
	where m.username = of_username
$$;

create function gatepost_groups.account_made()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	new.scopes := gatepost_groups.scopes_of(new.username);
	return new;
end
$$;
comment on function gatepost_groups.account_made() is
'A trigger of gatepost.account: a new account''s scopes are its groups''.';

-- Brings all accounts up to date.  Called by a DBA, with a DBA's rights.
-- Returns how many were changed.
create function gatepost_groups.apply()
returns bigint
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
	with changed as (
		update gatepost.account a
		set scopes = gatepost_groups.scopes_of(a.username)
		where a.id in (
			select v.id
			from gatepost.accounts v
			where not v.has_password
			and v.scopes is distinct from
				gatepost_groups.scopes_of(v.username))
		returning 1
	)
	select count(*)
	from changed
$$;
comment on function gatepost_groups.apply() is
'Gives accounts without a password the scopes of their groups.';

revoke all on all functions in schema gatepost_groups from public;
grant usage on schema gatepost_groups to :"dba";
grant select, insert, update, delete
on gatepost_groups.scope, gatepost_groups.member
to :"dba";
grant execute on function
	gatepost_groups.scopes_of(text),
	gatepost_groups.apply()
to :"dba";

reset role;
create trigger groups
before insert on gatepost.account
for each row when (new.password_hash is null)
execute function gatepost_groups.account_made();
commit;
