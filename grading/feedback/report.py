"""What a feedback page says of one submission, before it is laid out: plain values, and fragments that are safe."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from markupsafe import Markup
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from curriculum.syllabus import Unit
from grading.engine.score import failure_message, score_notebook
from grading.feedback.cleaning import markdown, name, printable, short
from grading.feedback.grades import Grades, Points
from grading.feedback.hiding import INSTEAD, hidden_lines, quotes
from grading.feedback.master import NOTHING, Master, Task, capital, grade_id, key, words
from grading.feedback.outputs import FULL, RUBRIC, Room, remark, shown

MOST_LINES, MOST_CODE = 1_500, 60_000  # of one cell
MOST_REMARKS = 20
NO_MESSAGE = "The check says no more than that it failed."


class State(StrEnum):
    """How a task or a test went."""

    FULL = "full marks"
    PARTIAL = "in part"
    NOTHING = "no points yet"
    WAITS = "waits for a person"


@dataclass(frozen=True)
class Test:
    """One test as a line of the page."""

    title: str
    points: str
    state: State
    message: str = ""


@dataclass
class Cell:
    """A cell of the learner's, or what a given cell showed. `source` and `outputs` are safe fragments."""

    title: str
    source: Markup = NOTHING
    outputs: list[Markup] = field(default_factory=list)
    is_text: bool = False


@dataclass
class Part:
    """One task of the page."""

    anchor: str
    title: str
    points: str
    state: State
    is_manual: bool
    failed: list[Test]
    passed: list[Test]
    passed_points: str
    hint: Markup
    question: Markup
    comments: list[Markup]
    answers: list[Cell] = field(default_factory=list)
    others: list[Cell] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    """A whole page. Points are text, rounded to two places."""

    unit: str
    title: str
    student: str
    score: str
    most: str
    waiting: str
    late: str
    remarks: list[str]
    parts: list[Part]
    rest: list[Cell]


def make_report(unit: Unit, executed: NotebookNode, master: Master, grades: Grades) -> Report:
    """Bring the executed notebook, the author's tasks and the gradebook's points together."""
    room = Room(hidden_lines(executed))
    graded = [task for task in master.tasks if task.is_graded]
    messages = _messages(executed, {test for task in graded for test in task.tests})
    parts = {id(task): _part(number, task, grades, messages, room) for number, task in enumerate(graded, start=1)}
    _say_what_stopped(executed, graded, parts, room)
    rest = _place_cells(executed, master, parts, room)
    _say_what_is_missing(executed, graded, parts)
    points = [grades.points[each] for task in graded for each in (*task.answers, *task.tests) if each in grades.points]
    waiting = sum(each.most for each in points if each.waits)
    person = name(grades.name)
    return Report(
        unit=unit.id,
        title=unit.title,
        student=f"{person} ({name(grades.student)})" if person else name(grades.student),
        score=number(max(0.0, sum(each.earned for each in points) - grades.late_penalty)),
        most=number(sum(each.most for each in points)),
        waiting=number(waiting) if waiting else "",
        late=_late(grades),
        remarks=_remarks(executed),
        parts=list(parts.values()),
        rest=rest,
    )


def number(points: float) -> str:
    """Points with at most two places after the point: `7`, `2.5`, `0.33`."""
    return f"{round(points, 2):g}"


def _late(grades: Grades) -> str:
    if not grades.late_penalty and grades.seconds_late <= 0:
        return ""
    hours = grades.seconds_late / 3600
    span = f" by {hours / 24:.1f} days" if hours >= 48 else f" by {hours:.1f} hours" if hours >= 1 else ""
    cost = f"{number(grades.late_penalty)} points are taken off" if grades.late_penalty else "no points are taken off"
    return f"Handed in late{span}: {cost}."


def _remarks(executed: NotebookNode) -> list[str]:
    said = executed.metadata.get("course", {})
    sentences = said.get("remarks", []) if isinstance(said, dict) else []
    return [
        capital(short(sentence, 3, 500)[0])
        for sentence in (sentences if isinstance(sentences, list) else [])[:MOST_REMARKS]
        if isinstance(sentence, str) and sentence.strip()
    ]


def _messages(executed: NotebookNode, tests: set[str]) -> dict[str, str]:
    """What each test cell says; only cells of the release, because a learner may mark cells of their own."""
    cells = [cell for cell in executed.cells if cell.cell_type == "code" and grade_id(cell) in tests]
    scores = score_notebook(NotebookNode(cells=cells))
    return {grade_id(cell): scores[grade_id(cell)].message or _last_words(cell) for cell in cells}


def _last_words(cell: NotebookNode) -> str:
    """The last line that a test printed: how an author says why a test gave a part of its points.

    No more than that line, because what the learner's functions print on hidden inputs lies there too.
    """
    printed = [output.text for output in cell.outputs if output.output_type == "stream" and output.name == "stdout"]
    lines = "".join(printed)[-10_000:].strip().splitlines()
    return lines[-1] if lines else ""


