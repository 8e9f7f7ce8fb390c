import pandas as pd

from curriculum.lab import access_logs, policies


def log(*rows):
    return pd.DataFrame(rows, columns=["permission", "rhythm", "day"])


def test_a_window_misses_what_is_older_and_keeps_what_is_over():
    uses = log(
        ("rare", "yearly", -300),
        ("rare", "yearly", 65),
        ("done", "ended", -100),
        ("usual", "daily", -1),
        ("usual", "daily", 0),
    )
    table = access_logs.windows(uses, [90, 120, 365]).to_dict("records")
    assert table == [
        {"window": 90, "missed": 1, "idle": 0},
        {"window": 120, "missed": 1, "idle": 1},
        {"window": 365, "missed": 0, "idle": 1},
    ]


def test_every_rhythm_is_in_the_log_at_its_distance():
    uses = access_logs.role_log()
    for rhythm, (count, period) in access_logs.RHYTHMS.items():
        rows = uses[uses["rhythm"] == rhythm]
        assert rows["permission"].nunique() == count
        assert (rows.groupby("permission")["day"].diff().dropna() == period).all()
    assert uses.loc[uses["rhythm"] == "ended", "day"].max() < -90
    assert access_logs.weekday(0) == access_logs.TODAY.isoformat()


def test_reads_are_labelled_by_who_made_them():
    work = access_logs.casework(households=200, staff=6)
    for row in work.reads.itertuples():
        owner = work.assigned[row.household]
        expected = {"own": {owner}, "deputy": {work.deputy[owner]}}.get(row.why)
        assert row.reader in expected if expected else row.reader not in (owner, work.deputy[owner])


def test_cedar_sees_the_same_relations():
    work = access_logs.casework(households=5, staff=3)
    home, owner = next(iter(work.assigned.items()))
    asked = [
        {"principal": f'Worker::"{who}"', "action": 'Action::"read"', "resource": f'Record::"{home}"', "context": {}}
        for who in work.staff
    ]
    policy = "permit (principal, action, resource) when { resource.assigned.deputy == principal };"
    answers = dict(zip(work.staff, policies.cedar(policy, access_logs.entities(work), asked), strict=True))
    assert answers == {who: who == work.deputy[owner] for who in work.staff}
