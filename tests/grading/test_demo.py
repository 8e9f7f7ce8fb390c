"""The demo plays the whole loop, and touches nothing of the real cohort."""

import io
import re

import pytest
from rich.console import Console

from curriculum.errors import CourseError
from grading.demo import CAST, play


def test_the_demo_plays_the_whole_loop_beside_the_real_cohort(cohort):
    real = cohort.submit("real").parent.parent.parent
    before = {path.relative_to(real): path.read_bytes() for path in real.rglob("*") if path.is_file()}
    said = io.StringIO()
    paths = play(cohort.course, Console(file=said, width=250))
    text = said.getvalue()

    assert all(path.exists() for path in paths)
    assert [step for step in re.findall(r"^\d\. (\w+)", text, re.MULTILINE)] == [
        *("Build", "Release", "Submit", "Grade", "Feedback", "Export")
    ]
    points = dict(re.findall(r"│ (\w+) +│ +([\d.]+) of 27 │", text))
    assert points.keys() == CAST.keys() - {"jonas"}
    assert points["ana"] == points["ben"] == points["chloe"] == points["ines"] == points["lena"] == "15"
    assert points["hugo"] == "0" and all(0 < float(points[who]) < 15 for who in ("dmitri", "esra", "farid", "grace"))
    assert re.search(r"jonas .* set aside: t1-limits.ipynb is not whole", text)
    assert re.search(r"lena .* late by [1-9]", text)
    assert len([path for path in paths if path.suffix == ".html"]) == 11

    assert not (set(before) - {path.relative_to(real) for path in real.rglob("*")})
    assert all((real / path).read_bytes() == content for path, content in before.items())
    assert {path.name for path in real.iterdir()} - {path.parts[0] for path in before} <= {"demo"}


def test_the_demo_needs_built_files(cohort):
    source = cohort.course.assignment_source(cohort.unit)
    source.write_text(source.read_text(encoding="utf-8") + "\nOne more line.\n", encoding="utf-8")
    with pytest.raises(CourseError, match="course build t1-limits"):
        play(cohort.course, Console(quiet=True))
