"""What programs find that know many rules: cdk-nag and cfn-lint."""

import json
import subprocess


def test_cdk_nag_finds_nothing(assembly):
    reports = json.loads((assembly / "validation-report.json").read_text())["pluginReports"]
    assert [
        f"{found['ruleName']} {construct['constructPath']}"
        for report in reports
        for found in report["violations"]
        for construct in found["violatingConstructs"]
    ] == []


def test_cfn_lint_finds_nothing(assembly):
    # W3005: CDK also writes the dependencies that a reference implies.
    templates = [assembly / f"mublog-{name}.template.json" for name in ["production", "likes"]]
    result = subprocess.run(
        ["cfn-lint", "--ignore-checks", "W3005", "--", *templates], capture_output=True, text=True
    )
    assert result.stdout == ""
