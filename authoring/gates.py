"""The anatomy of a unit as gates: each looks at the unit's files and says what is wrong, where, and how to mend it."""

import ast
import json
import re
import statistics
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from authoring import prose
from authoring.build import build
from authoring.source import Source, marked_part, read_assignment, read_lesson, visible_part
from curriculum.course import Course
from curriculum.lab.reflections import RUBRIC
from curriculum.syllabus import Unit
from grading.engine import Task, tasks_of

# What the anatomy asks for, in numbers.
MIN_EXPERIMENTS = 3
MEDIAN_CODE_LINES = 6
MAX_CODE_LINES = 25
MAX_CODE_RUN = 2  # code cells that one lead-in introduces, beside those that ask or reveal a prediction
MIN_PICTURES = 4
MIN_ALTERNATIVE_TEXT = 20  # characters
MAX_OUTPUT_BYTES = 200_000
MAX_IGNORED_SHARE = 0.5  # of code cells whose outputs nbval does not compare
QUESTIONS = range(4, 7)
MIN_RESOURCES = 3
TASKS = range(5, 9)
MIN_TESTS_A_TASK = 2
MAX_POINTS_A_TEST = 5
REFLECTIONS = range(1, 3)
REFLECTION_POINTS = 3 * len(RUBRIC)
ANCHORS = 3
MIN_RIGHT_ANSWERS = 2
MIN_WRONG_ANSWERS = 3
LEAK_LENGTH = 16  # characters; a shorter line says nothing of a solution
LEAK_LINES = 2  # of one solution in one cell; a single line in common is mostly the vocabulary of the task

SECTIONS = {
    "Why this matters": r"why (this|it) matters",
    "From what you know": r"from what you (already )?know",
    "Experiment": r"^experiment\b",
    "the ethics thread": r"\bethic|\bpeople\b",
    "Where it breaks": r"where it breaks",
    "At scale": r"at scale",
    "Check yourself": r"check yourself",
    "Go further": r"go(ing)? further",
}
AUTHOR_NOTE = "AUTHOR:"
BANNED = re.compile(r"\b(simply|just)\b|!", re.IGNORECASE)
EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55\ufe0f]")


@dataclass(frozen=True)
class Finding:
    """One thing that a gate found wrong."""

    gate: str
    file: str
    place: str  # cell and line, or empty when it is about the whole file
    what: str
    mend: str

    def __str__(self) -> str:
        """The finding as one line."""
        where = f"{self.file}, {self.place}" if self.place else self.file
        return f"{where}: {self.what}; {self.mend}. [{self.gate}]"


@dataclass(frozen=True)
class Place:
    """Where something stands."""

    file: str
    place: str = ""


@dataclass(frozen=True)
class Section:
    """A heading of a lesson and the cells from it to the next heading of its level or above."""

    title: str
    level: int
    first: int  # cells
    last: int  # cells, exclusive
    place: Place


