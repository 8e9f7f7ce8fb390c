"""What surrounds a submission: other people's files, a home, a gradebook, services. Each holds a token of its own.

A token in what a submission shows means that it saw what it must not see; a changed file, a contact of a service, a
process that is still there or space that is still taken mean that it reached out.
"""

import contextlib
import hashlib
import json
import os
import resource
import secrets
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from tests.attacks import victim
from tests.attacks.model import SECRET, Attack, Seen, new_token
from tests.attacks.quarantine import OUTSIDE

MARK = "atk-"  # how processes and files outside the work folder are named, so that what stays behind is found
MEMORY_MB = 64  # how much more memory the batch may take for one hostile submission
LOG_BYTES = 200_000  # how much it may write to the batch's log
DISK_MB = 4  # how much space it may still take once it is graded
OUTPUT_BYTES = 8_000_000  # of all outputs together
SETTLE_S = 3.0
LOOKS = 20  # a process that is replaced by its child every few milliseconds is missed by most single looks

PRELUDE = """
def won(what=""):
    print("won" "@WON@", what)


def name_process():
    import ctypes
    ctypes.CDLL(None).prctl(15, b"atk-left")
"""


@dataclass
class World:
    """The files and services around submissions, in one folder."""

    root: Path
    tokens: dict[str, str]
    won: str
    abstract: str
    supervisor: int = 0
    port: int = 0
    contacts: list[str] = field(default_factory=list)
    _before: dict[str, str] = field(default_factory=dict)

    @property
    def temporary(self) -> Path:
        """Where the batch keeps its temporary files."""
        return self.root / "tmp"

    @property
    def home(self) -> Path:
        """The facilitator's home."""
        return self.root / "home"

    @property
    def cohort(self) -> Path:
        """The facilitator's data: gradebook and submissions."""
        return self.root / "cohort"

    def fill(self, text: str) -> str:
        """Put in what an attacker who knows this machine would know."""
        known = {
            "WON": self.won.removeprefix("won"),
            "WORLD": self.root,
            "HOME": self.home,
            "COHORT": self.cohort,
            "COURSE": self.root / "course",
            "TMP": self.temporary,
            "PORT": self.port,
            "OUTSIDE": OUTSIDE,
            "UNIX": self.root / "service.sock",
            "ABSTRACT": self.abstract,
            "SUPERVISOR": self.supervisor,
        }
        for name, value in known.items():
            text = text.replace(f"@{name}@", str(value))
        return text

    def notebook(self, attack: Attack) -> NotebookNode:
        """The submission, rebuilt onto the author's notebook."""
        answers = {task: self.fill(answer) for task, answer in attack.answers.items()}
        tasks = attack.tasks or victim.USUAL
        first = self.fill(PRELUDE + attack.first) if not attack.primes else ""
        last = self.fill(attack.last)
        return victim.notebook(tasks, answers, first, last, self.tokens["hidden"])

    def honest(self) -> NotebookNode:
        """A small submission with everything right."""
        return victim.notebook(("total", "values", "callback"), None, hidden_token=self.tokens["hidden"])

    def folder(self, attack: Attack) -> Path:
        """The submission's folder, as it was handed in: its notebook knows nothing of hidden tests."""
        folder = self.cohort / "submitted" / f"x-{attack.name}" / "a1"
        folder.mkdir(parents=True)
        notebook = victim.notebook(attack.tasks or victim.USUAL, {})
        (folder / "a1.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
        for name, content in attack.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else self.fill(content).encode())
        for name in attack.fifos:
            os.mkfifo(folder / name)
        for name, target in attack.links.items():
            (folder / name).symlink_to(self.fill(target))
        return folder

    # ------------------------------------------------------------------------------------------ what can be seen

    def look_at_outputs(self, notebook: NotebookNode, seen: Seen) -> None:
        """Look for tokens in what a submission shows."""
        size = 0
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            outputs = json.dumps(cell.outputs)
            size += len(outputs)
            is_test = cell.metadata.get("nbgrader", {}).get("grade", False)
            for name, token in {**self.tokens, "its aim": self.won}.items():
                shown = _without_tracebacks(cell.outputs) if is_test and name == "hidden" else outputs
                if token in shown:
                    said = shown.partition(token)[2][:60].partition("\\n")[0].strip() if token == self.won else ""
                    seen.reach.append(f"{cell.id} shows what is secret: {name} {said}".strip())
        if size > OUTPUT_BYTES:
            seen.batch.append(f"its outputs take {size / 1e6:.0f} MB")

    def look_at_text(self, text: str, seen: Seen) -> None:
        """Look for tokens in what was said about a submission."""
        seen.reach += [
            f"a message shows what is secret: {name}" for name, token in self.tokens.items() if token in text
        ]

    def remember(self) -> None:
        """Note how everything is, before attacks run."""
        self._before = self._state()

    def look_around(self, seen: Seen) -> None:
        """Look for changed files, contacts of services, processes and files left behind; then put all right again."""
        for path, now in self._state().items():
            if self._before.get(path) != now:
                seen.reach.append(f"{path} is changed")
        missing = self._before.keys() - self._state().keys()
        seen.reach += [f"{path} is gone" for path in sorted(missing)]
        if self.contacts:
            seen.reach.append(f"contacted: {', '.join(sorted(set(self.contacts)))}")
            self.contacts.clear()
        for place in (Path("/dev/shm"), Path("/tmp"), Path("/var/tmp")):
            for path in place.glob(f"{MARK}*"):
                seen.reach.append(f"left behind in {place}: {path.stat().st_size / 1e6:.1f} MB")
                path.unlink()
        if seen.reach:
            _fill_folders(self)
            self.remember()

    def _state(self) -> dict[str, str]:
        state = {}
        for folder in (self.home, self.cohort, self.root / "course"):
            for path in sorted(folder.rglob("*")):
                inside = path.relative_to(self.root)
                if path.is_file() and not any(part.startswith(("x-", ".ipython")) for part in inside.parts):
                    state[str(inside)] = hashlib.sha256(path.read_bytes()).hexdigest() + oct(path.stat().st_mode)
        return state


