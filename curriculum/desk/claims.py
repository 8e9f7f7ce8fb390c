"""How a learner judges their own skills: what they entered in s1-map-and-plan, as shares of the highest level."""

import json

from curriculum.course import Course
from curriculum.desk.places import shown

UNIT = "s1-map-and-plan"
FILE = "self-assessment.json"
FORMAT = 1
HIGHEST = 4  # levels 0 to 4


def claims_of(course: Course) -> tuple[dict[str, float], tuple[str, ...]]:
    """The learner's own ratings by skill, 0 to 1, and a sentence where the file gives less than it should.

    No file is no rating and nothing to say. Skills that the syllabus does not know are left out.
    """
    path = course.work / UNIT / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            return {}, (f"{shown(course, path)} has format {content['format']}, and {FORMAT} is read here.",)
        levels = {
            skill: entry["level"] for skill, entry in content["skills"].items() if skill in course.syllabus.skills
        }
    except FileNotFoundError:
        return {}, ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}, (f"{shown(course, path)} is damaged, so no judgement of your own is counted.",)
    good = {skill: level / HIGHEST for skill, level in levels.items() if type(level) is int and 0 <= level <= HIGHEST}
    wrong = sorted(levels.keys() - good.keys())
    return good, ((f"{shown(course, path)}: no level from 0 to {HIGHEST} for {', '.join(wrong)}.",) if wrong else ())
