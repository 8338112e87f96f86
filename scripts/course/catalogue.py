"""What ``steps/course.toml`` may say: its tables, keys and placeholders, and its error messages.

It is the only description of a step. A command is a line of words, as one would type it, that is
run without a shell and so alike on every system; it may begin with ``NAME=value`` and hold
``{placeholders}``.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from course.errors import CourseError

SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
PLACEHOLDERS = frozenset({"host", "port", "results", "files", "dump", "aws"})
SERVICE_PLACEHOLDERS = frozenset({"url", "host", "port", "user", "password", "name", "http"})
# Of a Redis-protocol server, also its second number, its third, …
NUMBERED = re.compile(r"\{((?:url|name)([2-9]))\}")


@dataclass(frozen=True)
class Command:
    """A program with its arguments, and the environment variables set for it alone."""

    words: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, line: str) -> Command:
        """Read a command as it stands in the catalogue.

        Raises:
            ValueError: when it is empty, its quotes do not match, or a placeholder is unknown.
        """
        words = shlex.split(line)
        variables = []
        while words and (match := _ASSIGNMENT.fullmatch(words[0])):
            variables.append((match[1], match[2]))
            words.pop(0)
        if not words:
            raise ValueError("an empty command")
        unknown = {name for name in _PLACEHOLDER.findall(line)} - PLACEHOLDERS
        if unknown:
            known = ", ".join(sorted(f"{{{name}}}" for name in PLACEHOLDERS))
            raise ValueError(f"unknown placeholder {{{min(unknown)}}}; there are {known}")
        return cls(tuple(words), tuple(variables))

    def fill(self, **values: object) -> Command:
        """Return the command with its placeholders replaced."""

        def replace(word: str) -> str:
            return _PLACEHOLDER.sub(lambda match: str(values.get(match[1], match[0])), word)

        return Command(
            tuple(replace(word) for word in self.words),
            tuple((name, replace(value)) for name, value in self.variables),
        )

    def naming(self, files: Iterable[str]) -> Command:
        """Return the command with file names, one word each, for the word ``{files}``."""
        named = tuple(files)
        words = (named if word == "{files}" else (word,) for word in self.words)
        return Command(tuple(chain.from_iterable(words)), self.variables)

    def uses(self, placeholder: str) -> bool:
        """Whether a placeholder stands in the command, or in a variable that is set for it."""
        values = (value for _, value in self.variables)
        return any(f"{{{placeholder}}}" in word for word in (*self.words, *values))

    @property
    def plain(self) -> str:
        """The command as a person types it, without where its results are to go."""
        words = (word for word in self.words if "{results}" not in word)
        variables = (pair for pair in self.variables if "{results}" not in pair[1])
        return str(Command(tuple(words), tuple(variables)))

    def __str__(self) -> str:
        assignments = [f"{name}={shlex.quote(value)}" for name, value in self.variables]
        return " ".join([*assignments, *(shlex.quote(word) for word in self.words)])


def _commands(value: object) -> tuple[Command, ...]:
    lines = [value] if isinstance(value, str) else value
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise ValueError("a command is a string, and several are a list of strings")
    return tuple(Command.parse(line) for line in lines)


def _command(value: object) -> Command:
    if not isinstance(value, str):
        raise ValueError("a command is a string")
    return Command.parse(value)


def _implied(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError("a table, with a command for each command")
    return {str(_command(one)): str(_command(other)) for one, other in value.items()}


Commands = Annotated[tuple[Command, ...], BeforeValidator(_commands)]
OneCommand = Annotated[Command, BeforeValidator(_command)]
Implied = Annotated[Mapping[str, str], BeforeValidator(_implied)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Apart(_Table):
    """What a linter judges beside the files, each by itself.

    Attributes:
        command: judges that alone.
        reads: patterns of the files that its answer depends on: while they and the environment are
            the same, it is not run again. Without any, it is run in every snapshot.
    """

    command: OneCommand
    reads: tuple[str, ...] = ()


class ByFile(_Table):
    """A linter that judges each file by itself, so that no file need be looked at twice.

    That is a claim, which the tool cannot prove: of a linter whose answer about one file depends on
    another one, it is wrong. In a pattern ``*`` stands for anything; one without ``/`` means files
    of that name in any folder.

    Attributes:
        command: the linter, as it stands among ``lint``.
        run: the same without what it judges ``apart``; the command itself unless given.
        settings: patterns of the files that its answer about every other file depends on.
        only_for: the SHA-256 of files by their path: such a file decides whether the claim is true.
            In a snapshot that has another, the linter runs whole.
        apart: what it judges beside.
    """

    command: OneCommand
    run: OneCommand | None = None
    settings: tuple[str, ...] = ()
    only_for: Mapping[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = {}
    apart: tuple[Apart, ...] = ()


class CommandTable(_Table):
    """What the tool runs in a copy of a snapshot; a verb without commands is left out.

    Attributes:
        install: fills an empty environment; the files it names are the environment's identity.
        env: writes the configuration of a fresh copy.
        check: looks at the project without running it.
        implied: commands among ``check``, each with another one there that passes only where it
            does. `course check` runs the other one, and both only if that fails: who waits for an
            answer waits for one start of the project less. `course verify` runs all.
        lint: judges the code's form.
        lint_by_file: those among ``lint`` that judge each file by itself.
        test: runs the tests; with ``{results}`` it writes JUnit XML there, without it prints what
            ``unittest -v`` prints.
        test_files: runs the tests in ``{files}`` alone, and measures nothing: all that the proof
            needs, and `course check`, which runs a step's own tests first. Without it, both run
            ``test`` as a whole.
        migrate: makes or renews the database.
        demo: fills the database with something to look at.
        dump: writes the rows of the database into the file ``{dump}``. It runs in the step before,
            whose database is of another engine, and in the step itself.
        load: brings such rows into the step's own, migrated database.
        rollout: runs tests of the step before on the step's schema, wherever the migrations differ:
            while a version is deployed, the one before works on its tables. It runs in the step
            before, with its code and its environment, but with the migrations of the step.
        serve: the server, on ``{host}`` and ``{port}``.
        beside: what runs as long as the server does, a worker for example, when a person runs or
            starts the step.
        proof: fails on the step before, and passes on the step, where no test can show it.
        extra: whatever else a step must be able to do.
        export: makes the exports of a lock file.
    """

    install: Commands = ()
    env: Commands = ()
    check: Commands = ()
    implied: Implied = {}
    lint: Commands = ()
    lint_by_file: tuple[ByFile, ...] = ()
    test: Commands = ()
    test_files: Commands = ()
    migrate: Commands = ()
    demo: Commands = ()
    dump: Commands = ()
    load: Commands = ()
    rollout: Commands = ()
    serve: Commands = ()
    beside: Commands = ()
    proof: Commands = ()
    extra: Commands = ()
    export: Commands = ()


class Unread(_Table):
    """What some checks do not read, so that their results hold where nothing else differs.

    It is not there in the copy in which such a check runs: where the claim is wrong, the check
    fails. Of the tests themselves, those that are among the paths run apart, in a whole copy, by
    ``test_files``.

    Attributes:
        checks: the checks.
        paths: patterns, in which ``*`` stands for anything; one without ``/`` means files of that
            name in any folder.
    """

    checks: tuple[Literal["check", "test", "migrate", "upgrade", "serve"], ...] = Field(
        min_length=1
    )
    paths: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1)


class Settings(_Table):
    """Facts about a snapshot that the tool needs, with defaults in the table ``[defaults]``.

    Attributes:
        tests: the paths that hold tests, laid over the step before for the proof.
        database: the database's file, carried from the step before to prove a migration.
        url: the address that must answer once the server is up.
        hint: what a person should know once the server is up (an account to sign in with).
        timeout: seconds that one command may take.
        start_timeout: seconds until the server must answer.
        test_timeout: seconds that one test may take in `course check`: tests that print nothing for
            so long are ended, and the one that hangs is named.
        unread: what some checks do not read.
        migrations: patterns of the files that make or change the schema, as those of `Unread`.
        npm: the folders with a ``package-lock.json`` whose packages the tests need that run apart.
    """

    tests: tuple[str, ...] = ("tests",)
    database: str = ""
    url: str = "/"
    hint: str = ""
    timeout: float = Field(default=300, gt=0)
    start_timeout: float = Field(default=30, gt=0)
    test_timeout: float = Field(default=30, gt=0)
    unread: tuple[Unread, ...] = ()
    migrations: tuple[str, ...] = ("*/migrations/*",)
    npm: tuple[str, ...] = ()


class Part(_Table):
    """A part of the course: a heading over some of its steps.

    Attributes:
        title: its heading.
        short: its title where there is little room: on a tab of the site.
        summary: what the reader gains, in one sentence.
    """

    title: str = Field(min_length=1)
    short: str = ""
    summary: str = ""

    @property
    def label(self) -> str:
        """Its title where there is little room."""
        return self.short or self.title


class Onwards(_Table):
    """What holds for a step and all later ones, in place of the catalogue's defaults.

    Attributes:
        services: the backing services; a later step adds its own to them.
        commands: verbs of the table ``[commands]``, replaced.
        settings: facts of the table ``[defaults]``, replaced.
    """

    services: tuple[str, ...] = ()
    commands: Mapping[str, object] = {}
    settings: Mapping[str, object] = {}


class Pipeline(_Table):
    """A pipeline of a forge, which `course containers` really runs, as after a push.

    Attributes:
        forge: whose it is.
        branch: the branch that is pushed.
        image: what a job runs in that names no container (GitHub Actions).
        planted: files that make it fail, by their paths in the snapshot.
        job: the job that fails then.
        says: what it prints then, so that it does not fail for another reason.
    """

    forge: Literal["github", "gitlab"]
    branch: str = Field(min_length=1)
    image: str = Field(min_length=1)
    planted: Mapping[str, str] = Field(min_length=1)
    job: str = Field(min_length=1)
    says: str = Field(min_length=1)


class Planted(_Table):
    """A fault that is planted in a copy of a snapshot, and that a check must find.

    Attributes:
        path: the file, in the snapshot.
        old: text that occurs in it once.
        new: what replaces it.
        command: what is run then; the check's whole command unless given.
        says: what it prints then, so that it does not fail for another reason.
        what: what is wrong then, as a clause that follows *when*; the change itself unless given.
    """

    path: str = Field(min_length=1)
    old: str = Field(min_length=1)
    new: str
    command: OneCommand | None = None
    says: str = Field(min_length=1)
    what: str = ""


class ContainerCheck(_Table):
    """A check of a snapshot that needs a container engine, which `course containers` runs.

    The command runs in a clean copy, configured, in the step's own environment. It is told where
    the engine is, and in COMPOSE_PROJECT_NAME how the names of all that it makes must begin.

    Attributes:
        title: what is checked, in a few words.
        command: the check, which must pass.
        ports: variables, each of which is told a free port of 127.0.0.1.
        variables: what else it is told; ``{NAME}`` is the port of that variable.
        browser: the folder of its browser tests, if it runs them: Cypress is linked into it.
        planted: the faults, each of which must make it fail.
    """

    title: str = Field(min_length=1)
    command: OneCommand
    ports: tuple[str, ...] = ()
    variables: Mapping[str, str] = {}
    browser: str = ""
    planted: tuple[Planted, ...] = Field(min_length=1)


class BrowserTests(_Table):
    """Tests that use a snapshot in a real browser, which `course browser-tests` runs.

    Attributes:
        folder: where they are, with the ``package.json`` and ``package-lock.json`` of Cypress.
        command: runs them, in the root of the snapshot, while its server runs.
        variables: what the server and the tests are told; ``{url}`` is the server's address.
        services: backing services that they need beside those of the step.
        planted: the faults, one run for each.
    """

    folder: str = Field(min_length=1)
    command: OneCommand
    variables: Mapping[str, str] = {}
    services: tuple[str, ...] = ()
    planted: tuple[Planted, ...] = Field(min_length=1)


def _expression(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression: {error}") from None
    return value


Expression = Annotated[str, AfterValidator(_expression)]


class Change(_Table):
    """A small change of a snapshot, in a copy of it.

    Attributes:
        path: the file, in the snapshot.
        old: text that occurs in it once; without it, the file is a new one.
        new: what replaces it.
    """

    path: str = Field(min_length=1)
    old: str = ""
    new: str


class Companion(_Table):
    """A container beside the emulated AWS, which the application reaches by its name.

    Attributes:
        image: what runs in it.
        port: where its pages are, which this machine reaches, too.
    """

    image: str = Field(min_length=1)
    port: int = Field(gt=0)


class NextVersion(_Table):
    """A version that is deployed over a first one, while it is under load.

    Attributes:
        changes: in what it differs.
        page: the path of a page that shows which version runs.
        text: what is on that page once this version runs.
    """

    changes: tuple[Change, ...] = Field(min_length=1)
    page: str = Field(min_length=1)
    text: str = Field(min_length=1)


class BadVersion(_Table):
    """A version whose deployment must fail.

    Attributes:
        changes: in what it differs from the version that runs.
        says: what its deployment prints then, so that it does not fail for another reason.
    """

    changes: tuple[Change, ...] = Field(min_length=1)
    says: str = Field(min_length=1)


class Account(_Table):
    """What an emulated account has, and what runs beside it.

    Attributes:
        companions: containers beside it, by name.
        zones: the hosted zones that the account has: the id of each by its name.
        secrets: the secrets that the account has, by name.
    """

    companions: Mapping[str, Companion] = {}
    zones: Mapping[str, str] = {}
    secrets: Mapping[str, str] = {}


class Deployment(Account):
    """How a snapshot is deployed, which `course deploy-emulated` really does.

    The commands run in a copy, in the step's own environment, with ``cdk`` on the path; they are
    told by variables that AWS is on this machine. ``{aws}`` in a command is its address, which
    tasks reach, too.

    Attributes:
        deploy: deploys the stack as it stands in the copy.
        destroy: takes it away.
        variables: what the commands are told. ``{url}`` is the address of the application through
            the load balancer, and the name of a companion in braces the address of its pages.
        host: the name, and the port of the listener, by which the load balancer is asked.
        paths: the pages that are asked for without a pause while another version is deployed.
        publish: publishes something through the load balancer, and fails where it cannot.
        work: has the worker do something, and fails where nothing comes of it.
        logs: what must be in the logs in the end: expressions by the beginning of the streams.
        first: in what the version that is deployed first differs from the snapshot.
        second: the version that replaces it.
        failing_migration: a version with a migration that fails.
        dying: a version whose processes end when they start.
    """

    deploy: OneCommand
    destroy: OneCommand
    variables: Mapping[str, str] = {}
    host: str = Field(min_length=1)
    paths: tuple[str, ...] = Field(min_length=1)
    publish: OneCommand
    work: OneCommand
    logs: Mapping[str, Expression] = {}
    first: tuple[Change, ...] = ()
    second: NextVersion
    failing_migration: BadVersion
    dying: BadVersion

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name, value in self.variables.items():
            for word in re.findall(r"\{(\w+)\}", value):
                if word not in ("url", *self.companions):
                    raise ValueError(f"variables.{name}: there is no companion {word!r}")
        return self


class Stage(_Table):
    """One environment that a pipeline deploys.

    Attributes:
        stack: its stack.
        host: the name, and the port of the listener, by which its load balancer is asked.
        environment: what the forge calls it, or its kind.
    """

    stack: str = Field(min_length=1)
    host: str = Field(min_length=1)
    environment: str = Field(min_length=1)


class Delivery(Account):
    """The pipelines that deploy a snapshot, which `course deploy-emulated` really runs.

    Attributes:
        forges: whose pipelines they are.
        branch: a branch that gets an environment of its own.
        preview: that environment.
        main: the branch that is deployed for good.
        before: where it is deployed first.
        after: where it is deployed once somebody approves.
        approved: the job that waits for this.
        ends: the job that takes away the environment of a branch that is gone.
        runs_on: the machine of the jobs that name no image (GitHub Actions).
        matrix: of jobs in a matrix, those that are asked for; the others do not run.
        images: the images of jobs, which are replaced by one that has what a job installs.
        engine: the image of a service, Docker in Docker, which is replaced by the engine here.
        npx: what jobs run by ``npx``: an expression that finds it in the Makefile.
        mark: a change that shows on a page which version it is; ``{version}`` in it is its name.
        page: the path of that page.
        text: what is on it then.
        changes: in what a pushed commit differs from the snapshot beside that.
        planted: files that make the tests fail, by their paths in the snapshot.
        says: what is printed then, so that the pipeline does not fail for another reason.
        shortened: what the changes leave out, in words, as they follow *not run:*.
    """

    forges: tuple[Literal["github", "gitlab"], ...] = Field(min_length=1)
    branch: str = Field(min_length=1)
    preview: Stage
    main: str = Field(min_length=1)
    before: Stage
    after: Stage
    approved: str = Field(min_length=1)
    ends: str = Field(min_length=1)
    runs_on: str = Field(min_length=1)
    matrix: str = ""
    images: tuple[str, ...] = Field(min_length=1)
    engine: str = Field(min_length=1)
    npx: Expression = Field(min_length=1)
    mark: Change
    page: str = Field(min_length=1)
    text: str = Field(min_length=1)
    changes: tuple[Change, ...] = ()
    planted: Mapping[str, str] = Field(min_length=1)
    says: str = Field(min_length=1)
    shortened: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        for name, text in (("mark", self.mark.new), ("text", self.text)):
            if "{version}" not in text:
                raise ValueError(f"{name}: {{version}} is nowhere in it")
        return self


class Step(_Table):
    """One link of the chain as the catalogue describes it.

    Attributes:
        slug: its name without number, in lower case and hyphens.
        title: its heading.
        summary: what the reader gains, in one sentence.
        part: the number of its part, from 1.
        group: the heading over it and its neighbours in the navigation of a long part; either every
            step of a part has one, or none has.
        factors: the Twelve-Factor principles that it shows, in Roman numerals.
        minutes: what a reader needs for it, where `course.docs.pace` computes too much or too
            little.
        minutes_because: why it is not what is computed.
        needs: what it takes for granted, in a few words, for the instructors' table.
        services: the backing services it needs, by the names of ``course services``.
        holds: tests that rightly pass on the step before, each with the reason; ``*`` in a name
            stands for anything.
        breaks: tests of the step before that rightly fail on the schema of this one (``rollout``),
            each with the reason; ``*`` in a name stands for anything.
        pipelines: the pipelines of it that `course containers` runs.
        containers: the checks of it that `course containers` runs.
        browser: what `course browser-tests` runs of it.
        deployment: how `course deploy-emulated` deploys it.
        delivery: the pipelines that deploy it, which `course deploy-emulated` runs.
        commands: what the tool runs here, defaults filled in.
        settings: facts about it, defaults filled in.
        onwards: what holds from this step on, for all later ones too.
    """

    slug: str = Field(pattern=rf"^{SLUG}$")
    title: str = Field(min_length=1)
    summary: str = Field(min_length=1)
    part: int = Field(ge=1)
    group: str = ""
    factors: tuple[str, ...] = ()
    minutes: int | None = Field(default=None, gt=0)
    minutes_because: str = ""
    needs: str = ""
    services: tuple[str, ...] = ()
    holds: Mapping[str, str] = {}
    breaks: Mapping[str, str] = {}
    pipelines: tuple[Pipeline, ...] = ()
    containers: tuple[ContainerCheck, ...] = ()
    browser: BrowserTests | None = None
    deployment: Deployment | None = None
    delivery: Delivery | None = None
    commands: CommandTable = CommandTable()
    settings: Settings = Settings()
    onwards: Onwards | None = None


class CoursePath(_Table):
    """A way through some of the steps, for a day or two; what lies between is taken as it is.

    Attributes:
        slug: its name.
        title: its heading.
        minutes: how much time there is.
        steps: the steps that are done, by slug, in the order of the course.
    """

    slug: str = Field(pattern=rf"^{SLUG}$")
    title: str = Field(min_length=1)
    minutes: int = Field(gt=0)
    steps: tuple[str, ...] = Field(min_length=1)


class Final(Step):
    """The last link, which is in a folder of its own.

    Attributes:
        copy_of_last: whether it is, for now, a copy of the last numbered step.
    """

    slug: str = "final"
    copy_of_last: bool = Field(default=False, alias="copy")


class Remedy(_Table):
    """What fixes a command that fails in ``course verify``.

    Attributes:
        pattern: a regular expression, looked for in what the command printed; ``^`` and ``$`` are
            the ends of a line.
        says: what to do; ``{name}`` is what the group of that name found.
    """

    pattern: Expression = Field(min_length=1)
    says: str = Field(min_length=1)

    @model_validator(mode="after")
    def _readable(self) -> Self:
        try:
            groups = re.compile(self.pattern).groupindex
            self.says.format(**dict.fromkeys(groups, ""))
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError(f"{self.says!r} names a group that is not there: {error}") from None
        return self

    def told(self, text: str) -> str:
        """Return what it says of a text, its groups filled in; ``""`` if the text is none of it."""
        match = re.search(self.pattern, text, re.MULTILINE)
        if match is None:
            return ""
        return self.says.format(**{name: found or "" for name, found in match.groupdict().items()})


class Mistake(Remedy):
    """What a learner is told when a failure says something that a beginner cannot read.

    ``pattern`` is looked for in what the failure says, and ``says`` is what that means, in a
    sentence.

    Attributes:
        look: the files that it is usually about, as patterns of their paths.
        beside: another regular expression, which must be found in all that was printed of the
            failure; empty, if the pattern says enough.
    """

    look: tuple[str, ...] = ()
    beside: Expression = ""


class Made(_Table):
    """Files that a person does not write but has made, by a command that their page names.

    Attributes:
        files: patterns of their paths in a step; ``*`` stands for anything.
        command: what stands in the command that makes them, such as ``manage.py makemigrations``.
    """

    files: tuple[str, ...] = Field(min_length=1)
    command: str = Field(min_length=1)


class About(_Table):
    """The course as a whole.

    Attributes:
        title: its name.
        summary: what it is, in one sentence.
        pages: the folder with one page a step, ``<slug>.md``; empty while there is no site.
        forbidden: patterns of files that no snapshot may hold.
    """

    title: str = Field(min_length=1)
    summary: str = ""
    pages: str = ""
    forbidden: tuple[str, ...] = ()


class ServiceTable(_Table):
    """How a step is told where a backing service is.

    Attributes:
        variables: environment variables by name. In a value, ``{url}`` is the whole address;
            ``{host}``, ``{port}``, ``{user}``, ``{password}`` and ``{name}`` (of the database, or
            its number) are its parts, and ``{http}`` is the address of a mail catcher's pages. For
            Redis, ``{url2}`` and ``{name2}`` are another number, of the step as well, ``{url3}``
            and ``{name3}`` a third, up to nine.
    """

    variables: Mapping[str, str] = Field(min_length=1)

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name, value in self.variables.items():
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                raise ValueError(f"{name!r} is no name of an environment variable")
            unknown = {*re.findall(r"\{(\w+)\}", value)} - SERVICE_PLACEHOLDERS - {*self.numbered}
            if unknown:
                known = ", ".join(sorted(f"{{{word}}}" for word in SERVICE_PLACEHOLDERS))
                raise ValueError(f"unknown placeholder {{{min(unknown)}}}; there are {known}")
        return self

    @property
    def numbered(self) -> list[str]:
        """The placeholders of a second number, or a later one."""
        return [word for word, _ in NUMBERED.findall(" ".join(self.variables.values()))]


class Course(_Table):
    """The whole catalogue."""

    about: About = Field(alias="course")
    parts: tuple[Part, ...] = Field(default=(), alias="part")
    steps: tuple[Step, ...] = Field(alias="step", min_length=1)
    final: Final | None = None
    mistakes: tuple[Mistake, ...] = Field(default=(), alias="mistake")
    remedies: tuple[Remedy, ...] = Field(default=(), alias="remedy")
    made: tuple[Made, ...] = ()
    paths: tuple[CoursePath, ...] = Field(default=(), alias="path")
    services: Mapping[str, ServiceTable] = {}

    @property
    def told(self) -> dict[str, Mapping[str, str]]:
        """The environment variables that say where each service is."""
        return {name: table.variables for name, table in self.services.items()}

    @model_validator(mode="after")
    def _numbered(self) -> Course:
        for name, table in self.services.items():
            if name != "redis" and table.numbered:
                raise ValueError(
                    f"services.{name}: {{{table.numbered[0]}}} is of redis alone:"
                    " only a Redis-protocol server has numbers"
                )
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Course:
        seen: set[str] = set()
        part = 1
        for step in (*self.steps, *([self.final] if self.final else [])):
            if step.slug in seen:
                raise ValueError(f"two steps are called {step.slug!r}")
            seen.add(step.slug)
            if step.part > len(self.parts):
                raise ValueError(f"step {step.slug!r}: there is no part {step.part}")
            if step.part < part:
                raise ValueError(f"step {step.slug!r} of part {step.part} follows part {part}")
            part = step.part
            for key, tests in (("holds", step.holds), ("breaks", step.breaks)):
                for test, reason in tests.items():
                    if not reason.strip():
                        raise ValueError(f"step {step.slug!r}: {key}.{test} has no reason")
        self._groups_are_whole()
        self._linters_are_there()
        self._implied_are_there()
        order = {step.slug: position for position, step in enumerate(self.steps)}
        for path in self.paths:
            for slug in path.steps:
                if slug not in order:
                    raise ValueError(f"path {path.slug!r}: there is no step {slug!r}")
            positions = [order[slug] for slug in path.steps]
            if positions != sorted(set(positions)):
                raise ValueError(f"path {path.slug!r}: its steps are not in the course's order")
        return self

    def _groups_are_whole(self) -> None:
        for number in range(1, len(self.parts) + 1):
            steps = [step for step in self.steps if step.part == number]
            named = [step.slug for step in steps if step.group]
            ended: list[str] = []
            for step in steps:
                if named and not step.group:
                    raise ValueError(
                        f"step {step.slug!r}: no group, and step {named[0]!r} of part {number}"
                        " has one"
                    )
                if step.group in ended[:-1]:
                    raise ValueError(
                        f"step {step.slug!r}: the group {step.group!r} ended before {ended[-1]!r}"
                    )
                if [step.group] != ended[-1:]:
                    ended.append(step.group)

    def _implied_are_there(self) -> None:
        steps = (*self.steps, *([self.final] if self.final else []))
        checks = {str(command) for step in steps for command in step.commands.check}
        for step in steps:
            for command in chain.from_iterable(step.commands.implied.items()):
                if command not in checks:
                    raise ValueError(f"implied: `{command}` is among the `check` of no step")

    def _linters_are_there(self) -> None:
        steps = (*self.steps, *([self.final] if self.final else []))
        linters = {command for step in steps for command in step.commands.lint}
        for step in steps:
            named = [table.command for table in step.commands.lint_by_file]
            for command in named:
                if command not in linters:
                    raise ValueError(f"lint_by_file: `{command}` is among the `lint` of no step")
                if named.count(command) > 1:
                    raise ValueError(f"lint_by_file: `{command}` is named twice")


def read(path: Path) -> Course:
    """Read and check the catalogue.

    Raises:
        CourseError: when the file is missing, is not TOML, or does not describe a course.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: cannot be read: {error}", f"git checkout -- {path}") from None
    return parse(text, str(path))


