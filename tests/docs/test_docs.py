"""What the documents say is there is there, and nothing in the repository names a registry or one person's machine."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.toolchain import ROOT

DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
SH_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# Put together here, so that this file does not name them either.
REGISTRIES = re.compile(
    "|".join(
        name.replace("_", r"\.")
        for name in (
            r"pypi_org",
            r"pythonhosted_org",
            r"(proxy|sum)_golang_org",
            r"(repo1?|central|search)[a-z.]*_maven_org",
            r"repo_maven_apache_org",
            r"npmjs_(org|com)",
            r"crates_io",
            r"(docker|ghcr|quay)_io",
        )
    )
)
MACHINE_PATHS = re.compile(r"(?<![\w.$}~-])/(root|home|Users|work)/[\w.-]+")


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def commands(document: Path) -> list[str]:
    blocks = SH_BLOCK.findall(document.read_text(encoding="utf-8"))
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_every_script_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w/.-])((?:scripts|\.ci)/[a-z-]+)(?![\w/.-])", text))
    for name in sorted(named):
        assert (ROOT / name).is_file(), name
        assert os.access(ROOT / name, os.X_OK) or name == "scripts/env", name


def test_the_readme_has_the_two_commands() -> None:
    found = [command.split("#")[0].strip() for command in commands(ROOT / "README.md")]
    assert found == ["scripts/demo", "scripts/test"]
    assert "exec scripts/test\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        path = document.parent / name if name else document
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, target


def test_documents_that_the_code_names_exist() -> None:
    for path in tracked():
        if path.suffix in {".py", ".yaml", ".toml", ".sh", ".md"}:
            for name in re.findall(r"\bdocs/[\w/-]+\.md\b", path.read_text(encoding="utf-8")):
                assert (ROOT / name).is_file(), f"{path.relative_to(ROOT)} names {name}"


def test_no_file_names_a_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked()
        if (match := REGISTRIES.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert found == []


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked()
        if path.suffix != ".sum" and (match := MACHINE_PATHS.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert found == []


def test_the_locks_have_hashes_and_no_index() -> None:
    for name in ("requirements.txt", "policies/requirements.txt", "toolchain/uv-requirements.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pins = re.findall(r"^[A-Za-z0-9].*$", text, re.MULTILINE)
        assert pins, name
        assert all("==" in pin and pin.endswith("\\") for pin in pins), name
        assert "index-url" not in text, name
        assert "find-links" not in text, name
