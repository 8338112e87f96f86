"""The catalogue describes a course, or says what is wrong with it and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomlkit
from tests import small_course

from course import catalogue
from course.catalogue import Command
from course.errors import CourseError
from course.restructure import catalogue_text


def tables(**steps: Any) -> dict[str, Any]:
    """Return a catalogue with one step, whose keys may be given."""
    step = {"slug": "one", "title": "One", "summary": "It is.", "part": 1, "minutes": 5, **steps}
    return {
        "course": {"title": "A course"},
        "commands": {"test": "python -m unittest", "lint": ["a", "b"]},
        "defaults": {"timeout": 5},
        "part": [{"title": "All"}, {"title": "More"}],
        "step": [step],
    }


def parse(content: dict[str, Any]) -> catalogue.Course:
    """Read a catalogue from its tables."""
    return catalogue.parse(tomlkit.dumps(content), "course.toml")


def problem(content: dict[str, Any]) -> str:
    """Return what is said to be wrong with a catalogue."""
    with pytest.raises(CourseError) as caught:
        parse(content)
    assert "Fix" in caught.value.remedy
    return caught.value.problem


def test_a_command_is_words_with_variables_before_them() -> None:
    command = Command.parse("A=1 B='two words' run --port={port} 'a b' C=3")
    assert command.variables == (("A", "1"), ("B", "two words"))
    assert command.words == ("run", "--port={port}", "a b", "C=3")
    assert str(command) == "A=1 B='two words' run '--port={port}' 'a b' C=3"
    assert Command.parse(str(command)) == command


def test_placeholders_are_filled_in_words_and_variables() -> None:
    command = Command.parse("URL=http://{host}:{port} serve {host} {results}")
    assert command.uses("results") and command.uses("port") and not command.uses("files")
    filled = command.fill(host="h", port=80)
    assert filled.words == ("serve", "h", "{results}")
    assert filled.variables == (("URL", "http://h:80"),)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "an empty command"),
        ("A=1", "an empty command"),
        ("run 'a", "No closing quotation"),
        ("run {hots}", "unknown placeholder {hots}; there are {aws}, {dump}, {files}"),
    ],
)
def test_a_command_that_cannot_be_read_is_an_error(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("{", r"\{")):
        Command.parse(line)
    assert f"step 'one'.commands.test: {said}" in problem(tables(commands={"test": line}))


def test_a_step_takes_the_defaults_unless_it_has_its_own() -> None:
    course = parse(tables(commands={"lint": []}, settings={"url": "/x/"}))
    [step] = course.steps
    assert step.commands.lint == ()
    assert [str(command) for command in step.commands.test] == ["python -m unittest"]
    assert (step.settings.timeout, step.settings.url, step.settings.tests) == (5, "/x/", ("tests",))
    assert course.final is None


def test_what_a_step_says_onwards_holds_for_it_and_all_later_ones() -> None:
    first, last = tables()["step"][0], {**tables()["step"][0], "slug": "three"}
    second = {
        **first,
        "slug": "two",
        "onwards": {
            "services": ["postgres"],
            "commands": {"lint": ["d", "e", "f"]},
            "settings": {"url": "/two/"},
        },
    }
    own = {**last, "services": ["redis"], "commands": {"lint": "c"}, "settings": {"url": "/three/"}}
    final = {"title": "F", "summary": "It is.", "part": 1}
    course = parse({**tables(), "step": [first, second, own], "final": final})
    assert [step.services for step in course.steps] == [(), ("postgres",), ("postgres", "redis")]
    assert [len(step.commands.lint) for step in course.steps] == [2, 3, 1]
    assert [step.settings.url for step in course.steps] == ["/", "/two/", "/three/"]
    assert course.final is not None
    assert course.final.services == ("postgres",)
    assert (len(course.final.commands.lint), course.final.settings.url) == (3, "/two/")


@pytest.mark.parametrize(
    ("onwards", "said"),
    [
        ("", "step 'one'.onwards: Input should be a valid dictionary"),
        ({"comands": {}}, "step 'one'.onwards.comands: unknown key"),
        ({"commands": {"fly": "a"}}, "step 'one'.commands.fly: unknown key"),
        ({"commands": "a"}, "step 'one'.onwards.commands: Input should be a valid dictionary"),
    ],
)
def test_what_is_wrong_onwards_is_named(onwards: object, said: str) -> None:
    assert said in problem(tables(onwards=onwards))


def test_the_final_link_takes_the_defaults_too() -> None:
    final = {"title": "F", "summary": "It is.", "part": 2, "minutes": 1, "copy": True}
    course = parse({**tables(), "final": final})
    assert course.final is not None
    assert course.final.slug == "final"
    assert course.final.copy_of_last
    assert course.final.settings.timeout == 5


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"slug": "One"}, "step 'One'.slug: String should match pattern"),
        ({"minutes": 0}, "step 'one'.minutes: Input should be greater than 0"),
        ({"minuets": 5}, "step 'one'.minuets: unknown key"),
        ({"part": 3}, "the catalogue: step 'one': there is no part 3"),
        ({"holds": {"test": " "}}, "the catalogue: step 'one': holds.test has no reason"),
        ({"commands": {"tset": "x"}}, "step 'one'.commands.tset: unknown key"),
        ({"commands": {"test": 1}}, "step 'one'.commands.test: a command is a string"),
        ({"commands": {"test": [1]}}, "step 'one'.commands.test: a command is a string"),
        ({"commands": {"implied": "a"}}, "step 'one'.commands.implied: a table, with a command"),
        ({"commands": {"implied": {"a": 1}}}, "step 'one'.commands.implied: a command is a string"),
        (
            {"commands": {"check": "a", "implied": {"a": "b"}}},
            "the catalogue: implied: `b` is among the `check` of no step",
        ),
        ({"settings": {"timeout": -1}}, "step 'one'.settings.timeout: Input should be greater"),
    ],
)
def test_what_is_wrong_with_a_step_is_said_with_its_place(step: dict[str, Any], said: str) -> None:
    assert f"course.toml: {said}" in problem(tables(**step))


def test_every_fault_has_a_line() -> None:
    lines = problem(tables(minutes=0, title="")).splitlines()
    assert len(lines) == 2


def test_two_steps_of_one_name_are_an_error() -> None:
    content = tables()
    content["step"].append(content["step"][0])
    assert "two steps are called 'one'" in problem(content)


def test_parts_only_go_forward() -> None:
    content = tables(part=2)
    content["step"].append({**content["step"][0], "slug": "two", "part": 1})
    assert "step 'two' of part 1 follows part 2" in problem(content)


def grouped(*groups: str) -> dict[str, Any]:
    """Return a catalogue whose steps are in these groups."""
    content = tables()
    (step,) = content["step"]
    content["step"] = [
        {**step, "slug": f"s{number}", **({"group": group} if group else {})}
        for number, group in enumerate(groups)
    ]
    return content


def test_steps_of_one_group_stand_together() -> None:
    assert [s.group for s in parse(grouped("A", "A", "B")).steps] == ["A", "A", "B"]
    assert "step 's2': the group 'A' ended before 'B'" in problem(grouped("A", "B", "A"))


@pytest.mark.parametrize(("groups", "bad"), [(("A", ""), "s1"), (("", "A"), "s0")])
def test_all_steps_of_a_part_have_a_group_or_none(groups: tuple[str, ...], bad: str) -> None:
    said = problem(grouped(*groups))
    assert f"step {bad!r}: no group, and step" in said and "of part 1 has one" in said


def test_a_group_is_a_matter_of_its_part() -> None:
    content = grouped("A", "A", "")
    content["step"][2]["part"] = 2
    assert parse(content).steps[2].group == ""


def test_a_new_step_is_in_the_group_of_the_one_it_follows() -> None:
    text = tomlkit.dumps(grouped("A", "B"))
    made = catalogue_text.insert(text, "s0", "new", "New", "It is.")
    assert [s.group for s in catalogue.parse(made, "x").steps] == ["A", "A", "B"]
    assert catalogue_text.remove(made, "new") == text


def test_a_part_has_a_short_title_or_its_own() -> None:
    content = tables()
    content["part"][0]["short"] = "A"
    assert [part.label for part in parse(content).parts] == ["A", "More"]


def test_a_step_without_a_name_is_found_by_its_place() -> None:
    content = tables()
    del content["step"][0]["slug"]
    assert "step 'number 1'.slug: Field required" in problem(content)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[step]\n", "step must be written as [[step]]"),
        ("step = [1]\n", "a step is a table"),
        ("final = 1\nstep = []\n", "a step is a table"),
        ("commands = 1\n[[step]]\nslug = 'a'\n", "course.toml: "),
        ("", "course: Field required"),
        ("step = []\n[course]\ntitle = 'x'\n", "step: "),
    ],
)
def test_tables_of_another_shape_are_an_error(text: str, said: str) -> None:
    with pytest.raises(CourseError) as caught:
        catalogue.parse(text, "course.toml")
    assert said in caught.value.problem


@pytest.mark.parametrize(
    ("commands", "step"), [("x", {}), ({}, {"commands": "x"}), ({}, {"settings": 3})]
)
def test_commands_of_another_shape_are_an_error(commands: object, step: dict[str, Any]) -> None:
    assert problem({**tables(**step), "commands": commands}).startswith("course.toml: ")


def test_what_is_not_toml_is_an_error_with_its_line() -> None:
    with pytest.raises(CourseError, match=r"course.toml: not valid TOML: .*line 2"):
        catalogue.parse("a = 1\nb = \n", "course.toml")


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "course.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CourseError, match="cannot be read") as caught:
        catalogue.read(path)
    assert caught.value.remedy == f"git checkout -- {path}"


def test_a_catalogue_is_read_from_its_file(tmp_path: Path) -> None:
    course = small_course.make(tmp_path)
    found = catalogue.read(course.repository.catalogue)
    assert [step.slug for step in found.steps] == ["greeting", "notes", "stars"]
    assert found.about.title == "Notes"


def test_how_a_step_is_told_where_a_service_is_is_checked() -> None:
    def read_with(variables: str, name: str = "postgres") -> catalogue.Course:
        text = (
            '[course]\ntitle = "T"\n[[part]]\ntitle = "P"\n[[step]]\nslug = "a"\ntitle = "A"\n'
            f'summary = "S"\npart = 1\n[services.{name}]\nvariables = {variables}\n'
        )
        return catalogue.parse(text, "course.toml")

    course = read_with('{ DATABASE_URL = "{url}", PGPORT = "{port}" }')
    assert course.told == {"postgres": {"DATABASE_URL": "{url}", "PGPORT": "{port}"}}
    for variables, said in (
        ("{}", "at least 1 item"),
        ('{ "A B" = "{url}" }', "'A B' is no name of an environment variable"),
        ('{ A = "{adress}" }', "unknown placeholder {adress}; there are {host}, {http}, {name}"),
    ):
        with pytest.raises(CourseError) as raised:
            read_with(variables)
        assert said in raised.value.problem
    course = read_with('{ A = "{url}", B = "{url2}", C = "{name9}" }', "redis")
    assert course.told["redis"]["C"] == "{name9}"
    for variables, name, said in (
        ('{ A = "{url2}" }', "postgres", "services.postgres: {url2} is of redis alone"),
        ('{ A = "{url1}" }', "redis", "unknown placeholder {url1}"),
        ('{ A = "{port2}" }', "redis", "unknown placeholder {port2}"),
    ):
        with pytest.raises(CourseError) as raised:
            read_with(variables, name)
        assert said in raised.value.problem
