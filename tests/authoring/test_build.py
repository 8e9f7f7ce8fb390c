"""The build: what it makes, when it makes it again, and what it says of files that are out of date."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from authoring import build as building
from authoring.build import build
from curriculum.course import Course
from curriculum.errors import CourseError

TINY = "t1-limits"


def problems(course: Course) -> dict[str, str]:
    return {
        one.path.relative_to(course.root).as_posix(): one.problem for one in build(course, check=True) if one.problem
    }


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, "the test edits something that is not there"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def snapshot(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def never(*_: object, **__: object) -> None:
    raise AssertionError("this build has nothing to make")


def test_a_fresh_build_is_green_and_building_again_makes_nothing(
    tiny_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(tiny_course.root)
    monkeypatch.setattr(building, "execute_lesson", never)
    monkeypatch.setattr(building, "make_assignment", never)
    assert problems(tiny_course) == {}
    assert len(build(tiny_course)) == 7
    assert {k: v for k, v in snapshot(tiny_course.root).items() if k != ".course.lock"} == {
        k: v for k, v in before.items() if k != ".course.lock"
    }


def test_checking_and_an_unchanged_build_load_neither_nbgrader_nor_nbclient(tiny_course: Course) -> None:
    code = f"""
import sys
from pathlib import Path
from authoring.build import build
from curriculum.course import Course
course = Course(root=Path({str(tiny_course.root)!r}))
build(course, check=True)
build(course)
print(sorted({{name.split(".")[0] for name in sys.modules}} & {{"nbgrader", "nbclient", "nbconvert", "pandas"}}))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_built_notebooks_hold_nothing_that_varies(tiny_course: Course) -> None:
    unit = tiny_course.syllabus.unit(TINY)
    for path in (
        tiny_course.lesson_notebook(unit),
        tiny_course.solution_notebook(unit),
        tiny_course.released_notebook(unit),
    ):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        assert set(notebook["metadata"]) == {"kernelspec", "language_info", "course"}
        assert "version" not in notebook["metadata"]["language_info"]
        assert not any("execution" in cell["metadata"] for cell in notebook["cells"])
        nbformat.validate(nbformat.from_dict(notebook))


def test_the_lesson_is_executed_and_the_assignment_is_not(tiny_course: Course) -> None:
    unit = tiny_course.syllabus.unit(TINY)
    lesson = nbformat.read(tiny_course.lesson_notebook(unit), as_version=4)
    assert all(cell.execution_count for cell in lesson.cells if cell.cell_type == "code")
    for path in (tiny_course.solution_notebook(unit), tiny_course.released_notebook(unit)):
        cells = nbformat.read(path, as_version=4).cells
        assert not any(cell.outputs or cell.execution_count for cell in cells if cell.cell_type == "code")


def test_two_builds_of_one_source_are_the_same(tiny_course: Course) -> None:
    unit = tiny_course.syllabus.unit(TINY)
    built = [
        tiny_course.lesson_notebook(unit),
        tiny_course.solution_notebook(unit),
        tiny_course.released_notebook(unit),
    ]
    before = [path.read_bytes() for path in built]
    for path in built:
        path.unlink()
    build(tiny_course)
    assert [path.read_bytes() for path in built] == before


def test_plain_nbgrader_releases_the_same_file(tiny_course: Course) -> None:
    unit = tiny_course.syllabus.unit(TINY)
    released = tiny_course.released_notebook(unit)
    ours = snapshot(released.parent)
    tiny_course.cohort.mkdir(parents=True)
    config = (
        "from pathlib import Path\nfrom curriculum.course import Course\nc = get_config()\n"
        f"root = Path({str(tiny_course.root)!r})\n"
        "c.merge(Course(root=root, cohort=root / 'grading' / 'cohort_data').nbgrader_config())\n"
    )
    (tiny_course.root / "nbgrader_config.py").write_text(config, encoding="utf-8")
    # nbgrader calls `alembic` by name when it makes a gradebook
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(
        [sys.executable, "-m", "nbgrader", "generate_assignment", TINY, "--create", "--force"],
        cwd=tiny_course.root,
        env=os.environ | {"PATH": path},
        check=True,
        capture_output=True,
    )
    assert snapshot(released.parent) == ours
    assert problems(tiny_course) == {}


