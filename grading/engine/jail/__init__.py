"""The jail: what a submission's processes can see, reach and use up. Standard library only.

`probe` finds the strongest tier of this machine by trying, `announce` says in a line what it keeps apart and what not,
and `Jail` forks the template process into it.
"""

from grading.engine.jail.folders import FilesError
from grading.engine.jail.jail import FAILED, Jail, Space
from grading.engine.jail.limits import Limits
from grading.engine.jail.probe import announce, probe
from grading.engine.jail.tiers import Tier

__all__ = ["FAILED", "FilesError", "Jail", "Limits", "Space", "Tier", "announce", "probe"]
