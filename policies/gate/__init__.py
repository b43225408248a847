"""The plan gate: reads what `pulumi preview --json` would do and says whether the phase allows it. Only stdlib.

verdict = judge(read(text), arguments, environment)
print(markdown(verdict))
"""

from policies.gate.judge import Finding, Verdict, judge
from policies.gate.preview import Preview, UnreadableError, read
from policies.gate.report import as_json, markdown

__all__ = ["Finding", "Preview", "UnreadableError", "Verdict", "as_json", "judge", "markdown", "read"]
