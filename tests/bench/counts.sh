# What is counted: statements, memory, the time to a first answer.  Sourced by
# tests/bench/run.

# ---- statements, as PostgreSQL's log tells of them ----

log_statements()
{
	sql gatepost -c "alter system set log_statement = '$1'" \
	    -c 'select pg_reload_conf()' >/dev/null
	sleep 0.5
}

# executed ROLE: what a role executed, by the function that it called
executed()
{
	sed -n -E "/^[^]]*\] gatepost_$1 LOG:  (execute|statement)/{
		s/.* gatepost\.([a-z_]+)\(.*/\1/
		p
	}" "$BENCH/statements.log"
}

# statements NAME ROLE TARGET [OPTION...]: how many for each of the requests
# of request-NAME, apart from the looks and the batches.  By one connection: of
# several at the same time one statement may be for eight.
statements()
{
	local name=$1 role=$2 target=$3 size answers failed n others each
	shift 3
	size=$(stat -c %s "$DIR/log/postgresql.log")
	read -r _ answers failed _ < <("$BENCH/load" "$@" "$PORT" 0.3 1 \
	    "$BENCH/request-$name")
	[ "$role" != guard ] || sleep 1.5	# what is written in batches
	tail -c +$((size + 1)) "$DIR/log/postgresql.log" \
	    >"$BENCH/statements.log"
	[ "${failed:-1}" -eq 0 ] ||
	    INVALID+=("statements $name: $failed requests failed")
	n=$(executed "$role" | grep -vcE "^($APART)\$")
	others=$(executed "$role" | grep -cE "^($APART)\$")
	each=$(awk -v n="$n" -v answers="${answers:-0}" \
	    'BEGIN { printf "%.4f", (answers > 0 ? n / answers : -1) }')
	row "statements $name" '' '' "${each%??}" "(and $others)" "$target" \
	    "$(judge "statements $name" "$each == $target")"
}

# Looks at the change counter and what follows them, a client's keys the first
# time that a process sees it, and the guard's records.
APART='server_change|server_read|guard_journal|guard_read|guard_revocations'
APART+='|jwks_read|metadata_describe|token_keys|client_keys_read'

