"""scripts/setup --kafka takes exactly the jars of its list, or none, and says what is missing. Nothing is fetched."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.scripts.test_setup import TOOLS as BASIC
from tests.scripts.test_setup import script
from tests.toolchain import ROOT

TOOLS = (*BASIC, "sh", "mktemp", "mkdir", "mv", "rm", "cp", "chmod", "grep", "awk")
RUN = 'ROOT="$1"; . "$ROOT/scripts/lib/common.sh"; . "$ROOT/scripts/lib/kafka.sh"; install_kafka; kafka_dir'


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A checkout whose list names two jars, and a PATH with a Java and a Maven that serve them."""
    checkout, tools, served = (tmp_path / name for name in ("a checkout", "bin", "served"))
    for folder in (checkout / "emulator" / "kafka" / "agent", checkout / "toolchain" / "kafka", tools, served):
        folder.mkdir(parents=True)
    shutil.copytree(ROOT / "scripts" / "lib", checkout / "scripts" / "lib")
    (checkout / "emulator" / "kafka" / "agent" / "Agent.java").write_text("class Agent {}", encoding="utf-8")
    shutil.copy2(ROOT / "toolchain" / "kafka" / "pom.xml", checkout / "toolchain" / "kafka")
    lines = []
    for name in ("kafka.jar", "other.jar"):
        (served / name).write_text(name, encoding="utf-8")
        lines.append(f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n")
    (checkout / "toolchain" / "kafka" / "jars.sha256").write_text("".join(lines), encoding="utf-8")
    for tool in TOOLS:
        found = shutil.which(tool)
        if found:
            (tools / tool).symlink_to(found)
    for tool in ("java", "javac"):
        script(
            tools / tool,
            f'echo "{tool} 17.0.1" >&2; while [ $# -gt 0 ]; do [ "$1" != -d ] || mkdir -p "$2"; shift; done',
        )
    copy = f'for a in "$@"; do case "$a" in -DoutputDirectory=*) cp "{served}"/*.jar "${{a#*=}}";; esac; done'
    script(tools / "mvn", copy)
    return tmp_path


def setup(machine: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": str(machine / "bin"), "HOME": str(machine), "XDG_CACHE_HOME": str(machine / "a cache")}
    command = [shutil.which("bash") or "bash", "-euo", "pipefail", "-c", RUN, "setup", str(machine / "a checkout")]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def cached(machine: Path) -> list[str]:
    folder = machine / "a cache" / "kafka-dr"
    return names(folder) if folder.exists() else []


def test_jars_and_agent_are_laid_down_once_and_noted(machine: Path) -> None:
    done = setup(machine)
    assert done.returncode == 0, done.stderr
    home = Path(done.stdout.strip())
    assert (machine / "a checkout" / ".local" / "kafka-home").read_text(encoding="utf-8").strip() == str(home)
    classes, jars = (home / "classpath").read_text(encoding="utf-8").strip().split(":")
    assert Path(classes).is_dir()
    assert names(Path(jars).parent) == ["kafka.jar", "other.jar"]
    (machine / "bin" / "mvn").unlink()  # no longer needed
    assert setup(machine).returncode == 0


def test_another_agent_gets_a_folder_of_its_own_and_the_same_jars(machine: Path) -> None:
    first = setup(machine).stdout
    (machine / "a checkout" / "emulator" / "kafka" / "agent" / "Agent.java").write_text("//", encoding="utf-8")
    assert setup(machine).stdout != first
    assert len([name for name in cached(machine) if "jars" in name]) == 1


@pytest.mark.parametrize(
    ("tool", "body", "message", "remedy"),
    [
        ("java", None, "no java on PATH", "JDK 17"),
        ("javac", None, "no javac on PATH", "openjdk-17-jdk-headless"),
        ("java", 'echo "openjdk version \\"11.0.2\\"" >&2', "java 11 is too old", "JDK 17"),
        ("mvn", None, "no mvn on PATH", "install Maven"),
        ("mvn", "exit 1", "Maven could not fetch", "Maven settings"),
        ("javac", 'echo "javac 17"; [ $# -lt 2 ]', "does not compile", "javac's message"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_left(
    machine: Path, tool: str, body: str | None, message: str, remedy: str
) -> None:
    (machine / "bin" / tool).unlink()
    if body:
        script(machine / "bin" / tool, body)
    done = setup(machine)
    assert done.returncode == 1
    assert message in done.stderr
    assert remedy in done.stderr.split("remedy:")[1]
    assert [name for name in cached(machine) if "jars" not in name] == []


@pytest.mark.parametrize("wrong", ["changed", "missing", "more"])
def test_other_jars_than_the_list_names_are_refused(machine: Path, wrong: str) -> None:
    served = machine / "served"
    if wrong == "missing":
        (served / "other.jar").unlink()
    else:
        (served / ("other.jar" if wrong == "changed" else "extra.jar")).write_text("evil", encoding="utf-8")
    done = setup(machine)
    assert done.returncode == 1
    assert "toolchain/kafka/jars.sha256" in done.stderr
    assert cached(machine) == []


def test_the_pin_and_the_list_agree() -> None:
    listed = (ROOT / "toolchain" / "kafka" / "jars.sha256").read_text(encoding="utf-8")
    pom = (ROOT / "toolchain" / "kafka" / "pom.xml").read_text(encoding="utf-8")
    version = pom.split("<artifactId>kafka_2.13</artifactId>")[1].split("<version>")[1].split("</version>")[0]
    assert f"kafka_2.13-{version}.jar" in listed
    assert f"kafka-clients-{version}.jar" in listed
