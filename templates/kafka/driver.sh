#!/usr/bin/env bash
# What the scripts of all environments share. Such a script sets `default_brokers`, says what there has to be by calling `topic`
# and `allow`, and ends with `finish`. It asks the brokers once what there is, so a second run changes nothing. Nothing is ever
# deleted but ACLs, and those only with --revoke.
if [ -z "${BASH_VERSION:-}" ]; then
    echo "$0: it needs bash: run it as bash $0" >&2
    exit 2
fi
set -euo pipefail
export LC_ALL=C
umask 077

tab=$(printf '\t')
brokers=${KAFKA_BOOTSTRAP_SERVERS:-$default_brokers}
# Who a program is to the brokers: what stands before and behind its name. This is what Strimzi's certificates give.
before=${KAFKA_PRINCIPAL_PREFIX-User:CN=}
behind=${KAFKA_PRINCIPAL_SUFFIX-}
# Seconds for which a tool waits for brokers that do not answer.
patience=${KAFKA_TIMEOUT_SECONDS:-60}
is_trial=false
revokes=false
changes=0
warnings=0

say() { printf '%s\n' "$*" >&2; }
warn() { say "warning: $*"; warnings=$((warnings + 1)); }
end() { say "$0: $*"; exit 2; }

usage() {
    say "usage: bash $0 [--dry-run] [--revoke]"
    say "  --dry-run  says what would be done, and does nothing"
    say "  --revoke   takes away what the programs of the register may do without being declared to"
    exit 2
}

for argument in "$@"; do
    case $argument in
    --dry-run) is_trial=true ;;
    --revoke) revokes=true ;;
    *) usage ;;
    esac
done

# Kafka's own archive and Strimzi's image call the tools kafka-topics.sh; packages of others, kafka-topics.
tool() { # NAME ARGUMENT...
    local name=$1 program folder=${KAFKA_BIN:+$KAFKA_BIN/}
    shift
    if ! program=$(command -v "$folder$name.sh" || command -v "$folder$name"); then
        end "$name.sh is not there: set KAFKA_BIN to the folder of Kafka's tools"
    fi
    local code=0
    timeout -k 5 "$patience" "$program" --bootstrap-server="$brokers" \
        ${KAFKA_COMMAND_CONFIG:+--command-config="$KAFKA_COMMAND_CONFIG"} "$@" || code=$?
    case $code in
    0) ;;
    124 | 137) end "$name was not done within $patience seconds: do the brokers ($brokers) answer?" ;;
    *) end "$name failed (exit code $code)" ;;
    esac
}

# Says what is done, and does it. Programs ask nothing of people.
change() { # TEXT NAME ARGUMENT...
    say "$1"
    changes=$((changes + 1))
    shift
    $is_trial || tool "$@" </dev/null >&2
}

work=$(mktemp -d "${TMPDIR:-/tmp}/freehold-kafka.XXXXXX")
trap 'rm -rf "$work"' EXIT

# ---- What there is -----------------------------------------------------------------------------------------------------

tool kafka-topics --describe </dev/null >"$work/described"
# Name, partitions, replicas, settings, with a tab between. A value with a comma goes on behind it.
awk -F'\t' '/^Topic: / && /PartitionCount: / {
    name = partitions = replicas = settings = ""
    for (field = 1; field <= NF; field++) {
        sub(/^ +/, "", $field); sub(/ +$/, "", $field)
        value = $field; sub(/^[A-Za-z]+: */, "", value)
        if ($field ~ /^Topic:/) name = value
        if ($field ~ /^PartitionCount:/) partitions = value
        if ($field ~ /^ReplicationFactor:/) replicas = value
        if ($field ~ /^Configs:/) settings = value
    }
    print name "\t" partitions "\t" replicas "\t" settings
}' "$work/described" >"$work/topics"

tool kafka-acls --list </dev/null >"$work/listed"
# Kind, name, principal, operation, with a tab between; of those that let any host do what they name exactly. All others are kept
# as they are, to be shown.
awk -v strange="$work/strange" '
/ResourcePattern\(/ {
    kind = name = pattern = $0
    sub(/.*resourceType=/, "", kind); sub(/,.*/, "", kind)
    sub(/.*patternType=/, "", pattern); sub(/\).*/, "", pattern)
    sub(/[^(]*\(resourceType=[A-Z_]+, name=/, "", name); sub(/, patternType=[A-Z]+\).*/, "", name)
    next
}
/\(principal=/ {
    who = host = operation = permission = $0
    sub(/.*\(principal=/, "", who); sub(/, host=[^=]*, operation=[A-Z_]+, permissionType=[A-Z]+\).*/, "", who)
    sub(/.*, host=/, "", host); sub(/, operation=.*/, "", host)
    sub(/.*, operation=/, "", operation); sub(/,.*/, "", operation)
    sub(/.*permissionType=/, "", permission); sub(/\).*/, "", permission)
    if (host == "*" && permission == "ALLOW" && pattern == "LITERAL") print kind "\t" name "\t" who "\t" operation
    else print who ": " permission " " operation " on " kind " " pattern " " name " from " host >strange
}' "$work/listed" >"$work/granted"
touch "$work/strange"
: >"$work/wanted"
: >"$work/users"
: >"$work/resources"

# ---- What there has to be ------------------------------------------------------------------------------------------------

# Whether settings of a topic, as the brokers list them, have one.
has_setting() { # LISTED SETTING
    awk -v listed="$1" -v setting="$2" 'BEGIN {
        count = split(listed, part, ","); last = 0
        for (index_ = 1; index_ <= count; index_++) {
            if (part[index_] ~ /=/) { last++; whole[last] = part[index_] } else whole[last] = whole[last] "," part[index_]
        }
        for (index_ = 1; index_ <= last; index_++) if (whole[index_] == setting) exit 0
        exit 1
    }'
}

