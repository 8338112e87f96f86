"""Each gate of ``course docs check`` sees the fault that it is for, and says how to fix it."""

from __future__ import annotations

import re

import pytest
from tests.docs.site_course import APP_2, SECOND_PAGE, SiteCourse

from course import site_check
from course.docs import built_page
from course.docs.gates import addresses, differences
from course.docs.gates.differences import NotTheFile


def planted(course: SiteCourse, pattern: str, replacement: str, count: int = 1) -> list[str]:
    """Return what the gate of the differences says of a built page that somebody changed."""
    course.check()
    path = course.root / "site/steps/second.html"
    html = path.read_bytes().decode()
    changed = re.sub(pattern, replacement, html, count=count, flags=re.DOTALL)
    assert changed != html
    path.write_bytes(changed.encode())
    checked = site_check.read(course.site, course.root / "site")
    return [str(fault) for fault in differences.check(checked)]


def test_a_true_site_passes(course: SiteCourse) -> None:
    assert course.faults() == []


def test_a_file_that_is_not_on_the_page(course: SiteCourse) -> None:
    course.write("steps/02-second/more.py", "x = 1\n")
    (fault,) = course.faults()
    assert fault.startswith("docs/steps/second.md: more.py (new) is not on the page.")
    assert "```diff-file ⏎ more.py ⏎ ```" in fault


@pytest.mark.parametrize("path", ["empty.txt", "data.bin", "gone.txt", "new.txt", "tool.sh"])
def test_an_empty_binary_deleted_renamed_or_mode_changed_file_must_be_shown_too(
    course: SiteCourse, path: str
) -> None:
    course.replace("docs/steps/second.md", f"```diff-file\n{path}\n```\n", "")
    (fault,) = course.faults()
    assert f"{path} (" in fault
    assert "is not on the page" in fault


def test_a_hunk_that_is_missing_is_named_with_the_fence_to_paste(course: SiteCourse) -> None:
    course.replace("docs/steps/second.md", "```diff-file\napp.py\nrest: yes\n```\n", "")
    (fault,) = course.faults()
    assert fault.startswith("docs/steps/second.md:3: 5 changed lines of app.py not on the page:")
    assert "symbol: Counter" in fault
    course.replace("docs/steps/second.md", "symbol: greet", "symbol: greet\nsymbol: Counter")
    assert course.faults() == []


def test_a_waived_file_need_not_be_shown(course: SiteCourse) -> None:
    course.write("steps/02-second/more/a.py", "x = 1\n")
    fence = "\n```waive\nmore/*.py\nreason: nothing new\n```\n"
    course.page("steps/second.md", SECOND_PAGE + fence)
    assert course.faults() == []


def test_a_generated_file_is_listed_with_its_sum(course: SiteCourse) -> None:
    assert course.faults() == []
    faults = planted(course, r'(<code class="cd-sum">)[0-9a-f]{4}', r"\g<1>0000")
    assert len(faults) == 1
    assert "app.lock is generated, and is not in the list with its sum" in faults[0]


def test_an_added_line_that_is_not_as_in_the_snapshot(course: SiteCourse) -> None:
    faults = planted(course, r"(<ins>[^\n]*) os\n", r"\1 oz\n")
    assert "app.py: applied to the step before, the diff does not give the file" in faults[0]


def test_a_removed_line_that_the_step_before_does_not_have(course: SiteCourse) -> None:
    faults = planted(course, r"(<del>[^\n]*)\n", r"\1 \n")
    assert "in the step before" in faults[0]


def test_an_unchanged_line_that_is_not_so(course: SiteCourse) -> None:
    faults = planted(course, r'(<span class="h"[^>]*><span class="c">)', r"\1x")
    assert "as unchanged, which it is not" in faults[0]


def test_a_hunk_at_the_wrong_place(course: SiteCourse) -> None:
    faults = planted(course, r'data-n="\d+"', 'data-n="900"', count=0)
    assert any("app.py" in fault for fault in faults)


def test_a_mode_that_is_not_as_shown(course: SiteCourse) -> None:
    faults = planted(course, r'data-new-mode="100755"', 'data-new-mode="100644"')
    assert "tool.sh: its mode goes 100644 → 100755, not as shown" in faults[0]


def test_an_old_name_that_is_not_so(course: SiteCourse) -> None:
    faults = planted(course, r'data-old-path="old.txt"', 'data-old-path="other.txt"')
    assert "new.txt: it was called old.txt before" in faults[0]


def test_a_deleted_file_that_is_shown_as_still_there(course: SiteCourse) -> None:
    faults = planted(
        course,
        r'(data-path="gone.txt".*?data-new=)""(.*?data-new-mode=)""',
        r'\1"' + "0" * 40 + r'"\2""',
    )
    assert "gone.txt: the step deletes it, and the page does not say so" in faults[0]


def test_binary_content_that_is_not_the_files(course: SiteCourse) -> None:
    faults = planted(course, r"(octet-stream;base64,)AAEC", r"\1AAED")
    assert "data.bin: applied to the step before" in faults[0]


def test_a_change_that_is_none(course: SiteCourse) -> None:
    faults = planted(course, r'data-path="empty.txt"', 'data-path="other.txt"')
    assert any("shows a change of other.txt; there is none" in fault for fault in faults)


def test_two_fences_that_disagree(course: SiteCourse) -> None:
    faults = planted(course, r'data-old-mode="100644"', 'data-old-mode="100600"')
    assert "two fences say different things of it" in faults[0]


def test_a_file_before_that_is_not_text_needs_the_new_content(course: SiteCourse) -> None:
    piece = built_page.ShownFile("a", "a", "M", "1", "2", "100644", "100644")
    with pytest.raises(NotTheFile, match="the file before is not text"):
        differences.rebuild([piece], b"\0")