def _without_tracebacks(outputs: list[Any]) -> str:
    return json.dumps([{key: value for key, value in output.items() if key != "traceback"} for output in outputs])


def make_world(root: Path) -> World:
    """Lay the world into an empty folder."""
    names = ("ssh", "home", "bob", "gradebook", "hidden", "service")
    world = World(
        root,
        {"environment": os.environ[SECRET]} | {name: new_token() for name in names},
        f"won{secrets.token_hex(10)}",
        secrets.token_hex(10),
    )
    world.supervisor = os.getpid()
    for folder in (world.temporary, world.home / ".ssh", world.cohort / "submitted" / "bob" / "a1", root / "course"):
        folder.mkdir(parents=True)
    _fill_folders(world)
    return world


def _fill_folders(world: World) -> None:
    (world.home / ".ssh" / "id_ed25519").write_text(f"-----BEGIN KEY-----\n{world.tokens['ssh']}\n")
    (world.home / "notes.txt").write_text(f"{world.tokens['home']}\n")
    bob = world.cohort / "submitted" / "bob" / "a1"
    bob.mkdir(parents=True, exist_ok=True)
    (bob / "a1.ipynb").write_text(nbformat.writes(victim.notebook(first=f"# {world.tokens['bob']}")))
    (bob / "notes.txt").write_text(f"{world.tokens['bob']}\n")
    solutions = world.root / "course" / "solutions" / "a1"
    solutions.mkdir(parents=True, exist_ok=True)
    everything = tuple(victim.TASKS)
    solved = victim.notebook(everything, None, hidden_token=world.tokens["hidden"])
    (solutions / "a1.ipynb").write_text(nbformat.writes(solved))
    book = world.cohort / "gradebook.db"
    book.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(book)) as database:
        database.execute("create table grade (student text, score real)")
        database.execute("insert into grade values ('bob', 3.0), (?, 0)", (world.tokens["gradebook"],))
        database.commit()


