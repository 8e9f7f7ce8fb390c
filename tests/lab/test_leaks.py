import pandas as pd

from curriculum.lab import leaks


def test_the_same_seed_gives_the_same_corpus_and_another_another():
    assert leaks.corpus(20, seed=1) == leaks.corpus(20, seed=1) != leaks.corpus(20, seed=2)


def test_a_notebook_holds_its_lines_where_they_stand():
    lines = [leaks.Line(0, "source", "a = 1", None), leaks.Line(0, "output", 'say "1"', None)]
    assert list(leaks.read(leaks.notebook(lines))) == [("source", "a = 1"), ("output", 'say "1"')]


def test_rules_find_known_forms_and_entropy_measures_the_rest():
    found = leaks.scan(
        [
            leaks.Line(0, "source", 'password = "winter2026"', "password in code"),
            leaks.Line(0, "output", "commit 0123456789abcdef0123456789abcdef01234567", None),
            leaks.Line(0, "output", "short", None),
        ]
    )
    assert found["rule"].tolist() == [True, False, False]
    assert found["entropy"][0] == 0 == found["entropy"][2]
    assert 3.9 < found["entropy"][1] <= 4


def test_no_hexadecimal_key_reaches_the_default_threshold_of_base64():
    found = leaks.scan(leaks.corpus(300))
    kinds = found.groupby("secret")["entropy"]
    assert kinds.max()["key in a prompt"] <= 4 < kinds.min()["environment dump"]


def test_the_score_counts_hits_among_findings_and_among_secrets():
    secret = pd.Series(["a", None, "b", None])
    assert leaks.score(pd.Series([True, True, False, False]), secret) == (0.5, 0.5)
    assert leaks.score(pd.Series([False] * 4), secret) == (1.0, 0.0)
