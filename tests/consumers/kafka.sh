#!/usr/bin/env bash
# Apache Kafka in KRaft mode, one broker: its jars from Maven Central, kept in a cache folder.
#
#   kafka.sh install             what the others need; exit 3 where Java or Maven is missing, and says which
#   kafka.sh start FOLDER PORT   formats FOLDER if it is empty, starts a broker on 127.0.0.1:PORT, waits until it answers
#   kafka.sh stop FOLDER         tells it to end, waits
#   kafka.sh kill FOLDER         ends it at once, as a crash would
set -euo pipefail

version=4.3.1
scala=2.13
cache=${FREEHOLD_KAFKA:-${XDG_CACHE_HOME:-$HOME/.cache}/freehold-kafka}
jars=$cache/$version

say() { printf 'kafka.sh: %s\n' "$*" >&2; }

need_java() {
    local major
    major=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
    if [ "${major:-0}" -lt 17 ]; then
        say "Kafka $version needs Java 17 or newer, and there is ${major:+only $major}${major:-none} (Debian: apt-get install openjdk-17-jre-headless)"
        return 3
    fi
}

install() {
    need_java || return
    [ -e "$jars/.complete" ] && return 0
    if ! command -v mvn >/dev/null; then
        say "Kafka's jars are not here, and neither is Maven, which would get them (Debian: apt-get install maven)"
        return 3
    fi
    local part
    mkdir -p "$cache"
    part=$(mktemp -d "$cache/.part.XXXXXX")
    cat >"$part/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>freehold.tests</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_$scala</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
    say "getting Kafka $version from Maven Central"
    if ! mvn --quiet --batch-mode -f "$part/pom.xml" dependency:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$part/jars" >"$part/log" 2>&1; then
        tail -n 20 "$part/log" >&2
        rm -rf "$part"
        say "Maven could not get Kafka $version"
        return 3
    fi
    touch "$part/jars/.complete"
    rm -rf "$jars"
    mv "$part/jars" "$jars"
    rm -rf "$part"
}

java_of() { # FOLDER HEAP CLASS ARGUMENT...
    local folder=$1 heap=$2
    shift 2
    exec java "-Xmx$heap" -Xshare:auto -XX:TieredStopAtLevel=1 -Dkafka.logs.dir="$folder" \
        -cp "$jars/*" "$@"
}

configure() { # FOLDER PORT
    local controller=$(($2 + 1))
    cat >"$1/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$2,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$2
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=$1/data
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
log.flush.interval.messages=1
PROPERTIES
}

answers() { # PORT
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

is_running() { # FOLDER
    [ -e "$1/pid" ] && kill -0 "$(cat "$1/pid")" 2>/dev/null
}

start() { # FOLDER PORT
    local folder=$1 port=$2
    mkdir -p "$folder"
    configure "$folder" "$port"
    if [ ! -e "$folder/data/meta.properties" ]; then
        # shellcheck disable=SC2030
        (java_of "$folder" 128m kafka.tools.StorageTool format --cluster-id 5L6g3nShT-eMCtK--X86sw \
            --config "$folder/server.properties") >"$folder/format.log" 2>&1 || { cat "$folder/format.log" >&2; return 1; }
    fi
    (java_of "$folder" 512m kafka.Kafka "$folder/server.properties") >>"$folder/log" 2>&1 </dev/null &
    echo $! >"$folder/pid"
    local waited=0
    until answers "$port"; do
        is_running "$folder" || { tail -n 30 "$folder/log" >&2; say "the broker ended at its start"; return 1; }
        [ "$((waited += 1))" -le 300 ] || { say "the broker does not answer within 60 s"; return 1; }
        sleep 0.2
    done
}

finish() { # FOLDER SIGNAL
    [ -e "$1/pid" ] || return 0
    local pid waited=0
    pid=$(cat "$1/pid")
    kill "-$2" "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do
        [ "$((waited += 1))" -le 150 ] || { kill -KILL "$pid" 2>/dev/null || true; break; }
        sleep 0.2
    done
    rm -f "$1/pid"
}

case ${1-} in
install) install ;;
start) install && start "$2" "$3" ;;
stop) finish "$2" TERM ;;
kill) finish "$2" KILL ;;
*) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
