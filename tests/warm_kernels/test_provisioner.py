"""A forked kernel is what an ordinary one is, except that its imports are done."""

import os
import signal

import psutil
import pytest

from grading.warm_kernels.client import WarmServer, why_cold

SCIENCE = {"numpy", "pandas", "sklearn", "matplotlib", "onnxruntime", "fastapi", "httpx", "curriculum.lab"}


def test_a_kernel_is_a_fork_with_its_imports_done(server, start):
    with start() as kernel:
        import_list = kernel.value("sorted(__import__('sys').modules)")
        assert set(import_list) >= SCIENCE
        assert kernel.value("__import__('os').getppid()") == server.pid
        assert kernel.manager.provisioner.pid == kernel.value("__import__('os').getpid()")


def test_it_starts_as_an_ordinary_process(start, tmp_path):
    """Folder, environment, arguments, `__main__`, and import path are the same as an ordinary kernel's."""
    ask = (
        "(lambda os, sys: (os.getcwd(), os.environ.get('GIVEN'), os.environ['JPY_PARENT_PID'] == str(os.getppid()),"
        " [part for part in sys.argv if not part.endswith(('.json', ':memory:'))], sys.path, sys.flags.safe_path,"
        " vars(sys.modules['__main__']).get('__file__'), os.getpgid(0) == os.getpid(), 'PATIENCE_S' in globals(),"
        " __import__('signal').getsignal(2).__name__, __import__('tempfile').gettempdir(), __import__('time').tzname,"
        " len(__import__('matplotlib').rcParams['backend']), __import__('pandas').get_option('display.max_columns'),"
        " sorted(i['num_threads'] for i in (__import__('sklearn'), __import__('threadpoolctl').threadpool_info())[1])))"
        "(__import__('os'), __import__('sys'))"
    )
    environment = {**os.environ, "GIVEN": "é \udc80", "TMPDIR": str(tmp_path), "TZ": "Asia/Tokyo"}
    told = []
    for name in ("python3", None):
        chosen = {"kernel_name": name} if name else {}
        with start(cwd=str(tmp_path), env=environment, **chosen) as kernel:
            told.append(kernel.value(ask))
    assert told[0] == told[1]
    assert told[0][:2] == (str(tmp_path), "é \udc80")


def test_kernels_share_no_random_state(start):
    def draw():
        with start() as kernel:
            return kernel.value("(__import__('random').random(), float(__import__('numpy').random.rand()))")

    first, second = draw(), draw()
    assert first[0] != second[0] and first[1] != second[1]


def test_what_a_library_warned_of_before_the_fork_is_warned_of_again(warm):
    assert warm.value("[n for n, m in __import__('sys').modules.items() if '__warningregistry__' in vars(m)]") == []


def test_a_plot_is_shown_inline(warm):
    [shown] = warm.run("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")["values"]
    assert "image/png" in shown


def test_the_environment_chooses_the_backend(start):
    with start(env={**os.environ, "MPLBACKEND": "agg"}) as kernel:
        assert kernel.run("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")["values"] == []
        assert kernel.value("__import__('matplotlib').get_backend()") == "agg"


def test_openmp_threads_and_a_pool_of_spawned_processes_work(warm):
    warm.run("import math, multiprocessing, numpy as np\nfrom sklearn.cluster import KMeans")
    warm.run("from concurrent.futures import ProcessPoolExecutor\nspawn = multiprocessing.get_context('spawn')")
    assert warm.value("KMeans(2, n_init=1).fit(np.arange(2000.0).reshape(-1, 1)).n_clusters") == 2
    assert warm.value("list(ProcessPoolExecutor(1, mp_context=spawn).map(math.sqrt, [4, 9]))") == [2.0, 3.0]


