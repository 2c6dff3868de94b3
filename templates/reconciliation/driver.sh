#!/usr/bin/env bash
# What the scripts `reconcile.sh` of all services share: it asks two servers, brings their answers together and reports.
# Such a script says what there is to check by calling the functions of the first part, then calls `reconcile`.
#
# What a row is called travels as hexadecimal digits (see the queries), so no value of a database is a word to the shell,
# to awk or to psql. Names of the register are arguments in single quotes.
set -euo pipefail
export LC_ALL=C
umask 077

root=$(CDPATH='' cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tab=$(printf '\t')
psql=${PSQL:-psql}
# In seconds. A server that is away may not even refuse a connection, and the system would wait for minutes.
export PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10}
# About how many rows a chunk has, how many keys are looked up at once, and how many differences are listed.
chunk_rows=${FREEHOLD_CHUNK_ROWS:-50000}
keys_at_once=500
most_listed=1000
most_shown=20

# ---- What there is to check ------------------------------------------------------------------------------------------

checks=0
databases=0
folder='' service_name='' service_json=''
percent='' tolerated=0 lag=0

service() { service_name=$1 service_json=$2 folder=$3; }

# The percentage of rows that have to agree, how many of a million need not, and for how many seconds rows may be on their way.
goal() { percent=$1 tolerated=$2 lag=$3; }

database() { # SERVICE VARIABLE
    database_service[databases]=$1
    database_variable[databases]=$2
    databases=$((databases + 1))
}

# A check: its kind, under which headings the queries of both sides stand, how it is shown, what the JSON says of it, whose
# database is asked besides the service's own (as the place in the list of databases), and what else it needs.
add_check() { # KIND OWN-QUERIES OWNER-QUERIES TITLE JSON OWNER EXTRA COLUMNS
    check_kind[checks]=$1 check_own_queries[checks]=$2 check_owner_queries[checks]=$3 check_title[checks]=$4
    check_json[checks]=$5 check_owner[checks]=$6 check_extra[checks]=$7 check_columns[checks]=$8
    checks=$((checks + 1))
}

# EXTRA is `counts`, or `may-stay` where orphans are no mistake.
reference() { add_check reference "$1" "$2" "$3" "$4" "$5" "$6" ''; }

# EXTRA is `collated` where the order of keys may differ between servers, else `native`. COLUMNS are the compared columns as
# JSON strings, separated by tabs.
projection() { add_check projection "$1" "$2" "$3" "$4" "$5" "$6" "$7"; }

outbox() { add_check outbox outbox '' 'events that wait in the outbox' '' 0 '' ''; }

# EXTRA is for how many days a processed event may stay.
processed_events() { add_check processed_events processed_events '' 'processed events' '' 0 "$1" ''; }

# ---- Messages and ends -----------------------------------------------------------------------------------------------

say() { printf '%s\n' "$*" >&2; }

cannot_run() {
    say "reconcile.sh: $*"
    exit 2
}

work=''
running=''
code=0
finished=no

clean_up() {
    local code=$?
    trap - EXIT
    if [ -n "$running" ]; then kill -TERM -- "-$running" 2>/dev/null || true; fi
    if [ -n "$work" ]; then rm -rf "$work"; fi
    # Only a report says that rows differ; whatever else ended the script, it could not run.
    if [ "$finished" = no ] && [ "$code" -le 1 ]; then code=2; fi
    exit "$code"
}

# Runs a command as a group of processes of its own, all of which end when the script does, and waits for it; `code` is what
# it exits with. It must not be called as a condition: the shell would then go on after what fails in the command.
as_group() { # COMMAND...
    code=0
    set -m
    "$@" &
    running=$!
    set +m
    wait "$running" || code=$?
    running=''
}

# ---- Asking a database -----------------------------------------------------------------------------------------------

