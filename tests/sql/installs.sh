# SPDX-License-Identifier: ISC
# migrate and demo.sql; sourced by tests/sql/run.

# The demonstration, by a DBA, twice.
# demo [ORIGIN]
demo()
{
	PGOPTIONS='-c role=gatepost_dba' sql -f sql/demo.sql \
	    -v issuer="${1-https://auth.example}" \
	    -v mcp_uri="${1-https://auth.example}/mcp/finance" 2>&1 >/dev/null
}
same 'demo.sql, by a DBA' '' "$(demo)"
before=$(sql -c 'select counter from change')
same 'and once more' '' "$(demo)"
same 'which changes nothing' "$before" \
    "$(sql -c 'select counter from change')"
demo http://localhost:8080
demo http://localhost:8081
same 'that of another port goes, which has the same path' \
    'http://localhost:8081/mcp/finance' \
    "$(sql -c "select string_agg(uri, ' ') from resource
	where uri like 'http://localhost%'")"
demo
same 'it makes the default resource' \
    'https://auth.example https://auth.example/mcp/finance 3 t' \
    "$(sql -c "select concat_ws(' ', s.issuer, s.default_resource,
	cardinality(r.scopes), r.checks_scope)
	from server s join resource r on r.uri = s.default_resource")"

# enter DATABASE PREFIX: what becomes of each role of that prefix that tries to
# log in there, and how often
enter()
{
	sql -c "select rolname from pg_roles
		where rolname like '$2\\_%' and rolcanlogin" |
	while read -r role; do
		PGOPTIONS='' psql -XAtq -U "$role" -d "$1" \
		    -c "select 'in'" 2>&1 |
		    sed 's/.*FATAL: *//; s/ "[^"]*"$//; /^DETAIL/d'
	done | sort | uniq -c | sed 's/^ *//' | paste -sd, -
}

# What cannot hold what clients send.
sql -d postgres -c "create database latin template template0
	encoding 'latin1' lc_collate 'C' lc_ctype 'C'"
PGOPTIONS='' sql/migrate --prefix latin --database dbname=latin \
    >"$dir/out" 2>&1 && echo migrated >>"$dir/out"
same 'migrate refuses a database that is not in UTF-8' \
    "the database's encoding is LATIN1, not UTF8" \
    "$(sed -n 's/^.*ERROR: *//p; /^migrated/p' "$dir/out")"
same 'and makes nothing' 0 "$(sql -c "select count(*) from pg_roles
	where rolname like 'latin\\_%'")"
sql -d postgres -c 'drop database latin'

# Another prefix in the same cluster: nobody enters the other's database.
sql -d postgres -c 'create database acme'
PGOPTIONS='' sql/migrate --prefix acme --database dbname=acme >"$dir/out" 2>&1
same 'migrate with a prefix' 0 $?
same 'makes its own roles' 16 "$(sql -c "select count(*) from pg_roles
	where rolname like 'acme\\_%'")"
same 'that own its schema' acme_owner "$(sql -d acme -c "select
	nspowner::regrole from pg_namespace where nspname = 'gatepost'")"
same 'which works' 1 "$(PGOPTIONS='' sql -d acme -U acme_token \
    -c 'select count(*) from gatepost.server_read()')"
for other in 'gatepost acme' 'acme gatepost'; do
	# shellcheck disable=SC2086
	set -- $other
	same "in $1 there is no $2_dba" f \
	    "$(sql -c "select has_database_privilege('$2_dba', '$1',
		'connect')")"
	same "each of $1's roles can enter $1" '14 in' "$(enter "$1" "$1")"
	same "and no other than those" '14 permission denied for database' \
	    "$(enter "$1" "$2")"
done
# Were one let in by mistake, it would still find nothing it may use.
sql -c 'grant connect on database acme to gatepost_token'
same "one that is let in has no rights in the other's schema" \
    'permission denied for schema gatepost' \
    "$(PGOPTIONS='' sql -d acme -U gatepost_token \
	-c 'select * from gatepost.server_read()' 2>&1 |
	sed -n 's/^ERROR:  //p')"
sql -c 'revoke connect on database acme from gatepost_token'
same 'its direct changes are recorded' 1 \
    "$(PGOPTIONS='' sql -d acme -c "
	set role acme_owner;
	update gatepost.server set service_name = 'Acme';
	select count(*) from gatepost.audit where event = 'direct_update'")"
same 'and its functions, once' 1 \
    "$(PGOPTIONS='' sql -d acme -c "
	set role acme_owner;
	select from gatepost.setting_set('service_name', 'X');
	select count(*) from gatepost.audit where event ~ 'setting_set|direct'
	and at > now()" | tail -n 1)"

