"""The `course` command: the only place where the learner's, the facilitator's and the author's sides meet.

Each command is a few lines over a function of its room, imported when the command runs: `course` answers at once.
"""

import errno
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from curriculum.course import Course
from curriculum.errors import CourseError
from curriculum.files import exclusive
from curriculum.lab import telemetry


class _Commands(typer.core.TyperGroup):
    """Ends every command that a person can mend with one sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CourseError as error:
            _stop(str(error), code=1)
        except KeyboardInterrupt:
            _stop("Stopped. What was finished is kept; run the same command again to go on.", code=130)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            _stop("The disk is full. What was finished is kept; free some space and run the command again.", code=1)


def _stop(sentence: str, code: int) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]course:[/] {_escape(sentence)}")
    raise SystemExit(code)


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="From cloud platform engineer to AI systems engineer: learn, facilitate, write.",
)
console = Console(highlight=False)
UnitName = Annotated[str, typer.Argument(metavar="UNIT", help="a unit's name, such as y1-serving")]
Isolation = Literal["full", "landlock", "limits"]  # strongest first; the engine's `Tier`
LEARN, FACILITATE, AUTHOR = "Learn", "Facilitate", "Write"


@app.command(rich_help_panel=LEARN)
def lab(
    browser: Annotated[bool, typer.Option(help="open a browser as well as printing the address")] = True,
) -> None:
    """Lay your desk under work/ and open JupyterLab on the start page."""
    from curriculum.desk import lay, write_start_page
    from curriculum.jupyter import run_jupyterlab

    course = Course()
    with exclusive(course.root):
        for laid in lay(course):
            if laid.message:
                console.print(laid.message)
        page = write_start_page(course)
    run_jupyterlab(course, page, browser)


@app.command(rich_help_panel=LEARN)
def check(unit: UnitName) -> None:
    """Run the visible tests on your notebook and show what to look at next."""
    from curriculum.desk.warm import check as warm_check

    course = Course()
    with console.status(f"Running {unit}…"):
        result = warm_check(course, course.syllabus.ready_unit(unit))
    console.print(result)


@app.command(rich_help_panel=LEARN)
def submit(
    unit: UnitName,
    student: Annotated[str | None, typer.Option(help="your name in the group; your user name otherwise")] = None,
) -> None:
    """Pack your notebook for the facilitator and keep a receipt."""
    from curriculum.desk import submit_unit

    course = Course()
    with exclusive(course.root):
        console.print(submit_unit(course, course.syllabus.ready_unit(unit), student))


@app.command(rich_help_panel=LEARN)
def progress() -> None:
    """Show where you stand and the next step."""
    from curriculum.desk import progress_of

    console.print(progress_of(Course()))


@app.command(rich_help_panel=LEARN)
def doctor() -> None:
    """Say what is present, what is missing, and the command that mends it."""
    from curriculum.doctor import examine, findings_table, is_healthy

    findings = examine(Course())
    console.print(findings_table(findings))
    if not is_healthy(findings):
        raise typer.Exit(1)


@app.command(rich_help_panel=FACILITATE)
def grade(
    unit: UnitName,
    submissions: Annotated[
        list[Path] | None, typer.Argument(help="packed submissions, or folders of them, to collect first")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="grade again what has not changed since")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="submissions that run at once; as many as cores otherwise, at most 8")
    ] = None,
    require_isolation: Annotated[
        Isolation | None, typer.Option(help="the weakest isolation that will do; nothing runs with less")
    ] = None,
    dask: Annotated[
        str, typer.Option(metavar="ADDRESS", help="run on the workers of the Dask scheduler at tcp://host:port")
    ] = "",
    gradebook: Annotated[
        str,
        typer.Option(
            metavar="URL",
            envvar="COURSE_GRADEBOOK",
            show_envvar=True,
            help="a database for the grades, such as postgresql+psycopg://host/grades; a file otherwise",
        ),
    ] = "",
) -> None:
    """Collect submissions and grade those that are new or changed."""
    from grading.collect import collect, collected_table
    from grading.engine.autograde import grade_unit, outcomes_table
    from grading.engine.jail import Tier

    isolation = Tier(require_isolation) if require_isolation else None
    course = Course(gradebook=gradebook)
    chosen = course.syllabus.ready_unit(unit)
    course.require_solutions()
    with exclusive(course.root):
        if submissions and (collected := collect(course, chosen, submissions)):
            console.print(collected_table(collected))
        outcomes = grade_unit(
            course, chosen, force=force, workers=workers, console=console, isolation=isolation, dask=dask
        )
    if not outcomes:
        raise CourseError(f"There is no submission of {unit} to grade; name a folder: `course grade {unit} FOLDER`.")
    console.print(outcomes_table(outcomes))
    if all(outcome.set_aside for outcome in outcomes):
        raise CourseError("No submission could be graded; the table says why for each.")
    if any(outcome.set_aside for outcome in outcomes):
        console.print("Ask for what was set aside again, or mend it as the table says, and run the same command.")
    console.print(f"Next: `course feedback {unit}`, then `course export`.")


@app.command(rich_help_panel=FACILITATE)
def feedback(unit: UnitName) -> None:
    """Write a feedback page for every graded submission."""
    from grading.feedback import write_feedback

    course = Course()
    course.require_solutions()
    with exclusive(course.root):
        pages = write_feedback(course, course.syllabus.ready_unit(unit))
    if not pages:
        raise CourseError(f"Nothing of {unit} has been graded yet; run `course grade {unit}` first.")
    for page in pages:
        console.print(_escape(str(page)), soft_wrap=True)


@app.command(rich_help_panel=FACILITATE)
def export(
    to: Annotated[str, typer.Option(help="csv, canvas or moodle")] = "csv",
    path: Annotated[Path | None, typer.Option(help="the file to write")] = None,
) -> None:
    """Export the gradebook, with the columns of the learning platform it goes to."""
    from grading.export import export_grades

    course = Course()
    course.require_solutions()
    with exclusive(course.root):
        console.print(_escape(str(export_grades(course, to, path))), soft_wrap=True)


badge_app = typer.Typer(no_args_is_help=True, help="Issue, verify and revoke credentials that verify offline.")
app.add_typer(badge_app, name="badge", rich_help_panel=FACILITATE)


@badge_app.command("issuer")
def badge_issuer(name: Annotated[str, typer.Argument(help="who issues, as a credential names them")]) -> None:
    """Make the issuer of this cohort, with its first key."""
    from grading.badges import issuer_of

    course = Course()
    course.require_solutions()
    with exclusive(course.root):
        issuer = issuer_of(course).create(name)
    console.print(_escape(f"Hand out {issuer.public} and {issuer.status_file}; keep the .pem files to yourself."))


@badge_app.command("issue")
def badge_issue(
    milestone: Annotated[str, typer.Argument(metavar="MILESTONE", help="such as foundation or year1")],
    student: Annotated[str, typer.Argument(help="the name in the gradebook")],
    email: Annotated[str, typer.Option(help="whom it is for; the gradebook's address otherwise")] = "",
) -> None:
    """Issue a credential for each success indicator that a student's grades prove and that none stands for."""
    from grading.badges import issue_badges

    course = Course()
    course.require_solutions()
    with exclusive(course.root):
        for issued in issue_badges(course, milestone, student, email):
            said = str(issued.path) if issued.path else issued.sentence
            console.print(
                _escape(f"{issued.indicator.proof.indicator}: {issued.indicator.state}. {said}"), soft_wrap=True
            )