class Files:
    """A unit's files, each read when a gate first asks for it."""

    def __init__(self, course: Course, unit: Unit) -> None:
        """`unit` is ready and its files are there; see the gate `parts`."""
        self.course, self.unit = course, unit

    def name(self, path: Path) -> str:
        """The path as messages show it."""
        return path.relative_to(self.course.root).as_posix()

    @cached_property
    def lesson(self) -> Source:
        """The lesson's source."""
        return read_lesson(self.course, self.unit)

    @cached_property
    def assignment(self) -> Source:
        """The assignment's source."""
        return read_assignment(self.course, self.unit)

    @cached_property
    def executed(self) -> dict[str, Any]:
        """The built lesson, with outputs; its cells are those of the source."""
        return json.loads(self.course.lesson_notebook(self.unit).read_text(encoding="utf-8"))

    @cached_property
    def released(self) -> dict[str, Any]:
        """The assignment as learners get it."""
        return json.loads(self.course.released_notebook(self.unit).read_text(encoding="utf-8"))

    @property
    def facilitator(self) -> Path:
        """The facilitator's page."""
        return self.course.solution_folder(self.unit) / "facilitator.md"

    @property
    def answers(self) -> Path:
        """The answer bank."""
        return self.course.solution_folder(self.unit) / "answers.md"

    @cached_property
    def tasks(self) -> list[Task]:
        """The graded tasks, without reflections."""
        return [task for task in tasks_of(self.assignment.notebook) if not task.is_manual]

    @cached_property
    def reflections(self) -> list[int]:
        """The cells of the reflections."""
        return [
            index
            for index, cell in enumerate(self.assignment.notebook.cells)
            if cell.cell_type == "markdown" and "nbgrader" in cell.metadata
        ]

    def cell_of(self, grade_id: str) -> int:
        """The index of a graded cell in the assignment."""
        return next(index for index, cell in enumerate(self.assignment.notebook.cells) if cell.id == grade_id)

    def in_lesson(self, index: int) -> Place:
        """Where a cell of the lesson stands."""
        return _place(self.lesson, index)

    def in_assignment(self, index: int) -> Place:
        """Where a cell of the assignment stands."""
        return _place(self.assignment, index)

    @cached_property
    def code_cells(self) -> list[tuple[int, NotebookNode]]:
        """The lesson's code cells with their index."""
        return [(i, cell) for i, cell in enumerate(self.lesson.notebook.cells) if cell.cell_type == "code"]

    @cached_property
    def sections(self) -> list[Section]:
        """The lesson's sections and subsections, in order."""
        cells = self.lesson.notebook.cells
        found = [
            (index, line)
            for index, cell in enumerate(cells)
            if cell.cell_type == "markdown"
            for line in prose.headings(cell.source, self.lesson.lines[index])
        ]
        sections = []
        for position, (index, line) in enumerate(found):
            ends = [end for end, other in found[position + 1 :] if other.level <= line.level]
            last = max(ends[0], index + 1) if ends else len(cells)
            place = Place(self.lesson.name, f"line {line.number}")
            sections.append(Section(line.text, line.level, index, last, place))
        return sections

    def sections_called(self, pattern: str) -> list[Section]:
        """The sections whose heading matches."""
        return [section for section in self.sections if re.search(pattern, section.title, re.IGNORECASE)]

    def text_of(self, section: Section) -> str:
        """The Markdown of a section."""
        cells = self.lesson.notebook.cells[section.first : section.last]
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        start = re.search(rf"^#+ +{re.escape(section.title)}.*", text, re.MULTILINE)
        rest = text[start.end() :] if start else text
        following = re.search(rf"^#{{1,{section.level}}} ", rest, re.MULTILINE)
        return rest[: following.start()] if following else rest

    def documents(self) -> list[tuple[str, str]]:
        """The four files that a person writes: name and text."""
        pages = [(self.name(path), path.read_text(encoding="utf-8")) for path in (self.answers, self.facilitator)]
        return [(self.lesson.name, self.lesson.text), (self.assignment.name, self.assignment.text), *pages]

    def texts(self) -> Iterator[tuple[str, int, str]]:
        """All Markdown that people read: file, number of the first line, text."""
        for source in (self.lesson, self.assignment):
            for index, cell in enumerate(source.notebook.cells):
                if cell.cell_type == "markdown":
                    yield source.name, source.lines[index], cell.source
        for name, text in self.documents()[2:]:
            yield name, 1, text


Complaint = tuple[Place, str, str]  # where, what is wrong, how to mend it
Look = Callable[[Files], Iterable[Any]]
Judge = Callable[[Files, list[Any]], Iterator[Complaint]]


@dataclass(frozen=True)
class Gate:
    """A rule over a unit: `look` collects what it is about, `judge` complains. Nothing to look at is a finding too."""

    name: str
    about: str
    look: Look
    judge: Judge

    def findings(self, files: Files) -> list[Finding]:
        """What this gate finds wrong in a unit."""
        things = list(self.look(files))
        if not things:
            nothing = f"the gate found no {self.about} to look at"
            return [Finding(self.name, files.unit.id, "", nothing, "write them, or the gate proves nothing")]
        return [Finding(self.name, at.file, at.place, what, mend) for at, what, mend in self.judge(files, things)]