# A database restored from a dump has lost who may come in.
sql -d acme -c 'revoke connect on database acme from acme_token, acme_dba'
PGOPTIONS='' sql/migrate --prefix acme --database dbname=acme >"$dir/out" 2>&1
same 'migrate opens a restored database again' 't t f' "$(sql -c "
	select string_agg(has_database_privilege(r, 'acme', 'connect')::text
		::char, ' ')
	from unnest('{acme_token,acme_dba,gatepost_token}'::text[]) r")"

# What fails changes nothing; what was applied is never another.
cp -R sql "$dir/sql"
chmod -R u+w "$dir/sql"
sql -d postgres -c 'create database broken'
echo 'select 1 / 0;' >"$dir/sql/zzz.sql"
PGOPTIONS='' "$dir/sql/migrate" --prefix broken --database dbname=broken \
    >"$dir/out" 2>&1
same 'migrate fails when a file does' 3 $?
same 'and leaves nothing behind' 0 "$(sql -d broken -c "select count(*)
	from pg_namespace where nspname ~ '^gatepost'")"
same 'not even roles' 0 "$(sql -c "select count(*) from pg_roles
	where rolname ~ '^broken'")"
rm "$dir/sql/zzz.sql"
echo '-- changed' >>"$dir/sql/schema/001-rules.sql"
same 'a numbered file that was changed is refused' 1 \
    "$(PGOPTIONS='' "$dir/sql/migrate" 2>&1 | grep -c 'has changed since')"
cp sql/schema/001-rules.sql "$dir/sql/schema/"
echo '-- changed' >>"$dir/sql/views.sql"
same 'a file of functions is applied again' 'applying views.sql' \
    "$(PGOPTIONS='' "$dir/sql/migrate" 2>&1)"
# What an earlier version had goes, so that none of its programs go on over
# parts that are others now; and nothing else.
functions()
{
	sql -c "select count(*), md5(string_agg(oid::regprocedure::text, ','
	    order by oid::regprocedure::text))
	    from pg_proc where pronamespace = 'gatepost'::regnamespace"
}
before=$(functions)
{
	echo 'set role gatepost_owner;'
	sed -n '/^drop/,$p' sql/former.psql |
	    sed "s/^drop function if exists/create function/
		s/;\$/ returns text language sql return '';/"
	# a body that was parsed keeps what it calls
	for f in 'token_caller(text, text, bytea, text)' \
	    'token_caller(text, text, bytea, gatepost.client_assertion, text)'
	do
		echo "create or replace function gatepost.$f returns text
		    language sql return gatepost.signing_key_now(null::interval,
			null::timestamptz, null::text);"
	done
} | sql -f -
PGOPTIONS='' "$dir/sql/migrate" >"$dir/out" 2>&1
same 'functions of an earlier version' 'nothing to do' "$(cat "$dir/out")"
same 'are dropped' "$before" "$(functions)"
# Making a trigger keeps all who write from their table.
triggers()
{
	sql -c "select count(*), md5(string_agg(oid::text, ',' order by oid))
	    from pg_trigger where not tgisinternal"
}
before=$(triggers)
echo '-- changed' >>"$dir/sql/admin.sql"
echo '-- changed' >>"$dir/sql/audit-triggers.sql"
same 'files with triggers are, too' 2 \
    "$(PGOPTIONS='' "$dir/sql/migrate" 2>&1 | grep -c '^applying')"
same 'which makes none anew' "$before" "$(triggers)"
sed -i 's/after truncate on/after truncate  on/' "$dir/sql/audit-triggers.sql"
PGOPTIONS='' "$dir/sql/migrate" >/dev/null 2>&1
same 'but those that are others now' "${before%%|*} t" \
    "$(triggers | sed "s/|/ /; s/ ${before##*|}\$/ f/; s/ [0-9a-f]*\$/ t/")"
same 'a bad prefix is refused' 2 \
    "$(sql/migrate --prefix 'a;b' >/dev/null 2>&1; echo $?)"
same 'so is an unknown option' 2 \
    "$(sql/migrate --nosuch x >/dev/null 2>&1; echo $?)"
for n in 1 2 3 4; do
	PGOPTIONS='' sql/migrate --prefix broken --database dbname=broken \
	    >"$dir/out.$n" 2>&1 &
done
wait
same 'of four at once one does the work' 3 \
    "$(cat "$dir"/out.? | grep -cx 'nothing to do')"
