"""Uses every library that lessons use, once and small; `test_no_network.py` runs it and watches its connections."""

import sys
from pathlib import Path

from curriculum import lab

LITSERVE = """
import sys
import litserve
class Doubler(litserve.LitAPI):
    def setup(self, device): pass
    def decode_request(self, request): return request["x"]
    def predict(self, batch): return [2 * x for x in batch]
    def encode_response(self, y): return {"y": y}
if __name__ == "__main__":
    server = litserve.LitServer(Doubler(max_batch_size=2, batch_timeout=0.01), accelerator="cpu")
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False)
"""


def tabular() -> None:
    import numpy as np
    import onnxruntime
    from fastapi import FastAPI
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    table = lab.adult().head(500)
    features = table[["age", "hours_per_week"]].to_numpy(np.float32)
    model = LogisticRegression().fit(features, table.income_over_50k)
    session = onnxruntime.InferenceSession(
        to_onnx(model, features[:1]).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    app = FastAPI()
    app.get("/")(lambda: session.run(None, {"X": features[:1]})[0].tolist())
    with lab.serve(app, ready="/") as url:
        assert lab.open_loop(lab.get(url), rate=20, duration_s=0.5).errors == 0
        assert lab.closed_loop(lab.get(url), users=2, requests=10).errors == 0


def batching(folder: Path) -> None:
    script = folder / "doubler.py"
    script.write_text(LITSERVE, encoding="utf-8")
    with lab.process([sys.executable, str(script), "{port}"], ready="/health", deadline_s=60) as url:
        assert lab.closed_loop(lab.post(url + "/predict", json={"x": 2}), users=2, requests=4).errors == 0


def language_model() -> None:
    with lab.language_model(slots=1, context=256) as url:
        assert lab.stream_chat(url, [{"role": "user", "content": "Hello"}], max_tokens=3).tokens == 3


def infrastructure() -> None:
    from curriculum.lab import cloudformation, designs, live_state

    zone = "Resources:\n  Store: {Type: AWS::S3::Bucket, Properties: {BucketName: store}}\n"
    assert cloudformation.lint(zone) == []
    assert live_state.trial(zone, {}).types == {"Store": "AWS::S3::Bucket"}
    assert designs.read_terraform('resource "aws_s3_bucket" "store" {}')
    assert designs.read_bicep("param a string") == []


def manifests() -> None:
    import kubernetes_validate

    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "b"}]}}
    kubernetes_validate.validate(pod, kubernetes_validate.latest_version())


def tables_and_policies() -> None:
    import cedarpy
    import regopy

    from curriculum.lab import billing

    assert billing.database(bill=billing.prices()).execute("SELECT count(*) FROM bill").fetchall() == [(13,)]
    engine = regopy.Interpreter()
    engine.add_module("m", "package m\nimport rego.v1\nx := 1\n")
    assert engine.query("data.m").results[0].expressions == [{"x": 1}]
    asked = {"principal": 'U::"a"', "action": 'Action::"b"', "resource": 'R::"c"', "context": {}}
    answer = cedarpy.is_authorized(asked, "permit(principal, action, resource);", [])
    assert answer.decision == cedarpy.Decision.Allow


def calendars() -> None:
    from datetime import UTC, datetime, timedelta
    from zoneinfo import ZoneInfo

    import vobject

    from curriculum.lab import calendar_file

    start = datetime(2027, 3, 30, 19, tzinfo=ZoneInfo("Europe/Berlin"))
    entry = calendar_file.Entry("a", "A lesson", start, start + timedelta(hours=1))
    calendar = calendar_file.revised(calendar_file.empty(), [entry], datetime(2026, 11, 24, tzinfo=UTC))
    read = vobject.readOne(calendar_file.to_ics(calendar, "plan").decode())
    assert read.vevent.dtstart.value == start


def secrets_and_requests() -> None:
    from curriculum.lab import leaks, policies

    key = "AKIA" + "Z7" * 8  # of the form that detect-secrets could ask AWS about
    assert leaks.scan([leaks.Line(0, "source", f'key = "{key}"', "key")])["rule"].all()
    schema = "entity User; action read appliesTo { principal: User, resource: User };"
    assert policies.cedar_errors("permit (principal, action, resource);", schema) == []


def notebook() -> None:
    import nbclient
    import nbformat
    import papermill

    assert papermill.__version__
    cell = nbformat.v4.new_code_cell(
        "%matplotlib inline\nimport matplotlib.pyplot as plt, ipywidgets\nplt.plot([1, 2])\nplt.show()"
    )
    done = nbclient.execute(nbformat.v4.new_notebook(cells=[cell]))
    assert "image/png" in done.cells[0].outputs[-1].data


if __name__ == "__main__":
    tabular()
    batching(Path(sys.argv[1]))
    language_model()
    manifests()
    tables_and_policies()
    infrastructure()
    calendars()
    secrets_and_requests()
    notebook()
    print("all used")
