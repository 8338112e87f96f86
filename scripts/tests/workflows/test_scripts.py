"""The scripts that the workflows run: what they plan, let through, type, and comment."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.workflows.conftest import ROOT, need_node

from course import loading
from course.git import environment

SCRIPTS = ROOT / ".github/scripts"
ZEROS = "0" * 40


def load(name: str) -> ModuleType:
    return loading.load(SCRIPTS / f"{name}.py")


@pytest.mark.skipif(os.name != "posix", reason="the job `plan` runs on Linux")
class TestPlan:
    """``plan.sh``: the base to compare with, and what is touched."""

    @pytest.fixture(autouse=True)
    def _repository(self, tmp_path: Path) -> None:
        self.root = tmp_path
        self.git("init", "--quiet", "--initial-branch=main")
        self.first = self.commit("steps/01-a/a.py")
        # What `origin/main` is in a checkout of GitHub's.
        self.git("update-ref", "refs/remotes/origin/main", self.first)

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.root, env=environment(), capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    def commit(self, *names: str) -> str:
        for name in names:
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{path.read_text() if path.exists() else ''}more\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", " ".join(names))
        return self.git("rev-parse", "HEAD")

    def plan(self, event: str, before: str = "") -> dict[str, str]:
        done = subprocess.run(
            [str(SCRIPTS / "plan.sh")],
            cwd=self.root,
            env=environment({"EVENT": event, "BEFORE": before, "MAIN": "main"}),
            capture_output=True,
            check=True,
        )
        return dict(line.split("=", 1) for line in done.stdout.decode().splitlines())

    def test_a_pull_request_is_compared_with_its_target_as_it_is_now(self) -> None:
        self.git("switch", "--quiet", "--create", "change")
        self.commit("docs/a.md")
        self.git("switch", "--quiet", "main")
        target = self.commit("scripts/course/a.py")
        self.git("merge", "--quiet", "--no-ff", "--message", "merge", "change")
        # The tool changed in the target meanwhile; this change has nothing to do with it.
        assert self.plan("pull_request") == {"base": target, "tool": "false", "site": "true"}

    def test_a_push_is_compared_with_where_it_left_main(self) -> None:
        between = self.commit("scripts/course/a.py")
        self.commit("steps/01-a/a.py")
        # The run for `between` may have been ended by this one.
        assert self.plan("push", between) == {"base": self.first, "tool": "true", "site": "true"}

    def test_the_first_push_of_a_branch_likewise(self) -> None:
        self.commit("steps/01-a/a.py")
        assert self.plan("push", ZEROS)["base"] == self.first

    def test_a_push_of_main_itself_is_compared_with_what_was_there(self) -> None:
        second = self.commit("steps/01-a/a.py")
        self.git("update-ref", "refs/remotes/origin/main", second)
        assert self.plan("push", self.first)["base"] == self.first

    @pytest.mark.parametrize("before", [ZEROS, "", "1" * 40])
    def test_without_anything_to_compare_with_everything_is_to_be_done(self, before: str) -> None:
        self.git("update-ref", "-d", "refs/remotes/origin/main")
        assert self.plan("push", before) == {"base": "", "tool": "true", "site": "true"}

    def test_a_forced_push_is_not_compared_with_what_it_threw_away(self) -> None:
        self.git("update-ref", "-d", "refs/remotes/origin/main")
        thrown = self.commit("steps/01-a/a.py")
        self.git("reset", "--quiet", "--hard", self.first)
        self.commit("steps/01-a/b.py")
        assert self.plan("push", thrown)["base"] == ""

    def test_started_by_hand_it_plans_everything(self) -> None:
        assert self.plan("workflow_dispatch") == {"base": "", "tool": "true", "site": "true"}

    @pytest.mark.parametrize(
        ("name", "tool", "site"),
        [
            ("steps/01-a/a.py", "false", "true"),
            ("final/a.py", "false", "true"),
            ("docs/index.md", "false", "true"),
            ("README.md", "false", "true"),
            ("scripts/course/a.py", "true", "true"),
            ("scripts/tests/test_a.py", "true", "false"),
            ("scripts/tests/page.md", "true", "false"),
            (".github/workflows/a.yml", "true", "false"),
            ("mkdocs.yml", "true", "true"),
            ("poetry.lock", "true", "true"),
            ("a file that nobody thought of", "true", "true"),
        ],
    )
    def test_what_is_touched(self, name: str, tool: str, site: str) -> None:
        self.commit(name)
        assert self.plan("push", self.first) == {"base": self.first, "tool": tool, "site": site}


class TestGate:
    """``gate.py``: nothing passes that was not done."""

    PLAN = {"result": "success", "outputs": {"steps": '["01-a"]', "tool": "true", "site": "false"}}
    DONE = {"result": "success", "outputs": {}}
    SKIPPED = {"result": "skipped", "outputs": {}}

    def faults(self, **needs: dict[str, Any]) -> list[str]:
        found = load("gate").faults(needs)
        assert isinstance(found, list)
        return found

    def test_passes_when_all_is_done(self) -> None:
        assert self.faults(plan=self.PLAN, tool=self.DONE, steps=self.DONE) == []

    def test_passes_what_had_nothing_to_do(self) -> None:
        empty = {"result": "success", "outputs": {"steps": "[]", "site": "false"}}
        assert self.faults(plan=empty, steps=self.SKIPPED, site=self.SKIPPED) == []

    def test_refuses_what_was_skipped_though_there_was_something_to_do(self) -> None:
        assert self.faults(plan=self.PLAN, steps=self.SKIPPED) == ["steps: skipped"]

    @pytest.mark.parametrize("result", ["failure", "cancelled"])
    def test_refuses_what_did_not_succeed(self, result: str) -> None:
        site = {"result": result, "outputs": {}}
        assert self.faults(plan=self.PLAN, site=site) == [f"site: {result}"]

    def test_refuses_everything_that_a_failed_plan_skipped(self) -> None:
        failed = {"result": "failure", "outputs": {"steps": "[]"}}
        assert self.faults(plan=failed, steps=self.SKIPPED) == ["plan: failure", "steps: skipped"]

    def test_refuses_to_work_without_a_plan(self) -> None:
        assert self.faults(lint=self.DONE) == ["plan: is missing"]

    @pytest.mark.parametrize(("result", "code"), [("success", 0), ("failure", 1)])
    def test_is_a_program(self, result: str, code: int) -> None:
        done = subprocess.run(
            [sys.executable, str(SCRIPTS / "gate.py")],
            env={**os.environ, "NEEDS": json.dumps({"plan": {"result": result, "outputs": {}}})},
            capture_output=True,
        )
        assert done.returncode == code
        assert (b"::error::plan: failure" in done.stdout) is bool(code)


class TestLearner:
    """``as_a_learner.py``: what is typed, step by step."""

    def test_knows_every_step_of_this_repository(self) -> None:
        from course.chain import Chain
        from course.repository import Repository

        chain = Chain(Repository(ROOT))
        assert list(load("as_a_learner").links()) == [link.folder for link in chain]

    def test_knows_what_each_step_needs(self) -> None:
        from course.chain import Chain
        from course.repository import Repository

        needed = {link.folder: list(link.step.services) for link in Chain(Repository(ROOT))}
        found = load("as_a_learner").links()
        assert {folder: settings["services"] for folder, settings in found.items()} == needed

    def test_types_pip_where_there_is_no_makefile(self, tmp_path: Path) -> None:
        typed = load("as_a_learner").commands(tmp_path, windows=False)
        assert [words[1:] for words in typed] == [
            ["-m", "venv", ".venv"],
            ["-m", "pip", "install", "-r", "requirements.txt"],
            ["manage.py", "test"],
        ]

    def test_types_make_or_what_it_stands_for(self, tmp_path: Path) -> None:
        (tmp_path / "Makefile").write_text(
            "test:  ## Test\n\tpoetry run pytest\n\ninstall:\n\t@poetry install\n\trun 'a b'\nx:\n"
        )
        learner = load("as_a_learner")
        assert learner.commands(tmp_path, windows=False) == [["make", "install"], ["make", "test"]]
        assert learner.commands(tmp_path, windows=True) == [
            ["poetry", "install"],
            ["run", "a b"],
            ["poetry", "run", "pytest"],
        ]

    def test_tries_every_step_and_names_those_that_fail_or_are_not_run(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        learner = load("as_a_learner")
        for name in ("steps/01-bad", "steps/02-absent", "steps/03-good", "final"):
            (tmp_path / name).mkdir(parents=True)
        (tmp_path / "steps/course.toml").write_text(
            '[[step]]\nslug = "bad"\n[[step]]\nslug = "absent"\n[[step]]\nslug = "good"\n'
            '[final]\ntitle = "x"\n[final.settings]\nservices = ["postgres"]\n'
        )
        typed = [
            [sys.executable, "-c", "raise SystemExit(3)"],
            ["no-such-program"],
            [sys.executable, "-c", "print('hello')"],
        ]
        order = iter([[words] for words in typed])
        monkeypatch.setattr(learner, "ROOT", tmp_path)
        monkeypatch.setattr(learner, "commands", lambda folder: next(order))
        assert learner.main([]) == 1
        out = capfd.readouterr().out
        assert "::warning::NOT RUN final: it needs ['postgres']" in out
        errors = [line for line in out.splitlines() if line.startswith("::error::")]
        assert errors == [
            f"::error::steps/01-bad: {shlex.join(typed[0])} ended with code 3",
            "::error::steps/02-absent: no-such-program is not installed",
        ]
        assert "hello" in out


COMMENT = """
const { comment, MARK } = require(process.argv[2]);
const given = JSON.parse(process.argv[3]);
const calls = [];
const rest = {
  pulls: { list: "pulls" },
  issues: {
    listComments: "comments",
    createComment: async (words) => calls.push(["create", words]),
    updateComment: async (words) => calls.push(["update", words]),
  },
};
const github = {
  rest,
  paginate: async (what, words) => {
    calls.push([what, words]);
    return what === "pulls" ? given.pulls : given.comments;
  },
};
const context = { repo: { owner: "us", repo: "course" }, payload: { workflow_run: given.run } };
comment({ github, context, core: { info() {} }, file: process.argv[4] }).then(() =>
  console.log(JSON.stringify(calls)),
);
"""


class TestComment:
    """``comment-reach.cjs``: one comment, on the right pull request, that can do no harm."""

    RUN = {
        "head_sha": "abc",
        "head_branch": "fix",
        "head_repository": {"owner": {"login": "them"}},
    }
    PULLS = [
        {"number": 7, "head": {"sha": "abc"}},
        {"number": 8, "head": {"sha": "older"}},
    ]

    def calls(
        self,
        folder: Path,
        text: str = "It reaches `a.py`.\n",
        comments: list[dict[str, Any]] | None = None,
        run: dict[str, Any] = RUN,
    ) -> list[tuple[str, dict[str, Any]]]:
        need_node()
        node = shutil.which("node")
        assert node
        (folder / "reach.md").write_text(text, "utf-8")
        (folder / "run.cjs").write_text(COMMENT, "utf-8")
        given = json.dumps({"run": run, "pulls": self.PULLS, "comments": comments or []})
        words = [str(SCRIPTS / "comment-reach.cjs"), given, str(folder / "reach.md")]
        done = subprocess.run(
            [node, str(folder / "run.cjs"), *words], capture_output=True, check=True
        )
        return [(what, said) for what, said in json.loads(done.stdout)]

    def test_comments_on_the_pull_request_whose_head_it_was(self, tmp_path: Path) -> None:
        calls = self.calls(tmp_path)
        assert [what for what, _ in calls] == ["pulls", "comments", "create"]
        assert calls[0][1]["head"] == "them:fix"
        assert calls[2][1]["issue_number"] == 7
        assert calls[2][1]["body"] == "<!-- reach -->\nIt reaches `a.py`.\n"

    def test_keeps_one_comment_up_to_date(self, tmp_path: Path) -> None:
        comments = [
            {"id": 1, "user": {"type": "User"}, "body": "<!-- reach -->\nnot ours"},
            {"id": 2, "user": {"type": "Bot"}, "body": "another bot"},
            {"id": 3, "user": {"type": "Bot"}, "body": "<!-- reach -->\nold"},
        ]
        calls = self.calls(tmp_path, comments=comments)
        assert calls[-1][0] == "update"
        assert calls[-1][1]["comment_id"] == 3

    def test_leaves_a_comment_that_still_holds(self, tmp_path: Path) -> None:
        same = {"id": 3, "user": {"type": "Bot"}, "body": "<!-- reach -->\nsame\n"}
        calls = self.calls(tmp_path, "same\n", [same])
        assert [what for what, _ in calls] == ["pulls", "comments"]

    def test_does_nothing_when_the_fork_is_gone(self, tmp_path: Path) -> None:
        assert self.calls(tmp_path, run={**self.RUN, "head_repository": None}) == []

    def test_disarms_what_a_stranger_wrote(self, tmp_path: Path) -> None:
        text = "@all <!-- hidden <img> ![x](y) [good](bad)\n[a]: b\n" + "x" * 70000
        body = self.calls(tmp_path, text)[-1][1]["body"].split("\n", 1)[1]
        assert body.startswith("@\u200ball &lt;!-- hidden &lt;img> !\\[x\\](y) \\[good\\](bad)\n")
        assert "<" not in body
        assert len(body) < 65000
        assert body.endswith("…")


@pytest.mark.skipif(os.name != "posix", reason=".ci/run is for Linux")
class TestPython:
    """``.ci/python``: the quickest Python that will do."""

    def chosen(self, tmp_path: Path, script: str) -> str:
        """Return what is chosen where the first ``python3`` on the path is a script."""
        stand_in = tmp_path / "python3"
        stand_in.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        stand_in.chmod(0o755)
        env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        done = subprocess.run(
            [ROOT / ".ci/python"], env=env, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def test_python_that_is_too_old_is_not_chosen(self, tmp_path: Path) -> None:
        other = Path("/usr/bin/python3")
        fits = "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"
        if not other.exists() or subprocess.run([other, "-c", fits], check=False).returncode:
            pytest.skip(f"NOT RUN: {other} is no Python that could be chosen")
        assert self.chosen(tmp_path, "exit 1") == str(other)

    def test_quicker_one_is_chosen(self, tmp_path: Path) -> None:
        # Whatever it is asked, it says how long that took: no time at all.
        assert self.chosen(tmp_path, "echo 0") == str(tmp_path / "python3")


@pytest.mark.skipif(os.name != "posix", reason="the Makefile's shell runs it")
class TestTemporary:
    """``.ci/temporary``: memory for temporary folders, where there is enough of it."""

    def chosen(self, folder: Path, available: int, **variables: str) -> str:
        """Return what is chosen of a folder, where so many kB of memory are available."""
        known = folder.parent / "meminfo"
        known.write_text(f"MemTotal: 1 kB\nMemAvailable:  {available} kB\n", encoding="utf-8")
        env = {name: value for name, value in os.environ.items() if name != "TMPDIR"}
        command = [ROOT / ".ci/temporary", folder, known]
        done = subprocess.run(
            command, env=env | variables, capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        return done.stdout.strip()

    def test_memory_is_chosen_where_there_is_enough(self, tmp_path: Path) -> None:
        folder = tmp_path / "memory"
        folder.mkdir()
        if shutil.disk_usage(folder).free < 5 << 30:
            pytest.skip(f"NOT RUN: {folder} has less room than what is asked for")
        assert self.chosen(folder, 8 << 20) == str(folder)
        assert list(folder.iterdir()) == []
        assert self.chosen(folder, 8 << 20, TMPDIR="/somewhere") == "/somewhere"

    def test_the_disk_is_chosen_where_there_is_not(self, tmp_path: Path) -> None:
        folder = tmp_path / "memory"
        assert self.chosen(folder, 8 << 20) == "/tmp"
        folder.mkdir()
        assert self.chosen(folder, 7 << 20) == "/tmp"