topic() { # NAME PARTITIONS REPLICAS SETTING...
    local name=$1 partitions=$2 replicas=$3 there has_partitions has_replicas settings setting
    shift 3
    there=$(awk -F'\t' -v name="$name" '$1 == name' "$work/topics")
    if [ -z "$there" ]; then
        local arguments=()
        for setting in "$@"; do arguments+=("--config=$setting"); done
        change "topic $name: made, with $partitions partitions and $replicas replicas" kafka-topics --create --if-not-exists \
            --topic="$name" --partitions="$partitions" --replication-factor="$replicas" "${arguments[@]}"
        return
    fi
    IFS=$tab read -r _ has_partitions has_replicas settings <<<"$there"
    if [ "$has_partitions" -lt "$partitions" ]; then
        warn "topic $name: from now on a key may lie in another partition than its older messages," \
            "so messages of one key may overtake each other until all older ones are read"
        change "topic $name: $partitions partitions instead of $has_partitions" kafka-topics --alter \
            --topic="$name" --partitions="$partitions"
    elif [ "$has_partitions" -gt "$partitions" ]; then
        warn "topic $name: it has $has_partitions partitions, not $partitions; Kafka takes none away"
    fi
    if [ "$has_replicas" != "$replicas" ]; then
        warn "topic $name: it has $has_replicas replicas, not $replicas; kafka-reassign-partitions changes that"
    fi
    local missing=
    for setting in "$@"; do
        has_setting "$settings" "$setting" || missing=${missing:+$missing,}$setting
    done
    [ -z "$missing" ] || change "topic $name: $missing" kafka-configs --alter --entity-type=topics \
        --entity-name="$name" --add-config="$missing"
}

allow() { # USER KIND NAME OPERATION...
    local who=$before$1$behind kind=$2 name=$3 large operation line
    shift 3
    large=$(printf '%s' "$kind" | tr '[:lower:]' '[:upper:]')
    printf '%s\n' "$who" >>"$work/users"
    printf '%s\t%s\n' "$large" "$name" >>"$work/resources"
    local missing=() words=
    for operation in "$@"; do
        line=$large$tab$name$tab$who$tab$(printf '%s' "$operation" | tr '[:lower:]' '[:upper:]')
        printf '%s\n' "$line" >>"$work/wanted"
        # An `&&` would end the script where there is nothing to do.
        if ! grep -Fxq -e "$line" "$work/granted"; then
            missing+=("--operation=$operation")
            words="$words $operation"
        fi
    done
    [ -z "$words" ] || change "$kind $name: $who may$words" kafka-acls --add --allow-principal="$who" \
        "--$kind=$name" "${missing[@]}"
}

# What is granted beyond the register, to whom it names and on what it names.
extra() {
    sort -u "$work/wanted" >"$work/wanted.sorted"
    sort -u "$work/granted" | comm -13 "$work/wanted.sorted" - >"$work/extra"
    local kind name who operation
    while IFS=$tab read -r kind name who operation; do
        if grep -Fxq -e "$who" "$work/users"; then
            if $revokes && { [ "$kind" = TOPIC ] || [ "$kind" = GROUP ]; }; then
                kind=$(printf '%s' "$kind" | tr '[:upper:]' '[:lower:]')
                change "$kind $name: $who may no longer $operation" kafka-acls --remove --force \
                    --allow-principal="$who" "--$kind=$name" --operation="$operation"
            else
                warn "$who may $operation the $kind $name, which no one declared; --revoke takes it away"
            fi
        elif grep -Fxq -e "$kind$tab$name" "$work/resources"; then
            warn "$who may $operation the $kind $name, and is no program of the register"
        fi
    done <"$work/extra"
    local line
    while IFS= read -r line; do
        if grep -Fxq -e "${line%%: *}" "$work/users"; then warn "$line, which no one declared"; fi
    done <"$work/strange"
}

finish() {
    extra
    local done_='done'
    $is_trial && done_='to be done'
    say "$changes changes $done_, $warnings warnings"
}
