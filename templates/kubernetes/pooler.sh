#!/bin/sh
# Writes what PgBouncer may not find in a ConfigMap, from secrets of which each is a folder with a file for each of its
# keys, `username`, `password`, `host` and `port`: which server a database is on, and who may log in.
#
#     pooler.sh FOLDER-OF-SECRETS FOLDER DATABASE=CONNECTIONS=SECRET,SECRET ...
#
# The first secret of a database says where it is.
set -eu
umask 077
[ "$#" -ge 3 ] || { echo 'pooler.sh FOLDER FOLDER DATABASE=CONNECTIONS=SECRET,SECRET ...' >&2; exit 2; }
secrets=$1 folder=$2
shift 2

fail() {
    printf 'pooler.sh: %s\n' "$*" >&2
    exit 1
}

value() { # SECRET KEY
    text=$(cat "$secrets/$1/$2")
    case $text in
    '' | *"
"*) fail "the key $2 of the secret $1 is empty or has several lines" ;;
    esac
    printf '%s' "$text"
}

for entry; do
    database=${entry%%=*} rest=${entry#*=}
    connections=${rest%%=*} names=${rest#*=}
    host=$(value "${names%%,*}" host)
    port=$(value "${names%%,*}" port)
    case $host in *[!a-zA-Z0-9.:-]*) fail "the host of the secret ${names%%,*} is none" ;; esac
    case $port in *[!0-9]*) fail "the port of the secret ${names%%,*} is none" ;; esac
    printf '%s = host=%s port=%s dbname=%s max_db_connections=%s pool_size=%s\n' \
        "$database" "$host" "$port" "$database" "$connections" "$connections"
done >"$folder/databases.ini"

for entry; do
    names=${entry##*=}
    while [ -n "$names" ]; do
        user=$(value "${names%%,*}" username)
        password=$(value "${names%%,*}" password)
        # A quotation mark within quotation marks is written twice.
        printf '"%s" "%s"\n' "$(printf '%s' "$user" | sed 's/"/""/g')" "$(printf '%s' "$password" | sed 's/"/""/g')"
        case $names in *,*) names=${names#*,} ;; *) names='' ;; esac
    done
done >"$folder/userlist.txt"
