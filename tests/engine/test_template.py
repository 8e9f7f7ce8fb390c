"""A template has imported what it can, and has one thread: a process with more of them must not be forked."""

import json

import psutil
from nbformat.v4 import new_code_cell, new_notebook

from grading.engine.profile import Profile
from grading.engine.run import Engine

THREAD = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon={daemon}).start()\n"
ASK = "import json, sys\nprint(json.dumps([name for name in {names!r} if name in sys.modules]))"


def test_a_module_whose_import_leaves_a_thread_is_not_imported_before_forking(tmp_path):
    root, folder = tmp_path / "root", tmp_path / "submission"
    root.mkdir()
    folder.mkdir()
    (root / "leaves_one.py").write_text(THREAD.format(daemon=True))
    (root / "leaves_another.py").write_text(THREAD.format(daemon=False))
    names = ["leaves_one", "colorsys", "leaves_another", "this_is_missing"]
    before = set(psutil.Process().children())
    with Engine(root) as engine:
        notebook = new_notebook(cells=[new_code_cell(ASK.format(names=names))])
        ran = engine.run(notebook, folder, Profile(imports=tuple(names)))
        templates = set(psutil.Process().children()) - before
        assert [each.num_threads() for each in templates] == [1]
    assert json.loads(ran.notebook.cells[0].outputs[0].text) == ["colorsys"]
