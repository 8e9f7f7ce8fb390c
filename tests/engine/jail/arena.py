"""Run as a program by the tests: makes a jail, runs code in it as learner and judge, prints what came of it.

It takes one JSON object on standard input and imports nothing but the jail and the standard library, so that any Python
can run it as any user.
"""

import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    asked = json.load(sys.stdin)
    if asked["tier"] == "none":
        print(json.dumps(_unjailed(asked)))
        return
    from grading.engine.jail import Jail, Limits, Tier, seccomp

    if asked["deny_namespaces"]:
        seccomp.install(seccomp.compiled(seccomp.no_namespaces()))
    jail = Jail(Tier(asked["tier"]), [Path(sys.base_prefix), Path(sys.prefix), *map(Path, asked["visible"])])
    mounts = Path("/proc/mounts").read_text()
    space = jail.space(Path(asked["files"]), Limits(**asked["limits"]))
    said: dict[str, Any] = {"workdir": str(space.workdir)}
    forked: dict[str, int] = {}
    outside = {**asked["outside"], "template": os.getpid()}
    for role in asked["order"]:
        read, write = os.pipe()
        child = jail.fork(space, role, keep=[write])
        if child == 0:
            _act(asked[role], {**outside, **said, **forked}, write, stay=True)
        os.close(write)
        forked[f"{role}_pid"] = child
        said[role] = _answer(read)
        os.close(read)
    said["usage"] = space.usage()
    if asked["wait_to_be_killed"]:
        print(json.dumps(said), flush=True)
        signal.pause()
    ended = {}
    for role in asked["order"]:
        if said[role] is None:  # it was ended by somebody else
            ended[role] = os.waitstatus_to_exitcode(os.waitpid(forked[f"{role}_pid"], 0)[1])
    space.close()
    space.close()
    for role in asked["order"]:
        if role not in ended:
            os.waitpid(forked[f"{role}_pid"], 0)
    said["ended"] = ended
    said["left"] = running(asked["marker"])
    said["mounts_left"] = Path("/proc/mounts").read_text() != mounts
    print(json.dumps(said))


def running(marker: str) -> list[int]:
    """Processes that have the marker among their arguments."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and marker.encode() in (process / "cmdline").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _unjailed(asked: dict[str, Any]) -> dict[str, Any]:
    os.chdir(asked["files"])
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        _act(asked["learner"], asked["outside"], write, stay=False)
    os.close(write)
    said = {"learner": _answer(read)}
    os.waitpid(child, 0)
    said["left"] = running(asked["marker"])
    for process in said["left"] or ():
        os.kill(process, signal.SIGKILL)
    return said


def _act(source: str, outside: dict[str, Any], write: int, stay: bool) -> None:
    """Run the source; what it leaves in `result` is the answer, an OSError its number."""
    try:
        names: dict[str, Any] = {"outside": outside, "__name__": "deed"}
        try:
            exec(source, names)
            answer = names.get("result", "nothing")
        except OSError as error:
            answer = {"errno": error.errno}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        os.write(write, json.dumps([answer]).encode() + b"\n")
        os.close(write)
        while stay:
            signal.pause()
    finally:
        os._exit(0)


def _answer(read: int) -> Any:
    got = b""
    while not got.endswith(b"\n") and select.select([read], [], [], 60)[0] and (part := os.read(read, 65536)):
        got += part
    return json.loads(got)[0] if got else None


if __name__ == "__main__":
    main()
