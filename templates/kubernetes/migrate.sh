#!/bin/sh
# Migrates a database by the files of a folder, and keeps the book of it in sqlx's table: what this has applied
# `sqlx migrate run` takes for applied, and the other way round. How to connect is in libpq's variables (PGHOST and so on),
# to the server itself and not through a pooler, for all of it is one session.
#
#     migrate.sh apply FOLDER           applies what is not applied yet, as the owner
#     migrate.sh wait VERSION SECONDS   waits until a version is applied, as a role that may read
#
# A file is called VERSION_DESCRIPTION.up.sql. It reaches the server as one message, and in a transaction with its line
# in the book, so it is applied once or not at all; one that begins with `-- no-transaction` runs outside of any. Files
# that are applied must not change or vanish. Exit codes: 0 done, 1 refused or failed, 2 called wrongly.
set -eu
export LC_ALL=C PGCLIENTENCODING=UTF8 PGAPPNAME=migrate.sh
psql=${PSQL:-psql}
# For how long another run may hold the lock, and how often to look, in seconds.
lock_seconds=${MIGRATE_LOCK_SECONDS:-1800}
pause_seconds=2

say() { printf 'migrate.sh: %s\n' "$*" >&2; }

refuse() {
    say "$*"
    exit 1
}

misuse() {
    say "$*"
    exit 2
}

trap 'exit 143' TERM
trap 'exit 130' INT

is_number() { case $1 in '' | *[!0-9]*) return 1 ;; esac; }

query() { "$psql" -X -q -A -t -w -v ON_ERROR_STOP=1 "$@"; }

# ---- What there is to apply ------------------------------------------------------------------------------------------

# Names are words that mean nothing to the shell, to psql or to SQL.
check_names() { # FOLDER
    for path in "$1"/*.up.sql; do
        [ -e "$path" ] || refuse "there is no migration in $1"
        name=${path##*/}
        version=${name%%_*}
        case $name in
        *_*.up.sql) is_number "$version" || refuse "the version of $name is not a whole number" ;;
        *) refuse "$name is not called VERSION_DESCRIPTION.up.sql" ;;
        esac
        case $name in *[!a-zA-Z0-9._-]*) refuse "$name holds more than letters, digits and ._-" ;; esac
        # What sorts by numbers may count in doubles.
        case $version in ????????????????*) refuse "the version of $name has more than 15 digits" ;; esac
    done
}

# The names in the order of their versions.
list_files() { # FOLDER
    for path in "$1"/*.up.sql; do printf '%s\n' "${path##*/}"; done | sort -n
}

check_versions() { # the names on standard input
    last=
    while read -r name; do
        version=$(version_of "$name")
        [ "$version" != "$last" ] || refuse "two files have the version $version"
        last=$version
    done
}

version_of() { # NAME
    printf '%s\n' "${1%%_*}" | sed 's/^0*\(.\)/\1/'
}

