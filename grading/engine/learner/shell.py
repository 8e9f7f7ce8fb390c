"""Runs a learner's cells as a Jupyter kernel would, without a kernel: IPython in this process, outputs as data."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

TRUNCATED = "\n… the rest of the output is left out."
MOST_OUTPUTS = 2_000  # of one cell


class Outputs:
    """What the cell that runs now has shown so far: nbformat's output dictionaries, limited in size."""

    def __init__(self, most_bytes: int) -> None:
        """Keep at most `most_bytes` a cell."""
        self.most_bytes = most_bytes
        self.start()

    def start(self) -> None:
        """Forget the last cell's outputs."""
        self.shown: list[dict[str, Any]] = []
        self._bytes = 0
        self._clear_next = False

    def stream(self, name: str, text: str) -> None:
        """Add text to the last output when it is the same stream, else begin another."""
        if not text or not (text := self._fit(text)):
            return
        self._clear_if_asked()
        if self.shown and self.shown[-1]["output_type"] == "stream" and self.shown[-1]["name"] == name:
            self.shown[-1]["text"] += text
        else:
            self.add({"output_type": "stream", "name": name, "text": text}, counted=True)

    def add(self, output: dict[str, Any], counted: bool = False) -> None:
        """Add one output, unless the cell has shown too much already. Errors always fit."""
        self._clear_if_asked()
        size = 0 if counted else len(repr(output))
        is_error = output["output_type"] == "error"
        if not is_error and (self._bytes + size > self.most_bytes or len(self.shown) >= MOST_OUTPUTS):
            return
        self._bytes += size
        self.shown.append(output)

    def clear(self, wait: bool) -> None:
        """What IPython's clear_output does."""
        self._clear_next = wait
        if not wait:
            self.shown.clear()

    def update(self, display_id: str, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Replace what was displayed under an id in this cell."""
        for output in self.shown:
            if output.get("transient", {}).get("display_id") == display_id:
                output["data"], output["metadata"] = data, metadata

    def _clear_if_asked(self) -> None:
        if self._clear_next:
            self._clear_next = False
            self.shown.clear()

    def _fit(self, text: str) -> str:
        room = self.most_bytes - self._bytes
        if room <= 0:
            return ""
        self._bytes += len(text)
        return text if len(text) <= room else text[:room] + TRUNCATED


class _Stream:
    """A `sys.stdout` or `sys.stderr` whose text becomes outputs."""

    encoding, errors, closed = "utf-8", "replace", False

    def __init__(self, name: str, fd: int, outputs: Outputs) -> None:
        self.name = f"<{name}>"
        self._name, self._fd, self._outputs = name, fd, outputs

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._outputs.stream(self._name, text)
        return len(text)

    def writelines(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Nothing waits."""

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False


class _Hook(DisplayHook):
    """Takes the value of a cell's last expression."""

    outputs: Outputs

    def start_displayhook(self) -> None:
        """Print no prompt."""

    def write_output_prompt(self) -> None:
        """Print no prompt."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        self.outputs.add(
            {
                "output_type": "execute_result",
                "data": dict(format_dict),
                "metadata": md_dict or {},
                "execution_count": self.prompt_count,
            }
        )

    def finish_displayhook(self) -> None:
        """Print nothing after it."""


class _Publisher(DisplayPublisher):
    """Takes what `display` publishes."""

    outputs: Outputs

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: Any = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **kwargs: Any,
    ) -> None:
        transient = transient or {}
        if update:
            self.outputs.update(transient.get("display_id", ""), data, metadata or {})
            return
        output = {"output_type": "display_data", "data": data, "metadata": metadata or {}}
        self.outputs.add(output | ({"transient": transient} if transient else {}))

    def clear_output(self, wait: bool = False) -> None:
        self.outputs.clear(wait)


class Shell(InteractiveShell):
    """IPython as a kernel sets it up, without history, without threads, with plain tracebacks."""

    outputs: Outputs
    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    system = InteractiveShell.system_raw  # `!command`, without the terminal that a jail does not have

    def ask_exit(self) -> None:
        """`exit()` in a cell ends nothing here."""

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        try:
            said = str(evalue)
        except Exception as error:  # a learner's exception may fail to say what it is
            said = f"<its text cannot be shown: {type(error).__name__}>"
        self.outputs.add(
            {
                "output_type": "error",
                "ename": str(etype.__name__),
                "evalue": said,
                "traceback": [str(line) for line in stb],
            }
        )

    def enable_gui(self, gui: Any = None) -> None:
        """No windows here."""


def make_shell(most_output_bytes: int) -> Shell:
    """The shell of this process, before anything runs in it. It is made once, before forking: it costs 60 ms."""
    config = Config()
    config.HistoryManager.enabled = False  # it starts a thread, and writes a database into the home folder
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Plain"
    shell = Shell.instance(config=config)
    shell.db = {}  # where `%cd` and others remember things: a learner's process sees no profile folder
    outputs = Outputs(most_output_bytes)
    for each in (shell, shell.displayhook, shell.display_pub):
        each.outputs = outputs  # type: ignore[union-attr]  # the classes above
    return shell


def warm(shell: Shell) -> None:
    """Let libraries do what they do at first use: in every fork it would cost 80 ms of IPython and matplotlib again,
    and 7 ms of scikit-learn, which looks for plug-ins. None of it may start a thread.
    """
    for source in ("1 + 1", "raise ValueError('warm')", "def f(:"):
        asyncio.run(_run(shell, source))
    if "matplotlib.pyplot" in sys.modules:
        from matplotlib import pyplot

        pyplot.plot([0, 1])
        shell.events.trigger("post_execute")
    if "sklearn" in sys.modules:
        from sklearn.dummy import DummyRegressor

        DummyRegressor().fit([[0.0]], [0.0])
    shell.outputs.start()
    shell.reset(new_session=False)
    shell.execution_count = 1


class Runner:
    """Runs cells one after the other in a running event loop, as Jupyter does."""

    def __init__(self, shell: Shell) -> None:
        """Take over standard output and error of this process; what child processes write is caught in files."""
        self.shell = shell
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self._before = (sys.stdout, sys.stderr, os.dup(1), os.dup(2))
        self._files = {"stdout": _catch(1), "stderr": _catch(2)}
        sys.stdout = _Stream("stdout", 1, shell.outputs)
        sys.stderr = _Stream("stderr", 2, shell.outputs)

    def close(self) -> None:
        """Give standard output and error back: a process that forks others is no place for an event loop."""
        sys.stdout, sys.stderr, out, error = self._before
        for saved, fd in ((out, 1), (error, 2)):
            os.dup2(saved, fd)
        for file in (out, error, *self._files.values()):
            os.close(file)
        self.loop.close()
        asyncio.set_event_loop(None)

    def run_cell(self, source: str) -> list[dict[str, Any]]:
        """Run one cell and return its outputs. A failure is an output, and never raised."""
        shell = self.shell
        shell.outputs.start()
        try:
            self.loop.run_until_complete(_run(shell, source))
        except KeyboardInterrupt:  # it came between two steps of IPython's own
            shell.outputs.add(_error("KeyboardInterrupt", ""))
        except Exception as error:  # IPython itself failed, over an exception that cannot say what it is for example
            shell.outputs.add(_error(type(error).__name__, "IPython could not show what went wrong in this cell."))
        for name, file in self._files.items():
            shell.outputs.stream(name, _drain(file, shell.outputs.most_bytes))
        shown = shell.outputs.shown
        shell.outputs.start()
        for output in shown:
            output.pop("transient", None)
        return shown


async def _run(shell: Shell, source: str) -> None:
    transformed, problem = source, None
    try:
        transformed = shell.transform_cell(source)
    except Exception:
        problem = sys.exc_info()
    await shell.run_cell_async(
        source, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=problem
    )
    shell.events.trigger("post_execute")  # what draws the cell's figures


def _error(name: str, said: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": name, "evalue": said, "traceback": [f"{name}: {said}"]}


def _catch(fd: int) -> int:
    with tempfile.TemporaryFile() as unnamed:  # a file of the submission's own, which its limits count
        file = os.dup(unnamed.fileno())
    os.dup2(file, fd)
    return file


def _drain(file: int, most: int) -> str:
    size = os.lseek(file, 0, os.SEEK_END)
    if not size:
        return ""
    text = os.pread(file, min(size, most), 0).decode(errors="replace")
    os.ftruncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
    return text
