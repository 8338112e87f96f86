"""GitHub and GitLab stood in for by act and gitlab-ci-local: jobs, tokens, actions, time-outs.

act plays what GitHub does after a push, and gitlab-ci-local what GitLab does. What neither of them
can do is named with each result.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from ruamel.yaml import YAML

from course import processes
from course.catalogue import Delivery
from course.containers import programs
from course.emulation import image
from course.emulation.aws import tokens
from course.emulation.emulator import ACCOUNT, REGION, Emulator, find_socket
from course.emulation.failure_logs import run_logged
from course.emulation.pushes import GITLAB, WORKFLOWS, Desk, Pushed
from course.planted_faults import Wrong

# What a pipeline may take on a slow machine: tests, an image, and two deployments.
_TIMEOUT = 1800.0
_LOOK = 2.0
# The role of the pipelines, which the settings of a forge name.
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/mublog-deployer"
_SOCKET = "/var/run/docker.sock"
# Where jobs of GitHub find what others keep for them.
_ARTIFACTS = "/artifacts"
_ACTIONS = Path(__file__).with_name("pinned") / "actions"
# act has this one inside: it copies the folder that it is started in.
_OWN_ACTIONS = ("checkout",)
_USES = re.compile(r"uses: (?P<name>[\w-]+/(?P<short>[\w-]+)@\w+)")
# What jobs are not told: they get a key for their token, or none, and the forge tells the rest.
_UNTOLD = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_REGION",
    "CI",
)


@dataclass(frozen=True)
class Bench:
    """What the runner of a forge needs.

    Attributes:
        desk: where commits are made.
        emulator: the emulated AWS that jobs deploy to.
        delivery: the pipelines.
        log: what keeps all that is printed.
    """

    desk: Desk
    emulator: Emulator
    delivery: Delivery
    log: Path

    @property
    def variables(self) -> dict[str, str]:
        """What jobs are told beside the settings of their forge: where AWS is."""
        told = {n: v for n, v in self.emulator.variables.items() if n not in _UNTOLD}
        return told | {
            "AWS_ENDPOINT_URL": self.emulator.inside,
            "CDK_DOCKER": image.PUSHER.name,
            # Of the Makefile. What has a name that begins so is taken away in the end.
            "IMAGE": f"{self.emulator.name}-image",
        }

    @property
    def settings(self) -> dict[str, str]:
        """What the settings of the forge have for an environment."""
        return {"AWS_REGION": REGION, "AWS_ROLE_ARN": _ROLE}

    def run(
        self,
        what: str,
        argv: list[str],
        folder: Path,
        env: Mapping[str, str],
        watch: Callable[[], bool] | None = None,
    ) -> processes.Finished:
        """Run a program, and keep what it prints.

        Raises:
            Wrong: when it is not done in time.
        """
        done = run_logged(self.log, f"── {what}", argv, folder, env, _TIMEOUT, watch)
        if done.timed_out:
            raise Wrong(f"{what} was not done after {_TIMEOUT / 60:.0f} minutes.", self.log)
        return done


class Forge(Protocol):
    """Plays what a forge does.

    Attributes:
        not_run: what it does not do, in words.
        stands_in: what stands in for what, in words.
    """

    not_run: ClassVar[tuple[str, ...]]
    stands_in: ClassVar[tuple[str, ...]]

    def push(self, pushed: Pushed) -> processes.Finished:
        """Run the pipeline of a push to a branch with an environment of its own."""

    def deliver(self, pushed: Pushed, look: Callable[[], None]) -> processes.Finished:
        """Run the pipeline of a push to main; look when it waits for approval, and approve."""

    def end(self, pushed: Pushed) -> processes.Finished:
        """Delete a branch."""


@dataclass(frozen=True)
class GitHub:
    """Plays GitHub, with act.

    Attributes:
        bench: what it needs.
    """

    bench: Bench
    not_run: ClassVar[tuple[str, ...]] = (
        "GitHub: who may approve (a job whose environment asks for it waits for its token here)",
        "GitHub: the variables, and the branches, that each environment has for itself",
        "GitHub: that it sends the event `delete` (act is given one), and `concurrency`",
    )
    stands_in: ClassVar[tuple[str, ...]] = (
        "actions/checkout: act's own, which copies the folder of the commit",
        "actions/upload-artifact, actions/download-artifact: a volume that the jobs share",
    )

    def push(self, pushed: Pushed) -> processes.Finished:
        self._allow(self.bench.delivery.preview.environment)
        return self._act("push", pushed, {"ref": f"refs/heads/{pushed.branch}"})

    def deliver(self, pushed: Pushed, look: Callable[[], None]) -> processes.Finished:
        # Who asks for a token is not known here, but in which order.
        delivery, emulator = self.bench.delivery, self.bench.emulator
        self._allow(delivery.before.environment)
        seen: list[float] = []
        next_look = time.monotonic()

        def watch() -> bool:
            nonlocal next_look
            if not seen and time.monotonic() >= next_look:
                told = emulator.tokens({})
                if told["given"] == 1 and told["waiting"]:
                    look()
                    seen.append(time.monotonic())
                    emulator.tokens({"approve": self._claims(delivery.after.environment)})
                next_look = time.monotonic() + _LOOK
            return False

        done = self._act("push", pushed, {"ref": f"refs/heads/{pushed.branch}"}, watch)
        if not done.code and not seen:
            text = "production was deployed without a token of its own, so nothing was approved."
            raise Wrong(text, self.bench.log)
        return done

    def end(self, pushed: Pushed) -> processes.Finished:
        # GitHub runs it in main.
        main = self.bench.desk.push(self.bench.delivery.main, "gone")
        self._allow(self.bench.delivery.preview.environment)
        return self._act("delete", main, {"ref": pushed.branch, "ref_type": "branch"})

    def _act(
        self,
        event: str,
        pushed: Pushed,
        content: Mapping[str, str],
        watch: Callable[[], bool] | None = None,
    ) -> processes.Finished:
        bench, desk = self.bench, self.bench.desk
        argv, env = programs.github(desk.chain.repository, desk.space, event, content)
        for machine in {bench.delivery.runs_on, "ubuntu-latest"}:
            argv += ["--platform", f"{machine}={image.RUNNER}"]
        if bench.delivery.matrix:
            argv += ["--matrix", bench.delivery.matrix]
        argv += ["--container-daemon-socket", f"unix://{find_socket(bench.emulator.engine)}"]
        # Jobs without a service are on it, and so are services that they wait for.
        argv += ["--network", bench.emulator.name]
        argv += ["--container-options", f"--volume {bench.emulator.name}-artifacts:{_ARTIFACTS}"]
        for name, place in actions(pushed.folder, bench.log).items():
            argv += ["--local-repository", f"{name}={place}"]
        where = f"{bench.emulator.inside.rpartition(':')[0]}:{tokens.PORT}/token?job=1"
        told = bench.variables | {
            "ACTIONS_ID_TOKEN_REQUEST_URL": where,
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": tokens.SECRET,
        }
        for name, value in told.items():
            argv += ["--env", f"{name}={value}"]
        for name, value in bench.settings.items():
            argv += ["--var", f"{name}={value}"]
        what = f"GitHub Actions, {event} of {content['ref']}"
        with bench.emulator.engine.swept("act-"):
            return bench.run(what, argv, pushed.folder, env, watch)

    def _claims(self, environment: str) -> dict[str, str]:
        subject = f"repo:{self.bench.desk.project}:environment:{environment}"
        return {"iss": "https://token.actions.githubusercontent.com", "sub": subject}

    def _allow(self, environment: str) -> None:
        self.bench.emulator.tokens({"allow": self._claims(environment), "count": 1})


@dataclass(frozen=True)
class GitLab:
    """Plays GitLab, with gitlab-ci-local.

    Attributes:
        bench: what it needs.
    """

    bench: Bench
    not_run: ClassVar[tuple[str, ...]] = (
        "GitLab: who may start a manual job, and the variables that each environment has",
        "GitLab: that it starts the job `on_stop` when a branch is deleted, and `resource_group`",
    )
    stands_in: ClassVar[tuple[str, ...]] = ("id_tokens: a variable with the token",)

    def push(self, pushed: Pushed) -> processes.Finished:
        return self._run(pushed)

    def deliver(self, pushed: Pushed, look: Callable[[], None]) -> processes.Finished:
        done = self._run(pushed)
        if done.code:
            return done
        look()
        return self._run(pushed, self.bench.delivery.approved)

    def end(self, pushed: Pushed) -> processes.Finished:
        return self._run(pushed, self.bench.delivery.ends)

    def _run(self, pushed: Pushed, job: str = "") -> processes.Finished:
        bench, desk = self.bench, self.bench.desk
        repository, engine = desk.chain.repository, bench.emulator.engine
        argv, env = programs.gitlab(repository, desk.space, engine)
        argv += ["--network", bench.emulator.name]
        argv += ["--volume", f"{find_socket(engine)}:{_SOCKET}"]
        subject = f"project_path:{desk.project}:ref_type:branch:ref:{pushed.branch}"
        told = bench.variables | bench.settings
        for name, audience in id_tokens(pushed.folder / GITLAB).items():
            claims = {"iss": "https://gitlab.com", "sub": subject, "aud": audience}
            told[name] = tokens.token(claims)
        for name, value in told.items():
            argv += ["--variable", f"{name}={value}"]
        what = f"GitLab CI, {f'the job {job}' if job else 'a push'} on {pushed.branch}"
        argv += [job] if job else []
        with engine.swept("gcl-"), engine.swept("gitlab-ci-local-"):
            return bench.run(what, argv, pushed.folder, env)


FORGES: Mapping[str, type[GitHub] | type[GitLab]] = {"github": GitHub, "gitlab": GitLab}


def actions(folder: Path, log: Path) -> dict[str, Path]:
    """Return what stands in for each action that the workflows of a project use.

    Raises:
        Wrong: when nothing does.
    """
    found = {}
    for file in sorted((folder / WORKFLOWS).glob("*.yml")):
        for match in _USES.finditer(file.read_text("utf-8")):
            place = _ACTIONS / match["short"]
            if place.is_dir():
                found[match["name"]] = place
            elif match["short"] not in _OWN_ACTIONS:
                text = f"nothing stands in for the action {match['name']}, and none is fetched."
                raise Wrong(text, log)
    return found


def id_tokens(file: Path) -> dict[str, str]:
    """Return the audiences of the tokens that jobs of GitLab ask for, by their variables."""
    found: dict[str, str] = {}
    for job in YAML(typ="safe").load(file.read_text("utf-8")).values():
        if isinstance(job, dict):
            for name, token in job.get("id_tokens", {}).items():
                found[name] = str(token["aud"])
    return found
