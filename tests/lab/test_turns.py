"""Two clicks at once: JupyterLab answers them in two threads of a kernel, and both are kept."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from curriculum.lab import practice_desk, self_assessment
from curriculum.lab.turns import one_at_a_time

NOTES = {"initiatives": [{"id": "desk", "title": "A desk", "asked_by": "x", "answers": {}}]}


def both(monkeypatch, module, call):
    """Run `call` with 0 and 1 in two threads, each of which writes later than the other has read."""
    write = module.write_atomically

    def late(path, content):
        time.sleep(0.2)
        write(path, content)

    monkeypatch.setattr(module, "write_atomically", late)
    start = threading.Barrier(2)

    def go(number):
        start.wait()
        call(number)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(go, range(2)))


def test_two_answers_at_once_are_both_kept(tmp_path, monkeypatch):
    path = tmp_path / "my-initiatives.yml"
    path.write_text(yaml.safe_dump(NOTES), encoding="utf-8")
    both(monkeypatch, practice_desk, lambda n: practice_desk.keep_answer(path, "desk", ("waits", "twice")[n], True))
    (kept,) = yaml.safe_load(path.read_text(encoding="utf-8"))["initiatives"]
    assert kept["answers"] == {"waits": True, "twice": True}


def test_without_a_turn_one_of_two_ratings_is_lost_and_with_one_none(tmp_path, monkeypatch):
    def rate(number):
        before = self_assessment.read(tmp_path) or self_assessment.Assessment({})
        self_assessment.save(before.rated(("planning", "advocacy")[number], 2), tmp_path)

    both(monkeypatch, self_assessment, rate)
    assert len(self_assessment.read(tmp_path).ratings) == 1
    monkeypatch.undo()
    (tmp_path / self_assessment.FILE).unlink()
    both(monkeypatch, self_assessment, one_at_a_time(rate))
    assert len(self_assessment.read(tmp_path).ratings) == 2


def test_an_error_ends_the_turn():
    @one_at_a_time
    def fails():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fails()
    assert one_at_a_time(lambda: 7)() == 7
