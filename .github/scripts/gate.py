"""Pass if every job did what it had to do: the one result that a protected branch asks for.

NEEDS holds GitHub's `needs` as JSON. A job must have succeeded; it may have been skipped if the job
`plan` has an output of the same name that says that there was nothing to do.
"""

import json
import os
import sys

NOTHING_TO_DO = ("[]", "false")


def faults(needs: dict[str, dict[str, object]]) -> list[str]:
    """Return a line for every job that stands in the way."""
    plan = needs.get("plan", {})
    outputs = plan.get("outputs") if plan.get("result") == "success" else {}
    planned = outputs if isinstance(outputs, dict) else {}
    found = [] if "plan" in needs else ["plan: is missing"]
    for name, job in needs.items():
        idle = job["result"] == "skipped" and planned.get(name) in NOTHING_TO_DO
        if job["result"] != "success" and not idle:
            found.append(f"{name}: {job['result']}")
    return found


if __name__ == "__main__":
    problems = faults(json.loads(os.environ["NEEDS"]))
    for problem in problems:
        print(f"::error::{problem}")
    sys.exit(1 if problems else 0)
