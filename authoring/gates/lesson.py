"""Gates over a lesson: its sections, its code cells, and the outputs of the executed notebook."""

import json
import re
import statistics
from collections.abc import Iterator
from typing import Any

from nbformat import NotebookNode

from authoring import prose
from authoring.gates.files import Files, Place, Section
from authoring.gates.gate import Complaint, gate
from authoring.gates.limits import (
    AT_SCALE,
    MAX_CODE_LINES,
    MAX_CODE_RUN,
    MAX_IGNORED_SHARE,
    MAX_OUTPUT_BYTES,
    MEDIAN_CODE_LINES,
    MIN_ALTERNATIVE_TEXT,
    MIN_EXPERIMENTS,
    MIN_PICTURES,
    QUESTIONS,
    SECTIONS,
)
from curriculum.syllabus import Form


@gate("sections", "sections", lambda files: [section for section in files.sections if section.level > 1])
def _sections_in_order(files: Files, _: list[Section]) -> Iterator[Complaint]:
    at = Place(files.lesson.name)
    reached = -1
    wanted = [name for name in SECTIONS if files.unit.form is Form.LAB or name != AT_SCALE]
    for name in wanted:
        pattern = SECTIONS[name]
        called = files.sections_called(pattern)
        if not called:
            yield at, f"no section {name!r}", "write it, with these words in a heading"
            continue
        position = files.sections.index(called[0])
        if position < reached:
            yield called[0].place, f"the section {called[0].title!r} comes too early", f"order: {', '.join(wanted)}"
        reached = max(reached, position)
    experiments = len(files.sections_called(SECTIONS["Experiment"]))
    if experiments < (least := MIN_EXPERIMENTS[files.unit.form]):
        yield at, f"{experiments} sections begin with “Experiment”", f"write at least {least}"


@gate("predictions", "experiments", lambda files: files.sections_called(SECTIONS["Experiment"]))
def _experiments_predict(files: Files, experiments: list[Section]) -> Iterator[Complaint]:
    for section in experiments:
        cells = files.lesson.notebook.cells[section.first : section.last]
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        for call in ("predict", "reveal"):
            if not re.search(rf"\b{call}\(", code):
                yield section.place, f"the experiment {section.title!r} calls no `lab.{call}`", f"add a `{call}` cell"


@gate("parameters", "code cells", lambda files: files.code_cells)
def _parameters_cell(files: Files, cells: list[tuple[int, NotebookNode]]) -> Iterator[Complaint]:
    index, first = cells[0]
    if "parameters" not in first.metadata.get("tags", []) or first.source.strip() != 'scale = "lesson"':
        what = 'the first code cell is not `scale = "lesson"` tagged parameters'
        yield files.in_lesson(index), what, "begin with that cell, so that the lesson runs at other scales"
    for index, cell in cells[1:]:
        if "parameters" in cell.metadata.get("tags", []):
            yield files.in_lesson(index), "a second cell is tagged parameters", "keep the first one only"


@gate("code-introduced", "code cells", lambda files: files.code_cells)
def _code_is_introduced(files: Files, cells: list[tuple[int, NotebookNode]]) -> Iterator[Complaint]:
    run = 0  # code cells since the last prose
    previous = -1
    for index, cell in cells:
        run = 0 if index != previous + 1 else run
        previous = index
        if re.fullmatch(r"lab\.(predict|reveal|record)\(.*\)", cell.source.strip(), re.DOTALL):
            continue  # these ask a question, or show a sentence
        run += 1
        if run > MAX_CODE_RUN:
            what = f"code cell number {run} in a row without prose between them"
            yield (
                files.in_lesson(index),
                what,
                f"say before it what it does, or what came; at most {MAX_CODE_RUN} in a row",
            )


@gate("code-length", "code cells", lambda files: files.code_cells)
def _code_is_short(files: Files, cells: list[tuple[int, NotebookNode]]) -> Iterator[Complaint]:
    lengths = [len(cell.source.splitlines()) for _, cell in cells]
    for (index, _), length in zip(cells, lengths, strict=True):
        if length > MAX_CODE_LINES:
            mend = f"split it or move it to curriculum/lab; at most {MAX_CODE_LINES}"
            yield files.in_lesson(index), f"a code cell of {length} lines", mend
    if (median := statistics.median(lengths)) > MEDIAN_CODE_LINES:
        what = f"half of the code cells have {median:g} lines or more"
        yield Place(files.lesson.name), what, f"one idea a cell: at most {MEDIAN_CODE_LINES} in the median"


