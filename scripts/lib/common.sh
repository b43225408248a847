# Shared by scripts/setup: messages, digests, versions. Sourced, never run.
# shellcheck shell=bash

say() { printf '[setup] %s\n' "$*" >&2; }

row() { printf '%-8s %s\n' "$1" "$2"; }

# fail PROBLEM REMEDY
fail() {
  printf '[setup] error: %s\n[setup] remedy: %s\n' "$1" "$2" >&2
  exit 1
}

digest() {
  if command -v sha256sum >/dev/null; then sha256sum | cut -c1-16; else shasum -a 256 | cut -c1-16; fi
}

# at_least FOUND WANTED: is version FOUND the same as WANTED or newer?
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }
