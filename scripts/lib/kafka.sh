# The broker part of scripts/setup: Kafka's jars by Maven, checked by digest, and the emulator's agent compiled against
# them. On demand (scripts/setup --kafka): only the emulator's kafka data plane needs it. Sourced, never run.
# shellcheck shell=bash

JAVA_WANTED=17
AGENT_SOURCES="$ROOT/emulator/kafka/agent"

kafka_version() { sed -n '/<artifactId>kafka_2.13</{n;s/.*<version>\(.*\)<\/version>.*/\1/p;}' "$ROOT/toolchain/kafka/pom.xml"; }

# One folder per set of jars *and* agent: a changed pin or source never meets the classes of another.
kafka_dir() {
  local recipe
  recipe="$(cat "$ROOT/toolchain/kafka/jars.sha256" "$AGENT_SOURCES"/*.java | digest)"
  printf '%s/kafka-dr/kafka-%s-%s\n' "${XDG_CACHE_HOME:-$HOME/.cache}" "$(kafka_version)" "$recipe"
}

kafka_jars_dir() { printf '%s/kafka-dr/kafka-jars-%s\n' "${XDG_CACHE_HOME:-$HOME/.cache}" "$(digest <"$ROOT/toolchain/kafka/jars.sha256")"; }

kafka_is_complete() { [ -s "$1/classpath" ]; }

java_found() { "$1" -version 2>&1 | sed -n 's/^[^0-9]*\([0-9][0-9]*\).*/\1/p' | head -n 1; }

print_kafka() {
  if kafka_is_complete "$(kafka_dir)"; then
    row kafka "$(kafka_version) in $(kafka_dir)"
  else
    row kafka "not set up; scripts/setup --kafka does it, scripts/test by itself (needs Java $JAVA_WANTED and Maven)"
  fi
}

require_java() {
  local tool remedy="install a JDK $JAVA_WANTED or newer (Debian and Ubuntu: openjdk-$JAVA_WANTED-jdk-headless) and Maven (maven)"
  for tool in java javac; do
    command -v "$tool" >/dev/null || fail "no $tool on PATH; the brokers of the kafka data plane run on Java $JAVA_WANTED or newer" "$remedy"
    at_least "$(java_found "$tool")" "$JAVA_WANTED" || fail "$tool $(java_found "$tool") is too old for Kafka $(kafka_version)" "$remedy"
  done
}

require_maven() {
  command -v mvn >/dev/null || fail "no mvn on PATH; Kafka's jars come by Maven" \
    "install Maven (Debian and Ubuntu: maven); it fetches from the repository that its settings name"
}

digests_hold() {
  if command -v sha256sum >/dev/null; then sha256sum --check --quiet "$1"; else shasum -a 256 --check --quiet "$1"; fi
}

# Exactly the jars of the list, no other one and none changed: whoever serves the repository is not trusted.
fetch_kafka_jars() {
  local dir="$1" temporary extra
  temporary="$(mktemp -d "$(dirname "$dir")/fetch.XXXXXX")"
  # shellcheck disable=SC2064 # the folder of now is meant
  trap "rm -rf '$temporary'" EXIT
  say "fetching Kafka $(kafka_version) by Maven (43 MB, once for this machine)"
  mvn -q -B -ntp -f "$ROOT/toolchain/kafka/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$temporary" </dev/null >&2 ||
    fail "Maven could not fetch Kafka's jars" "read Maven's message above; it uses the repository of your Maven settings"
  (cd "$temporary" && digests_hold "$ROOT/toolchain/kafka/jars.sha256" >&2) ||
    fail "a jar is missing or is not the one that toolchain/kafka/jars.sha256 names" "trust neither; see which repository your Maven settings name"
  extra="$(cd "$temporary" && printf '%s\n' *.jar | grep -vxFf <(awk '{print $2}' "$ROOT/toolchain/kafka/jars.sha256") || true)"
  [ -z "$extra" ] || fail "Maven fetched jars that toolchain/kafka/jars.sha256 does not name: $extra" "update the list after a look at them"
  chmod 755 "$temporary"
  [ -d "$dir" ] || mv "$temporary" "$dir" # else another checkout fetched them meanwhile
}

compile_agent() {
  local dir="$1" jars="$2" temporary
  temporary="$(mktemp -d "$(dirname "$dir")/agent.XXXXXX")"
  # shellcheck disable=SC2064 # the folder of now is meant
  trap "rm -rf '$temporary'" EXIT
  javac --release "$JAVA_WANTED" -Xlint:all,-options,-processing,-classfile -Werror -d "$temporary/classes" \
    -cp "$jars/*" "$AGENT_SOURCES"/*.java >&2 ||
    fail "the emulator's broker agent does not compile" "read javac's message above"
  printf '%s\n' "$dir/classes:$jars/*" >"$temporary/classpath"
  chmod 755 "$temporary"
  rm -rf "$dir"
  mv "$temporary" "$dir"
}

install_kafka() {
  local dir jars
  dir="$(kafka_dir)"
  jars="$(kafka_jars_dir)"
  if ! kafka_is_complete "$dir"; then
    require_java
    mkdir -p "$(dirname "$dir")"
    if [ ! -d "$jars" ]; then
      require_maven
      (fetch_kafka_jars "$jars")
    fi
    (compile_agent "$dir" "$jars")
    say "Kafka $(kafka_version) is ready"
  fi
  mkdir -p "$ROOT/.local"
  printf '%s\n' "$dir" >"$ROOT/.local/kafka-home"
}