# Takes the password out of a connection string: arguments of psql can be seen by everybody on the machine. What cannot
# be taken out is refused.
take_password() { # DATABASE CONNECTION
    local rest=$2 password='' authority user quoted
    quoted="(^|[[:space:]])password[[:space:]]*=[[:space:]]*('([^'\\\\]|\\\\.)*'|([^'[:space:]\\\\]|\\\\.)*)"
    case $rest in
    postgres://* | postgresql://*)
        authority=${rest#*://}
        authority=${authority%%[/?]*}
        case $authority in
        *:*@*)
            user=${authority%@*}
            password=${user#*:}
            password=${password//\\/\\\\}
            password=$(printf '%b' "${password//%/\\x}")
            rest=${rest%%://*}://${user%%:*}@${authority##*@}${rest#*://"$authority"}
            ;;
        esac
        ;;
    *)
        if [[ $rest =~ $quoted ]]; then
            password=${BASH_REMATCH[2]}
            rest=${rest/"${BASH_REMATCH[0]}"/ }
            case $password in \'*) password=${password#\'} password=${password%\'} ;; esac
            password=$(printf '%s' "$password" | sed 's/\\\(.\)/\1/g')
        fi
        ;;
    esac
    case $rest in
    *password*=*)
        cannot_run "the password in ${database_variable[$1]} cannot be hidden from other users of this machine: write it" \
            "as postgresql://USER:PASSWORD@HOST/DATABASE, or leave it to PGPASSFILE"
        ;;
    esac
    database_connection[$1]=$rest
    database_password[$1]=$password
}

# Runs the statements of standard input in a database in which the queries of a file are prepared; prints rows, with tabs
# between their values.
ask() { # DATABASE FILE ERRORS
    if [ -n "${database_password[$1]}" ]; then export PGPASSWORD=${database_password[$1]}; fi
    exec "$psql" -X -q -A -t -w -F "$tab" -v ON_ERROR_STOP=1 -d "${database_connection[$1]}" \
        -f "$root/session.sql" -f "$2" -f - 2>"$3"
}

# What went wrong, in one line, from the file that psql wrote its messages into; nothing where it is empty.
first_error() { # FILE
    if [ -s "$1" ]; then
        { grep -E -m 1 'ERROR|FATAL|PANIC|error' "$1" || head -n 1 "$1"; } | sed -E 's/^psql:[^ ]*: //' | tr -d '\000-\037'
    fi
}

# Finds out which version each server has.
meet_databases() {
    local index version
    for ((index = 0; index < databases; index++)); do
        database_major[index]='' database_error[index]=''
        if version=$(printf '%s\n' "SELECT current_setting('server_version_num')::integer / 10000;" |
            (ask "$index" /dev/null "$work/errors.$index")); then
            database_major[index]=$version
            if [ "$version" -lt 15 ]; then database_error[index]="PostgreSQL $version is too old: 15 is the oldest that will do"; fi
        else
            database_error[index]=$(first_error "$work/errors.$index")
            : "${database_error[index]:=psql failed}"
        fi
    done
}

# Why a check cannot run or did not, with the database that it failed in.
failure() { # CHECK
    local index error
    for index in 0 "${check_owner[$1]}"; do
        error=${database_error[$index]}
        if [ -z "$error" ] && [ -e "$work/$1.errors.$index" ]; then error=$(first_error "$work/$1.errors.$index"); fi
        if [ -n "$error" ]; then
            printf 'the database of %s (%s): %s' "${database_service[$index]}" "${database_variable[$index]}" "$error"
            return
        fi
    done
    printf 'an answer could not be read, or the temporary folder is full'
}

ask_own() { ask 0 "$work/$1.own.sql" "$work/$1.errors.0"; }                                   # CHECK
ask_owner() { ask "${check_owner[$1]}" "$work/$1.owner.sql" "$work/$1.errors.${check_owner[$1]}"; } # CHECK

# What stands under a heading of a file of queries. Lines are counted, so no line of a query can be taken for a heading.
section() { # FILE HEADING
    awk -v heading="$2:" '
        left > 0 { left--; if (wanted) print; next }
        $1 == "--" && $2 == "==" { wanted = $3 == heading; left = $4; if (wanted) found = 1 }
        END { exit !found }' "$1"
}

# Puts the queries of a check where both sides take them from.
take_queries() { # CHECK
    local owner=${check_owner[$1]} file=$folder/local.sql
    if ! section "$file" "${check_own_queries[$1]}" >"$work/$1.own.sql" 2>"$work/$1.errors.0"; then
        echo "error: the queries ${check_own_queries[$1]} cannot be read from $file" >"$work/$1.errors.0"
        return 1
    fi
    if [ -z "${check_owner_queries[$1]}" ]; then return; fi
    file=$folder/owner.${database_service[$owner]}.sql
    if [ "$owner" -eq 0 ]; then file=$folder/local.sql; fi
    if ! section "$file" "${check_owner_queries[$1]}" >"$work/$1.owner.sql" 2>"$work/$1.errors.$owner"; then
        echo "error: the queries ${check_owner_queries[$1]} cannot be read from $file" >"$work/$1.errors.$owner"
        return 1
    fi
}

# Runs statements on both sides at the same time.
ask_both() { # CHECK OWN-STATEMENTS OWNER-STATEMENTS ANSWER
    local owner code=0
    ask_owner "$1" <"$3" >"$work/$1.owner.$4" &
    owner=$!
    (ask_own "$1" <"$2" >"$work/$1.own.$4") || code=$?
    wait "$owner" || code=$?
    return "$code"
}

# ---- Statements ------------------------------------------------------------------------------------------------------

# For each chunk between the keys of standard input a call of a query, with further arguments.
for_chunks() { # QUERY ARGUMENTS
    awk -v query="$1" -v rest="$2" '
        BEGIN { lower = "NULL" }
        $0 !~ /^[0-9a-f]+$/ { failed = 1; exit }
        { upper = "\047" $0 "\047"; print "EXECUTE " query "(" lower ", " upper rest ");"; lower = upper }
        END { if (failed) exit 3; print "EXECUTE " query "(" lower ", NULL" rest ");" }'
}

# For the keys at the beginning of the lines of standard input, some at a time, a call of a query. The numbers behind the
# keys are added up in a file.
for_keys() { # QUERY ARGUMENTS [FILE]
    awk -F '\t' -v query="$1" -v rest="$2" -v most="$keys_at_once" -v file="${3:-/dev/null}" '
        function flush() { if (count) print "EXECUTE " query "(\047" keys "\047" rest ");"; keys = ""; count = 0 }
        $1 !~ /^[0-9a-f]+$/ { failed = 1; exit }
        { keys = count ? keys "," $1 : $1; rows += $2; if (++count == most) flush() }
        END { if (failed) exit 3; flush(); printf "%.0f\n", rows > file }'
}

# ---- References ------------------------------------------------------------------------------------------------------

# The keys that the owner does not have, read chunk by chunk, each with a snapshot of its own.
first_look_at_reference() { # CHECK
    printf "EXECUTE key_bounds(%d, NULL, 'native');\n" "$chunk_rows" | (ask_own "$1") >"$work/$1.bounds"
    for_chunks chunk_keys '' <"$work/$1.bounds" | (ask_own "$1") | for_keys missing_keys '' "$work/$1.rows" |
        (ask_owner "$1") >"$work/$1.first"
}

# Those of them that are still referred to, and that the owner still does not have.
second_look_at_reference() { # CHECK
    for_keys rows_of_keys '' <"$work/$1.first" >"$work/$1.own.statements"
    for_keys missing_keys '' <"$work/$1.first" >"$work/$1.owner.statements"
    ask_both "$1" "$work/$1.own.statements" "$work/$1.owner.statements" second
    awk -F '\t' -v OFS='\t' '
        FILENAME == ARGV[1] { missing[$1]; next }
        $1 in missing {
            print "orphan", $3, "\"key\":" $2 ",\"rows\":" $3 ",\"first_rows\":" $4, $2 ", " $3 " rows, such as " $4
        }' "$work/$1.owner.second" "$work/$1.own.second" >"$work/$1.found"
}

# ---- Read copies -----------------------------------------------------------------------------------------------------

# How digests are made: hashes of records are the same only on servers of one major version.
digest_of() { # CHECK
    if [ "${database_major[0]}" = "${database_major[${check_owner[$1]}]}" ]; then echo record; else echo sha256; fi
}

# In which order keys are cut into chunks: their own where both servers have the same, else that of their bytes.
choose_order() { # CHECK
    order=native
    if [ "${check_extra[$1]}" = native ]; then return; fi
    echo 'EXECUTE key_order;' >"$work/$1.statements"
    ask_both "$1" "$work/$1.statements" "$work/$1.statements" order
    if ! cmp -s "$work/$1.own.order" "$work/$1.owner.order" || grep -q unknown "$work/$1.own.order"; then order=bytes; fi
}

# The keys of rows that differ: chunk by chunk first, then row by row where a chunk differs, then by looking at both
# sides at once.
first_look_at_projection() { # CHECK
    local digest order
    digest=$(digest_of "$1")
    choose_order "$1"
    printf "EXECUTE key_bounds(%d, NULL, '%s');\n" "$chunk_rows" "$order" | (ask_owner "$1") >"$work/$1.bounds"
    { printf "EXECUTE key_bounds(%d, '" "$chunk_rows" && paste -s -d , "$work/$1.bounds" | tr -d '\n' &&
        printf "', '%s');\n" "$order"; } | (ask_own "$1") >"$work/$1.bounds.both"
    for_chunks chunk_digest ", '$digest', '$order'" <"$work/$1.bounds.both" >"$work/$1.statements"
    ask_both "$1" "$work/$1.statements" "$work/$1.statements" digests
    # A sum is compared as text: to awk, numbers of this size are equal when they are near.
    paste "$work/$1.own.digests" "$work/$1.owner.digests" | awk -F '\t' -v file="$work/$1.rows" '
        NF != 4 { failed = 1; exit }
        { rows += $1 > $3 ? $1 : $3 }
        $1 "" != $3 "" || $2 "" != $4 "" { print NR }
        END { if (failed) exit 3; printf "%.0f\n", rows > file }' >"$work/$1.differing"
    : >"$work/$1.first"
    if [ ! -s "$work/$1.differing" ]; then return; fi
    for_chunks chunk_rows ", '$digest', '$order'" <"$work/$1.bounds.both" |
        awk 'FILENAME == ARGV[1] { wanted[$1]; next } FNR in wanted' "$work/$1.differing" - >"$work/$1.statements"
    ask_both "$1" "$work/$1.statements" "$work/$1.statements" differing
    sort -T "$work" "$work/$1.own.differing" "$work/$1.owner.differing" | uniq -u | cut -f 1 | uniq >"$work/$1.keys"
    rm "$work/$1.own.differing" "$work/$1.owner.differing"
    look_at_keys "$1" "$work/$1.keys" first
    paste "$work/$1.own.first" "$work/$1.owner.first" | awk -F '\t' "$difference"'
        $1 != $6 { exit 3 }
        difference(3, 8) != ""' >"$work/$1.first"
}

look_at_keys() { # CHECK KEYS ANSWER
    for_keys look_at_keys ", '$(digest_of "$1")'" <"$2" >"$work/$1.statements"
    ask_both "$1" "$work/$1.statements" "$work/$1.statements" "$3"
}

# How the two sides of a row differ: the state, version and digests of the copy stand from the field `own` on, those of the
# owner from the field `owner` on.
# shellcheck disable=SC2016
difference='
    function difference(own, owner) {
        if ($owner == "live" && $own != "live") return "missing"
        if ($owner == "live") return $(own + 2) "" == $(owner + 2) "" ? "" : "different"
        if ($own != "live") return ""
        return $owner == "deleted" ? "tombstone_missing" : "surplus"
    }
    function same(one, other) { return $one $(one + 1) $(one + 2) "" == $other $(other + 1) $(other + 2) "" }'

# A row that differed twice, and of which one side stayed as it was for as long as rows may be on their way: either the owner
# has not changed and the copy should have followed long ago, or the copy has not followed what it had to. A copy that was
# ahead at first, since the owner was asked a moment earlier, had nothing to follow yet.
second_look_at_projection() { # CHECK
    look_at_keys "$1" "$work/$1.first" second
    paste "$work/$1.first" "$work/$1.own.second" "$work/$1.owner.second" |
        columns=${check_columns[$1]} awk -F '\t' -v OFS='\t' "$difference"'
        BEGIN { split(ENVIRON["columns"], names, "\t") }
        $1 != $11 || $1 != $16 { exit 3 }
        { found = difference(13, 18) }
        found == "" || difference(3, 8) == "" { next }
        !same(8, 18) && !(same(3, 13) && $4 + 0 <= $9 + 0) { next }
        {
            json = "\"key\":" $2; text = $2
            if (found == "different") {
                count = split($15, own, ","); split($20, owner, ","); list = ""
                for (i = 1; i <= count; i++) if (own[i] "" != owner[i] "") list = list (list == "" ? "" : ",") names[i]
                json = json ",\"columns\":[" list "]"; text = text ": " list
            }
            print found, 1, json, text
        }' >"$work/$1.found"
}

# ---- Events ----------------------------------------------------------------------------------------------------------

look_at_events() { # CHECK QUERY ARGUMENT DIFFERENCE
    printf 'EXECUTE %s(%d);\n' "$2" "$3" | (ask_own "$1") >"$work/$1.answer"
    awk -F '\t' -v OFS='\t' -v difference="$4" -v file="$work/$1.rows" '
        { count = $1; print difference, NR == 1 ? $1 : 0, "\"event\":" $2, $2 }
        END { printf "%.0f\n", count > file }' "$work/$1.answer" >"$work/$1.found"
}

# ---- The run ---------------------------------------------------------------------------------------------------------

first_look() { # CHECK
    take_queries "$1"
    case ${check_kind[$1]} in
    reference) first_look_at_reference "$1" ;;
    projection) first_look_at_projection "$1" ;;
    outbox) look_at_events "$1" stuck_outbox "$lag" stuck ;;
    processed_events) look_at_events "$1" undead_processed_events "${check_extra[$1]}" undead ;;
    esac
}