GATES: dict[str, Gate] = {}
FIRST = ("parts", "built")  # the other gates read what these two vouch for


def run_gates(course: Course, unit: str) -> list[Finding]:
    """What all gates find wrong in a ready unit. Raises `CourseError` when a source cannot be read."""
    files = Files(course, course.syllabus.ready_unit(unit))
    for name in FIRST:
        if findings := GATES[name].findings(files):
            return findings
    return [finding for name, gate in GATES.items() if name not in FIRST for finding in gate.findings(files)]


def _gate(name: str, about: str, look: Look) -> Callable[[Judge], Judge]:
    def register(judge: Judge) -> Judge:
        GATES[name] = Gate(name, about, look, judge)
        return judge

    return register


def _place(source: Source, index: int) -> Place:
    return Place(source.name, f"cell {index + 1} (line {source.lines[index]})")


# The unit as a whole


def _parts(files: Files) -> list[tuple[Path, str]]:
    course, unit = files.course, files.unit
    return [
        (course.lesson_source(unit), "the lesson"),
        (course.lesson_notebook(unit), "the executed lesson"),
        (course.assignment_source(unit), "the assignment with solutions"),
        (course.solution_notebook(unit), "the assignment with solutions, as a notebook"),
        (course.released_notebook(unit), "the released assignment"),
        (files.answers, "the answer bank"),
        (files.facilitator, "the facilitator's page"),
    ]


@_gate("parts", "parts of a unit", _parts)
def _parts_exist(files: Files, parts: list[tuple[Path, str]]) -> Iterator[Complaint]:
    for path, what in parts:
        if not path.is_file() or not path.stat().st_size:
            mend = f"run `course build {files.unit.id}`" if path.suffix == ".ipynb" else "write it"
            yield Place(files.name(path)), f"{what} is missing", mend


@_gate("built", "built files", lambda files: build(files.course, [files.unit.id], check=True))
def _built_files_are_fresh(files: Files, built: list[Any]) -> Iterator[Complaint]:
    for one in built:
        if one.problem:
            what, _, mend = one.problem.rstrip(".").rpartition("; ")
            yield Place(files.name(one.path)), what, mend


@_gate("author-notes", "lines", lambda files: files.documents())
def _no_author_notes(files: Files, documents: list[tuple[str, str]]) -> Iterator[Complaint]:
    for name, text in documents:
        for number, line in enumerate(text.splitlines(), 1):
            if AUTHOR_NOTE in line:
                note = line.partition(AUTHOR_NOTE)[2].removesuffix("-->").strip()
                mend = note or "do what it says"
                yield (
                    Place(name, f"line {number}"),
                    "a note to the author is still there",
                    f"{mend}, and delete the note",
                )


@_gate("resources", "things to look for", lambda files: [files.unit])
def _resources(files: Files, _: list[Unit]) -> Iterator[Complaint]:
    resources = files.unit.resources
    if len(resources) < MIN_RESOURCES:
        what = f"{files.unit.id} names {len(resources)} resources"
        yield Place("curriculum/syllabus.yml"), what, f"name at least {MIN_RESOURCES}"
    shown = "\n".join(files.text_of(section) for section in files.sections_called(SECTIONS["Go further"]))
    for resource in resources:
        if resource.url not in shown:
            yield Place(files.lesson.name), f"“Go further” does not show {resource.url}", "add it, for whom, how long"


