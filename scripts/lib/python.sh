# The Python part of scripts/setup: uv from a hashed pin, then .venv from the hashed lock. Sourced, never run.
# shellcheck shell=bash

PYTHON_WANTED=3.11

find_python() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$name" -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, ${PYTHON_WANTED#3.}))" 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

python_or_fail() {
  find_python || fail "no Python >= $PYTHON_WANTED with the venv module on PATH" \
    "install Python $PYTHON_WANTED or newer (Debian and Ubuntu: also the python3-venv package), then run scripts/setup again"
}

uv_dir() { printf '%s\n' "$ROOT/.cache/uv-$(digest <"$ROOT/toolchain/uv-requirements.txt")"; }

print_python() {
  local python
  if ! python="$(find_python)"; then
    row python "MISSING: no Python >= $PYTHON_WANTED with venv on PATH"
    return 1
  fi
  row python "$python ($("$python" -c 'import platform; print(platform.python_version())'))"
  row uv "$(head -n 1 "$ROOT/toolchain/uv-requirements.txt" | cut -d' ' -f1) in $(uv_dir)"
}

install_uv() {
  local dir temporary
  dir="$(uv_dir)"
  if [ -x "$dir/bin/uv" ]; then return; fi
  say "installing uv"
  temporary="$(mktemp -d "$ROOT/.cache/uv.XXXXXX")"
  "$1" -m venv "$temporary"
  PIP_USER=0 "$temporary/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
    --requirement "$ROOT/toolchain/uv-requirements.txt" </dev/null ||
    fail "pip could not install uv" "check the package index that pip is configured with (pip config list)"
  rm -rf "$dir"
  mv "$temporary" "$dir" # uv is a binary: it does not mind that its venv moved
}

# uv reads none of pip's settings. A machine that is set up for pip (own index, certificate, wheel folder) is not
# asked to be set up a second time: pip's settings are handed on, unless uv has its own.
hand_on_pip_settings() {
  local settings
  settings="$("$(uv_dir)/bin/python" -m pip config list 2>/dev/null || true)"
  # pip lists environment before files, which is also who wins; several values come as 'a\nb'.
  pip_setting() { sed -n "s/^[^=]*\.$1='\(.*\)'\$/\1/p" <<<"$settings" | head -n 1 | sed 's/\\n/ /g'; }
  hand_on UV_DEFAULT_INDEX "$(pip_setting index-url)"
  hand_on UV_INDEX "$(pip_setting extra-index-url)"
  hand_on UV_FIND_LINKS "$(pip_setting find-links)"
  hand_on SSL_CERT_FILE "$(pip_setting cert)"
}

hand_on() {
  if [ -n "$2" ] && [ -z "${!1:-}" ]; then export "$1=$2"; fi
}

install_python() {
  local python uv
  python="$(find_python)" || python_or_fail
  install_uv "$python"
  hand_on_pip_settings
  uv="$(uv_dir)/bin/uv"
  if ! "$ROOT/.venv/bin/python" -c "import sys; sys.exit(sys.version_info < (3, ${PYTHON_WANTED#3.}))" 2>/dev/null; then
    say "creating .venv"
    "$uv" venv --quiet --clear --no-config --no-project --python "$python" "$ROOT/.venv"
  fi
  say "installing the locked Python packages"
  VIRTUAL_ENV="$ROOT/.venv" "$uv" pip sync --quiet --compile-bytecode --no-config --require-hashes "$ROOT/requirements.txt" </dev/null ||
    fail "the locked Python packages could not be installed" "read uv's message above; the lock is requirements.txt (scripts/lock)"
}

# The Python environments in which Pulumi runs the two programs. The switch's has no vendor's SDK: with it the engine looks
# for the vendor's plugin at each command, on the network if need be.
program_lock() { case "$1" in switch) printf '%s\n' "$ROOT/switch.requirements.txt" ;; *) printf '%s\n' "$ROOT/estate/requirements.txt" ;; esac; }

program_is_ready() {
  local dir="$ROOT/.local/venvs/$1"
  [ -x "$dir/bin/python" ] && [ "$(cat "$dir/lock.digest" 2>/dev/null)" = "$(digest <"$(program_lock "$1")")" ]
}

install_program() {
  local dir="$ROOT/.local/venvs/$1" uv
  if program_is_ready "$1"; then return; fi
  uv="$(uv_dir)/bin/uv"
  hand_on_pip_settings
  say "making the Python environment of the $1"
  mkdir -p "$ROOT/.local/venvs"
  "$uv" venv --quiet --clear --no-config --no-project --python "$ROOT/.venv/bin/python" "$dir"
  VIRTUAL_ENV="$dir" "$uv" pip sync --quiet --compile-bytecode --no-config --require-hashes "$(program_lock "$1")" </dev/null ||
    fail "the packages of the $1 could not be installed" "read uv's message above; the lock is $(program_lock "$1")"
  digest <"$(program_lock "$1")" >"$dir/lock.digest"
}

# Many containers set PYTHONDONTWRITEBYTECODE. There every command, and the engine starts several Python processes for
# each, would compile all modules again. Files that are compiled and unchanged are left alone; a file that does not
# compile is for the command that needs it to report.
compile_own_modules() {
  local package
  local -a packages=()
  for package in "$ROOT"/*/__init__.py; do packages+=("$(dirname "$package")"); done
  "$ROOT/.venv/bin/python" -m compileall -qq -x '/\.venv/' "$ROOT/first/__main__.py" "${packages[@]}" || true
}
