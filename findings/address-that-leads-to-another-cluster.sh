#!/usr/bin/env bash
# An address that begins to lead to another cluster ends members of the new consumer protocol for good; classic ones go on.
#
# Apache Kafka 4.4.0 (brokers, Java client) and confluent-kafka 2.16.1; needs a JDK 17, Maven, Python 3.11 with venv.
# Four running consumers (both clients, group.protocol classic and consumer, auto.offset.reset earliest) have read 5 records
# from cluster A. A dies, and cluster B, with the same topic, is served at the same address, as behind a DNS name that moves.
#
# Seen:
# - group.protocol=consumer: the Java client ends with GroupIdNotFoundException, confluent-kafka with a fatal error ("The
#   group id does not exist"). Neither joins again: the process has to be started anew.
# - group.protocol=classic: both clients join the group on B and read B from its beginning. No error reaches the application.
#   Before the group is joined again a client may deliver records of B from its position on A, and then read them again.
#
# The guess that is wrong: "a consumer whose cluster is gone joins the group again wherever its address leads".
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
port="$(free_port)"
format a "$port"
format b "$port"

cat >"$work/Client.java" <<'JAVA'
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.serialization.StringDeserializer;

class Client {
    public static void main(String[] args) {
        Map<String, Object> settings = Map.of("bootstrap.servers", args[0], "group.id", "g-" + args[1], "group.protocol", args[1],
            "auto.offset.reset", "earliest", "auto.commit.interval.ms", 500);
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of("t"));
            while (true) for (var record : consumer.poll(Duration.ofMillis(500))) System.out.println(record.value());
        } catch (RuntimeException error) {
            System.out.println("ended: " + error.getClass().getSimpleName() + ": " + error.getMessage());
        }
    }
}
JAVA
cat >"$work/probe.py" <<'PY'
import atexit, subprocess, sys, threading, time
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

work, address = sys.argv[1:]
BROKER = {"bootstrap.servers": address, "log_level": 0}
seen = {"java classic": [], "java consumer": [], "confluent-kafka classic": [], "confluent-kafka consumer": []}

def broker(name):
    return subprocess.Popen(["java", "-Xmx256m", "-cp", f"{work}/jars/*", "kafka.Kafka", f"{work}/{name}.properties"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

def fill(values):
    admin = AdminClient(BROKER)
    for done in admin.create_topics([NewTopic("t", 1, 1)], operation_timeout=30).values():
        done.result(60)
    producer = Producer(BROKER)
    for value in values:
        producer.produce("t", value)
    assert producer.flush(60) == 0

def java(protocol):
    process = subprocess.Popen(["java", "-cp", f"{work}/jars/*", f"{work}/Client.java", address, protocol], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    atexit.register(process.kill)
    for line in process.stdout:
        seen[f"java {protocol}"].append(line.strip())

def native(protocol):
    consumer = Consumer(BROKER | {"group.id": f"n-{protocol}", "group.protocol": protocol, "auto.offset.reset": "earliest", "auto.commit.interval.ms": 500})
    consumer.subscribe(["t"])
    while True:
        message = consumer.poll(0.5)
        if message is not None and message.error():
            seen[f"confluent-kafka {protocol}"].append(f"error: {message.error().name()}: {message.error().str()}")
        elif message is not None:
            seen[f"confluent-kafka {protocol}"].append(message.value().decode())

b = broker("b")
fill([f"B {n}" for n in range(8)])
b.terminate(); b.wait()
a = broker("a")
fill([f"A {n}" for n in range(5)])
for protocol in ("classic", "consumer"):
    for kind in (java, native):
        threading.Thread(target=kind, args=(protocol,), daemon=True).start()
while not all(len([v for v in values if v[0] == "A"]) == 5 for values in seen.values()):
    time.sleep(0.5)
time.sleep(3)
for values in seen.values():
    values.clear()
a.kill(); a.wait()
b = broker("b")
whole = [f"B {n}" for n in range(8)]
ended = "group id does not exist", "GroupIdNotFoundException"
def settled(client, values):
    return any(word in values[-1] for word in ended) if "consumer" in client.split() else values[-8:] == whole
for _ in range(150):
    if all(values and settled(client, values) for client, values in seen.items()):
        break
    time.sleep(1)
for client, values in seen.items():
    print(client, values, flush=True)
    assert values and settled(client, values)
b.kill()
PY
"$work/venv/bin/python" "$work/probe.py" "$work" "127.0.0.1:$port"
echo "as described"
