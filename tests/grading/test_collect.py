"""What learners hand in is taken as it is, or refused in a sentence; nothing hostile reaches the disk."""

import errno
import hashlib
import io
import json
import os
import stat
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from curriculum.course import Course
from curriculum.desk import submit_unit
from curriculum.errors import CourseError
from grading.collect import collect, collected_table
from grading.engine.submission import LARGEST_NOTEBOOK, SetAsideError, read_handed

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


def packed(cohort, files=None, student="ana", time=NOW, unit="t1-limits", hashes=None):
    """A submission as `course submit` packs it, with other members or manifest entries where given."""
    files = {"t1-limits.ipynb": cohort.bytes_of(), "journal.jsonl": b"{}\n", **(files or {})}
    content = {
        "format": 1,
        "unit": unit,
        "student": student,
        "time": time.isoformat(),
        "files": hashes or {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    return archive({"manifest.json": json.dumps(content).encode(), **files})


def archive(members):
    """A ZIP file of these members, by name or `ZipInfo`."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return data.getvalue()


@pytest.fixture
def take(cohort, tmp_path):
    """Collects one file with this content, and returns what became of it."""

    def run(content, name="one.zip"):
        path = tmp_path / name
        path.write_bytes(content)
        [taken] = collect(cohort.course, cohort.unit, [path])
        return taken

    return run


def tree(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_course_submit_packs_is_laid_where_nbgrader_reads_it(cohort, tmp_path):
    desk = Course(root=cohort.course.root, work=tmp_path / "desk", cohort=cohort.course.cohort)
    notebook = desk.work / "t1-limits" / "t1-limits.ipynb"
    notebook.parent.mkdir(parents=True)
    notebook.write_bytes(cohort.bytes_of())
    receipt = submit_unit(desk, cohort.unit, "ana")
    [taken] = collect(cohort.course, cohort.unit, [receipt.path.parent])
    assert taken.taken and (taken.student, taken.time) == ("ana", receipt.time)
    folder = cohort.course.cohort / "submitted" / "ana" / "t1-limits"
    assert tree(folder) == {"t1-limits.ipynb", "timestamp.txt", "submission_secret.txt"}
    assert (folder / "t1-limits.ipynb").read_bytes() == notebook.read_bytes()
    assert "nbgrader" not in str(list(cohort.course.cohort.glob("incoming/*"))), "something was left behind"


def test_a_plain_notebook_is_named_after_its_student(cohort, take):
    taken = take(cohort.bytes_of(), "ana.b@example.org.ipynb")
    assert taken.folder == cohort.course.cohort / "submitted" / "ana.b@example.org" / "t1-limits"
    assert take(b"{", "broken.ipynb").taken, "a broken one is laid, and set aside when it is graded"


@pytest.mark.parametrize("name", ["ana/t1-limits.ipynb", "ana/t1-limits/t1-limits.ipynb", "ana/t1-limits (1).ipynb"])
def test_a_notebook_in_a_folder_is_named_after_the_folder(cohort, tmp_path, name):
    notebook = tmp_path / "handed-in" / name
    notebook.parent.mkdir(parents=True)
    notebook.write_bytes(cohort.bytes_of())
    [taken] = collect(cohort.course, cohort.unit, [tmp_path / "handed-in"])
    assert taken.taken and taken.student == "ana"
    assert tree(taken.folder) >= {"t1-limits.ipynb"}


@pytest.mark.parametrize("names", [["a.ipynb", "b.ipynb"], ["notes.txt"], []], ids=["two", "none", "empty"])
def test_a_folder_in_which_no_submission_can_be_told_is_left_with_a_sentence(cohort, tmp_path, names):
    (tmp_path / "handed-in" / "ana").mkdir(parents=True)
    for name in names:
        (tmp_path / "handed-in" / "ana" / name).write_bytes(cohort.bytes_of())
    [left] = collect(cohort.course, cohort.unit, [tmp_path / "handed-in"])
    assert not left.taken and left.why.startswith("it is a folder, but not <student>/t1-limits.ipynb")


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="links as POSIX has them")
@pytest.mark.parametrize("linked", ["ana", "ana/t1-limits", "ana/t1-limits.ipynb"])
def test_a_folder_that_is_or_holds_a_link_is_not_followed(cohort, tmp_path, linked):
    other = tmp_path / "other"
    other.mkdir()
    (other / "t1-limits.ipynb").write_bytes(cohort.bytes_of())
    link = tmp_path / "handed-in" / linked
    link.parent.mkdir(parents=True)
    link.symlink_to(other / "t1-limits.ipynb" if linked.endswith(".ipynb") else other)
    [left] = collect(cohort.course, cohort.unit, [tmp_path / "handed-in"])
    assert not left.taken and left.why


def test_a_later_submission_replaces_an_earlier_one_which_is_kept(cohort, take):
    assert take(packed(cohort)).taken
    later = packed(cohort, {"t1-limits.ipynb": b"later"}, time=NOW + timedelta(minutes=1))
    assert take(later).taken
    folder = cohort.course.cohort / "submitted" / "ana" / "t1-limits"
    assert (folder / "t1-limits.ipynb").read_bytes() == b"later"
    assert "not later than" in take(packed(cohort)).why
    assert "was collected before" in take(later).why
    assert (folder / "t1-limits.ipynb").read_bytes() == b"later"
    kept = cohort.course.cohort / "replaced" / "ana" / "t1-limits" / "001" / "t1-limits.ipynb"
    assert kept.read_bytes() == cohort.bytes_of()


def linked(cohort):
    link = zipfile.ZipInfo("notes.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    return archive({"manifest.json": b"{}", link: b"/etc/passwd"})


def understated(cohort):
    """An archive whose headers say that a member of 30 MB holds 9 bytes."""
    honest = packed(cohort, {"big.csv": b"0" * 30_000_000})
    return honest.replace((30_000_000).to_bytes(4, "little"), (9).to_bytes(4, "little"))


HOSTILE = {
    "path upwards": (lambda c: packed(c, {"../evil.txt": b"x"}), "no plain file name"),
    "absolute path": (lambda c: packed(c, {"/tmp/evil.txt": b"x"}), "no plain file name"),
    "folder": (lambda c: packed(c, {"data/evil.txt": b"x"}), "no plain file name"),
    "Windows path": (lambda c: packed(c, {"C:\\evil.txt": b"x"}), "no plain file name"),
    "Windows device": (lambda c: packed(c, {"aux.txt": b"x"}), "no plain file name"),
    "hidden file": (lambda c: packed(c, {".bashrc": b"x"}), "no plain file name"),
    "line break": (lambda c: packed(c, {"a\nb.txt": b"x"}), "no plain file name"),
    "link": (linked, "a link or a device"),
    "same name twice": (lambda c: packed(c, {"Notes.txt": b"x", "notes.TXT": b"y"}), "twice"),
    "zip bomb": (lambda c: packed(c, {"zeros.csv": b"\0" * 30_000_000}), "too large when unpacked"),
    "many files within limits": (
        lambda c: packed(c, {f"{n}.csv": b"\0" * 15_000_000 for n in range(3)}),
        "too large when unpacked",
    ),
    "sizes that lie": (understated, ""),
    "too many files": (lambda c: packed(c, {f"{n}.txt": b"" for n in range(250)}), "200 are the most"),
    "numpy.py": (lambda c: packed(c, {"numpy.py": b"x"}), "stand in for the module numpy"),
    "extension module": (lambda c: packed(c, {"x.so": b"x"}), "Python would load"),
    "forged time file": (lambda c: packed(c, {"timestamp.txt": b"x"}), "is not handed in"),
    "second notebook": (lambda c: packed(c, {"other.ipynb": b"x"}), "is not handed in"),
    "no manifest": (lambda c: archive({"notes.txt": b"x"}), "has no manifest.json"),
    "a plain notebook": (lambda c: archive({"t1-limits.ipynb": b"x"}), "unpack it, and name the folder"),
    "a ZIP file in a ZIP file": (lambda c: archive({"ana.zip": packed(c)}), "unpack it, and name the folder"),
    "everything in a folder upwards": (lambda c: archive({"../manifest.json": manifest()}), "no plain file name"),
    "everything in folders": (lambda c: archive({"a/b/manifest.json": manifest()}), "no plain file name"),
    "manifest of nonsense": (lambda c: archive({"manifest.json": b"[1]"}), "manifest.json cannot be read"),
    "nested manifest": (lambda c: archive({"manifest.json": b"[" * 100_000}), "manifest.json cannot be read"),
    "no notebook": (lambda c: archive({"manifest.json": manifest()}), "holds no t1-limits.ipynb"),
    "another unit": (lambda c: packed(c, unit="y9-other"), "submission of 'y9-other'"),
    "student upwards": (lambda c: packed(c, student="../ben"), "no student's name"),
    "student as pattern": (lambda c: packed(c, student="*"), "no student's name"),
    "time to come": (lambda c: packed(c, time=NOW + timedelta(days=2)), "yet to come"),
    "time without a zone": (lambda c: packed(c, time=NOW.replace(tzinfo=None)), "manifest.json cannot be read"),
    "changed after packing": (lambda c: packed(c, hashes={"t1-limits.ipynb": "0" * 64}), "was changed"),
    "not a ZIP file": (lambda c: b"PK nothing", "no whole ZIP file"),
    "cut short": (lambda c: packed(c)[:2_000], "no whole ZIP file"),
}


def manifest():
    return json.dumps({"format": 1, "unit": "t1-limits", "student": "a", "time": NOW.isoformat(), "files": {}}).encode()


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_or_broken_archive_is_refused_and_leaves_nothing(cohort, take, tmp_path, case):
    make, words = HOSTILE[case]
    before = tree(tmp_path)
    refused = take(make(cohort))
    assert not refused.taken and words in refused.why and "\n" not in refused.why, refused
    assert tree(tmp_path) - before <= {"one.zip", "course/grading/cohort_data/.course.lock"}


def test_one_refused_file_does_not_stop_the_others(cohort, tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.zip").write_bytes(b"nothing")
    (inbox / "b.zip").write_bytes(packed(cohort))
    (inbox / "ben.ipynb").write_bytes(cohort.bytes_of())
    (inbox / "chloe.pdf").write_bytes(b"not a submission")
    (inbox / ".DS_Store").write_bytes(b"nobody's")
    (inbox / "dora").mkdir()
    (inbox / "zoe.ipynb").symlink_to(inbox / "ben.ipynb")
    got = collect(cohort.course, cohort.unit, [inbox])
    assert [(each.path.name, each.taken) for each in got] == [
        ("a.zip", False),
        ("b.zip", True),
        ("ben.ipynb", True),
        ("chloe.pdf", False),
        ("dora", False),
        ("zoe.ipynb", False),
    ]
    assert "neither a packed submission" in got[3].why and "name it itself" in got[4].why
    shown = Console(width=80, record=True, file=io.StringIO())
    shown.print(collected_table(got))
    lines = shown.export_text().splitlines()
    assert "Collected 2 of 6" in lines[0] and max(map(len, lines)) <= 80
    at = {name: next(at for at, line in enumerate(lines) if name in line) for name in ("b.zip", "ben.ipynb", "a.zip")}
    assert at["b.zip"] < at["ben.ipynb"] < at["a.zip"], "those that were not taken come last"
    with pytest.raises(CourseError, match="There is no"):
        collect(cohort.course, cohort.unit, [inbox, tmp_path / "nowhere"])


def test_a_notebook_of_another_unit_is_refused(cohort, take):
    other = cohort.answered()
    other.metadata.course.unit = "y9-other"
    assert "notebook of y9-other" in take(cohort.bytes_of(other), "ana.ipynb").why
    assert "notebook of y9-other" in take(b"\xef\xbb\xbf" + cohort.bytes_of(other), "ben.ipynb").why


@pytest.mark.parametrize("name", ["t1-limits", "T1-Limits-Copy1", "t1-limits (1)", "ana (1)", "Zoë", "o'brien"])
def test_a_name_that_is_no_students_is_not_guessed(cohort, take, name):
    assert "rename it to <student>.ipynb" in take(cohort.bytes_of(), f"{name}.ipynb").why


@pytest.mark.parametrize("name", ["ana.ipynb.txt", "ana.ipynb.json", "ana.IPYNB"])
def test_what_a_browser_made_of_a_notebooks_name_is_undone(cohort, take, name):
    assert take(cohort.bytes_of(), name).student == "ana"


def test_a_notebook_that_is_too_large_is_laid_as_far_as_its_limit_and_set_aside_when_it_is_graded(cohort, take):
    taken = take(cohort.bytes_of() + b" " * 30_000_000, "ana.ipynb")
    assert (taken.folder / "t1-limits.ipynb").stat().st_size == LARGEST_NOTEBOOK + 1
    with pytest.raises(SetAsideError, match="larger than 20 MB"):
        read_handed(taken.folder, cohort.unit)


@pytest.mark.parametrize("folder", ["", "t1-limits--ana/"])
def test_a_submission_that_a_system_packed_again_is_taken(cohort, take, folder):
    with zipfile.ZipFile(io.BytesIO(packed(cohort))) as whole:
        members = {f"{folder}{name}": whole.read(name) for name in whole.namelist()}
    extra = {f"__MACOSX/{folder}._t1-limits.ipynb": b"x", f"{folder}.DS_Store": b"x", f"{folder}": b""}
    taken = take(archive({**members, **{name: content for name, content in extra.items() if name}}))
    assert taken.student == "ana", taken
    assert tree(taken.folder) == {"t1-limits.ipynb", "journal.jsonl", "timestamp.txt", "submission_secret.txt"}


def test_a_file_that_may_not_be_read_costs_itself_only(cohort, tmp_path, monkeypatch):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in ("ana", "ben"):
        (inbox / f"{name}.ipynb").write_bytes(cohort.bytes_of())
    read = Path.open

    def denied(path, *how, **more):  # root may read everything, so that no permission would do
        if path == inbox / "ana.ipynb":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read(path, *how, **more)

    monkeypatch.setattr(Path, "open", denied)
    ana, ben = collect(cohort.course, cohort.unit, [inbox])
    assert ben.taken and ana.why == "it cannot be read: Permission denied."


def test_nothing_is_half_laid_when_writing_fails(cohort, take, monkeypatch):
    assert take(packed(cohort)).taken
    folder = cohort.course.cohort / "submitted" / "ana" / "t1-limits"
    before = {name: (folder / name).read_bytes() for name in tree(folder)}

    def full(path, content):
        raise CourseError("the disk is full")

    monkeypatch.setattr("grading.collect.write_atomically", full)
    with pytest.raises(CourseError):
        take(packed(cohort, time=NOW + timedelta(minutes=1)))
    assert {name: (folder / name).read_bytes() for name in tree(folder)} == before
    assert not list((cohort.course.cohort / "incoming").iterdir())
