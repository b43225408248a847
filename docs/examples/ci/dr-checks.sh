#!/usr/bin/env bash
# Checks of a change to a DR stack, for any CI: preview with the policy pack, plan gate, text of a comment.
#
#   dr-checks.sh STACK [arguments of pulumi preview]
#
#   KAFKA_DR           checkout of kafka-dr, which has pack and gate; default: the one this file is in
#   DR_POLICY_CONFIG   levels and exemptions of the policies; default: policy-prod.json beside this file
#   DR_RESULTS         folder for preview.ndjson, gate.json and comment.md; default: dr-checks
#   DR_ACCEPT          names of resources that may go, separated by blanks
#
# Runs in the folder of the Pulumi program. Changes nothing: it only previews. Exit code 0: nothing speaks against the
# change. 1: preview, a mandatory policy or the gate refuses it, comment.md says why. 2: it was not called properly.
set -euo pipefail

here="$(CDPATH= cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
kafka_dr="${KAFKA_DR:-$(CDPATH= cd "$here/../../.." && pwd -P)}"
config="${DR_POLICY_CONFIG:-$here/policy-prod.json}"
results="${DR_RESULTS:-dr-checks}"

if [ $# -lt 1 ] || [ ! -x "$kafka_dr/scripts/policies" ] || [ ! -f "$config" ]; then
  sed -n '2,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
stack="$1"
shift

mkdir -p "$results"
rm -f "$results/comment.md"
pack="$("$kafka_dr/scripts/policies")"

# The stream of events, because only it has the forecast and the broken policies; the digest has neither.
previewed=0
PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview --json --show-sames --non-interactive --stack "$stack" \
  --policy-pack "$pack" --policy-pack-config "$config" "$@" >"$results/preview.ndjson" || previewed=$?

accepted=()
for name in ${DR_ACCEPT:-}; do accepted+=(--accept "$name"); done
judged=0
"$kafka_dr/scripts/drctl" gate "$results/preview.ndjson" --arguments "$(printf '%q ' preview "$@")" \
  --summary "$results/comment.md" --json "${accepted[@]}" >"$results/gate.json" || judged=$?

if [ -s "$results/comment.md" ]; then cat "$results/comment.md"; else cat "$results/gate.json"; fi
if [ "$judged" -eq 0 ] && [ "$previewed" -ne 0 ]; then judged=1; fi
exit "$judged"