@_gate("covers", "framework items", lambda files: files.unit.covers.items())
def _covers(files: Files, covers: list[tuple[str, Any]]) -> Iterator[Complaint]:
    titles = {section.title.casefold() for section in files.sections}
    graded = {cell.id for cell in files.assignment.notebook.cells if "nbgrader" in cell.metadata}
    reflections = {files.assignment.notebook.cells[index].id for index in files.reflections}
    for item, cover in covers:
        at = Place("curriculum/syllabus.yml", f"{files.unit.id}, {item}")
        if cover.lesson and cover.lesson.casefold() not in titles:
            yield at, f"the lesson has no heading {cover.lesson!r}", "name one of its headings"
        for task in cover.tasks:
            if task not in graded:
                yield at, f"the assignment has no graded cell {task!r}", "name a grade_id of the assignment"
        if cover.reflection and cover.reflection not in reflections:
            yield at, f"the assignment has no reflection {cover.reflection!r}", "name one of its reflections"
        if not (cover.lesson or cover.tasks or cover.reflection):
            yield at, "nothing of the unit is named", "name the lesson's heading, tasks or reflection that serve it"


def _links(files: Files) -> Iterator[tuple[str, Path, prose.Line]]:
    folders = {
        files.lesson.name: files.lesson.path.parent,
        files.assignment.name: files.course.released_notebook(files.unit).parent,  # where a learner follows it
    }
    for name, first, text in files.texts():
        folder = folders.get(name, files.course.solution_folder(files.unit))
        for link in prose.links(text, first):
            yield name, folder, link


@_gate("links", "links", _links)
def _links_resolve(files: Files, links: list[tuple[str, Path, prose.Line]]) -> Iterator[Complaint]:
    for name, folder, link in links:
        target = link.text.partition("#")[0]
        if target and not re.match(r"[a-z]+:", target) and not (folder / target).exists():
            yield Place(name, f"line {link.number}"), f"the link to {link.text} leads nowhere", "mend its path"


# How it is written


@_gate("headings", "headings", lambda files: [(n, h) for n, i, t in files.texts() for h in prose.headings(t, i)])
def _headings_are_plain(files: Files, lines: list[tuple[str, prose.Line]]) -> Iterator[Complaint]:
    for name, heading in lines:
        if EMOJI.search(heading.text):
            yield Place(name, f"line {heading.number}"), f"an emoji in the heading {heading.text!r}", "take it out"


@_gate("prose", "prose", lambda files: [(n, row) for n, i, t in files.texts() for row in prose.running_text(t, i)])
def _prose_is_plain(files: Files, lines: list[tuple[str, prose.Line]]) -> Iterator[Complaint]:
    for name, line in lines:
        if found := BANNED.search(line.text):
            what = "an exclamation mark" if found[0] == "!" else f"the word “{found[0]}”"
            yield Place(name, f"line {line.number}"), f"{what} in {line.text.strip()[:60]!r}", "say it without"


# The lesson


@_gate("sections", "sections", lambda files: [section for section in files.sections if section.level > 1])
def _sections_in_order(files: Files, _: list[Section]) -> Iterator[Complaint]:
    at = Place(files.lesson.name)
    reached = -1
    for name, pattern in SECTIONS.items():
        called = files.sections_called(pattern)
        if not called:
            yield at, f"no section {name!r}", "write it, with these words in a heading"
            continue
        position = files.sections.index(called[0])
        if position < reached:
            yield called[0].place, f"the section {called[0].title!r} comes too early", f"order: {', '.join(SECTIONS)}"
        reached = max(reached, position)
    experiments = len(files.sections_called(SECTIONS["Experiment"]))
    if experiments < MIN_EXPERIMENTS:
        yield at, f"{experiments} sections begin with “Experiment”", f"write at least {MIN_EXPERIMENTS}"


@_gate("predictions", "experiments", lambda files: files.sections_called(SECTIONS["Experiment"]))
def _experiments_predict(files: Files, experiments: list[Section]) -> Iterator[Complaint]:
    for section in experiments:
        cells = files.lesson.notebook.cells[section.first : section.last]
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        for call in ("predict", "reveal"):
            if not re.search(rf"\b{call}\(", code):
                yield section.place, f"the experiment {section.title!r} calls no `lab.{call}`", f"add a `{call}` cell"