@gate("questions", "sections “Check yourself”", lambda files: files.sections_called(SECTIONS["Check yourself"]))
def _questions_have_feedback(files: Files, sections: list[Section]) -> Iterator[Complaint]:
    text = "\n".join(files.text_of(section) for section in sections)
    folds = re.findall(r"<details[^>]*>\s*<summary>(.*?)</summary>(.*?)</details>", text, re.DOTALL)
    if len(folds) not in QUESTIONS:
        what = f"{len(folds)} questions with feedback in `<details><summary>…</summary>…</details>`"
        yield sections[0].place, what, f"write {QUESTIONS.start} to {QUESTIONS.stop - 1}"
    for question, feedback in folds:
        if len(feedback.split()) < 5:  # a bare yes or no is no feedback
            yield sections[0].place, f"no feedback on {question.strip()[:50]!r}", "say what is right, and why"


def _outputs(files: Files) -> Iterator[tuple[int, dict[str, Any]]]:
    for index, cell in enumerate(files.executed["cells"]):
        for output in cell.get("outputs", []):
            yield index, output


@gate("outputs-clean", "outputs", _outputs)
def _outputs_are_clean(files: Files, outputs: list[tuple[int, dict[str, Any]]]) -> Iterator[Complaint]:
    for index, output in outputs:
        if output["output_type"] == "error":
            yield files.in_lesson(index), f"an error output: {output['ename']}", "catch it and show its message"
        elif output.get("name") == "stderr":
            said = "".join(output["text"]).strip().splitlines()
            yield files.in_lesson(index), f"an output on stderr: {said[0][:60] if said else ''!r}", "mend its cause"


@gate("outputs-small", "outputs", _outputs)
def _outputs_are_small(files: Files, outputs: list[tuple[int, dict[str, Any]]]) -> Iterator[Complaint]:
    for index in sorted({index for index, _ in outputs}):
        size = len(json.dumps(files.executed["cells"][index]["outputs"]).encode())
        if size > MAX_OUTPUT_BYTES:
            mend = f"show less; at most {MAX_OUTPUT_BYTES / 1000:.0f} kB"
            yield files.in_lesson(index), f"outputs of {size / 1000:.0f} kB", mend


@gate("outputs-compared", "code cells", lambda files: files.code_cells)
def _outputs_are_compared(files: Files, cells: list[tuple[int, NotebookNode]]) -> Iterator[Complaint]:
    ignored = [index for index, cell in cells if "nbval-ignore-output" in cell.metadata.get("tags", [])]
    if len(ignored) >= MAX_IGNORED_SHARE * len(cells):
        what = f"{len(ignored)} of {len(cells)} code cells are tagged nbval-ignore-output"
        yield Place(files.lesson.name), what, "show more that is stable: counts, choices, comparisons"


def _pictures(files: Files) -> Iterator[tuple[int, str]]:
    """The picture outputs of the executed lesson with their alternative text."""
    for index, output in _outputs(files):
        data, metadata = output.get("data", {}), output.get("metadata", {})
        markup = "".join(data.get("text/html", ""))
        found = re.findall(r"<img\b[^>]*>", markup)
        if found:
            for tag in found:
                text = re.search(r"""\balt=("([^"]*)"|'([^']*)')""", tag)
                yield index, (text[2] or text[3] or "") if text else ""
        elif kinds := [kind for kind in data if kind.startswith("image/")]:
            yield index, str(metadata.get("alt") or metadata.get(kinds[0], {}).get("alt") or "")


@gate("pictures", "pictures", _pictures)
def _pictures_have_text(files: Files, pictures: list[tuple[int, str]]) -> Iterator[Complaint]:
    if len(pictures) < (least := MIN_PICTURES[files.unit.form]):
        what = f"{len(pictures)} plots in the executed lesson"
        yield Place(files.lesson.name), what, f"show at least {least}"
    for index, text in pictures:
        if len(text) < MIN_ALTERNATIVE_TEXT:
            yield files.in_lesson(index), "a picture without alternative text", "say in `alt` what it shows"
    for name, first, text in files.texts():
        for picture in prose.pictures_without_text(text, first):
            at = Place(name, f"line {picture.number}")
            yield at, f"the picture {picture.text} has no alternative text", "write it between the brackets"
