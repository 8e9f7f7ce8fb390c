"""Workflows run by act and audited by zizmor, as data."""

from pathlib import Path

import psutil
import pytest

from curriculum.lab import LabError, workflows

CHECKOUT = "uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8"
ACTION = """
name: say
description: prints a word
inputs: {word: {description: what to print, required: true}}
outputs: {loud: {description: the word, value: "${{ steps.say.outputs.loud }}"}}
runs:
  using: composite
  steps:
    - id: say
      shell: bash
      env: {WORD: "${{ inputs.word }}"}
      run: printf 'said %s\\n' "$WORD"; echo "loud=$WORD-loud" >> "$GITHUB_OUTPUT"; test "$WORD" != bad
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / ".github/actions/say"
    place.mkdir(parents=True)
    (place / "action.yml").write_text(ACTION, encoding="utf-8")
    (tmp_path / ".github/workflows").mkdir()
    return tmp_path


def write(repository: Path, jobs: str, on: str = "push") -> Path:
    file = repository / ".github/workflows/ci.yml"
    file.write_text(f"name: ci\non: [{on}]\npermissions: {{}}\njobs:\n{jobs}", encoding="utf-8")
    return file


def job(name: str, word: str, more: str = "") -> str:
    steps = f"[{{{CHECKOUT}}}, {{id: s, uses: ./.github/actions/say, with: {{word: '{word}'}}}}]"
    return f"  {name}: {{runs-on: ubuntu-latest, {more} steps: {steps}}}\n"


def test_a_failed_job_stops_those_that_need_it_and_not_those_that_ask_for_failure(repository: Path) -> None:
    jobs = job("gate", "bad") + job("deploy", "x", "needs: gate,") + job("tell", "y", "needs: gate, if: failure(),")
    found = workflows.run(repository, write(repository, jobs).name)
    assert found.conclusions() == {"gate": "failure", "deploy": "skipped", "tell": "success"}
    assert found.lines == ["said bad", "said y"]


def test_each_cell_of_a_matrix_is_a_job_and_one_failure_fails_them(repository: Path) -> None:
    jobs = job("test", "${{ matrix.word }}", "strategy: {fail-fast: false, matrix: {word: [good, bad]}},")
    found = workflows.run(repository, write(repository, jobs).name)
    assert {each.matrix["word"]: each.conclusion for each in found.jobs} == {"good": "success", "bad": "failure"}
    assert found.conclusions() == {"test": "failure"}


def test_outputs_travel_between_jobs_and_are_kept(repository: Path) -> None:
    jobs = job("build", "a", "outputs: {loud: '${{ steps.s.outputs.loud }}'},")
    jobs += job("use", "${{ needs.build.outputs.loud }}", "needs: build,")
    found = workflows.run(
        repository, write(repository, jobs.replace("'${{ needs", '"${{ needs').replace(" }}'}}", ' }}"}}')).name
    )
    assert found.jobs[0].steps[-1].outputs == {"loud": "a-loud"}
    assert found.jobs[1].lines == ["said a-loud"]


def test_event_actor_and_secrets_reach_the_workflow(repository: Path) -> None:
    word = "${{ github.event.number }} ${{ github.actor }} ${{ secrets.KEY }} ${{ github.ref }}"
    file = write(repository, job("show", word), "pull_request")
    payload = {"number": 7, "pull_request": {"number": 7}}
    found = workflows.run(repository, file.name, "pull_request", payload=payload, secrets={"KEY": "k1"}, actor="eve")
    assert found.lines == ["said 7 eve *** refs/pull/7/merge"]


def test_an_event_that_concerns_no_job_skips_all(repository: Path) -> None:
    found = workflows.run(repository, write(repository, job("a", "x")).name, "workflow_dispatch")
    assert found.conclusions() == {"a": "skipped"}


def test_a_lent_action_stands_in_for_one_of_the_network(repository: Path) -> None:
    jobs = "  a: {runs-on: ubuntu-latest, steps: [{uses: some/action@v1, with: {word: lent}}]}\n"
    file = write(repository, jobs)
    found = workflows.run(repository, file.name, actions={"some/action@v1": repository / ".github/actions/say"})
    assert found.lines == ["said lent"]


def test_steps_see_no_variables_of_the_caller(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_CALLERS_KEY", "seen")
    jobs = "  a: {runs-on: ubuntu-latest, steps: [{run: 'echo \"key=$A_CALLERS_KEY\"'}]}\n"
    assert workflows.run(repository, write(repository, jobs).name).lines == ["key="]


def test_a_job_leaves_the_folder_as_it_was(repository: Path) -> None:
    jobs = "  a: {runs-on: ubuntu-latest, steps: [{" + CHECKOUT + "}, {run: 'touch new; rm -r .github'}]}\n"
    workflows.run(repository, write(repository, jobs).name)
    assert {each.name for each in repository.iterdir()} == {".github"}


def test_a_workflow_that_does_not_end_is_stopped_with_all_it_started(repository: Path) -> None:
    jobs = "  a: {runs-on: ubuntu-latest, steps: [{run: 'sleep 717'}]}\n"
    with pytest.raises(LabError, match="not done after 1 s"):
        workflows.run(repository, write(repository, jobs).name, timeout_s=1)
    assert not [each for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == ["sleep", "717"]]


@pytest.mark.parametrize("text", ["", "jobs: [", "name: x\non: push\n"])
def test_what_is_no_workflow_is_refused_in_words(repository: Path, text: str) -> None:
    file = repository / ".github/workflows/ci.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match="is not a workflow"):
        workflows.run(repository, file.name)
    with pytest.raises(LabError, match="There is no workflow"):
        workflows.run(repository, "other.yml")


def test_an_action_that_is_not_here_fails_its_job(repository: Path) -> None:
    jobs = "  a: {runs-on: ubuntu-latest, steps: [{uses: ./.github/actions/none}]}\n"
    assert workflows.run(repository, write(repository, jobs).name).conclusions() == {"a": "failure"}


def test_the_audit_names_rule_file_and_line_and_ignores_requests_to_look_away(repository: Path) -> None:
    jobs = "  a:\n    runs-on: ubuntu-latest\n    steps:\n"
    jobs += '      - run: echo "${{ github.event.pull_request.title }}" # zizmor: ignore[template-injection]\n'
    file = write(repository, jobs, "pull_request_target")
    found = {each.rule: each for each in workflows.audit(repository)}
    assert {"template-injection", "dangerous-triggers"} <= found.keys()
    assert (found["template-injection"].file, found["template-injection"].line) == ("ci.yml", 8)
    assert found["template-injection"].severity == "High"
    assert workflows.audit(file)


def test_the_audit_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ci.yml").write_text("jobs: [", encoding="utf-8")
    with pytest.raises(LabError, match="zizmor could not read"):
        workflows.audit(tmp_path / "ci.yml")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("runs_on: x,", r"Line: 5 Column \d+: Unknown Property runs_on"),
        ("concurrency: {group: g, queue: max},", r"Line: 5 Column \d+: Unknown Property queue"),
        ("if: 'foo(',", r"Line: 5 Column \d+: Failed to parse"),
    ],
)
def test_what_act_refuses_is_said_with_its_place_and_its_key(repository: Path, more: str, said: str) -> None:
    with pytest.raises(LabError, match=f"^act could not run the workflow: {said}") as refused:
        workflows.run(repository, write(repository, job("a", "x", more)).name)
    assert "https" not in str(refused.value)


@pytest.mark.parametrize("needs", ["bild", "[a, bild]"])
def test_a_job_that_needs_an_unknown_job_is_named(repository: Path, needs: str) -> None:
    jobs = job("a", "x") + job("b", "y", f"needs: {needs},")
    with pytest.raises(LabError, match=r"Job b needs bild, and ci\.yml has no such job, only a, b"):
        workflows.run(repository, write(repository, jobs).name)