def test_a_changed_source_makes_its_files_stale_and_a_build_mends_them(tiny_course: Course) -> None:
    unit = tiny_course.syllabus.unit(TINY)
    lesson = tiny_course.lesson_notebook(unit).read_bytes()
    edit(tiny_course.assignment_source(unit), "# TODO: count", "# TODO: count them")
    found = problems(tiny_course)
    assert set(found) == {
        "solutions/t1-limits/t1-limits.ipynb",
        "assignments/t1-limits/t1-limits.ipynb",
        "grading/profiles/t1-limits.json",
    }
    assert "run `course build t1-limits`" in found["assignments/t1-limits/t1-limits.ipynb"]
    build(tiny_course, [TINY])
    assert problems(tiny_course) == {}
    assert "count them" in tiny_course.released_notebook(unit).read_text(encoding="utf-8")
    assert tiny_course.lesson_notebook(unit).read_bytes() == lesson  # nothing of it changed, so it was not run


def test_a_hand_edited_notebook_is_named_and_the_edit_is_kept_aside(tiny_course: Course) -> None:
    unit = tiny_course.syllabus.unit(TINY)
    released = tiny_course.released_notebook(unit)
    before = released.read_bytes()
    edit(released, "Time is cut into windows", "Time is sliced into windows")
    assert "was edited by hand" in problems(tiny_course)["assignments/t1-limits/t1-limits.ipynb"]
    kept = [one.kept for one in build(tiny_course) if one.kept]
    assert released.read_bytes() == before
    assert len(kept) == 1
    assert "sliced" in kept[0].read_text(encoding="utf-8")
    assert kept[0].is_relative_to(tiny_course.root / "dist")  # never where nbgrader would hand it out


def test_outputs_alone_do_not_make_a_notebook_hand_edited(tiny_course: Course) -> None:
    path = tiny_course.lesson_notebook(tiny_course.syllabus.unit(TINY))
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert problems(tiny_course) == {}  # nbval answers for outputs


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": []}', '{"cells": [], "metadata": {"course": 3}}'])
def test_a_broken_built_notebook_is_named_and_made_again(tiny_course: Course, content: str) -> None:
    released = tiny_course.released_notebook(tiny_course.syllabus.unit(TINY))
    before = released.read_bytes()
    released.write_text(content, encoding="utf-8")
    assert "is not a notebook that the build made" in problems(tiny_course)["assignments/t1-limits/t1-limits.ipynb"]
    build(tiny_course)
    assert released.read_bytes() == before


def test_supplements_follow_their_source(tiny_course: Course) -> None:
    folder = tiny_course.solution_folder(tiny_course.syllabus.unit(TINY))
    given = tiny_course.root / "assignments" / TINY
    assert {path.name for path in given.iterdir()} == {"t1-limits.ipynb", "limits.csv"}  # no Markdown of the author's
    (folder / "limits.csv").rename(folder / "clients.csv")
    found = problems(tiny_course)
    assert "is not handed out by any file" in found["assignments/t1-limits/limits.csv"]
    assert "is not what solutions/t1-limits/clients.csv is" in found["assignments/t1-limits/clients.csv"]
    build(tiny_course)
    assert {path.name for path in given.iterdir()} == {"t1-limits.ipynb", "clients.csv"}
    assert problems(tiny_course) == {}


def test_a_lesson_that_fails_is_named_and_everything_stays_as_it_was(tiny_course: Course) -> None:
    source = tiny_course.lesson_source(tiny_course.syllabus.unit(TINY))
    edit(source, "def request_log(rows):", "1 / 0\n\ndef request_log(rows):")
    edit(tiny_course.assignment_source(tiny_course.syllabus.unit(TINY)), "# TODO: count", "# TODO: count them")
    before = snapshot(tiny_course.root)
    with pytest.raises(CourseError, match=r"t1-limits\.md, cell 6 \(line \d+\) failed when run: ZeroDivisionError"):
        build(tiny_course)
    after = snapshot(tiny_course.root)
    assert {k: v for k, v in after.items() if k != ".course.lock"} == {
        k: v for k, v in before.items() if k != ".course.lock"
    }