@_gate("parameters", "code cells", lambda files: files.code_cells)
def _parameters_cell(files: Files, cells: list[tuple[int, NotebookNode]]) -> Iterator[Complaint]:
    index, first = cells[0]
    if "parameters" not in first.metadata.get("tags", []) or first.source.strip() != 'scale = "lesson"':
        what = 'the first code cell is not `scale = "lesson"` tagged parameters'
        yield files.in_lesson(index), what, "begin with that cell, so that the lesson runs at other scales"
    for index, cell in cells[1:]:
        if "parameters" in cell.metadata.get("tags", []):
            yield files.in_lesson(index), "a second cell is tagged parameters", "keep the first one only"


@_gate("code-introduced", "code cells", lambda files: files.code_cells)
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


@_gate("code-length", "code cells", lambda files: files.code_cells)
def _code_is_short(files: Files, cells: list[tuple[int, NotebookNode]]) -> Iterator[Complaint]:
    lengths = [len(cell.source.splitlines()) for _, cell in cells]
    for (index, _), length in zip(cells, lengths, strict=True):
        if length > MAX_CODE_LINES:
            mend = f"split it or move it to curriculum/lab; at most {MAX_CODE_LINES}"
            yield files.in_lesson(index), f"a code cell of {length} lines", mend
    if (median := statistics.median(lengths)) > MEDIAN_CODE_LINES:
        what = f"half of the code cells have {median:g} lines or more"
        yield Place(files.lesson.name), what, f"one idea a cell: at most {MEDIAN_CODE_LINES} in the median"


@_gate("questions", "sections “Check yourself”", lambda files: files.sections_called(SECTIONS["Check yourself"]))
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


@_gate("outputs-clean", "outputs", _outputs)
def _outputs_are_clean(files: Files, outputs: list[tuple[int, dict[str, Any]]]) -> Iterator[Complaint]:
    for index, output in outputs:
        if output["output_type"] == "error":
            yield files.in_lesson(index), f"an error output: {output['ename']}", "catch it and show its message"
        elif output.get("name") == "stderr":
            said = "".join(output["text"]).strip().splitlines()
            yield files.in_lesson(index), f"an output on stderr: {said[0][:60] if said else ''!r}", "mend its cause"


@_gate("outputs-small", "outputs", _outputs)
def _outputs_are_small(files: Files, outputs: list[tuple[int, dict[str, Any]]]) -> Iterator[Complaint]:
    for index in sorted({index for index, _ in outputs}):
        size = len(json.dumps(files.executed["cells"][index]["outputs"]).encode())
        if size > MAX_OUTPUT_BYTES:
            mend = f"show less; at most {MAX_OUTPUT_BYTES / 1000:.0f} kB"
            yield files.in_lesson(index), f"outputs of {size / 1000:.0f} kB", mend


@_gate("outputs-compared", "code cells", lambda files: files.code_cells)
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


@_gate("pictures", "pictures", _pictures)
def _pictures_have_text(files: Files, pictures: list[tuple[int, str]]) -> Iterator[Complaint]:
    if len(pictures) < MIN_PICTURES:
        what = f"{len(pictures)} plots in the executed lesson"
        yield Place(files.lesson.name), what, f"show at least {MIN_PICTURES}"
    for index, text in pictures:
        if len(text) < MIN_ALTERNATIVE_TEXT:
            yield files.in_lesson(index), "a picture without alternative text", "say in `alt` what it shows"
    for name, first, text in files.texts():
        for picture in prose.pictures_without_text(text, first):
            at = Place(name, f"line {picture.number}")
            yield at, f"the picture {picture.text} has no alternative text", "write it between the brackets"


# The assignment


@_gate("tasks", "tasks", lambda files: files.tasks)
def _number_of_tasks(files: Files, tasks: list[Task]) -> Iterator[Complaint]:
    if len(tasks) not in TASKS:
        yield Place(files.assignment.name), f"{len(tasks)} tasks", f"write {TASKS.start} to {TASKS.stop - 1}"