second_look() { # CHECK
    case ${check_kind[$1]} in
    reference) second_look_at_reference "$1" ;;
    projection) second_look_at_projection "$1" ;;
    esac
}

# Runs a part of a check, and keeps why it failed.
attempt() { # FUNCTION CHECK
    if [ -e "$work/$2.failed" ]; then return; fi
    code=1
    if [ -z "${database_error[0]}${database_error[${check_owner[$2]}]}" ]; then as_group "$1" "$2"; fi
    if [ "$code" -ne 0 ]; then failure "$2" >"$work/$2.failed"; fi
}

pause() {
    local index doubtful=0
    for ((index = 0; index < checks; index++)); do
        if [ -s "$work/$index.first" ] && [ ! -e "$work/$index.failed" ]; then doubtful=$((doubtful + 1)); fi
    done
    if [ "$doubtful" -gt 0 ]; then
        say "rows differ in $doubtful of $checks checks; those that still do in $lag s are reported"
        as_group sleep "$lag"
    fi
}

json_text() { # TEXT
    printf '"%s"' "$(printf '%s' "$1" | tr '\000-\037' ' ' | sed 's/[\\"]/\\&/g')"
}

# What became of a check, of which so many rows differ.
status_of() { # CHECK ROWS DIFFERING
    if [ "$3" -eq 0 ]; then
        echo clean
    elif [ "${check_extra[$1]}" = may-stay ]; then
        echo allowed
    elif [ "${check_kind[$1]}" = outbox ] || [ "${check_kind[$1]}" = processed_events ]; then
        echo beyond_goal
    elif [ $(($3 * 1000000)) -gt $(($2 * tolerated)) ]; then
        echo beyond_goal
    else
        echo within_goal
    fi
}

