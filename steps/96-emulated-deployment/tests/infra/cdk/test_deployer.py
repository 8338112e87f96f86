"""Who may deploy: which jobs of GitHub and GitLab take the role, and what it may do."""

import json
import re

import pytest

from tests.infra.cdk.template import Template

AUDIENCE = "sts.amazonaws.com"
GITHUB = "token.actions.githubusercontent.com"
GITLAB = "gitlab.com"
ENVIRONMENT = "repo:anna/mublog:environment:"
BRANCH = "project_path:anna/mublog:ref_type:branch:ref:"


def read(assembly, kind):
    return Template(assembly / f"mublog-{kind}-deployer.template.json")


def accepts(template, forge, subject):
    parameter = json.loads(template.text)["Parameters"][f"{forge}Subject"]
    return "Default" not in parameter and re.fullmatch(parameter["AllowedPattern"], subject)


def test_role_of_production_is_for_one_subject_of_each_forge(assembly):
    template = read(assembly, "production")
    statements = template.one("IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    assert [(statement["Action"], statement["Condition"]) for statement in statements] == [
        (
            "sts:AssumeRoleWithWebIdentity",
            {"StringEquals": {f"{issuer}:aud": AUDIENCE, f"{issuer}:sub": {"Ref": subject}}},
        )
        for issuer, subject in [(GITHUB, "GitHubSubject"), (GITLAB, "GitLabSubject")]
    ]
    providers = [provider["Url"] for provider in template.all("IAM::OIDCProvider").values()]
    assert providers == [f"https://{GITHUB}", f"https://{GITLAB}"]


def test_only_branches_of_gitlab_may_be_any(assembly):
    _, gitlab = read(assembly, "on-demand").one("IAM::Role")["AssumeRolePolicyDocument"][
        "Statement"
    ]
    assert gitlab["Condition"] == {
        "StringEquals": {f"{GITLAB}:aud": AUDIENCE},
        "StringLike": {f"{GITLAB}:sub": {"Ref": "GitLabSubject"}},
    }


@pytest.mark.parametrize(
    "kind, forge, subject, accepted",
    [
        ("production", "GitHub", f"{ENVIRONMENT}production", True),
        ("production", "GitHub", "repo:anna@12/mublog@34:environment:production", True),
        ("production", "GitHub", "repo:anna@*/mublog@34:environment:production", False),
        ("production", "GitHub", f"{ENVIRONMENT}on-demand", False),
        ("production", "GitHub", "repo:anna/mublog:ref:refs/heads/likes", False),
        ("production", "GitHub", "repo:anna/*:environment:production", False),
        ("production", "GitHub", "", False),
        ("production", "GitLab", f"{BRANCH}main", True),
        ("production", "GitLab", f"{BRANCH}*", False),
        ("production", "GitLab", "project_path:anna/*:ref_type:branch:ref:main", False),
        ("on-demand", "GitHub", f"{ENVIRONMENT}on-demand", True),
        ("on-demand", "GitHub", f"{ENVIRONMENT}production", False),
        ("on-demand", "GitLab", f"{BRANCH}*", True),
        ("on-demand", "GitLab", "project_path:*:ref_type:branch:ref:*", False),
    ],
)
def test_subject_names_one_repository(assembly, kind, forge, subject, accepted):
    assert bool(accepts(read(assembly, kind), forge, subject)) is accepted


@pytest.mark.parametrize("kind", ["production", "on-demand"])
def test_role_takes_the_roles_of_the_bootstrap_and_does_nothing_else(assembly, kind):
    template = read(assembly, kind)
    assert template.one("IAM::Role")["MaxSessionDuration"] == 3600
    assert not {"ManagedPolicyArns", "Policies"} & {*template.one("IAM::Role")}
    (statement,) = template.one("IAM::Policy")["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "sts:AssumeRole")
    names = [re.findall(r"role/([\w-]+)-role-", json.dumps(arn)) for arn in statement["Resource"]]
    roles = ["deploy", "file-publishing", "image-publishing", "lookup"]
    assert names == [[f"cdk-hnb659fds-{role}"] for role in roles]
    assert "*" not in json.dumps(statement)


@pytest.mark.parametrize(
    "branch", ["production", "pre-production", "Likes", "likes/2", "ü", "x" * 40, "branch-x"]
)
def test_branch_gets_an_environment_that_no_other_branch_has(branch):
    from environments import ENVIRONMENTS, environment_of, kind_of, options_of

    name = environment_of(branch)
    assert re.fullmatch(r"branch-([a-z0-9-]+-)?[0-9a-f]{6}", name) and options_of(name)
    assert name not in ENVIRONMENTS and kind_of(name) == "on-demand"
    assert name != environment_of(branch.swapcase())


def test_branch_whose_name_is_good_for_a_domain_gives_it_to_its_environment():
    from environments import environment_of

    assert environment_of("likes") == "likes"
