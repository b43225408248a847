"""What is rendered, read back by those it is for: librdkafka, Java's Properties, Kafka's own JAAS parser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import confluent_kafka
import pytest
from pydantic import SecretStr

from kafkadr.clients import Connection, Protocol, environment, java_properties, librdkafka_settings
from kafkadr.clients.formats import librdkafka_file, public_environment

HARD = r"""a"b\c'd=e:f#g!h%i;j{k}  $HOME \u0041 \n"""
SECRETS = ["plain+base64/==", HARD, "ключ-ß-😀", "\\", '"', "#x", "=x"]
# Kafka's JaasConfig sets its StreamTokenizer up like this; the real one is asked too where its jar is found.
READER = """
import java.io.*; import java.nio.file.*; import java.util.*;
public class Read {
  static String quoted(StreamTokenizer t, String name) throws IOException {
    if (!name.equals(word(t)) || t.nextToken() != '=' || t.nextToken() != '"') throw new IOException(name);
    return t.sval;
  }
  static String word(StreamTokenizer t) throws IOException { t.nextToken(); return t.sval; }
  public static void main(String[] a) throws Exception {
    Properties p = new Properties();
    try (InputStream in = Files.newInputStream(Path.of(a[0]))) { p.load(in); }
    StreamTokenizer t = new StreamTokenizer(new StringReader(p.getProperty("sasl.jaas.config")));
    t.slashSlashComments(true); t.slashStarComments(true); t.wordChars('_', '_'); t.wordChars('$', '$');
    if (!word(t).equals("org.apache.kafka.common.security.plain.PlainLoginModule")) throw new IOException("module");
    if (!word(t).equals("required")) throw new IOException("flag");
    String user = quoted(t, "username"), password = quoted(t, "password");
    if (t.nextToken() != ';' || t.nextToken() != StreamTokenizer.TT_EOF) throw new IOException("end");
    PrintStream out = new PrintStream(System.out, true, "UTF-8");
    for (String s : List.of(p.getProperty("bootstrap.servers"), p.getProperty("security.protocol"),
        p.getProperty("sasl.mechanism"), String.valueOf(p.size()), user, password)) out.println(s);
  }
}
"""
KAFKA_READER = """
import java.io.*; import java.nio.file.*; import java.util.*;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.security.JaasContext;
public class ReadKafka {
  public static void main(String[] a) throws Exception {
    Properties p = new Properties();
    try (InputStream in = Files.newInputStream(Path.of(a[0]))) { p.load(in); }
    Map<String, Object> config = Map.of("sasl.jaas.config", new Password(p.getProperty("sasl.jaas.config")));
    Map<String, ?> found = JaasContext.loadClientContext(config).configurationEntries().get(0).getOptions();
    PrintStream out = new PrintStream(System.out, true, "UTF-8");
    out.println(found.get("username"));
    out.println(found.get("password"));
  }
}
"""


def connection(secret: str = SECRETS[0], user: str = "KEY") -> Connection:
    return Connection(
        client="orders-app",
        site="west",
        epoch=2,
        cluster_id="lkc-w",
        bootstrap_servers="127.0.0.1:9092",
        username=SecretStr(user),
        password=SecretStr(secret),
        protocol=Protocol.SASL_PLAINTEXT,
    )


@pytest.mark.parametrize("secret", SECRETS)
def test_librdkafka_takes_the_settings(secret: str) -> None:
    confluent_kafka.Producer(librdkafka_settings(connection(secret)))
    confluent_kafka.Consumer(librdkafka_settings(connection(secret)) | {"group.id": "orders"})


@pytest.mark.parametrize("secret", SECRETS)
def test_the_librdkafka_file_has_each_setting_on_a_line_as_it_is(secret: str) -> None:
    lines = librdkafka_file(connection(secret)).splitlines()
    assert lines[0].startswith("#")
    found = dict(line.split("=", 1) for line in lines[1:])
    assert found == librdkafka_settings(connection(secret))


def java(folder: Path, program: str, *secrets: str, classpath: str = "") -> list[list[str]]:
    if not shutil.which("java"):
        pytest.skip("no java on PATH")
    name = program.split("class ", 1)[1].split(" ", 1)[0]
    source = folder / f"{name}.java"
    source.write_text(program, encoding="utf-8")
    found = []
    for secret in secrets:
        path = folder / "client.properties"
        path.write_bytes(java_properties(connection(secret, f"user-{secret}")).encode())
        command = ["java", *(["-cp", classpath] if classpath else []), str(source), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        found.append(done.stdout.splitlines())
    return found


def test_java_reads_the_properties_back(tmp_path: Path) -> None:
    # All hard characters in one secret: each start of a JVM costs more than all else here.
    secret = "".join(SECRETS)
    head = ["127.0.0.1:9092", "SASL_PLAINTEXT", "PLAIN", "4"]
    assert java(tmp_path, READER, secret) == [[*head, f"user-{secret}", secret]]


def test_kafkas_own_parser_reads_the_login_back(tmp_path: Path) -> None:
    jars = sorted((Path.home() / ".m2" / "repository" / "org" / "apache" / "kafka").rglob("kafka-clients-*.jar"))
    logging = sorted((Path.home() / ".m2" / "repository" / "org" / "slf4j" / "slf4j-api").rglob("slf4j-api-*.jar"))
    if not jars or not logging:
        pytest.skip("no kafka-clients and slf4j-api in the local Maven repository")
    secret = "".join(SECRETS)
    classpath = os.pathsep.join((str(jars[-1]), str(logging[-1])))
    assert java(tmp_path, KAFKA_READER, secret, classpath=classpath) == [[f"user-{secret}", secret]]


def test_the_properties_are_ascii_so_that_no_reader_can_get_them_wrong() -> None:
    assert java_properties(connection("ключ-ß-😀")).isascii()


def test_the_environment_is_complete_and_its_public_half_has_no_secret() -> None:
    assert environment(connection("canary")) == public_environment(connection("canary")) | {
        "KAFKADR_SASL_USERNAME": "KEY",
        "KAFKADR_SASL_PASSWORD": "canary",
    }
    public = public_environment(connection("canary"))
    assert public == {
        "KAFKADR_CLIENT": "orders-app",
        "KAFKADR_SITE": "west",
        "KAFKADR_EPOCH": "2",
        "KAFKADR_CLUSTER_ID": "lkc-w",
        "KAFKADR_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
        "KAFKADR_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "KAFKADR_SASL_MECHANISM": "PLAIN",
    }
    assert "canary" not in json.dumps(public)