@_gate("points", "test cells", lambda files: [(task, test) for task in files.tasks for test in task.tests])
def _points_are_small(files: Files, tests: list[tuple[Task, str]]) -> Iterator[Complaint]:
    for task, test in tests:
        at = files.cell_of(test)
        points = files.assignment.notebook.cells[at].metadata.nbgrader.points
        if points > MAX_POINTS_A_TEST:
            mend = f"split it, so that partial work earns partial credit; at most {MAX_POINTS_A_TEST}"
            yield files.in_assignment(at), f"the test {test!r} of {task.grade_id!r} holds {points:g} points", mend
    for task in files.tasks:
        if len(task.tests) < MIN_TESTS_A_TASK:
            what = f"the task {task.grade_id!r} has {len(task.tests)} test cell"
            yield files.in_assignment(files.cell_of(task.grade_id)), what, f"write at least {MIN_TESTS_A_TASK}"


@_gate("stubs", "stubs", lambda files: [files.cell_of(task.grade_id) for task in files.tasks])
def _stubs_help(files: Files, stubs: list[int]) -> Iterator[Complaint]:
    cells = files.assignment.notebook.cells
    for index in stubs:
        if "TODO" not in visible_part(cells[index].source, "SOLUTION"):
            yield files.in_assignment(index), "the stub has no TODO", "say in it what is to be done"
        before = next((i for i in range(index - 1, -1, -1) if "nbgrader" in cells[i].metadata), -1)
        lead_in = "\n".join(cell.source for cell in cells[before + 1 : index] if cell.cell_type == "markdown")
        if "<details>" not in lead_in:
            yield files.in_assignment(index), "the lead-in has no hint", "add one in `<details><summary>Hint</summary>`"


def _tests_of(files: Files, task: Task) -> list[str]:
    return [files.assignment.notebook.cells[files.cell_of(test)].source for test in task.tests]


@_gate("hidden-tests", "tasks", lambda files: files.tasks)
def _tasks_have_hidden_tests(files: Files, tasks: list[Task]) -> Iterator[Complaint]:
    for task in tasks:
        if not any(marked_part(test, "HIDDEN TESTS").strip() for test in _tests_of(files, task)):
            at = files.in_assignment(files.cell_of(task.grade_id))
            yield at, f"the task {task.grade_id!r} has no hidden test", "test generality, edges and bad input in one"


@_gate("messages", "test cells", lambda files: [test for task in files.tasks for test in task.tests])
def _visible_tests_explain(files: Files, tests: list[str]) -> Iterator[Complaint]:
    explained = set()
    for test in tests:
        index = files.cell_of(test)
        try:
            tree = ast.parse(visible_part(files.assignment.notebook.cells[index].source, "HIDDEN TESTS"))
        except SyntaxError as error:
            mend = "put BEGIN and END HIDDEN TESTS around whole statements"
            yield files.in_assignment(index), f"what learners see of the test is not Python: {error.msg}", mend
            continue
        asserts = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
        if asserts:
            explained.add(test)
        for node in asserts:
            if node.msg is None:
                what = f"`{ast.unparse(node)[:60]}` has no message"
                yield files.in_assignment(index), what, "say what was expected, what came, and where to look"
    for task in files.tasks:
        if not explained & set(task.tests):
            at = files.in_assignment(files.cell_of(task.grade_id))
            yield at, f"the task {task.grade_id!r} has no visible assertion", "let learners see one test"


@_gate("reflections", "reflections", lambda files: files.reflections)
def _reflections_can_be_graded(files: Files, reflections: list[int]) -> Iterator[Complaint]:
    page = files.facilitator.read_text(encoding="utf-8")
    at = Place(files.name(files.facilitator))
    if len(reflections) not in REFLECTIONS:
        what = f"{len(reflections)} reflections"
        yield Place(files.assignment.name), what, f"write {REFLECTIONS.start} or {REFLECTIONS.stop - 1}"
    for row in RUBRIC:
        if not re.search(rf"^\|[\s*]*{re.escape(row.name)}[\s*]*\|", page, re.MULTILINE | re.IGNORECASE):
            yield at, f"the rubric has no row {row.name!r}", "show the four rows in a table"
    for index in reflections:
        cell = files.assignment.notebook.cells[index]
        if cell.metadata.nbgrader.points != REFLECTION_POINTS:
            what = f"the reflection has {cell.metadata.nbgrader.points:g} points"
            yield files.in_assignment(index), what, f"four rows of 0 to 3 make {REFLECTION_POINTS}"
        anchors = _anchors(page, cell.id)
        if len(anchors) < ANCHORS:
            what = f"{len(anchors)} anchor answers with different scores for {cell.id!r}"
            mend = f"write {ANCHORS} under a heading with its id, each headed `Anchor: <score> of {REFLECTION_POINTS}`"
            yield at, what, mend