def test_a_lesson_that_kills_its_kernel_is_named(tiny_course: Course) -> None:
    source = tiny_course.lesson_source(tiny_course.syllabus.unit(TINY))
    edit(source, "def request_log(rows):", "import os; os._exit(1)\n\ndef request_log(rows):")
    with pytest.raises(CourseError, match=r"cell 6 .* failed when run: the kernel died"):
        build(tiny_course)


def test_a_lesson_runs_without_the_authors_session_and_in_an_empty_folder(
    tiny_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "author.ipynb")
    source = tiny_course.lesson_source(tiny_course.syllabus.unit(TINY))
    seen = "import os\nos.environ.get('JPY_SESSION_NAME'), os.listdir()\n\ndef request_log(rows):"
    edit(source, "def request_log(rows):", seen.replace("\n\n", "\n```\n\nText.\n\n```{code-cell} ipython3\n"))
    build(tiny_course)
    text = tiny_course.lesson_notebook(tiny_course.syllabus.unit(TINY)).read_text(encoding="utf-8")
    assert "(None, [])" in text


def test_what_nbgrader_refuses_is_named(tiny_course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbgrader.preprocessors import ClearSolutions

    def refuse(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(ClearSolutions, "preprocess", refuse)
    tiny_course.released_notebook(tiny_course.syllabus.unit(TINY)).unlink()
    with pytest.raises(CourseError, match=r"nbgrader could not release solutions/t1-limits/t1-limits\.md"):
        build(tiny_course)


def test_maps_come_from_the_syllabus(tiny_course: Course) -> None:
    readme = tiny_course.root / "README.md"
    text = readme.read_text(encoding="utf-8")
    assert "| [Limits](curriculum/tiny/t1-limits.ipynb) | Limit what a client may ask for. | 2 |" in text
    assert text.startswith("# Tiny\n")
    assert text.endswith("\n\nEnd.\n")
    own = (tiny_course.root / "curriculum" / "tiny" / "README.md").read_text(encoding="utf-8")
    assert "| [Limits](t1-limits.ipynb) |" in own
    edit(tiny_course.root / "curriculum" / "syllabus.yml", "summary: Limit what", "summary: Bound what")
    fresh = Course(root=tiny_course.root)
    assert set(problems(fresh)) == {"README.md", "curriculum/tiny/README.md"}
    build(fresh)
    assert "Bound what" in readme.read_text(encoding="utf-8")
    assert problems(fresh) == {}


def test_half_a_pair_of_markers_is_named(tiny_course: Course) -> None:
    edit(tiny_course.root / "README.md", "<!-- /course:map -->", "")
    with pytest.raises(CourseError, match=r"README\.md: the map needs one"):
        build(tiny_course, check=True)


def test_unknown_and_planned_units_are_refused(tiny_course: Course) -> None:
    with pytest.raises(CourseError, match="There is no unit 'nope'"):
        build(tiny_course, ["nope"])
    edit(tiny_course.root / "curriculum" / "syllabus.yml", "state: ready", "state: planned")
    with pytest.raises(CourseError, match="planned, not ready"):
        build(Course(root=tiny_course.root), [TINY])


def test_a_learners_kit_is_told_so(tiny_course: Course) -> None:
    shutil.rmtree(tiny_course.root / "solutions")
    with pytest.raises(CourseError, match="learner's kit"):
        build(tiny_course)


def test_progress_is_told(tiny_course: Course) -> None:
    told: list[tuple[int, int, str]] = []
    build(tiny_course, check=True, progress=lambda *step: told.append(step))
    assert told == [(0, 1, TINY), (1, 1, "maps")]