# The parts of a check in the JSON, and what people read.
report_check() { # CHECK
    local rows=0 differing=0 status error=null kinds='' listed=''
    if [ -e "$work/$1.failed" ]; then
        status=failed
        error=$(json_text "$(cat "$work/$1.failed")")
        say "  $status: ${check_title[$1]}: $(cat "$work/$1.failed")"
    else
        rows=$(cat "$work/$1.rows")
        touch "$work/$1.found"
        differing=$(awk -F '\t' '{ rows += $2 } END { printf "%.0f", rows }' "$work/$1.found")
        # More may differ than there were when rows were counted.
        if [ "$rows" -lt "$differing" ]; then rows=$differing; fi
        status=$(status_of "$1" "$rows" "$differing")
        kinds=$(awk -F '\t' '{ rows[$1] += $2 } END { for (kind in rows) printf "\"%s\":%.0f\n", kind, rows[kind] }' \
            "$work/$1.found" | sort | paste -s -d , -)
        listed=$(awk -F '\t' -v most="$most_listed" 'NR <= most { print "{\"difference\":\"" $1 "\"," $3 "}" }' \
            "$work/$1.found" | paste -s -d , -)
        say "  $status: ${check_title[$1]}: $differing of $rows rows${kinds:+ ($kinds)}"
        awk -F '\t' -v most="$most_shown" 'NR <= most { print "    " $1 " " $4 } NR == most + 1 { print "    ..."; exit }' \
            "$work/$1.found" >&2
    fi
    echo "$status" >>"$work/statuses"
    printf '{"kind":"%s",%s"status":"%s","rows":%d,"differing":%d,"differences":{'"$kinds"'},"first":[%s],"error":%s}' \
        "${check_kind[$1]}" "${check_json[$1]}" "$status" "$rows" "$differing" "$listed" "$error"
}

