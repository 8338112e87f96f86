"""The pipelines that deploy: what is proven when all is well, and that each proof can fail.

The forge is a stand-in: it deploys to an emulated AWS that is an object.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
from pydantic import ValidationError

from course.catalogue import Delivery
from course.emulation import delivery, front
from course.emulation.delivery import Runner
from course.emulation.forges import Bench
from course.emulation.proofs import Proof
from course.emulation.pushes import Pushed
from course.emulation.state import Service, State, Task
from course.planted_faults import Wrong
from course.processes import Finished

TABLE: dict[str, Any] = {
    "forges": ["github"],
    "branch": "preview/first",
    "preview": {"stack": "site-first", "host": "first.example:443", "environment": "on-demand"},
    "main": "main",
    "before": {"stack": "site-before", "host": "before.example:443", "environment": "pre"},
    "after": {"stack": "site-after", "host": "after.example:443", "environment": "prod"},
    "approved": "production",
    "ends": "ends",
    "runs_on": "ubuntu-24.04",
    "images": ["python:3.13-slim"],
    "engine": "docker:28-dind",
    "npx": "cdk@[0-9]+",
    "mark": {"path": "page.html", "old": "site", "new": "site {version}"},
    "page": "/",
    "text": "site {version}",
    "planted": {"test_planted.py": "assert False\n"},
    "says": "FAILED test_planted.py",
    "shortened": ["the other tests"],
}


@dataclass
class Cloud:
    """An emulated AWS that is an object: which commit each stack runs, and the image of it."""

    fault: str
    stacks: dict[str, Pushed] = field(default_factory=dict)
    roles: list[str] = field(default_factory=lambda: ["cdk"])
    port: int = 0

    subjects: list[str] = field(default_factory=list)

    def deploy(self, stack: str, pushed: Pushed) -> None:
        self.stacks[stack] = pushed
        if self.fault != "has a stored key":
            self.subjects.append(f"the job for {stack}")

    def taken(self) -> list[str]:
        return list(self.subjects)

    def state(self) -> State:
        running = 0 if self.fault == "never settles" else 1
        services = [Service(f"{name}-web", running, 1, "COMPLETED") for name in self.stacks]
        tasks = [
            Task(f"{name} {pushed.commit}", f"{name}-web", "i", "RUNNING", 1.0, None, None, "")
            for name, pushed in self.stacks.items()
            if self.fault != "runs nothing"
        ]
        stacks = dict.fromkeys(self.stacks, "CREATE_COMPLETE")
        return State(stacks, tuple(services), tuple(tasks))

    def ran(self, tasks: Iterable[Task]) -> frozenset[tuple[str, str]]:
        found = set()
        for task in tasks:
            stack, commit = task.name.split()
            other = self.fault == "builds again" and stack == "site-after"
            found.add((f"sha256:{commit}{other:d}", "0" if self.fault == "old code" else commit))
            if self.fault == "two images":
                found.add(("sha256:other", commit))
        return frozenset(found)

    def left(self) -> dict[str, list[str]]:
        return {"stacks": sorted(self.stacks), "roles": list(self.roles)}


@dataclass
class Desk:
    """Makes commits that are nowhere."""

    count: int = 0

    def push(self, branch: str, version: str, planted: object = None) -> Pushed:
        self.count += 1
        return Pushed(Path("planted" if planted else "clone"), branch, f"c{self.count}", version)


@dataclass
class Forge:
    """Plays a forge; the fault of the cloud names what it does wrong."""

    cloud: Cloud
    not_run: ClassVar[tuple[str, ...]] = ()
    stands_in: ClassVar[tuple[str, ...]] = ()

    def push(self, pushed: Pushed) -> Finished:
        fault = self.cloud.fault
        red = pushed.folder == Path("planted")
        if fault == "fails" or (red and fault == "fails otherwise"):
            return Finished(1, b"another reason", 1.0)
        if red and fault != "ignores tests":
            if fault == "deploys all the same":
                self.cloud.deploy("site-first", pushed)
            if fault == "asks for a key":
                self.cloud.subjects.append("the job for nothing")
            return Finished(1, b"\x1b[31mFAILED test_planted.py\x1b[0m", 1.0)
        if fault != "deploys nothing":
            self.cloud.deploy("site-first", pushed)
        return Finished(0, b"", 1.0)

    def deliver(self, pushed: Pushed, look: Callable[[], None]) -> Finished:
        self.cloud.deploy("site-before", pushed)
        if self.cloud.fault == "does not wait":
            self.cloud.deploy("site-after", pushed)
        look()
        if self.cloud.fault != "forgets production":
            self.cloud.deploy("site-after", pushed)
        return Finished(self.cloud.fault == "main fails", b"", 1.0)

    def end(self, pushed: Pushed) -> Finished:
        del self.cloud.stacks["site-first"]
        if self.cloud.fault == "forgets a role":
            self.cloud.roles.append("forgotten")
        return Finished(self.cloud.fault == "does not end", b"", 1.0)


def prove(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[Proof], fault: str = ""
) -> None:
    """Carry out the proofs, and tell those that are given."""
    cloud = Cloud(fault)

    def page(port: int, host: str, path: str) -> str:
        stack = f"site-{host.partition('.')[0]}"
        found = cloud.stacks.get(stack)
        return found.text if found and fault != "shows another version" else "nothing"

    monkeypatch.setattr(front, "page", page)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(delivery, "_SETTLE_TIMEOUT", 0.0)
    table = Delivery.model_validate(TABLE)
    bench = Bench(cast(Any, Desk()), cast(Any, cloud), table, tmp_path / "log")
    Runner(bench, Forge(cloud), told.append).prove()


def test_five_things_are_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = list[Proof]()
    prove(tmp_path, monkeypatch, told)
    assert [proof.title for proof in told] == [
        "a push to a branch",
        "a failing test",
        "the branch is deleted",
        "a push to main, before somebody approves",
        "somebody approves",
    ]
    assert "with a key for the token of the job for site-first" in told[0].said
    assert "there is no site-after yet" in told[3].said
    assert "from the same image c3" in told[4].said


@pytest.mark.parametrize(
    "fault, said, count",
    [
        ("fails", "the pipeline of a branch failed", 0),
        ("deploys nothing", "first.example:443 does not show 'first' on /", 0),
        ("shows another version", "first.example:443 does not show 'first' on /", 0),
        ("never settles", "the services did not settle", 0),
        ("runs nothing", "no task of site-first runs", 0),
        ("two images", "site-first runs 2 images", 0),
        ("old code", "site-first runs an image of 0, and not of c1", 0),
        ("has a stored key", "no job gave a token for its key", 0),
        ("asks for a key", "a test failed, and yet a job was given a key", 1),
        ("ignores tests", "the pipeline passes, although test_planted.py was planted", 1),
        ("fails otherwise", "the pipeline fails for another reason", 1),
        ("deploys all the same", "a test failed, and yet something was deployed", 1),
        ("does not end", "the end of a branch failed", 2),
        ("forgets a role", "something is left of a branch that is gone: roles: forgotten", 2),
        ("does not wait", "site-after was deployed before anybody approved", 3),
        ("main fails", "the pipeline of main failed", 4),
        ("forgets production", "after.example:443 does not show 'second' on /", 4),
        ("builds again", "site-after runs another image than site-before", 4),
    ],
)
def test_each_proof_can_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, said: str, count: int
) -> None:
    told = list[Proof]()
    with pytest.raises(Wrong, match=said):
        prove(tmp_path, monkeypatch, told, fault)
    assert len(told) == count


def test_what_is_not_run_is_named_for_each_forge() -> None:
    table = Delivery.model_validate(TABLE)
    github, gitlab = (delivery.not_proven(table, forge) for forge in ("github", "gitlab"))
    assert "the other tests" in github and "the other tests" in gitlab
    assert any("approve" in line for line in github)
    assert any("on_stop" in line for line in gitlab)
    assert any(line.startswith("actions/upload-artifact") for line in delivery.stands_in("github"))


@pytest.mark.parametrize("name, value", [("text", "site"), ("mark", {"path": "p", "new": "x"})])
def test_version_must_show(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match="{version} is nowhere in it"):
        Delivery.model_validate({**TABLE, name: value})