# What sqlx calls the description: the name without version and ending, with spaces.
description_of() { # NAME
    description=${1#*_}
    printf '%s\n' "${description%.up.sql}" | tr _ ' '
}

# ---- The session of psql ---------------------------------------------------------------------------------------------

# The session in which everything happens. The lock is that of sqlx (its `generate_lock_id`: a constant times the CRC-32 of
# the name of the database) and belongs to the session. Whoever waited for it in the server would hold a snapshot, for which
# CREATE INDEX CONCURRENTLY of the one who has it would wait; so it is only tried, and psql says `busy`. What the statements
# of files return is not shown.
begin_session() {
    cat <<'SQL'
\o /dev/null
SET client_min_messages = warning;
WITH RECURSIVE name (bytes) AS (SELECT convert_to(current_database()::text, 'UTF8')),
crc (bit, value) AS (
    SELECT 0, 4294967295::bigint
    UNION ALL
    SELECT bit + 1, (mixed >> 1) # (CASE WHEN mixed & 1 = 1 THEN 3988292384 ELSE 0 END)
    FROM crc, name, LATERAL (
        SELECT CASE WHEN bit % 8 = 0 THEN value # get_byte(bytes, bit / 8) ELSE value END AS mixed
    ) AS step
    WHERE bit < 8 * length(bytes)
)
SELECT pg_try_advisory_lock(1026731422 * (value # 4294967295)) AS freehold_is_locked
FROM crc ORDER BY bit DESC LIMIT 1
\gset
\if :freehold_is_locked
\else
    \echo busy
    \quit
\endif
CREATE TABLE IF NOT EXISTS _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),
    success BOOLEAN NOT NULL,
    checksum BYTEA NOT NULL,
    execution_time BIGINT NOT NULL
);
SELECT coalesce(string_agg(version::text, ', ' ORDER BY version), '') AS freehold_versions, count(*) > 0 AS freehold_found
FROM _sqlx_migrations WHERE NOT success
\gset
\if :freehold_found
    \warn 'migrate.sh: half applied, which only people can mend:' :freehold_versions
    \echo refused
    \quit
\endif
SQL
}

# What is in the book has to be among the files, but for what is newer than all of them: then an older release is being rolled
# out again, and the database stays ahead of it.
compare_book() { # the names on standard input
    printf 'CREATE TEMPORARY TABLE freehold_files (version bigint);\n'
    while read -r name; do
        printf 'INSERT INTO freehold_files VALUES (%s);\n' "$(version_of "$name")"
    done
    cat <<'SQL'
SELECT coalesce(string_agg(version::text, ', ' ORDER BY version) FILTER (WHERE version < newest), '') AS freehold_versions,
    count(*) FILTER (WHERE version < newest) > 0 AS freehold_found,
    coalesce(string_agg(version::text, ', ' ORDER BY version) FILTER (WHERE version > newest), '') AS freehold_ahead,
    count(*) FILTER (WHERE version > newest) > 0 AS freehold_is_ahead
FROM _sqlx_migrations, (SELECT max(version) AS newest FROM freehold_files) AS files
WHERE version NOT IN (SELECT version FROM freehold_files)
\gset
DROP TABLE freehold_files;
\if :freehold_found
    \warn 'migrate.sh: applied, but no longer among the files:' :freehold_versions
    \echo refused
    \quit
\endif
\if :freehold_is_ahead
    \warn 'migrate.sh: the database is ahead of these files by' :freehold_ahead
\endif
SQL
}

# The text of a file comes with a dot at its end, since psql takes the last line feed from what a command prints. `\gexec`
# sends it as it is: psql looks for no variable and no command in it.
read_file() { # NAME
    cat <<SQL
\\setenv FREEHOLD_NAME '$1'
\\set freehold_name '$1'
\\set freehold_version $(version_of "$1")
\\set freehold_description '$(description_of "$1")'
\\set freehold_text \`cat "\$FREEHOLD_FOLDER/\$FREEHOLD_NAME" && printf .\`
SQL
    cat <<'SQL'
SELECT coalesce(right(:'freehold_text', 1) <> '.', true) AS freehold_is_unread
\gset
\if :freehold_is_unread
    \warn 'migrate.sh: cannot be read:' :freehold_name
    \echo refused
    \quit
\endif
SELECT count(*) > 0 AS freehold_is_applied,
    coalesce(bool_or(checksum <> sha384(convert_to(left(:'freehold_text', -1), 'UTF8'))), false) AS freehold_is_edited
FROM _sqlx_migrations WHERE version = :freehold_version
\gset
\if :freehold_is_edited
    \warn 'migrate.sh: was changed after it was applied:' :freehold_name
    \echo refused
    \quit
\endif
SQL
}

# Sends the text, and writes the line into the book. The time is known only afterwards, as with sqlx.
apply_text() { # BEGIN COMMIT
    cat <<SQL
\\if :freehold_is_applied
\\else
    \\warn 'migrate.sh: applying' :freehold_name
    SELECT clock_timestamp() AS freehold_start
    \\gset
    $1
SQL
    cat <<'SQL'
    SELECT left(:'freehold_text', -1)
    \gexec
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
    VALUES (
        :freehold_version, :'freehold_description', true, sha384(convert_to(left(:'freehold_text', -1), 'UTF8')), -1
    );
SQL
    cat <<SQL
    $2
    UPDATE _sqlx_migrations
    SET execution_time = (extract(epoch FROM clock_timestamp() - :'freehold_start') * 1000000000)::bigint
    WHERE version = :freehold_version;
\\endif
SQL
}

# An index that was being built without a transaction when it failed stays behind, invalid and in the way of the next run. The
# lock is ours, so nobody is building it. Only one that the file names goes, and none of a partitioned table, which is
# invalid until it has all its parts.
drop_remains() {
    cat <<'SQL'
\if :freehold_is_applied
\else
    SELECT format('DROP INDEX CONCURRENTLY %s', indexrelid::regclass)
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE NOT indisvalid AND relkind = 'i' AND pg_has_role(relowner, 'USAGE')
        AND :'freehold_text' ~* '\mcreate\s+(unique\s+)?index\s+concurrently\M' AND position(relname IN :'freehold_text') > 0
    \gexec
\endif
SQL
}

session() { # NAMES
    begin_session
    printf '%s\n' "$1" | compare_book
    printf '%s\n' "$1" | while read -r name; do
        read_file "$name"
        case $(head -c 17 "$FREEHOLD_FOLDER/$name") in
        '-- no-transaction')
            drop_remains
            apply_text '' ''
            ;;
        *) apply_text 'BEGIN;' 'COMMIT;' ;;
        esac
    done
    printf '\\echo done\n'
}

# ---- Commands --------------------------------------------------------------------------------------------------------

apply() { # FOLDER
    FREEHOLD_FOLDER=$1
    export FREEHOLD_FOLDER
    check_names "$1"
    names=$(list_files "$1")
    printf '%s\n' "$names" | check_versions
    waited=0
    while :; do
        answer=$(session "$names" | query -f -) || refuse "failed; what is in the book stays, and the next run goes on behind it"
        case $answer in
        done)
            say "all $(printf '%s\n' "$names" | grep -c .) files are applied"
            return
            ;;
        busy) ;;
        *) exit 1 ;;
        esac
        [ "$waited" -lt "$lock_seconds" ] || refuse "another run has held the lock for $waited s"
        [ "$waited" -gt 0 ] || say "another run holds the lock; waiting"
        sleep "$pause_seconds"
        waited=$((waited + pause_seconds))
    done
}

wait_for() { # VERSION SECONDS
    waited=0
    while :; do
        answer=$(printf 'SELECT count(*) FROM _sqlx_migrations WHERE success AND version = %s;\n' "$1" | query -f - 2>&1) || :
        # Warnings of the server, such as that of another version of its collations, come before the answer.
        [ "$(printf '%s\n' "$answer" | tail -n 1)" != 1 ] || return 0
        [ "$waited" -lt "$2" ] || refuse "version $1 is not applied after $waited s: $answer"
        [ "$waited" -gt 0 ] || say "waiting for version $1"
        sleep "$pause_seconds"
        waited=$((waited + pause_seconds))
    done
}

usage='migrate.sh apply FOLDER | migrate.sh wait VERSION SECONDS'
command -v "$psql" >/dev/null || misuse "the program $psql is missing"
is_number "$lock_seconds" || misuse "MIGRATE_LOCK_SECONDS is a number of seconds"
case ${1-}:$# in
apply:2)
    [ -d "$2" ] || misuse "there is no folder $2"
    apply "$2"
    ;;
wait:3)
    if ! is_number "$2" || ! is_number "$3"; then misuse "$usage"; fi
    wait_for "$2" "$3"
    ;;
*) misuse "$usage" ;;
esac
