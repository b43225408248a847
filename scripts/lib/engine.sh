# The engine part of scripts/setup: a Pulumi from PATH, or built from Go modules. Sourced, never run.
# shellcheck shell=bash

ENGINE_WANTED=3.259.0
CLI_PACKAGE=github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
LANGUAGE_PACKAGE=github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python
# The version must be linked in: without it the Automation API refuses the CLI.
CLI_FLAGS="-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v$ENGINE_WANTED"

engine_cache_root() { printf '%s\n' "${XDG_CACHE_HOME:-$HOME/.cache}/kafka-dr/toolchain"; }

# One folder per version *and* recipe: a changed pin never meets the binaries of another.
engine_cache_dir() {
  local recipe
  recipe="$(cat "$ROOT"/toolchain/pulumi/go.* "$ROOT"/toolchain/language/go.* <(printf '%s' "$CLI_FLAGS") | digest)"
  printf '%s/%s-%s-%s/bin\n' "$(engine_cache_root)" "$ENGINE_WANTED" "$(uname -sm | tr ' A-Z' '-a-z')" "$recipe"
}

engine_is_complete() {
  local name
  for name in pulumi pulumi-language-python pulumi-language-python-exec; do
    [ -x "$1/$name" ] || return 1
  done
}

# Prints the folder of a `pulumi` on PATH that is new enough and has the Python language host beside it. Our own
# build is not "on PATH": scripts/env puts it there, and setup must decide the same inside that shell as outside.
engine_on_path() {
  local found dir version
  found="$(type -P pulumi)" || return 1
  dir="$(dirname "$found")"
  case "$dir" in "$(engine_cache_root)"/*) return 1 ;; esac
  if ! engine_is_complete "$dir"; then
    dir="$(dirname "$("$PYTHON_FOR_PATHS" -c 'import os, sys; print(os.path.realpath(sys.argv[1]))' "$found" 2>/dev/null)")"
    engine_is_complete "$dir" || return 1
  fi
  version="$(PULUMI_SKIP_UPDATE_CHECK=1 "$found" version 2>/dev/null)" || return 1
  at_least "${version#v}" "$ENGINE_WANTED" && printf '%s\n' "$dir"
}
PYTHON_FOR_PATHS="$(command -v python3 || true)"

go_wanted() { sed -n 's/^go //p' "$ROOT/toolchain/pulumi/go.mod"; }

go_found() { GOTOOLCHAIN=local GOFLAGS='' GOWORK=off go env GOVERSION 2>/dev/null | sed 's/^go//'; }

print_engine() {
  local dir
  if dir="$(engine_on_path)"; then
    row pulumi "$dir/pulumi (from PATH, >= $ENGINE_WANTED)"
  elif dir="$(engine_cache_dir)" && engine_is_complete "$dir"; then
    row pulumi "$dir/pulumi (built before)"
  elif at_least "$(go_found || true)" "$(go_wanted)"; then
    row pulumi "to be built from Go modules with go $(go_found) into $dir"
  else
    row pulumi "MISSING: no pulumi >= $ENGINE_WANTED with its Python language host on PATH, and no go >= $(go_wanted) to build it"
    return 1
  fi
}

require_go() {
  local found remedy
  remedy="install Go $(go_wanted) or newer, or a Pulumi >= $ENGINE_WANTED (with its Python language host) on PATH"
  found="$(go_found || true)"
  [ -n "$found" ] || fail "no pulumi >= $ENGINE_WANTED on PATH, and no go to build it" "$remedy"
  at_least "$found" "$(go_wanted)" || fail "go $found is too old to build Pulumi $ENGINE_WANTED" "$remedy"
}

# The user's own Go switches (GOFLAGS=-mod=mod, a workspace, a cross-compile target) must not bend the build; proxy,
# checksum and cache settings are the machine's and stay.
go_clean() {
  env -u GOOS -u GOARCH -u GOEXPERIMENT GOFLAGS=-mod=readonly GOWORK=off GOTOOLCHAIN=local GO111MODULE=on CGO_ENABLED=0 go "$@"
}

# build WHAT MODULE_FOLDER OUTPUT PACKAGE [go build arguments]: with a sign of life, since it takes minutes.
build() {
  local what="$1" folder="$2" output="$3" package="$4" log="$3.log" started=$SECONDS pid status=0
  shift 4
  (cd "$folder" && go_clean build -trimpath "$@" -o "$output" "$package") >"$log" 2>&1 </dev/null &
  pid=$!
  trap 'kill "$pid" 2>/dev/null || true' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    progress "$what" "$((SECONDS - started))" "$(grep -c '^go: downloading' "$log" || true)"
    sleep 1
  done
  wait "$pid" || status=$?
  trap - INT TERM
  if [ -t 2 ]; then printf '\r\033[K' >&2; fi
  if [ "$status" -ne 0 ]; then
    tail -n 20 "$log" >&2
    fail "building $what failed" "read Go's message above; modules come from the proxy that go is configured with (go env GOPROXY)"
  fi
  rm -f "$log"
  say "built $what in $((SECONDS - started)) s"
}

# A terminal sees the line rewritten each second; a log gets one line in twenty seconds.
progress() {
  local line="[setup] building $1: $2 s, $3 modules fetched"
  if [ -t 2 ]; then
    printf '\r\033[K%s' "$line" >&2
  elif [ $(($2 % 20)) -eq 0 ]; then
    printf '%s\n' "$line" >&2
  fi
}

# Whole or not at all: built in a folder of its own, then moved into place.
build_engine() {
  local dir="$1" temporary sdk
  mkdir -p "$(dirname "$dir")"
  temporary="$(mktemp -d "$(dirname "$dir")/build.XXXXXX")"
  # shellcheck disable=SC2064 # the folder of now is meant
  trap "rm -rf '$temporary'" EXIT
  build "the Pulumi CLI $ENGINE_WANTED" "$ROOT/toolchain/pulumi" "$temporary/pulumi" "$CLI_PACKAGE" -ldflags "$CLI_FLAGS"
  build "the Python language host" "$ROOT/toolchain/language" "$temporary/pulumi-language-python" "$LANGUAGE_PACKAGE" \
    -ldflags "-s -w"
  sdk="$(cd "$ROOT/toolchain/pulumi" && go_clean list -m -f '{{.Dir}}' github.com/pulumi/pulumi/sdk/v3)"
  cp "$sdk/python/cmd/pulumi-language-python-exec" "$temporary/"
  chmod 755 "$temporary" "$temporary"/pulumi*
  if ! engine_is_complete "$dir"; then # else another checkout built it meanwhile
    rm -rf "$dir"
    mv "$temporary" "$dir"
  fi
}

install_engine() {
  local dir
  if dir="$(engine_on_path)"; then
    say "using the Pulumi on PATH: $dir/pulumi"
  else
    dir="$(engine_cache_dir)"
    if ! engine_is_complete "$dir"; then
      require_go
      say "no pulumi >= $ENGINE_WANTED on PATH: building it from Go modules (about 3 minutes on two idle cores, once for this machine)"
      (build_engine "$dir")
    fi
  fi
  printf '%s\n' "$dir" >"$ROOT/.local/engine-bin"
}

YAML_PACKAGE=github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml

# A folder of its own: the engine's is not built anew when the YAML host gets another pin.
yaml_cache_dir() {
  printf '%s/yaml-%s-%s/bin\n' "$(engine_cache_root)" "$(uname -sm | tr ' A-Z' '-a-z')" \
    "$(cat "$ROOT"/toolchain/yaml/go.* | digest)"
}

# Prints the folder of the user's own host, which lies beside the `pulumi` that is used, or that of our build.
yaml_dir() {
  local dir
  dir="$(cat "$ROOT/.local/engine-bin")"
  if [ -x "$dir/pulumi-language-yaml" ]; then printf '%s\n' "$dir"; else yaml_cache_dir; fi
}

yaml_is_found() { [ -x "$(yaml_dir)/pulumi-language-yaml" ]; }

build_yaml_host() {
  local dir="$1" temporary
  mkdir -p "$(dirname "$dir")"
  temporary="$(mktemp -d "$(dirname "$dir")/build.XXXXXX")"
  # shellcheck disable=SC2064 # the folder of now is meant
  trap "rm -rf '$temporary'" EXIT
  build "the YAML language host" "$ROOT/toolchain/yaml" "$temporary/pulumi-language-yaml" "$YAML_PACKAGE" -ldflags "-s -w"
  chmod 755 "$temporary"
  [ -d "$dir" ] || mv "$temporary" "$dir" # else another checkout built it meanwhile
}

install_yaml_host() {
  local dir
  dir="$(yaml_dir)"
  if ! yaml_is_found; then
    require_go
    say "building the language host of Pulumi YAML from Go modules (about 2 minutes, once for this machine)"
    (build_yaml_host "$dir")
  fi
  printf '%s\n' "$dir" >"$ROOT/.local/yaml-bin"
}
