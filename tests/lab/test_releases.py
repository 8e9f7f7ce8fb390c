"""Gates, canaries and quarters: rates of error that can be computed another way."""

import numpy as np
import pytest

from curriculum.lab import release_repository, releases, workflows


def test_a_gate_that_wants_proof_passes_a_model_at_its_tolerance_in_five_of_a_hundred() -> None:
    rng = np.random.default_rng(0)
    old = rng.random(200_000) < 0.90
    new = rng.random(200_000) < 0.85
    got = releases.gate_passes(old, new, [2000], tolerance=float(old.mean() - new.mean()), draws=4000)
    assert got.loc[2000, "show"] == pytest.approx(0.05, abs=0.015)
    assert got.loc[2000, "compare"] == pytest.approx(0.5, abs=0.04)


def test_one_look_errs_as_promised_and_many_looks_err_more() -> None:
    paths = releases.even_canaries(4000, 40)
    last = float((paths[:, -1] > releases.Z).mean())
    assert last == pytest.approx(0.05, abs=0.015)
    shares = releases.alarmed(paths, releases.Z)
    assert shares[-1] > 3 * last
    assert (np.diff(shares) >= 0).all()
    assert releases.alarmed(paths, 3.3)[-1] < 0.05


def test_a_path_counts_standard_errors_of_all_batches_so_far() -> None:
    path = releases.z_path(np.array([9, 9]), np.array([1, 5]), 450, 50)
    pooled = (18 + 6 + 1) / (1000 + 2)
    error = np.sqrt(pooled * (1 - pooled) * (1 / 900 + 1 / 100))
    assert path[0] == pytest.approx(0, abs=1e-12)
    assert path[1] == pytest.approx((6 / 100 - 18 / 900) / error)


def test_a_quarter_lets_out_what_nobody_found_and_nothing_else() -> None:
    for policy in releases.POLICIES.values():
        events, changes = releases.quarter(policy, seed=3)
        assert len(changes) == sum(kind.changes for kind in releases.KINDS.values())
        assert sum(event["kind"] == "deploy" for event in events) == (~changes["caught"]).sum()
        assert not (changes["caught"] & ~changes["harmful"]).any()


def test_reviewers_are_people_who_did_not_write_the_change() -> None:
    events, _ = releases.quarter(releases.POLICIES["two for all"], seed=4)
    authors = {event["digest"]: event["by"] for event in events if event["kind"] == "change"}
    reviews = [event for event in events if event["kind"] == "review"]
    assert reviews
    assert all(event["by"] in releases.PEOPLE and event["by"] != authors[event["digest"]] for event in reviews)


def test_without_review_only_what_people_wrote_was_seen() -> None:
    events, _ = releases.quarter(releases.POLICIES["nobody"])
    people = sum(kind.changes for kind in releases.KINDS.values() if not kind.by_program)
    assert releases.seen(events) == pytest.approx(people / sum(kind.changes for kind in releases.KINDS.values()))
    assert releases.review_hours(releases.POLICIES["nobody"]) == 0
    assert releases.seen(releases.quarter(releases.POLICIES["one for all"])[0]) == 1


def test_the_actions_say_what_they_were_asked_and_fail_where_told(tmp_path) -> None:
    steps = [{"uses": release_repository.CHECKOUT}, {"uses": "./.github/actions/gate", "with": {"digest": "3f"}}]
    text = "name: x\non: push\njobs: {a: {runs-on: ubuntu-latest, steps: " + str(steps).replace("'", '"') + "}}\n"
    fine = workflows.run(release_repository.write(tmp_path, {"x.yml": text}), "x.yml")
    assert (fine.lines, fine.conclusions()) == (["gate digest=3f"], {"a": "success"})
    failed = workflows.run(release_repository.write(tmp_path, {"x.yml": text}, ["gate digest=3"]), "x.yml")
    assert failed.conclusions() == {"a": "failure"}


def test_no_action_runs_what_it_was_handed(tmp_path) -> None:
    word = '$(echo ran); echo ran; "'
    text = (
        "name: x\non: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
        f"      - uses: {release_repository.CHECKOUT}\n      - uses: ./.github/actions/report\n"
        f"        with:\n          title: '{word}'\n"
    )
    run = workflows.run(release_repository.write(tmp_path, {"x.yml": text}), "x.yml")
    assert run.lines == [f"report title={word}"]
