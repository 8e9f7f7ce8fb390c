"""Sets up the course on this machine: an environment, the locked packages, and the `course` command.

`make lab` and `make test` run it first; without make, run `python3 tools/setup.py` from anywhere. It needs nothing but
Python's standard library. A repeat does nothing; after an interruption, a repeat finishes the work.
"""

import hashlib
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OLDEST, TOO_NEW = (3, 11), (3, 14)  # as requires-python in pyproject.toml; a test compares them

if not OLDEST <= sys.version_info[:2] < TOO_NEW:
    # Before the first definition, so that a Python too old for the rest of this file still prints the sentence.
    sys.exit(
        "The course needs Python 3.11, 3.12 or 3.13, and this is Python {}.{} ({}). "
        "Install one of them, or name it: make lab PYTHON=python3.12".format(*sys.version_info[:2], sys.executable)
    )

ROOT = Path(__file__).resolve().parent.parent
CONDA_NAME = "ai-systems"  # as in environment.yml
UNFINISHED = "unfinished"
WINDOWS = os.name == "nt"


class SetupError(Exception):
    """A step failed; the text says what to do."""


def environment() -> Path:
    """The folder of the environment: the conda environment of environment.yml when it is active, else `.venv`."""
    prefix = os.environ.get("CONDA_PREFIX")
    if prefix and os.environ.get("CONDA_DEFAULT_ENV") == CONDA_NAME:
        return Path(prefix)
    return ROOT / ".venv"


def python_of(folder: Path) -> Path:
    """The interpreter of an environment; conda on Windows keeps it at the top."""
    if not WINDOWS:
        return folder / "bin" / "python"
    return folder / "python.exe" if (folder / "conda-meta").is_dir() else folder / "Scripts" / "python.exe"


def stamp(folder: Path) -> str:
    """What a finished set-up of this folder writes: two lines, what the environment stands on and what is installed."""
    content = hashlib.sha256(str(ROOT).encode())  # two copies of the course may share a conda environment
    for name in ("requirements.lock", "pyproject.toml"):
        content.update((ROOT / name).read_bytes())
    return f"Python {platform.python_version()} in {folder}\n{content.hexdigest()}\n"


def written_stamp(folder: Path) -> str:
    """The stamp of the last finished set-up; empty when there was none."""
    try:
        return (folder / ".course-stamp").read_text(encoding="utf-8")
    except OSError:
        return ""


def set_up() -> None:
    """Bring the environment to what requirements.lock and pyproject.toml say. Raises `SetupError`."""
    folder = environment()
    if written_stamp(folder) == stamp(folder):
        return
    with one_at_a_time():
        before, wanted = written_stamp(folder), stamp(folder)
        if before == wanted:  # another set-up finished while this one waited
            return
        started = time.monotonic()
        foundation = wanted.splitlines()[0]
        is_conda = folder != ROOT / ".venv"
        if not is_conda and not before.startswith(foundation):
            step("Making the environment in .venv", [base_python(), "-m", "venv", "--clear", str(folder)])
        mark = folder / ".course-stamp"
        mark.write_text(f"{foundation}\n{UNFINISHED}\n", encoding="utf-8")
        install(folder, is_conda, is_repair=UNFINISHED in before)
        mark.write_text(wanted, encoding="utf-8")
        say(f"Set-up finished in {time.monotonic() - started:.0f} s.")


def install(folder: Path, is_conda: bool, is_repair: bool) -> None:
    """Install the lock and this project into the environment. uv does in seconds what takes pip minutes.

    A repair installs every package again, because one that was cut short may look installed.
    """
    python = str(python_of(folder))
    with tempfile.TemporaryDirectory() as scratch:
        uv_lock = Path(scratch) / "uv.lock"
        uv_lock.write_text(lock_entry("uv"), encoding="utf-8")
        pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "-q", "--require-hashes", "--no-deps"]
        again = ["--force-reinstall"] if is_repair else []
        step("Fetching the installer, uv", [*pip, *again, "-r", str(uv_lock)])
    settings = os.environ | uv_settings(python)
    uv = [python, "-m", "uv", "pip"]
    target = ["--python", python]
    # In our own environment `sync` also removes what left the lock; a conda environment holds what conda put there.
    how = ["install", "--no-deps", "-r"] if is_conda else ["sync"]
    flags = ["--require-hashes", "--no-build", "--compile-bytecode", *(["--reinstall"] if is_repair else [])]
    step("Installing the packages", [*uv, *how, "requirements.lock", *flags, *target], settings)
    step(
        "Installing the course command",
        [*uv, "install", "--no-deps", "--no-build-isolation", *target, "-e", "."],
        settings,
    )


