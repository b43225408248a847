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

# one_at_a_time PYTHON: returns once no other set-up runs on this machine, and holds the others back until this process
# ends, however it ends. What is built is shared by all checkouts, so one lock serves them all. The lock is flock(2)
# through Python, since macOS has no flock command; it belongs to the open file 9, which bash keeps.
one_at_a_time() {
  local folder="${XDG_CACHE_HOME:-$HOME/.cache}/kafka-dr"
  local lock='import fcntl, sys; fcntl.flock(9, fcntl.LOCK_EX | (fcntl.LOCK_NB if sys.argv[1:] else 0))'
  mkdir -p "$folder"
  exec 9>>"$folder/setup.lock"
  if ! "$1" -c "$lock" now 2>/dev/null; then
    say "another set-up is running on this machine; waiting for it to end"
    "$1" -c "$lock"
  fi
}