def test_an_interrupt_stops_a_cell_and_not_the_kernel(start):
    with start() as kernel:
        kernel.run("x = 5")
        # An error makes ipykernel drop what is sent soon after it, unless it is told not to.
        kernel.client.execute("print('begun', flush=True)\nwhile True: pass", stop_on_error=False)
        while kernel.client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
            continue
        kernel.manager.interrupt_kernel()
        assert kernel.client.get_shell_msg(timeout=30)["content"]["ename"] == "KeyboardInterrupt"
        assert kernel.value("x") == 5


def test_a_shutdown_is_a_clean_end(start, is_gone, tmp_path):
    with start(cwd=str(tmp_path)) as kernel:
        pid, process = kernel.manager.provisioner.pid, kernel.manager.provisioner.process
        kernel.run("import atexit, pathlib\natexit.register(pathlib.Path('left.txt').touch)")
        assert kernel.manager.is_alive()
        kernel.manager.shutdown_kernel()
        assert process.wait() == 0
    assert is_gone(pid)
    assert (tmp_path / "left.txt").exists(), "what was to run at the end of the process did not"


def test_a_cell_that_ends_its_process_is_a_dead_kernel_with_its_status(start, is_gone):
    with start() as kernel:
        process = kernel.manager.provisioner.process
        kernel.client.execute(
            "import os, subprocess, time\nprint(subprocess.Popen(['sleep', '600']).pid, flush=True)\ntime.sleep(0.5)\n"
            "os._exit(7)"  # only after its output had time to leave
        )
        while (message := kernel.client.get_iopub_msg(timeout=30))["msg_type"] != "stream":
            continue
        assert process.wait() == 7
        assert not kernel.manager.is_alive()
        assert is_gone(int(message["content"]["text"]))


def test_a_kernel_is_killed_with_its_children_and_started_again(start, is_gone):
    with start() as kernel:
        process = kernel.manager.provisioner.process
        child = kernel.value("__import__('subprocess').Popen(['sleep', '600']).pid")
        kernel.manager.restart_kernel(now=True)
        assert process.wait() == -signal.SIGKILL
        assert is_gone(child)
        kernel.client.wait_for_ready(timeout=30)
        assert kernel.run("child")["error"] == "NameError"


def test_a_server_of_a_lesson_ends_with_the_kernel(start, is_gone):
    """The course's own servers run in a session of their own, and end because their kernel is gone."""
    with start() as kernel:
        command = "[sys.executable, '-m', 'http.server', '{port}']"
        kernel.run(f"import sys\nfrom curriculum import lab\ns = lab.process({command})")
        pid = kernel.value("s.pid")
        assert psutil.pid_exists(pid)
    assert is_gone(pid)


def test_a_kernel_that_needs_another_start_is_an_ordinary_one(server, start, tmp_path):
    (tmp_path / "only_here.py").write_text("x = 7\n")
    warning = pytest.warns(RuntimeWarning, match="differs from the fork server's in PYTHONPATH")
    with warning, start(env={**os.environ, "PYTHONPATH": str(tmp_path)}) as kernel:
        assert kernel.value("__import__('only_here').x") == 7
        assert kernel.value("__import__('os').getppid()") == os.getpid()


def test_a_folder_that_is_not_there_is_the_callers_error(start, tmp_path):
    warning = pytest.warns(RuntimeWarning, match="there is no folder")
    with warning, pytest.raises(FileNotFoundError), start(cwd=str(tmp_path / "nowhere")):
        pass


def test_other_systems_are_told_in_a_sentence():
    assert why_cold("linux") == ""
    assert "this is darwin" in why_cold("darwin") and "this is win32" in why_cold("win32")


def test_a_server_that_cannot_import_leaves_an_ordinary_kernel(start_without_server, capfd):
    warning = pytest.warns(RuntimeWarning, match="has ended")
    with WarmServer(imports=["no_such_module_anywhere"]), warning, start_without_server() as kernel:
        assert kernel.value("1 + 1") == 2
    assert "cannot import what it was asked to: No module named 'no_such_module_anywhere'" in capfd.readouterr().err
