"""What must work inside: the learner's own programs and servers, and the judge beside them."""

from tests.engine.jail.conftest import Setting, World, settings

everywhere = settings("full", "landlock", "limits")
isolated = settings("full", "landlock")

PROGRAMS = """
import asyncio, os, sqlite3, subprocess, sys, tempfile, threading, pathlib, socket

async def answer():
    process = await asyncio.create_subprocess_exec(sys.executable, '-c', 'print(2)', stdout=subprocess.PIPE)
    return int((await process.communicate())[0])

seen = []
thread = threading.Thread(target=lambda: seen.append(1))
thread.start()
thread.join()
seen.append(asyncio.run(answer()))
with sqlite3.connect('own.db') as database:
    seen += database.execute('select 3').fetchone()
with tempfile.NamedTemporaryFile() as scratch:
    scratch.write(b'x')
left, right = socket.socketpair()
left.send(b'4')
seen.append(int(right.recv(1)))
seen.append(int(subprocess.run('echo 5 | cat', shell=True, capture_output=True).stdout))
pathlib.Path.home().joinpath('note').write_text('x')
result = [seen, pathlib.Path('own.txt').read_text(), sorted(os.listdir()), os.environ['USER'] != '']
"""


@everywhere
def test_a_learners_programs_work(world: World, setting: Setting) -> None:
    said = world.run(setting, PROGRAMS)
    # The link in the submission is not copied: it could stand for somebody else's file.
    assert said["learner"] == [[1, 2, 3, 4, 5], "own", ["own.db", "own.txt"], True]


POOL = """
import multiprocessing
with multiprocessing.get_context('fork').Pool(2) as pool:
    result = pool.map(abs, [-1, -2])
"""


@settings("full", "limits")
def test_pools_of_processes_work(world: World, setting: Setting) -> None:
    assert world.run(setting, POOL)["learner"] == [1, 2]


SERVER = """
import http.server, os, threading
first = int(os.environ.get('LAB_PORTS', '0-0').split('-')[0])
server = http.server.ThreadingHTTPServer(('127.0.0.1', first), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=server.serve_forever, daemon=True).start()
"""
ASK = "import urllib.request; {port}; result = urllib.request.urlopen(f'http://127.0.0.1:{{port}}/own.txt').read().decode()"


@everywhere
def test_learner_and_judge_reach_the_learners_server(world: World, setting: Setting) -> None:
    own = SERVER + ASK.format(port="port = server.server_port") + "; result = [result, port]"
    said = world.run(setting, own, judge=ASK.format(port="port = outside['learner'][1]"))
    assert said["learner"][0] == "own"
    assert said["judge"] == "own"


@settings("landlock")
def test_the_block_of_ports_is_the_only_one(world: World, setting: Setting) -> None:
    beside = "import os, socket; socket.create_server(('127.0.0.1', int(os.environ['LAB_PORTS'].split('-')[1]) + 1))"
    assert world.run(setting, beside)["learner"] == {"errno": 13}


@everywhere
def test_the_judge_reads_what_the_learner_wrote(world: World, setting: Setting) -> None:
    said = world.run(setting, "open('new', 'w').write('mine')", judge="result = open('new').read()")
    assert said["judge"] == "mine"


@isolated
def test_the_judge_cannot_write_the_learners_files_but_has_a_place_of_its_own(world: World, setting: Setting) -> None:
    write = "import tempfile; tempfile.TemporaryFile().write(b'x'); open('own.txt', 'w')"
    assert world.run(setting, "result = 1", judge=write)["judge"]["errno"] in (13, 30)


@isolated
def test_a_link_does_not_lead_the_judge_outside(world: World, setting: Setting) -> None:
    link = "import os; os.symlink(outside['secret'], 'answer'); result = 1"
    read = "result = open('answer').read()"
    assert world.run(setting, link, judge=read)["judge"]["errno"] in (2, 13)
    assert world.run(Setting("limits", setting.user), link, judge=read)["judge"] == "secret"


TOUCH_JUDGE = """
import os, resource
judge, done = outside['judge_pid'], []
for deed in (
    lambda: os.kill(judge, 0),
    lambda: resource.prlimit(judge, resource.RLIMIT_CPU),
    lambda: open(f'/proc/{judge}/environ').read(),
    lambda: open(f'/proc/{judge}/mem', 'rb'),
    lambda: os.setpriority(os.PRIO_PROCESS, judge, 5),
):
    try:
        deed()
        done.append('done')
    except OSError:
        done.append('refused')
result = done
"""


@isolated
def test_the_learner_cannot_touch_the_judge(world: World, setting: Setting) -> None:
    said = world.run(setting, TOUCH_JUDGE, judge="result = 1", order=["judge", "learner"])
    assert said["learner"] == ["refused"] * 5
    said = world.run(Setting("limits", setting.user), TOUCH_JUDGE, judge="result = 1", order=["judge", "learner"])
    assert "done" in said["learner"]


@isolated
def test_the_judges_own_temporary_files_are_out_of_the_learners_sight(world: World, setting: Setting) -> None:
    write = (
        "import tempfile; kept = tempfile.NamedTemporaryFile('w'); kept.write('x'); kept.flush(); result = kept.name"
    )
    read = "result = open(outside['judge']).read()"
    said = world.run(setting, read, judge=write, order=["judge", "learner"])
    assert said["learner"]["errno"] in (2, 13)
