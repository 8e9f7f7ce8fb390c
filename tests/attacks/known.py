"""What the engine does not prevent yet: by attack, the tiers and why. These must succeed, and no others."""

from tests.attacks.model import FULL, LANDLOCK, LIMITS, TIERS

KNOWN: dict[str, tuple[tuple[str, ...], str]] = {
    "disk-small-files": ((FULL, LANDLOCK), "the number of files is not limited"),
    "disk-deep-folders": (
        TIERS[1:],
        "removing 3,000 folders in each other ends the template; another is started, and the submission set aside",
    ),
    "disk-many-files": ((LANDLOCK,), "the watcher of the disk comes late, and frees nothing before"),
    "disk-temporary": ((LANDLOCK,), "as above, 80 MB against a limit of 32 MB"),
    "solutions-executed": ((LIMITS,), "that tier keeps nobody from reading the author's folder"),
    "privileges": ((LANDLOCK,), "as root, a submission keeps CAP_DAC_READ_SEARCH"),
}
