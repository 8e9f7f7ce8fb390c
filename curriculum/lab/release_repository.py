"""A small repository for release workflows to run in: composite actions that say what they were asked to do.

Each action prints one line, `gate digest=3f…`, and fails where it was told to. What a workflow did is then what the
actions saw, in their order, and no text of the workflow itself.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

ACTIONS: dict[str, tuple[str, ...]] = {
    "test": ("suite",),
    "build": (),
    "gate": ("digest",),
    "deploy": ("digest", "environment"),
    "rollback": ("environment",),
    "report": ("title",),
}
DIGEST = "5d41402abc4b2a76b9719d911017c592"
CHECKOUT = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8"  # v5.0.0


def write(folder: str | Path, workflows: Mapping[str, str], fails: Iterable[str] = (), digest: str = DIGEST) -> Path:
    """Write the actions and the workflow files, by name, into a folder.

    `fails` holds the lines, or the beginnings of lines, at which an action fails: `gate` or `test suite=contract`.
    `digest` is what `build` gives out as its output of that name.
    """
    place = Path(folder)
    for name, inputs in ACTIONS.items():
        action = place / ".github/actions" / name / "action.yml"
        action.parent.mkdir(parents=True, exist_ok=True)
        action.write_text(_action(name, inputs), encoding="utf-8")
    (place / ".github/workflows").mkdir(exist_ok=True)
    for name, text in workflows.items():
        (place / ".github/workflows" / name).write_text(text, encoding="utf-8")
    (place / "fails.txt").write_text("".join(f"{each}\n" for each in fails), encoding="utf-8")
    (place / "digest.txt").write_text(digest, encoding="utf-8")
    return place


def _action(name: str, inputs: Iterable[str]) -> str:
    declared = "".join(f"  {each}: {{description: {each}, required: true}}\n" for each in inputs)
    handed = "".join(f"        {each.upper()}: ${{{{ inputs.{each} }}}}\n" for each in inputs)
    said = "".join(f" {each}=${{{each.upper()}}}" for each in inputs)
    outputs, given = "", ""
    if name == "build":
        outputs = 'outputs:\n  digest: {description: of what was built, value: "${{ steps.do.outputs.digest }}"}\n'
        given = '        echo "digest=$(cat digest.txt)" >> "$GITHUB_OUTPUT"\n'
    # act may lose what a step printed in the moment in which it failed: hence the pause before `exit`
    return (
        f"name: {name}\ndescription: Says what it was asked to do\n"
        + (f"inputs:\n{declared}" if declared else "")
        + f"{outputs}runs:\n  using: composite\n  steps:\n    - id: do\n      shell: bash\n"
        + (f"      env:\n{handed}" if handed else "")
        + f'      run: |\n        line="{name}{said}"\n'
        + f"        line=\"${{line//$'\\n'/ }}\"\n        printf '%s\\n' \"$line\"\n{given}"
        + '        while read -r fail; do [[ "$line" != "$fail"* ]] || { sleep 0.2; exit 1; }; done < fails.txt\n'
    )