def _anchors(page: str, reflection: str) -> set[int]:
    """The scores of the anchor answers under the heading that names the reflection."""
    scores: set[int] = set()
    level = 0  # of the heading that named the reflection, 0 outside its section
    for heading in prose.headings(page):
        if level and heading.level <= level:
            level = 0
        if reflection in heading.text:
            level = heading.level
        elif level and (score := re.search(rf"\b(\d+)\s*(?:of|/|out of)\s*{REFLECTION_POINTS}\b", heading.text)):
            scores.add(int(score[1]))
    return scores


@_gate("leaks", "cells of the released notebook", lambda files: files.released["cells"])
def _nothing_leaks(files: Files, cells: list[dict[str, Any]]) -> Iterator[Complaint]:
    path = files.course.released_notebook(files.unit)
    secrets = _secrets(files)
    if not secrets:
        yield Place(files.assignment.name), "no line of a solution or hidden test to look for", "write longer ones"
    for index, cell in enumerate(cells):
        at, source = Place(files.name(path), f"cell {index + 1}"), "".join(cell["source"])
        if cell.get("outputs") or cell.get("execution_count"):
            yield at, "the released cell has an output", "build it again"
        if marker := re.search(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS)", source):
            yield at, f"{marker[0]} is in the released cell", "build it again"
        if "solutions/" in source:
            yield at, "the path of the solutions is in the released cell", "name no file of the author's side"
        yield from _shown(at, source, secrets)
    for other in path.parent.rglob("*"):
        if other.is_file() and other != path and ".ipynb_checkpoints" not in other.parts:
            yield from _shown(Place(files.name(other)), other.read_text(encoding="utf-8", errors="replace"), secrets)


def _shown(at: Place, text: str, secrets: dict[str, set[str]]) -> Iterator[Complaint]:
    """Complain of each secret that `text` shows enough of to give it away."""
    lines = {line.strip() for line in text.splitlines()}
    for where, secret in secrets.items():
        shown = sorted(lines & secret)
        if len(shown) >= min(LEAK_LINES, len(secret)):
            mend = "learners see it; write it another way in one of the two places"
            yield at, f"`{shown[0][:60]}` stands in {where} too", mend


def _secrets(files: Files) -> dict[str, set[str]]:
    """The lines that only authors may see, by where they stand.

    A line that a stub or a given cell shows too is no secret: a worked example resembles a solution. Nor is a hidden
    test's line that a visible test shows.
    """
    graded = [cell for cell in files.assignment.notebook.cells if cell.cell_type == "code"]
    tests = [cell for cell in graded if cell.metadata.get("nbgrader", {}).get("grade")]
    others = [cell for cell in graded if cell not in tests]
    shown = set().union(*(_telling(visible_part(cell.source, "SOLUTION")) for cell in others))
    tested = set().union(*(_telling(visible_part(cell.source, "HIDDEN TESTS")) for cell in tests))
    secrets = {
        f"the solution of {cell.id!r}": _telling(marked_part(cell.source, "SOLUTION")) - shown for cell in others
    } | {
        f"the hidden part of {cell.id!r}": _telling(marked_part(cell.source, "HIDDEN TESTS")) - shown - tested
        for cell in tests
    }
    return {where: lines for where, lines in secrets.items() if lines}


def _telling(code: str) -> set[str]:
    """The lines that say something of an answer, rather than being the language's own."""
    lines = {line.strip() for line in code.splitlines()}
    return {line for line in lines if len(line) >= LEAK_LENGTH and not re.match(r"(import|from|except|#|@)", line)}
