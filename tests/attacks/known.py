"""What the engine does not prevent: by attack, the tiers and why. These must succeed, and no others.

Each is said in the line that announces the tier.
"""

import os
import sys
from pathlib import Path

from grading.engine.jail.folders import locked_away
from tests.attacks.model import LANDLOCK, LIMITS

KNOWN: dict[str, tuple[tuple[str, ...], str]] = {
    "solutions-executed": ((LIMITS,), "that tier keeps nobody from reading the author's folder"),
}
if os.geteuid() == 0 and locked_away((Path(sys.prefix), Path(sys.base_prefix))):
    KNOWN["privileges"] = (
        (LANDLOCK,),
        "without namespaces, nothing but CAP_DAC_READ_SEARCH lets another user come to a Python in root's own folder",
    )
