#!/usr/bin/env bash
# kafka-console-consumer that gives up after --timeout-ms ends with exit code 0, as if it had read what it was asked for.
#
# Apache Kafka 4.4.0 (broker and kafka-tools); needs a JDK 17, Maven, Python 3.11 with venv (confluent-kafka 2.16.1).
# A topic holds 3 records. The tool is asked for 5 with --max-messages 5 --timeout-ms 5000, then for 3.
#
# Seen: asked for 5 it prints 3, waits, says on stderr that it stopped and that it processed 3 messages, and exits with 0.
# Asked for 3 it prints the same 3 and exits with 0. Only the text tells the two apart.
#
# The guess that is wrong: "a timeout before --max-messages is an error, so a script may trust the exit code". A recovery
# that copies a range of offsets by count reads too few records without noticing, for instance over gaps that
# transactions or compaction left, and without --timeout-ms it never ends.
set -euo pipefail
work="$(mktemp -d)"
pids=()
trap '{ kill -9 "${pids[@]}"; wait; } 2>/dev/null || true; rm -rf "$work"' EXIT

cat >"$work/pom.xml" <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>finding</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.4.0</version></dependency>
  <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>4.4.0</version></dependency></dependencies>
</project>
XML
mvn -q -B -ntp -f "$work/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy-dependencies -DoutputDirectory="$work/jars" </dev/null
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check confluent-kafka==2.16.1

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
format() { # NAME PORT
  cat >"$work/$1.properties" <<CONF
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:$2,CONTROLLER://127.0.0.1:$(free_port)
controller.listener.names=CONTROLLER
log.dirs=$work/$1
offsets.topic.replication.factor=1
CONF
  sed -n 's/.*CONTROLLER:..\(127.*\)/controller.quorum.voters=1@\1/p' "$work/$1.properties" >>"$work/$1.properties"
  java -cp "$work/jars/*" kafka.tools.StorageTool format -t "$(python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("="))')" -c "$work/$1.properties" >/dev/null 2>&1
}
start() { # NAME
  java -Xmx256m -cp "$work/jars/*" kafka.Kafka "$work/$1.properties" >/dev/null 2>&1 &
  pids+=("$!")
  printf '%s\n' "$!" >"$work/$1.pid"
}
a="127.0.0.1:$(free_port)"
format a "${a#*:}"
start a

cat >"$work/fill.py" <<'PY'
import sys
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

BROKER = {"bootstrap.servers": sys.argv[1], "log_level": 0}
admin = AdminClient(BROKER)
for made in admin.create_topics([NewTopic("t", 1, 1)], operation_timeout=30).values():
    made.result(60)
producer = Producer(BROKER)
for number in range(3):
    producer.produce("t", str(number))
assert producer.flush(60) == 0
PY
"$work/venv/bin/python" "$work/fill.py" "$a"

consume() { # HOW_MANY
  local status=0
  java -cp "$work/jars/*" org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server "$a" --topic t \
    --from-beginning --max-messages "$1" --timeout-ms 5000 >"$work/out" 2>"$work/err" || status=$?
  printf 'asked for %s: exit code %s, %s records; %s\n' "$1" "$status" "$(wc -l <"$work/out")" "$(grep -o 'Processed a total of [0-9]* messages' "$work/err" || true)"
  [ "$status" -eq 0 ] && [ "$(wc -l <"$work/out")" -eq 3 ]
}
consume 5
consume 3
echo "as described"