report() {
    local index result=clean code=0
    say "reconciliation of $service_name: $percent % of rows have to agree, $lag s after a change"
    : >"$work/statuses"
    for ((index = 0; index < checks; index++)); do report_check "$index" >"$work/$index.json"; done
    if grep -qx within_goal "$work/statuses"; then result=within_goal; fi
    if grep -qx beyond_goal "$work/statuses"; then result=beyond_goal code=1; fi
    if grep -qx failed "$work/statuses"; then result=failed code=2; fi
    printf '{"version":1,"service":%s,"finished_at":"%s","percent":%s,"lag_seconds":%d,"result":"%s","checks":[' \
        "$service_json" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$percent" "$lag" "$result"
    for ((index = 0; index < checks; index++)); do
        if [ "$index" -gt 0 ]; then printf ','; fi
        printf '\n'
        cat "$work/$index.json"
    done
    printf '\n]}\n'
    say "result: $result"
    finished=yes
    exit "$code"
}

reconcile() {
    local index tool variable
    if [ "$#" -gt 0 ]; then cannot_run "it takes no arguments, only variables of the environment: see README.md"; fi
    for tool in "$psql" awk sort uniq cut paste sed tr grep cmp mktemp; do
        if ! command -v "$tool" >/dev/null; then cannot_run "the program $tool is missing"; fi
    done
    case $chunk_rows in '' | 0* | *[!0-9]*) cannot_run "FREEHOLD_CHUNK_ROWS has to be a number of rows, at least 1" ;; esac
    for ((index = 0; index < databases; index++)); do
        variable=${database_variable[index]}
        if [ -z "${!variable:-}" ]; then
            cannot_run "$variable says how to connect to the database of ${database_service[index]}, and is not set"
        fi
        take_password "$index" "${!variable}"
    done
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    work=$(mktemp -d)
    meet_databases
    for ((index = 0; index < checks; index++)); do attempt first_look "$index"; done
    pause
    for ((index = 0; index < checks; index++)); do
        if [ -s "$work/$index.first" ]; then attempt second_look "$index"; fi
    done
    report
}