@badge_app.command("verify")
def badge_verify(
    credential: Annotated[Path, typer.Argument(help="the credential's file")],
    issuer: Annotated[Path, typer.Option(help="the issuer's public document, from a place you trust")],
    status: Annotated[Path | None, typer.Option(help="the issuer's status list")] = None,
    email: Annotated[str, typer.Option(help="whom it should be for")] = "",
) -> None:
    """Check a credential offline."""
    from grading.badges import verify_file

    verdict = verify_file(credential, issuer, status, email)
    for name, holds, sentence in verdict.rows:
        console.print(_escape(f"{name}: {holds}. {sentence}"), soft_wrap=True)
    if not verdict.ok:
        raise typer.Exit(1)


@badge_app.command("revoke")
def badge_revoke(
    credential: Annotated[str, typer.Argument(help="its id, which begins with urn:uuid:")],
    why: Annotated[str, typer.Option(help="for the ledger")],
) -> None:
    """Revoke a credential, and publish the status list anew."""
    from grading.badges import issuer_of

    course = Course()
    with exclusive(course.root):
        issuer_of(course).revoke(credential, why)
    console.print(_escape(f"Hand out {issuer_of(course).status_file} again."), soft_wrap=True)


@badge_app.command("publish")
def badge_publish() -> None:
    """Sign the status list anew, so that it stays valid when nothing was issued for a while."""
    from grading.badges import issuer_of

    course = Course()
    with exclusive(course.root):
        issuer_of(course).publish_status()
    console.print(_escape(f"Hand out {issuer_of(course).status_file} again."), soft_wrap=True)


