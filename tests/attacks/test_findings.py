"""Every fault and attack that plain nbgrader is known to suffer from is in the catalogue, or tested elsewhere."""

from pathlib import Path

import pytest

from tests.attacks.catalogue import CATALOGUE

TESTS = Path(__file__).resolve().parents[1]
FAULTS, HOSTILE = "grading/test_faults.py", "grading/test_collect.py"
WHOLE_FILES = f"{FAULTS}: test_whole_file_faults_beside_honest_submissions"
ARCHIVES = f"{HOSTILE}: test_a_hostile_or_broken_archive_is_refused_and_leaves_nothing"
CLEANING, BROWSER = "feedback/test_cleaning.py", "browser/test_feedback.py"
WIRE = "engine/split/test_wire.py"

# What it is: attacks by name, and tests as "file: name" or, of one with cases, "file: name: case".
STOPS_THE_RUN = {
    "a copied test cell": (f"{WHOLE_FILES}: copied test",),
    "an old schema version": (f"{WHOLE_FILES}: old schema",),
    "a killed parent": (
        *("parent-killed", "supervisor-killed", "ancestors-killed"),
        "engine/test_resume.py: test_a_run_that_is_killed_at_any_point_goes_on_where_it_was",
    ),
    "a database that is locked": ("engine/test_resume.py: test_a_gradebook_that_is_held_is_waited_for",),
}
LOSES_THE_SUBMISSION = {
    "malformed JSON": (f"{WHOLE_FILES}: malformed",),
    "an empty file": (f"{WHOLE_FILES}: empty",),
    "a byte-order mark": (f"{WHOLE_FILES}: byte-order mark",),
    "not UTF-8": (f"{WHOLE_FILES}: not UTF-8", f"{WHOLE_FILES}: UTF-16"),
    "a wrong top-level type": (f"{WHOLE_FILES}: a list",),
    "nbformat 5": (f"{WHOLE_FILES}: format 5",),
    "deep nesting": (f"{WHOLE_FILES}: deep nesting", f"{WHOLE_FILES}: deep metadata"),
    "a lone surrogate": (f"{WHOLE_FILES}: half a character", "output-half-characters"),
    "an unknown cell type": (f"{WHOLE_FILES}: unknown cell type",),
    "grade flag off, solution flag on": (f"{WHOLE_FILES}: grade flag off", f"{WHOLE_FILES}: solution flag on"),
    "partial credit over the maximum": ("more-than-all", f"{WHOLE_FILES}: more points"),
    "os._exit": ("exit-at-once", "exit-in-answer"),
    "a loop that swallows KeyboardInterrupt": ("swallow-interrupts", "burn-in-answer"),
    "p1 (1).ipynb": (f"{FAULTS}: test_a_renamed_notebook_is_graded_and_two_are_not_guessed",),
}
MISLEADS = {
    "a warning on a right answer": (
        "engine/test_differences.py: test_each_difference_is_as_the_table_says: a warning",
    ),
    "a thread that writes errors": (
        "engine/test_run.py: test_what_is_written_to_stderr_while_a_test_runs_costs_nothing",
        "engine/test_score.py: test_stderr_costs_nothing",
    ),
    "a link to another's submission": (f"{FAULTS}: test_a_submission_that_is_anothers_is_not_graded_as_theirs",),
    "a notebook of 200 MB": (f"{WHOLE_FILES}: 200 MB",),
    "20,000 cells": (f"{WHOLE_FILES}: 20,000 cells",),
    "200 MB of output": ("output-one-line", "output-many-lines", f"{WHOLE_FILES}: large outputs"),
    "a zip bomb": (f"{ARCHIVES}: zip bomb", f"{ARCHIVES}: sizes that lie"),
    "nested archives": (f"{ARCHIVES}: a ZIP file in a ZIP file",),
    "zip names upwards": (f"{ARCHIVES}: path upwards", f"{ARCHIVES}: everything in a folder upwards"),
    "a numpy.py of one's own": ("shadow-numpy", f"{ARCHIVES}: numpy.py"),
}
EARNS_POINTS = {
    "input transformer": ("input-transformer",),
    "AST transformer": ("ast-transformer",),
    "replaced run_code, showtraceback": ("run-code", "run-cell", "show-traceback"),
    "patched numpy.testing": ("numpy-testing", "numpy-internals", "pandas-testing"),
    "patched builtins": ("builtins-abs-isinstance", "builtins-len-sorted", "builtins-sum-float", "builtins-import"),
    "patched unittest": ("unittest-asserts", "unittest-result", "unittest-runner"),
    "overridden test helper": ("helper-given", "helper-code", "helper-through-globals", "helper-while-asked"),
    "objects equal to everything": ("equal-to-everything", "equal-by-reflection", "equal-int", "equal-in-containers"),
    "number formatter": ("number-formatter",),
    "settrace": ("settrace-jump", "setprofile", "monitoring"),
    "guard disarmed": (
        "engine/test_guarded.py: test_an_attack_earns_nothing",
        "engine/test_guarded.py: test_a_process_in_which_failing_checks_pass_is_not_believed",
    ),
    "forged result channel, then _exit": ("forged-result-channel", "wire-forged-answers"),
    "constants or source of the calling frame": ("caller-constants", "caller-source", "traceback-walk"),
    "hidden tests in files": ("hidden-tests-in-solutions", "history-shows-test"),
    "hidden tests in frames": ("caller-source", "callback-frame", "callback-code", "callback-globals"),
    "hidden tests by the collector": ("collector-finds-helpers", "memory-of-objects"),
    "hidden tests in /proc": ("proc-mem", "process-vm-readv", "proc-cwd-root-fd", "open-descriptors"),
    "grading mode in the environment": ("grading-mode",),
    "solutions of a sibling folder": ("solutions-executed", "siblings"),
}
DOES_HARM = {
    "gradebook opened and rewritten": ("gradebook-read", "gradebook-rewrite"),
    "other submissions read": ("other-submission", "other-submission-write", "other-submission-delete"),
    "ssh keys read": ("ssh-keys", "home"),
    "environment read": ("environment", "proc-environ"),
    "parent killed": ("parent-killed",),
    "process group killed": ("group-killed", "everyone-killed", "every-process-killed"),
    "ptrace": ("ptrace",),
    "daemon left behind": ("daemon", "daemon-at-exit", "daemon-ignores-signals", "daemon-respawns"),
    "symlink swap": ("link-swap", "link-overwrite", "link-in-submission"),
    "disk filled": ("disk-one-file", "disk-many-files", "disk-small-files", "disk-temporary", "disk-deleted-files"),
    "memory": ("memory", "memory-shared-map", "memory-over-children", "disk-memfd", "disk-many-memfds"),
    "fork and thread floods": ("fork-bomb", "fork-bomb-exponential", "thread-flood"),
    "output floods": ("output-stderr", "output-display", "output-descriptor", "output-children", "log-flood"),
    "loopback services": ("loopback-service", "outside-tcp", "outside-udp"),
    "UNIX-socket services": ("unix-service", "unix-service-relative", "abstract-service"),
}
FEEDBACK_PAGE = {
    "active fragments": (
        f"{CLEANING}: test_no_fragment_is_left_that_acts",
        f"{BROWSER}: test_no_planted_fragment_acts_on_our_page",
        f"{BROWSER}: test_the_same_fragments_act_on_nbgraders_page",
    ),
    "a strict policy": (
        f"{CLEANING}: test_the_policy_allows_the_pages_own_style_and_nothing_else",
        f"{BROWSER}: test_the_policy_stops_what_would_get_past_the_cleaning",
    ),
}
SPLIT = {
    "unpickling": (
        "pickle-through-the-wire",
        "pickled-model-reaches",
        f"{WIRE}: test_mutated_values_never_run_anything",
    ),
    "callables by name": ("wire-forged-answers", f"{WIRE}: test_a_hostile_frame_ends_the_connection"),
    "generator state": ("generator-state",),
}
FINDINGS = STOPS_THE_RUN | LOSES_THE_SUBMISSION | MISLEADS | EARNS_POINTS | DOES_HARM | FEEDBACK_PAGE | SPLIT


def _is_there(where: str) -> bool:
    if ": " not in where:
        return where in CATALOGUE
    file, name, *case = where.split(": ")
    text = (TESTS / file).read_text(encoding="utf-8")
    return f"def {name}(" in text and all(f'"{each}"' in text for each in case)


@pytest.mark.parametrize("finding", FINDINGS)
def test_every_finding_is_tried(finding: str) -> None:
    places = FINDINGS[finding]
    assert places and [where for where in places if not _is_there(where)] == []
