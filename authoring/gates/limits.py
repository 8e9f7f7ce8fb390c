"""What the anatomy asks for, in numbers and words: every threshold of the gates."""

import re

from curriculum.lab.reflections import RUBRIC
from curriculum.syllabus import Form

MIN_EXPERIMENTS = {Form.LAB: 3, Form.PRACTICE: 2}
MEDIAN_CODE_LINES = 6
MAX_CODE_LINES = 25
MAX_CODE_RUN = 2  # code cells that one lead-in introduces, beside those that ask or reveal a prediction
MIN_PICTURES = {Form.LAB: 4, Form.PRACTICE: 2}
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

AT_SCALE = "At scale"  # asked of labs
SECTIONS = {
    "Why this matters": r"why (this|it) matters",
    "From what you know": r"from what you (already )?know",
    "Experiment": r"^experiment\b",
    "the ethics thread": r"\bethic|\bpeople\b",
    "Where it breaks": r"where it breaks",
    AT_SCALE: r"at scale",
    "Check yourself": r"check yourself",
    "Go further": r"go(ing)? further",
}
AUTHOR_NOTE = "AUTHOR:"
BANNED = re.compile(r"\b(simply|just)\b|!", re.IGNORECASE)
EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55\ufe0f]")
WHOLLY_SERVED = re.compile(r"-[TE]\d")  # technical and ethical items need a section, a task and a reflection