def _part(number_: int, task: Task, grades: Grades, messages: dict[str, str], room: Room) -> Part:
    tests = [_test(test, grades.points.get(test), messages.get(test, ""), room.hidden) for test in task.tests]
    points = [grades.points[each] for each in (*task.answers, *task.tests) if each in grades.points]
    state = _state(points)
    passed = [each for each in tests if each.state is State.FULL]
    passed_points = sum(
        grades.points[test].earned
        for test, each in zip(task.tests, tests, strict=True)
        if each.state is State.FULL and test in grades.points
    )
    return Part(
        anchor=f"task-{number_}",
        title=task.title or words((task.answers or task.tests)[0]),
        points=_of(points),
        state=state,
        is_manual=task.is_manual,
        failed=[each for each in tests if each.state is not State.FULL],
        passed=passed,
        passed_points=number(passed_points),
        hint=task.hint if state in (State.PARTIAL, State.NOTHING) else NOTHING,
        question=task.question,
        comments=[
            markdown(grades.comments[answer], room.images) for answer in task.answers if answer in grades.comments
        ],
    )


def _of(points: list[Points]) -> str:
    most = sum(each.most for each in points)
    if points and all(each.waits for each in points) and not any(each.by_person for each in points):
        return f"– of {number(most)}"
    return f"{number(sum(each.earned for each in points))} of {number(most)}"


def _state(points: list[Points]) -> State:
    if any(each.waits for each in points):
        return State.WAITS
    earned, most = sum(each.earned for each in points), sum(each.most for each in points)
    if earned >= most - 1e-9:
        return State.FULL
    return State.PARTIAL if earned > 0 else State.NOTHING


def _test(test: str, points: Points | None, message: str, hidden: frozenset[str]) -> Test:
    if points is None:
        return Test(words(test), "–", State.WAITS, "The gradebook has no points for this test.")
    state = _state([points])
    if state is State.FULL:
        return Test(words(test), _of([points]), state)
    if points.by_person:
        said = "A person gave these points."
    elif state is State.WAITS:
        said = "The test could not be run: a person decides its points."
    else:
        said, left_out = short(message, 30, 3_000)
        said = INSTEAD if quotes(printable(message), hidden) else " ".join(filter(None, (said, left_out))) or NO_MESSAGE
    return Test(words(test), _of([points]), state, said)


def _place_cells(executed: NotebookNode, master: Master, parts: dict[int, Part], room: Room) -> list[Cell]:
    """Put the learner's cells, and what given ones showed, under their tasks; return those that are under none."""
    cells = list(enumerate(executed.cells, start=1))
    for place, cell in cells:  # the answers first, so that nothing else can fill the page before them
        task = master.places.get(key(cell))
        if task is not None and grade_id(cell) in task.answers:
            title = "Your answer" if cell.cell_type == "markdown" else "Your code"
            parts[id(task)].answers.append(_cell(cell, title, place, room))
    rest: list[Cell] = []
    part: Part | None = None
    for place, cell in cells:
        if room.is_full:
            return [*rest, Cell("Further cells", remark(FULL))]
        task = master.places.get(key(cell))
        if task is not None:
            part = parts.get(id(task))
            if grade_id(cell) in (*task.answers, *task.tests) or cell.cell_type != "code":
                continue  # a test is a line with a message, never a cell; texts of the author are left out
            rubric = RUBRIC if "<table>" in task.question else None  # once is enough
            made = Cell(f"Given cell {place} showed", outputs=shown(cell, place, room, but=rubric))
        elif "nbgrader" in cell.metadata or not cell.source.strip():
            continue
        else:
            made = _cell(cell, f"Your own cell {place}", place, room)
        if made.source or made.outputs:
            (rest if part is None else part.others).append(made)
    return rest


def _cell(cell: NotebookNode, title: str, place: int, room: Room) -> Cell:
    if room.is_full:
        return Cell(title, remark(FULL))
    if cell.cell_type == "markdown":
        rendered = markdown(cell.source, room.images, cell.get("attachments"))
        return Cell(title, room.take(rendered), is_text=True)
    if cell.cell_type != "code":
        plain, left_out = short(cell.source)
        fragment = Markup('<pre tabindex="0">{}</pre>').format(plain) + (remark(left_out) if left_out else "")
        return Cell(title, room.take(fragment))
    return Cell(title, room.take(code(cell.source)), shown(cell, place, room))


def code(source: str) -> Markup:
    """Python with its words in classes of their own, which the page's style colours."""
    plain, left_out = short(source, MOST_LINES, MOST_CODE)
    coloured = Markup(highlight(plain, _LEXER, _FORMATTER)) if plain.strip() else remark("The cell is empty.")
    return coloured + (remark(left_out) if left_out else "")


def _say_what_stopped(executed: NotebookNode, graded: Iterable[Task], parts: dict[int, Part], room: Room) -> None:
    """An answer that stopped with an error comes first: its tests only say what they then did not find."""
    stopped = {grade_id(cell): said for cell in executed.cells if (said := failure_message(cell))}
    for task in graded:
        part = parts[id(task)]
        for answer in task.answers:
            if part.failed and not part.is_manual and answer in stopped:
                said = (
                    INSTEAD if quotes(printable(stopped[answer]), room.hidden) else short(stopped[answer], 30, 3_000)[0]
                )
                message = f"{said}\nThe cell stopped there; look at this first."
                part.failed.insert(0, Test("The cell of your answer", "", State.NOTHING, message))


def _say_what_is_missing(executed: NotebookNode, graded: Iterable[Task], parts: dict[int, Part]) -> None:
    there = {grade_id(cell) for cell in executed.cells}
    for task in graded:
        if task.answers and not set(task.answers) & there:
            parts[id(task)].answers.append(Cell("Your answer", remark("The submission had no cell for this answer.")))


_LEXER = PythonLexer(stripnl=False)  # IPython's takes twice as long, for its magics alone
_FORMATTER = HtmlFormatter(cssclass="code")