@contextlib.contextmanager
def services(world: World) -> Iterator[None]:
    """Listeners on every address, on a UNIX socket with a path and on one without; they note who comes."""
    tcp = socket.create_server(("0.0.0.0", 0))
    world.port = tcp.getsockname()[1]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("0.0.0.0", world.port))
    path, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    path.bind(str(world.root / "service.sock"))
    (world.root / "service.sock").chmod(0o777)
    abstract.bind(f"\0{world.abstract}")
    listeners = {"TCP": tcp, "UNIX socket": path, "abstract UNIX socket": abstract}
    for name, listener in listeners.items():
        listener.listen()
        threading.Thread(target=_answer, args=(world, name, listener), daemon=True).start()
    threading.Thread(target=_listen, args=(world, udp), daemon=True).start()
    try:
        yield
    finally:
        for each in (udp, *listeners.values()):
            each.close()


def _answer(world: World, name: str, listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # closed: the end
            return
        with connection, contextlib.suppress(OSError):
            world.contacts.append(name)
            connection.sendall(world.tokens["service"].encode())


def _listen(world: World, udp: socket.socket) -> None:
    while True:
        try:
            udp.recv(64)
        except OSError:  # closed: the end
            return
        world.contacts.append("UDP")


# ------------------------------------------------------------------------------------------------- processes, memory


@dataclass(frozen=True)
class Process:
    """One line of the process table."""

    pid: int
    parent: int
    name: str
    state: str


def processes() -> dict[int, Process]:
    """Everything that runs in the quarantine, zombies left out."""
    table = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it ended meanwhile
                name, _, rest = (entry / "stat").read_text().partition("(")[2].rpartition(")")
                state, parent = rest.split()[:2]
                if state not in "ZX":
                    table[int(entry.name)] = Process(int(entry.name), int(parent), name, state)
    return table


def left_behind(baseline: set[int], supervisor: int) -> list[Process]:
    """Processes that a submission left, after the time that an orderly end takes.

    What the supervisor itself started is its own, and so is what that started, unless it bears an attack's name.
    """
    deadline = time.monotonic() + SETTLE_S
    while True:
        for _ in range(LOOKS):
            if rest := _not_ours(baseline, supervisor):
                break
        if not rest or time.monotonic() > deadline:
            return rest
        time.sleep(0.05)


def _not_ours(baseline: set[int], supervisor: int) -> list[Process]:
    table = processes()
    ours = set(baseline)
    for process in table.values():
        if process.parent == supervisor and not process.name.startswith(MARK):
            ours.add(process.pid)
    return [process for process in table.values() if process.pid not in ours]


def kill_all(rest: list[Process]) -> None:
    """End what was left behind."""
    for process in rest:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


def standing() -> tuple[int, tuple[int, int]]:
    """The priority and the limit of open files of this process."""
    return os.getpriority(os.PRIO_PROCESS, 0), resource.getrlimit(resource.RLIMIT_NOFILE)


def reset_peak() -> int:
    """Begin to measure this process's peak of memory anew; returns what it has now, in kB."""
    Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmRSS")


def peak() -> int:
    """The peak of this process's memory since `reset_peak`, in kB."""
    return _memory("VmHWM")


def _memory(what: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1])
    raise AssertionError(what)


def taken(folders: list[Path]) -> float:
    """The space that the files in some folders take, in MB."""
    total = 0
    for folder in folders:
        for parent, _, names in os.walk(folder):
            for name in names:
                with contextlib.suppress(OSError):  # gone meanwhile
                    total += os.lstat(os.path.join(parent, name)).st_blocks * 512  # noqa: PTH118
    return total / 1e6