def test_lines_that_are_shown_twice_and_differently() -> None:
    one = built_page.ShownFile("a", "a", "M", "1", "2", "", "", added={0: "x\n"})
    two = built_page.ShownFile("a", "a", "M", "1", "2", "", "", added={0: "y\n"})
    with pytest.raises(NotTheFile, match="shown twice, and differently"):
        differences.rebuild([one, two], b"")
    three = built_page.ShownFile("a", "a", "M", "1", "2", "", "", added={-1: "x\n", 0: "y\n"})
    with pytest.raises(NotTheFile, match="positions of its hunks"):
        differences.rebuild([three], b"")


def test_a_fence_that_names_what_is_not_there_says_what_is(course: SiteCourse) -> None:
    course.page("steps/second.md", SECOND_PAGE + "\n```diff-file\nnothing.py\n```\n")
    (fault,) = course.faults()
    line = SECOND_PAGE.count("\n") + 2
    assert fault.startswith(f"docs/steps/second.md:{line}: 02-second has no file nothing.py.")
    assert "It changes:" in fault


def test_a_step_without_a_page(course: SiteCourse) -> None:
    course.delete("docs/steps/second.md")
    assert course.faults() == [
        "docs/steps/second.md: 02-second has no page. → Write one: see"
        " docs/contributors/writing-pages.md."
    ]


def test_a_page_without_a_step(course: SiteCourse) -> None:
    course.page("steps/third.md", "# Third\n")
    (fault,) = course.faults()
    assert fault.startswith("docs/steps/third.md: there is no step of this name.")


def test_front_matter_that_names_no_step(course: SiteCourse) -> None:
    course.page("other.md", "---\nstep: nothing\n---\n# Other\n\n```tree\n.\n```\n")
    faults = course.faults()
    assert any("There is no step 'nothing'" in fault for fault in faults)


def test_a_navigation_that_is_not_up_to_date(course: SiteCourse) -> None:
    course.check()
    course.page("getting-started.md", "# Start\n")
    report = site_check.check(course.site, course.root / "site", run_consoles=False)
    assert [str(fault) for fault in report.faults] == [
        "mkdocs.yml: its navigation is not up to date. → course docs nav"
    ]


def test_redirects_to_nothing_and_from_a_page(course: SiteCourse) -> None:
    table = '[redirects]\n"a.md" = "b.md"\n"index.md" = "steps/first.md#top"\n'
    course.write("docs/redirects.toml", table)
    faults = course.faults()
    assert any("there is no page b.md" in fault for fault in faults)
    assert any("index.md is a page" in fault for fault in faults)
    course.write("docs/redirects.toml", "[redirects")
    with pytest.raises(Exception, match="not valid TOML"):
        course.faults()


def test_a_link_that_leads_nowhere(course: SiteCourse) -> None:
    course.page("index.md", "# Home\n\n<a href='nowhere.html'>x</a>\n")
    (fault,) = course.faults()
    assert fault.startswith("docs/index.md:3: the link nowhere.html leads to nothing.")


def test_an_anchor_that_is_not_there(course: SiteCourse) -> None:
    course.page("index.md", "# Home\n\n[x](steps/first.md#app-py) [y](steps/first.md#none)\n")
    (fault,) = course.faults()
    assert "steps/first.html#none leads to an anchor that is not there" in fault


@pytest.mark.parametrize(
    ("href", "said"),
    [("/steps/first.html", "begins with a slash"), ("../../x.html", "leads out of the site")],
)
def test_a_link_that_only_works_in_one_place(course: SiteCourse, href: str, said: str) -> None:
    course.page("index.md", f"# Home\n\n<a href='{href}'>x</a> <a href='https://a.example'>y</a>\n")
    (fault,) = course.faults()
    assert said in fault


def test_a_link_to_a_folder_is_one_to_its_index(course: SiteCourse) -> None:
    course.page("index.md", "# Home\n\n<a href='.'>x</a> <a href='#__top'>y</a>\n")
    assert course.faults() == []


@pytest.mark.parametrize(
    "html",
    [
        '<img src="https://other.example/x.png">',
        '<img srcset="x.png 1x, https://other.example/x.png 2x" src="">',
        '<script src="//other.example/x.js"></script>',
        '<link rel="preconnect" href="https://other.example">',
        '<iframe src="http://other.example/"></iframe>',
        '<p style="background: url(https://other.example/x.png)"></p>',
        "<style>@import 'https://other.example/x.css';</style>",
    ],
)
def test_a_page_that_loads_from_another_host(course: SiteCourse, html: str) -> None:
    course.write("docs/x.png", b"")
    course.page("index.md", f"# Home\n\n{html}\n")
    faults = course.faults()
    assert any("from another host" in fault and "other.example" in fault for fault in faults)


def test_a_style_sheet_that_loads_from_another_host(course: SiteCourse) -> None:
    course.write("docs/a.css", "body { background: url('https://other.example/x.png') }")
    (fault,) = course.faults()
    assert fault.startswith("a.css: loads https://other.example/x.png from another host.")


def test_a_diagram_needs_a_script_of_its_own(course: SiteCourse) -> None:
    course.page("index.md", '# Home\n\n<pre class="mermaid">a</pre>\n')
    (fault,) = course.faults()
    assert "has a diagram" in fault
    course.write("docs/assets/vendor/mermaid-1.js", "")
    assert course.faults() == []


def test_links_to_other_hosts_may_be_followed(course: SiteCourse) -> None:
    course.page("index.md", "# Home\n\n[x](https://other.example/)\n")
    assert course.faults() == []


def test_the_target_of_a_page() -> None:
    assert addresses._html("a/b.md") == "a/b.html"
    assert "os" in APP_2
