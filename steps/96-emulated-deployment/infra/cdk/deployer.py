"""Who may deploy to an account: the pipelines of GitHub and GitLab, with no key that is stored.

The forge signs a token for each job (OpenID Connect). Its ``sub``, the subject, names the
repository, and the environment or the branch of the job. AWS gives a key for it that ends within an
hour. Every account that has environments has this stack once: see README.md.
"""

from aws_cdk import App, CfnOutput, CfnParameter, Duration, Stack
from aws_cdk import aws_iam as iam
from environments import ON_DEMAND

AUDIENCE = "sts.amazonaws.com"
GITHUB = "token.actions.githubusercontent.com"
GITLAB = "gitlab.com"
NAMES = {GITHUB: "GitHub", GITLAB: "GitLab"}
# These do the work; `cdk bootstrap` makes them.
BOOTSTRAP_ROLES = ["deploy", "file-publishing", "image-publishing", "lookup"]
REPOSITORY = r"[\w.-]+(/[\w.-]+)+"
# In subjects of repositories that are new on GitHub, both names have a number: anna@12/mublog@34.
NUMBERED = r"[\w.-]+(@\d+)?/[\w.-]+(@\d+)?"


class Deployer(Stack):
    """The role that deploys one kind of environment, and who may take it."""

    def __init__(self, scope: App, kind: str) -> None:
        super().__init__(scope, f"mublog-{kind}-deployer")
        # On GitHub, the settings of an environment say which branches may use it. GitLab's subject
        # has no environment, but the branch: any one for on-demand environments.
        branch = r"\*" if kind == ON_DEMAND else r"[\w./-]+"
        patterns = {
            GITHUB: f"repo:{NUMBERED}:environment:{kind}",
            GITLAB: f"project_path:{REPOSITORY}:ref_type:branch:ref:{branch}",
        }
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.CompositePrincipal(
                *[self._principal(issuer, pattern) for issuer, pattern in patterns.items()]
            ),
            max_session_duration=Duration.hours(1),
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["sts:AssumeRole"],
                resources=[
                    f"arn:{self.partition}:iam::{self.account}:role/"
                    f"cdk-hnb659fds-{name}-role-{self.account}-{self.region}"
                    for name in BOOTSTRAP_ROLES
                ],
            )
        )
        CfnOutput(self, "RoleOutput", value=role.role_arn).override_logical_id("Role")

    def _principal(self, issuer: str, pattern: str) -> iam.WebIdentityPrincipal:
        """Return the jobs of a forge whose subject is what a parameter of the stack says.

        Args:
            issuer: who signs the tokens of the forge.
            pattern: what the parameter must look like.
        """
        name = NAMES[issuer]
        subject = CfnParameter(
            self,
            f"{name}Subject",
            allowed_pattern=pattern,
            constraint_description=f"must look like {pattern}",
        ).value_as_string
        provider = iam.CfnOIDCProvider(
            self, name, url=f"https://{issuer}", client_id_list=[AUDIENCE]
        )
        conditions = {"StringEquals": {f"{issuer}:aud": AUDIENCE}}
        # Only a pattern that ends with a literal * needs the comparison that knows *.
        comparison = "StringLike" if pattern.endswith(r"\*") else "StringEquals"
        conditions.setdefault(comparison, {})[f"{issuer}:sub"] = subject
        return iam.WebIdentityPrincipal(provider.attr_arn, conditions)