def lock_entry(name: str) -> str:
    """The lines of one package in requirements.lock: its version and hashes."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(name)}==.*(?:\n[ \t].*)*", text, re.MULTILINE)
    if not found:
        raise SetupError(f"requirements.lock has no entry for {name}; restore the file with git and run this again.")
    return found.group() + "\n"


def uv_settings(python: str) -> dict[str, str]:
    """The user's pip settings as uv's environment variables, because uv does not read pip's configuration."""
    listing = subprocess.run(
        [python, "-m", "pip", "config", "list"], capture_output=True, text=True, encoding="utf-8", errors="replace"
    )
    found: dict[str, str] = {}
    for section in ("global", "install", ":env:"):  # later ones win, as in pip
        for key, value in re.findall(rf"^{section}\.([\w-]+)='(.*)'$", listing.stdout, re.MULTILINE):
            found[key] = value.replace("\\n", " ").strip()
    settings = {}
    if "index-url" in found:
        settings["UV_DEFAULT_INDEX"] = found["index-url"]
    if "extra-index-url" in found:
        # pip looks in all indexes; hashes in the lock make that safe.
        settings |= {"UV_INDEX": " ".join(found["extra-index-url"].split()), "UV_INDEX_STRATEGY": "unsafe-best-match"}
    if "find-links" in found:
        settings["UV_FIND_LINKS"] = ",".join(found["find-links"].split())
    if found.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        settings["UV_NO_INDEX"] = "1"
    if "cert" in found:
        settings["SSL_CERT_FILE"] = found["cert"]
    if "proxy" in found:
        settings |= {"HTTPS_PROXY": found["proxy"], "HTTP_PROXY": found["proxy"]}
    # What a person set for uv itself stands.
    return {name: value for name, value in settings.items() if name not in os.environ}


def base_python() -> str:
    """The interpreter outside any environment: `--clear` must not remove the one that is running."""
    return getattr(sys, "_base_executable", None) or sys.executable


def step(what: str, command: list[str], settings: dict[str, str] | None = None) -> None:
    """Run one command, showing its progress and how long it took. Raises `SetupError` when it fails."""
    say(f"{what} ...")
    started = time.monotonic()
    lines = []
    try:
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process:
            assert process.stdout
            try:
                for line in process.stdout:
                    lines.append(line.rstrip())
                    if not re.match(r" [-+~] ", line):  # uv ends with a line a package: two hundred of them
                        say(f"    {line.rstrip()}")
            except KeyboardInterrupt:
                # An installer that outlived this script would disturb the next: end it, and wait until nothing that it
                # started holds its output open.
                process.terminate()
                process.stdout.read()
                raise
    except OSError as error:
        raise SetupError(f"{what} failed: {error.strerror or error}. {advice(str(error))}") from error
    if process.returncode:
        raise SetupError(f"{what} failed. {advice(' '.join(lines))}")
    say(f"  done in {time.monotonic() - started:.0f} s")


def advice(output: str) -> str:
    """What to do about a failure, judged by what the command wrote."""
    known = {
        r"No space left|disk quota|os error 28": "The disk is full: free about 3 GB and run the same command again.",
        r"ensurepip|No module named .?(venv|pip)": "This Python lacks its venv or pip module: install it (Debian and "
        "Ubuntu: apt install python3-venv) and run the same command again.",
        r"hash(es)? mismatch|do not match the hashes": "A downloaded file is not the one in requirements.lock: "
        "run the same command again, and if it stays, ask whoever runs your package mirror.",
        r"no wheels with a matching|no usable wheels|no source distribution": "A package has no build for this "
        f"machine, {platform.platform()}: use Linux, Windows, or macOS 14 or later on Apple silicon.",
        r"dns|connect|network|timed? ?out|resolve host|Temporary failure|unreachable|certificate|proxy|error sending|"
        r"No matching distribution|no version of|not found in the (package registry|provided)": "The package index "
        "could not be reached or does not have it: check the network, and pip's index-url, cert and proxy settings "
        "(pip config list), and run the same command again.",
        r"Permission denied|os error 13|Access is denied|being used": "The environment cannot be written: close "
        "JupyterLab and other programs that use it, check who owns the folder, and run the same command again.",
    }
    for pattern, sentence in known.items():
        if re.search(pattern, " ".join(output.split()), re.IGNORECASE):  # uv wraps its lines
            return sentence
    return "The lines above say why; run the same command again once that is mended."


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the course's lock, the same that `course` commands take: two set-ups at once take turns."""
    with (ROOT / ".course.lock").open("a+") as file:
        if not try_lock(file.fileno()):
            say("Another set-up or course command is running here; waiting for it to finish.")
            while not try_lock(file.fileno()):
                time.sleep(0.5)
        yield


def try_lock(descriptor: int) -> bool:
    """Take the lock if it is free; closing the file releases it, as does the end of the process."""
    try:
        if WINDOWS:
            import msvcrt

            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def say(line: str) -> None:
    """Print at once, also into a pipe."""
    print(line, flush=True)


def main() -> int:
    """Set up; the exit status is 0 when everything is in place."""
    try:
        set_up()
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"\nSet-up stopped: {error}. {advice(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up was interrupted; the same command carries on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