@badge_app.command("rotate")
def badge_rotate(
    stolen: Annotated[bool, typer.Option("--stolen/--lost", help="whether somebody else may have a key")] = False,
    key: Annotated[str, typer.Option(help="the stolen one, such as key-1; may be retired already")] = "",
) -> None:
    """Retire the key, by routine or because it is lost, and make a new one; or report a key as stolen."""
    from grading.badges import issuer_of

    course = Course()
    if key and not stolen:
        raise CourseError("--key names a stolen key; without --stolen the key in use is retired.")
    with exclusive(course.root):
        issuer = issuer_of(course)
        if stolen:
            fail = issuer.report_stolen(key)
        else:
            fail = []
            issuer.rotate()
    for credential in fail:
        console.print(credential)
    console.print(f"{len(fail)} credentials no longer verify and have to be issued again.")
    console.print(_escape(f"Hand out {issuer.public} and {issuer.status_file} again."), soft_wrap=True)


@app.command(rich_help_panel=FACILITATE)
def demo() -> None:
    """Play the whole loop on a sample cohort of twelve."""
    from grading.demo import play

    course = Course()
    course.require_solutions()
    with exclusive(course.root):
        play(course)


def build(
    units: Annotated[list[str] | None, typer.Argument(metavar="[UNIT]…", help="all ready units otherwise")] = None,
    check: Annotated[bool, typer.Option("--check", help="write nothing; fail when a built file is stale")] = False,
) -> None:
    """Build notebooks, released assignments and generated sections from their sources."""
    from authoring.build import build as build_units

    course = Course()
    with _progress("Building") as progress:
        built = build_units(course, units, check, progress)
    stale = [each for each in built if each.problem]
    for each in stale:
        console.print(_escape(each.problem if check else f"built {each.path.relative_to(course.root)}"))
        if each.kept:
            console.print(_escape(f"  what was edited by hand is kept in {each.kept.relative_to(course.root)}"))
        for remark in each.remarks:
            console.print(_escape(f"  {remark}"))
    console.print(f"{len(built)} built files, {len(stale)} {'out of date' if check else 'written'}")
    if check and stale:
        raise typer.Exit(1)


def verify(unit: UnitName) -> None:
    """Run a unit's gates and its whole answer bank."""
    from authoring.verify import verify as verify_unit

    with _progress(f"Verifying {unit}") as progress:
        report = verify_unit(Course(), unit, progress=progress)
    console.print(report.render())
    if not report.ok:
        raise typer.Exit(1)


def coverage() -> None:
    """Show where each item of the framework is served."""
    from authoring.coverage import coverage as standings
    from authoring.coverage import coverage_table

    console.print(coverage_table(standings(Course())))


def new_unit(unit: UnitName) -> None:
    """Lay the files of a planned unit, ready to be written."""
    from authoring.new_unit import new_unit as lay_unit

    course = Course()
    for path in lay_unit(course, unit):
        console.print(str(path.relative_to(course.root)))


def pack(
    to: Annotated[Path | None, typer.Option(help="the folder for the kit; dist/ otherwise")] = None,
) -> None:
    """Pack the learner's kit: the course without solutions, to hand out to a group."""
    from authoring.kit import pack_kit

    course = Course()
    console.print(_escape(str(pack_kit(course, to or course.root / "dist"))), soft_wrap=True)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar with an estimate, as a function of steps done, steps in all, and what comes next."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total, next_up: bar.update(
            task, completed=done, total=total, description=_escape(f"{what}: {next_up}")
        )


if importlib.util.find_spec("authoring"):  # a learner's kit has no author's side
    app.command(rich_help_panel=FACILITATE)(pack)
    app.command(rich_help_panel=AUTHOR)(build)
    app.command(rich_help_panel=AUTHOR)(verify)
    app.command(rich_help_panel=AUTHOR)(coverage)
    app.command("new-unit", rich_help_panel=AUTHOR)(new_unit)


def main() -> None:
    """Run the `course` command. What it starts (JupyterLab, kernels, tests) inherits that telemetry is off."""
    telemetry.turn_off()
    app()


if __name__ == "__main__":
    main()
