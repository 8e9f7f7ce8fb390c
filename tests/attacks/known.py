"""What the engine does not prevent yet: by attack, the tiers and why. These must succeed, and no others."""

from tests.attacks.model import FULL, LANDLOCK, TIERS

KNOWN: dict[str, tuple[tuple[str, ...], str]] = {
    "given-data-replaced": (
        TIERS[:2],
        "the author's given cells run beforehand unjailed, beside the submission's files",
    ),
    "given-data-never-ends": (
        TIERS,
        "the author's given cells run beforehand without a time limit, and hold up the engine",
    ),
    "given-link-to-endless": (TIERS, "what runs given cells beforehand copies what a link points at"),
    "disk-small-files": ((FULL, LANDLOCK), "the number of files is not limited"),
    "disk-deep-folders": (
        TIERS[1:],
        "removing 3,000 folders in each other ends the template, which nobody starts again",
    ),
    "disk-many-files": ((LANDLOCK,), "the watcher of the disk comes late, and frees nothing before"),
    "disk-temporary": ((LANDLOCK,), "as above, 80 MB against a limit of 32 MB"),
    "privileges": ((LANDLOCK,), "as root, a submission keeps CAP_DAC_READ_SEARCH"),
}