def parse(text: str, name: str) -> Course:
    """Read a catalogue from its text; ``name`` stands for it in messages.

    Raises:
        CourseError: as `read`.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{name}: not valid TOML: {error}", "Fix that line.") from None
    commands = tables.pop("commands", {})
    defaults = tables.pop("defaults", {})
    services: list[object] = []
    try:
        for step in [*_list(tables, "step"), *([tables["final"]] if "final" in tables else [])]:
            if not isinstance(step, dict):
                raise ValueError("a step is a table")
            onwards = _table_of(step, "onwards")
            commands = {**commands, **_table_of(onwards, "commands")}
            defaults = {**defaults, **_table_of(onwards, "settings")}
            services = [*services, *onwards.get("services", [])]
            step["commands"] = {**commands, **step.get("commands", {})}
            step["settings"] = {**defaults, **step.get("settings", {})}
            step["services"] = [*dict.fromkeys([*services, *step.get("services", [])])]
        return Course.model_validate(tables)
    except ValidationError as error:
        faults = error.errors()
        # A faulty step is left out of those that count; what is wrong with it is said already.
        if any(fault["loc"][:1] == ("step",) and fault["loc"][1:] for fault in faults):
            faults = [fault for fault in faults if fault["loc"] != ("step",)]
        lines = [f"{name}: {_place(fault['loc'], tables)}: {_said(fault)}" for fault in faults]
        raise CourseError("\n".join(lines), f"Fix {name}.") from None
    except (ValueError, TypeError) as error:
        raise CourseError(f"{name}: {error}", f"Fix {name}.") from None


def _table_of(tables: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a table that may be missing; what is no table is refused with its place, later."""
    value = tables.get(key, {})
    return value if isinstance(value, dict) else {}


def _list(tables: dict[str, Any], key: str) -> list[Any]:
    value = tables.get(key, [])
    if not isinstance(value, list):
        raise ValueError(f"{key} must be written as [[{key}]]")
    return value


def _place(location: tuple[int | str, ...], tables: dict[str, Any]) -> str:
    """Name a place as a person finds it: a step by its slug, and not by its index."""
    words = list(location)
    if len(words) >= 2 and words[0] == "step" and isinstance(words[1], int):
        slug = tables["step"][words[1]].get("slug", f"number {words[1] + 1}")
        words[:2] = [f"step {slug!r}"]
    return ".".join(str(word) for word in words) or "the catalogue"


def _said(fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        return "unknown key"
    return str(fault["msg"]).removeprefix("Value error, ")
