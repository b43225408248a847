#!/usr/bin/env bash
# A bootstrap list that names two clusters spreads clients over both from the first second, moves those of a dead
# cluster to the other one without an error, and never moves them back.
#
# Apache Kafka 4.4.0 (brokers, Java client) and confluent-kafka 2.16.1; needs a JDK 17, Maven, Python 3.11 with venv.
# Two clusters A and B, different cluster ids, a topic of the same name on each, clients with "bootstrap.servers=A,B".
#
# Seen:
# 1. Both up: of 20 new clients of each kind some end up on A and some on B. Neither client tries the list in order.
# 2. A killed: a Java producer and a confluent-kafka producer that were on A deliver their next record to B. No exception,
#    no delivery error. (Java: metadata.recovery.strategy is "rebootstrap" by default since 4.0.)
# 3. A back: both go on writing to B.
#
# The guess that is wrong: "more bootstrap servers are more addresses of one cluster, tried in order; another cluster id is
# an error". In a disaster recovery pair it means two writable sides at once, before and after an outage.
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
a="127.0.0.1:$(free_port)"; b="127.0.0.1:$(free_port)"
format a "${a#*:}"; format b "${b#*:}"
start a; start b

cat >"$work/Client.java" <<'JAVA'
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.StringSerializer;

class Client {
    public static void main(String[] args) throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", args[0], "linger.ms", 0);
        if (args.length > 1) {
            for (int i = 0; i < 20; i++) {
                try (var admin = Admin.create(settings)) { System.out.println(admin.describeCluster().clusterId().get()); }
            }
            return;
        }
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (var in = new Scanner(System.in); in.hasNextLine();) {
                producer.send(new ProducerRecord<>("t", in.nextLine())).get();
                System.out.println("sent");
            }
        }
    }
}
JAVA
cat >"$work/probe.py" <<'PY'
import collections, os, signal, subprocess, sys, time
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

work, *addresses = sys.argv[1:]
BOTH = ",".join(addresses)
JAVA = ["java", "-cp", f"{work}/jars/*", f"{work}/Client.java", BOTH]
QUIET = {"log_level": 0}
pid = int(open(f"{work}/a.pid").read())

def cluster_of(address):
    return AdminClient({"bootstrap.servers": address} | QUIET).list_topics(timeout=60).cluster_id

def end(address):
    consumer = Consumer({"bootstrap.servers": address, "group.id": "probe"} | QUIET)
    for _ in range(60):
        try:
            return consumer.get_watermark_offsets(TopicPartition("t", 0), timeout=10)[1]
        except KafkaException:
            time.sleep(1)
    raise SystemExit("a broker does not come up")

class JavaProducer:
    def __init__(self):
        self.process = subprocess.Popen(JAVA, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    def send(self):
        self.process.stdin.write("x\n"); self.process.stdin.flush()
        assert self.process.stdout.readline() == "sent\n", "the Java producer saw an exception"
    def close(self):
        self.process.stdin.close(); self.process.wait()

class NativeProducer:
    def __init__(self):
        self.producer = Producer({"bootstrap.servers": BOTH, "linger.ms": 0} | QUIET)
    def send(self):
        errors = []
        self.producer.produce("t", "x", on_delivery=lambda error, message: errors.append(error))
        assert self.producer.flush(90) == 0 and errors == [None], errors
    def close(self):
        pass

def written_to(producer, alive):
    before = {name: end(addresses[name == "B"]) for name in alive}
    producer.send()
    return [name for name in alive if end(addresses[name == "B"]) > before[name]]

def one_on_a(kind):
    for _ in range(60):
        producer = kind()
        if written_to(producer, "AB") == ["A"]:
            return producer
        producer.close()
    raise SystemExit("no producer starts on A")

for address in addresses:
    admin = AdminClient({"bootstrap.servers": address} | QUIET)
    for made in admin.create_topics([NewTopic("t", 1, 1)], operation_timeout=30).values():
        made.result(60)
names = {cluster_of(address): name for address, name in zip(addresses, "AB")}
assert len(names) == 2

java = collections.Counter(names[line] for line in subprocess.check_output([*JAVA, "ids"], text=True, stderr=subprocess.DEVNULL).split())
native = collections.Counter(names[cluster_of(BOTH)] for _ in range(20))
print("both up, 20 clients each: Java", dict(java), "confluent-kafka", dict(native), flush=True)
assert set(java) == set(native) == {"A", "B"}

producers = [one_on_a(JavaProducer), one_on_a(NativeProducer)]
os.kill(pid, signal.SIGKILL)
moved = [written_to(producer, "B") for producer in producers]
print("A killed, next record of producers that were on A:", moved, flush=True)
assert moved == [["B"], ["B"]]

back = subprocess.Popen(["java", "-Xmx256m", "-cp", f"{work}/jars/*", "kafka.Kafka", f"{work}/a.properties"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    end(addresses[0])
    stay = [[written_to(producer, "AB") for _ in range(5) if not time.sleep(2)] for producer in producers]
finally:
    back.kill()
print("A back, 5 records each over 20 s:", stay, flush=True)
assert stay == [[["B"]] * 5] * 2
PY
"$work/venv/bin/python" "$work/probe.py" "$work" "$a" "$b"
echo "as described"
