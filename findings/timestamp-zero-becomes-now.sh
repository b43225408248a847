#!/usr/bin/env bash
# librdkafka cannot write a record with timestamp 0: it silently becomes the present time, while other ones are kept.
#
# confluent-kafka 2.16.1 (librdkafka 2.16.1) against Apache Kafka 4.4.0; needs a JDK 17, Maven, Python 3.11 with venv.
# A topic with message.timestamp.type=CreateTime (the default) gets records with timestamps 0, 1 and 86400000 ms.
#
# Seen: 1 and 86400000 are read back as they were written. 0 is read back as the time of the call, without an error.
#
# The guess that is wrong: "CreateTime keeps what the producer says". A copy of a topic (a recovery, a replay, a mirror
# made by hand) that is written with this client is not exact where a record has timestamp 0, and such records outlive
# a retention that should have removed them.
set -euo pipefail
work="$(mktemp -d)"
pids=()
trap '{ kill -9 "${pids[@]}"; wait; } 2>/dev/null || true; rm -rf "$work"' EXIT

cat >"$work/pom.xml" <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>finding</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.4.0</version></dependency></dependencies>
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

cat >"$work/probe.py" <<'PY'
import sys, time
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

BROKER = {"bootstrap.servers": sys.argv[1], "log_level": 0}
WRITTEN = [0, 1, 86_400_000]
admin = AdminClient(BROKER)
for made in admin.create_topics([NewTopic("t", 1, 1, config={"retention.ms": "-1"})], operation_timeout=30).values():
    made.result(60)
before = int(time.time() * 1000)
producer = Producer(BROKER)
errors = []
for stamp in WRITTEN:
    producer.produce("t", str(stamp), timestamp=stamp, on_delivery=lambda error, message: errors.append(error))
assert producer.flush(60) == 0 and errors == [None] * 3, errors
consumer = Consumer(BROKER | {"group.id": "g", "auto.offset.reset": "earliest"})
consumer.assign([TopicPartition("t", 0, 0)])
read = {}
while len(read) < 3:
    message = consumer.poll(1)
    if message is not None and not message.error():
        read[int(message.value())] = message.timestamp()[1]
consumer.close()
print({stamp: ("now" if at >= before else at) for stamp, at in read.items()})
assert read[1] == 1 and read[86_400_000] == 86_400_000
assert before <= read[0] <= int(time.time() * 1000)
PY
"$work/venv/bin/python" "$work/probe.py" "$a"
echo "as described"