# script_make NAME STATEMENT [LETTER]: script-NAME for pgbench and ARGS_NAME,
# from the last STATEMENT in the log: the very text that the program sent, with
# LETTER (p) and a number for its parameters
script_make()
{
	local name=$1 letter=${3-p} text rest number value
	local -n args=ARGS_$1
	args=()
	text=$(sed -n "s/^.* LOG:  execute $2: //p" "$BENCH/statements.log" |
	    tail -n 1)
	rest=$(sed -n "/ LOG:  execute $2: /{
		n
		s/^.* DETAIL:  parameters: //p
	}" "$BENCH/statements.log" | tail -n 1)
	while [[ $rest =~ ^\$([0-9]+)\ =\ (NULL|\'([^\']*)\')(,\ (.*))?$ ]]; do
		number=${BASH_REMATCH[1]} value=${BASH_REMATCH[3]}
		rest=${BASH_REMATCH[5]}
		if [ "${BASH_REMATCH[2]}" = NULL ]; then
			text=$(sed "s/\\\$$number\\b/null/" <<<"$text")
			continue
		fi
		text=$(sed "s/\\\$$number\\b/:$letter$number/" <<<"$text")
		args+=(-D "$letter$number=$value")
	done
	case $text$rest in
	'' | *\$*) die "cannot read the statement $2 from PostgreSQL's log" ;;
	esac
	printf '%s;\n' "$text" >"$BENCH/script-$name"
}

# Each has a jti of its own.
script_private_key_jwt()
{
	script_make private_key_jwt token_client_credentials
	sed -i 's/:p8\b/sha256(random()::text::bytea)/' \
	    "$BENCH/script-private_key_jwt"
}

# Each client of pgbench moves a grant of its own on.
script_refresh()
{
	script_make refresh token_refresh
	sed -i 's/:p12\b/:grant_id/; s/:p13\b/:generation/' \
	    "$BENCH/script-refresh"
	{
		printf '%s\n' '\if :generation = 0' \
		    '\set number :client_id + :offset' \
		    "select :prefix || lpad(:number::text, 12, '0')" \
		    'as grant_id \gset' '\endif' \
		    '\set generation :generation + 1'
		cat "$BENCH/script-refresh"
	} >"$BENCH/script-new"
	mv "$BENCH/script-new" "$BENCH/script-refresh"
}

# script_replace NAME WHAT FROM TO: another variable in script-NAME
script_replace()
{
	grep -q ":$3\b" "$BENCH/script-$1" || die "script-$1 has no $2"
	sed -i "s/:$3\b/:$4/" "$BENCH/script-$1"
}

# A flow's three statements, each with the id that the one before answered, and
# with the hash that it stored, which is the same each time.
script_code()
{
	script_make authorize authorize_request a
	script_make consent consent_show c
	script_make code token_redeem t
	sed -i 's/;$/ \\gset /' "$BENCH/script-authorize" "$BENCH/script-consent"
	script_replace consent 'request id' c3 request_id
	script_replace consent 'request hash' c4 a11
	script_replace code 'code id' t12 code_id
	script_replace code 'code hash' t13 c6
	cat "$BENCH/script-authorize" "$BENCH/script-consent" \
	    "$BENCH/script-code" >"$BENCH/script-new"
	mv "$BENCH/script-new" "$BENCH/script-code"
	rm "$BENCH/script-authorize" "$BENCH/script-consent"
	ARGS_code+=("${ARGS_authorize[@]}" "${ARGS_consent[@]}")
	# pgbench has one session for all, with the settings of a program's role
	sql gatepost -c 'grant gatepost_authorize, gatepost_consent
		to gatepost_token' >/dev/null || die "cannot grant roles"
}

count_statements()
{
	log_statements all
	statements jwks jwks 0
	statements metadata metadata 0
	statements guard guard 0
	statements client_credentials token 1
	script_make client_credentials token_client_credentials
	# more than all rounds take
	"$BENCH/sign" "$SIGNER" "$ISSUER" $((5000 * (ROUNDS_SQL + 3))) \
	    >"$BENCH/assertions" || die "cannot sign"
	statements private_key_jwt token 1 -l "$BENCH/assertions"
	script_private_key_jwt
	# load writes back what each connection has come to
	sed 1d "$BENCH/tokens" >"$BENCH/tokens-others"
	statements refresh token 1 -t "$BENCH/tokens"
	cat "$BENCH/tokens-others" >>"$BENCH/tokens"
	script_refresh
	statements introspect introspect 1
	script_make introspect introspect_token
	log_statements none
}

# What the database says of it all: every decision was the one expected.
decisions_check()
{
	local line
	while IFS= read -r line; do
		INVALID+=("decisions in the audit record: $line")
	done < <(sql gatepost -F ' ' -c "
		select program, event, outcome, error, detail ->> 'why',
			count(*)
		from gatepost.audit_event
		where id > gatepost.uuid7_floor('$STARTED')
		and program in ('token', 'introspect', 'guard')
		and (outcome not in ('issued', 'active', 'passed')
			or program = 'token' and detail ? 'why')
		group by 1, 2, 3, 4, 5")
}

# ---- memory and start ----

# processes SERVICE...: the first of each, and its workers
processes()
{
	local name
	for name; do
		service_running "$name" || die "$name has ended"
		printf '%s ' "$PID" \
		    "$(cat "/proc/$PID/task/$PID/children" 2>/dev/null)"
	done
}

# pss SERVICE...: what their processes have to themselves, and their part of
# what they share, in kB
pss()
{
	local list
	list=$(processes "$@") || return
	# shellcheck disable=SC2046,SC2086
	awk '/^Pss:/ { sum += $2 } END { print sum }' \
	    $(printf '/proc/%s/smaps_rollup ' $list)
}

memory_requests()
{
	local query="client_id=$PUBLIC&response_type=code&state=s"
	query+="&code_challenge_method=S256&code_challenge=$(printf '%043d' 0)"
	query+="&redirect_uri=http%3A%2F%2Flocalhost%2Fcallback"
	local initialize='{"jsonrpc":"2.0","id":1,"method":"initialize"'
	initialize+=',"params":{"protocolVersion":"2025-06-18"'
	initialize+=',"capabilities":{}'
	initialize+=',"clientInfo":{"name":"b","version":"1"}}}'
	request authorize GET "/oauth2/authorize?$query"
	local to
	to=$(ask_get "/oauth2/authorize?$query" |
	    sed -n 's/^Location: [^/]*\/\/[^/]*\(\/[^\r]*\).*/\1/p')
	[ -n "$to" ] || die "authorize does not lead to login"
	request login GET "$to"
	request consent GET "${to/login/consent}"
	request account GET /oauth2/account
	request register POST /oauth2/register "$JSON" -- \
	    '{"client_name":"b","redirect_uris":["http://localhost/c"]}'
	request revoke POST /oauth2/revoke "$FORM" "$CLIENT" -- token=unknown
	request finance POST /mcp/finance "$JSON" \
	    'Accept: application/json, text/event-stream' \
	    "Authorization: Bearer $TOKEN" -- "$initialize"
}

ask_get()
{
	exec 3<>"/dev/tcp/127.0.0.1/$PORT" || return
	printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&3
	timeout 10 cat <&3
	exec 3>&-
}

# All programs at once, 4 connections each; the most of some looks.
memory()
{
	local name most=0 now jobs=() seconds=3 failed
	[ -z "$SHORT" ] || seconds=1.5
	memory_requests
	for name in jwks metadata client_credentials introspect authorize \
	    login consent account register revoke finance; do
		"$BENCH/load" -a "$PORT" $seconds 4 "$BENCH/request-$name" \
		    >"$BENCH/memory-$name" 2>&1 &
		jobs+=($!)
	done
	sleep 0.5
	while kill -0 "${jobs[0]}" 2>/dev/null; do
		# shellcheck disable=SC2086
		now=$(pss $PROGRAMS) || break
		[ "$now" -le "$most" ] || most=$now
		sleep 0.2
	done
	wait "${jobs[@]}"
	for name in $PROGRAMS; do
		case $name in
		token) name=client_credentials ;;
		guard | fetch) continue ;;
		esac
		read -r _ now failed _ <"$BENCH/memory-$name"
		[ "${now:-0}" -gt 0 ] && [ "$failed" -eq 0 ] || INVALID+=(
		    "memory: $failed of ${now:-0} requests of $name failed")
	done
	row memory '' '' "$((most / 1024)) MB" \
	    "$(processes $PROGRAMS | wc -w) processes" '<= 45 MB' \
	    "$(judge memory "$most > 0 && $most <= 45 * 1024")"
}

# The slowest of each program's quickest of five starts: what else the machine
# does only adds to it.
first_answers()
{
	local name params took status worst=0 which='' times median=0
	for name in $PROGRAMS; do
		params=(REQUEST_METHOD=GET "REQUEST_URI=/oauth2/$name")
		case $name in
		metadata) params[1]=REQUEST_URI=$WELL_KNOWN ;;
		token | revoke | introspect | register | finance)
			params[0]=REQUEST_METHOD=POST
			params+=(CONTENT_LENGTH=0 GATEPOST_SCOPE=none)
			;;
		guard)
			params=(-a REQUEST_METHOD=GET REQUEST_URI=/mcp/finance
			    "GATEPOST_RESOURCE=$MCP_URL")
			;;
		esac
		times=
		for _ in 1 2 3 4 5; do
			read -r took status < <(program_first "$name" \
			    "${params[@]}" 2>>"$DIR/log/first.log")
			[ "${status:-500}" -lt 500 ] || INVALID+=(
			    "first answer: $name says ${status:-nothing}")
			times+="${took:-9999} "
		done
		# shellcheck disable=SC2086
		took=$(sorted $times | sed -n 1p)
		if awk "BEGIN { exit !($took > $worst) }"; then
			worst=$took which=$name
			# shellcheck disable=SC2086
			median=$(sorted $times | sed -n 3p)
		fi
	done
	row 'first answer' '' '' "$(printf '%.0f ms' "$worst")" \
	    "$(printf '%s (%.0f)' "$which" "$median")" \
	    '<= 100' "$(judge 'first answer' "$worst <= 100")"
}
