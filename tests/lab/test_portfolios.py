"""A portfolio page shows sourced numbers and pictures with words, and neither secrets nor people."""

import base64
import io
from dataclasses import replace
from datetime import date

import pytest
from bs4 import BeautifulSoup
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from curriculum.lab import disclosure, portfolios
from curriculum.lab.errors import LabError
from curriculum.lab.portfolios import Piece, Portfolio
from curriculum.lab.proposals import Measured

NUMBER = Measured("u1", "p99", 388, "ms", date(2026, 11, 20), "work/u1/journal.jsonl")
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ALT = "One grey dot on a white ground."
TOKENS = {
    "AWS access key": "AKIA" + "QWERTYUIOPASDFGH",
    "GitHub token": "ghp_" + "a1B2c3D4e5F6" * 3,
    "Slack token": "xoxb-" + "1234567890-abc",
    "private key": "-----BEGIN " + "RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
    "JSON web token": "eyJ" + "hbGciOiJIUzI1" + ".eyJ" + "zdWIiOiIxMjM0" + ".c2lnbmF0dXJl",
    "password in an address": "postgres://mina:" + "s3cret@db/one",
    "GitLab Token": "glpat-" + "a1B2c3D4e5F6g7H8i9J0",
    "Hugging Face token": "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh",
    "token in a header": "Authorization: Bearer " + "abcdef0123456789abcdef",
    "cluster token": "kubeadm join city --token " + "abcdef.0123456789abcdef",
    "password in a command": "curl -u " + "mina:hunter2 https://city.example",
    "value of a secret": "API_KEY = " + "'q7w8e9r0t1'",
    "value of": "AZURE_OPENAI_KEY: " + "0123456789abcdef" * 2,
    "a secret": "Server=db;uid=sa;pwd=" + "Hunter2!x",
    "long random word": "q8Z3" + "kX7pL2mN9vB4cD6fG1hJ5sT0wY",
}  # put together here, so that no scanner takes this file for a leak


def portfolio(*pieces: Piece, private=(), name="Mina", about="Work.") -> Portfolio:
    return Portfolio(name, about, pieces or (Piece("Load", "It waits.", {"u1/p99": 388}),), tuple(private))


def publish(what: Portfolio, folder, known=(NUMBER,)):
    portfolios.publish(what, known, folder, folder)
    return BeautifulSoup((folder / portfolios.PAGE).read_text(), "html.parser"), (folder / portfolios.TEXT).read_text()


def whats(what: Portfolio, folder, known=(NUMBER,)) -> str:
    return "; ".join(gap.what for gap in portfolios.gaps(what, known, folder))


def test_every_number_has_value_unit_date_and_source(tmp_path):
    page, text = publish(portfolio(), tmp_path)
    row = [cell.text for cell in page.select("td")]
    assert row == ["u1/p99", "388 ms", "2026-11-20", "work/u1/journal.jsonl"]
    assert "388 ms | 2026-11-20" in text
    assert portfolios.gaps(portfolio(), (NUMBER,), tmp_path) == []


def test_a_number_that_changed_or_is_gone_is_named_and_not_shown(tmp_path):
    assert "says 400, but u1/p99 is now 388" in whats(portfolio(Piece("a", "b", {"u1/p99": 400})), tmp_path)
    gone = portfolio(Piece("a", "b", {"u1/other": 1}))
    assert "no such number: u1/other" in whats(gone, tmp_path)
    assert "u1/other" not in str(publish(gone, tmp_path)[0])


def test_what_is_missing_is_named(tmp_path):
    assert "no number" in whats(portfolio(Piece("a", "b", {})), tmp_path)
    bare = Measured("u1", "p99", 388, "", None, "x", sample=True)
    for says in ("no unit", "no date", "a sample"):
        assert says in whats(portfolio(), tmp_path, (bare,))
    (tmp_path / "dot.png").write_bytes(PNG)
    assert "alternative text" in whats(portfolio(Piece("a", "b", {"u1/p99": 388}, "dot.png", "dot")), tmp_path)


def test_a_picture_is_in_the_page_with_its_words(tmp_path):
    (tmp_path / "dot.png").write_bytes(PNG)
    page, text = publish(portfolio(Piece("a", "b", {}, "dot.png", ALT)), tmp_path)
    assert page.img["alt"] == ALT and page.img["src"].startswith("data:image/png;base64,")
    assert ALT in text


@pytest.mark.parametrize("field", ["name", "about", "title", "text", "alt", "artefact"])
def test_text_never_becomes_markup(tmp_path, field):
    bad = "<img src=x onerror=alert(1)>\"'<script>"
    (tmp_path / "run.txt").write_text(bad if field == "artefact" else "ok")
    (tmp_path / "dot.png").write_bytes(PNG)
    piece = Piece(*(bad if field == name else "ok" for name in ("title", "text")), {}, "run.txt")
    picture = Piece("p", "p", {}, "dot.png", bad if field == "alt" else ALT)
    page, _ = publish(portfolio(piece, picture, **({field: bad} if field in ("name", "about") else {})), tmp_path)
    assert page.find("script") is None
    assert [image["src"][:5] for image in page.find_all("img")] == ["data:"]
    assert all(not name.startswith("on") for tag in page.find_all(True) for name in tag.attrs)


def test_the_page_loads_nothing(tmp_path):
    page, _ = publish(portfolio(), tmp_path)
    assert "default-src 'none'" in page.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert not page.select("script, link, iframe, [src^=http]")


@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize("where", ["text", "artefact", "about"])
def test_a_secret_stops_the_page_and_leaves_the_old_one(tmp_path, kind, where):
    before = [str(each) for each in publish(portfolio(), tmp_path)]
    token = TOKENS[kind]
    (tmp_path / "run.txt").write_text(token if where == "artefact" else "ok")
    what = portfolio(
        Piece("a", token if where == "text" else "b", {}, "run.txt"), about=token if where == "about" else "b"
    )
    with pytest.raises(LabError, match="Nothing was written") as raised:
        portfolios.publish(what, (NUMBER,), tmp_path, tmp_path)
    assert kind in str(raised.value) and token not in str(raised.value)
    after = BeautifulSoup((tmp_path / portfolios.PAGE).read_text(), "html.parser")
    assert [str(after), (tmp_path / portfolios.TEXT).read_text()] == before


def test_a_word_from_a_journal_is_looked_at_too(tmp_path):
    leak = Measured("u1", "p99", TOKENS["GitHub token"], "", date(2026, 11, 20), "x")
    with pytest.raises(LabError, match="GitHub token"):
        portfolios.publish(portfolio(), (leak,), tmp_path, tmp_path)
    named = Measured("u1", "p99", "at Meridian", "", date(2026, 11, 20), "x")
    assert "Meridian" not in str(publish(portfolio(private=["Meridian"]), tmp_path, (named,)))


def test_a_redacted_secret_is_none(tmp_path):
    for token in TOKENS.values():
        text = f"export {token}\nlimit=4"
        clean = disclosure.redact(text, disclosure.secrets(text))
        assert disclosure.secrets(clean) == [] and "limit=4" in clean


@pytest.mark.parametrize(
    "text",
    [
        "the token of the month is kindness",
        "limit=4",
        "p99_open_ms in y1-serving/journal.jsonl",
        "password: $PASSWORD",
        "https://kserve.github.io/website/docs/concepts/architecture",
        "api_key={{ key }}",
        "f4-cost-and-carbon/guardrail_loss",
        "https://github.com/huggingface/transformers/blob/v4.46.0/src/transformers/models/llama/modeling_llama.py",
        "https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/4381-DRA-structured-parameters-2024Q3",
        "meta-llama/Llama-3.1-8B-Instruct-Q4_K_M-GGUF-2024",
        "tokenizer: bert-base-uncased",
        "secretName: regcred-production",
        "secret_name: regcred-production-2",
        'token = os.environ["GITHUB_TOKEN"]',
        "max_tokens: 4096000000",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_ordinary_words_are_no_secrets(text):
    assert disclosure.secrets(text) == []


def test_facts_and_private_names_are_taken_out(tmp_path):
    said = "Ask mina@city.example on db-1.prod.internal (10.1.2.3) about MC-2026-0042: "
    said += "7 households, account 123456789012, Meridian."
    kinds = [fact.kind for fact in disclosure.facts(said, ["meridian"])]
    assert sorted(kinds) == sorted([*disclosure.FACTS, "name"])
    page, text = publish(portfolio(Piece("a", said, {}), private=["Meridian"]), tmp_path)
    assert disclosure.facts(page.text, ["Meridian"]) == [] and disclosure.facts(text, ["Meridian"]) == []


@pytest.mark.parametrize(
    "who", ["residents", "resident", "household", "people", "persons", "claimants", "family", "families"]
)
def test_a_count_below_ten_is_a_fact(who):
    assert [fact.text for fact in disclosure.facts(f"We met 3 {who} there.")] == [f"3 {who}"]


def test_a_count_of_ten_or_more_stays():
    assert disclosure.facts("70 households and 10 people, by the meridians") == []


@pytest.mark.parametrize("name", ["../outside.txt", "none.txt"])
def test_an_artefact_is_a_file_of_this_folder(tmp_path, name):
    (tmp_path / "outside.txt").write_text("x")
    folder = tmp_path / "in"
    folder.mkdir()
    with pytest.raises(LabError, match="no file below"):
        portfolios.publish(portfolio(Piece("a", "b", {}, name)), (NUMBER,), folder, folder)


def test_a_picture_that_is_none_is_refused(tmp_path):
    (tmp_path / "dot.png").write_text("<svg onload=alert(1)>")
    with pytest.raises(LabError, match="no PNG"):
        portfolios.publish(portfolio(Piece("a", "b", {}, "dot.png", ALT)), (NUMBER,), tmp_path, tmp_path)


def test_a_picture_loses_what_its_file_says_of_its_author(tmp_path):
    said = PngInfo()
    said.add_text("Author", "Ilka Brandt")
    said.add_text("Comment", TOKENS["GitHub token"])
    Image.new("RGB", (2, 1), (200, 30, 30)).save(tmp_path / "Plot.PNG", pnginfo=said)
    page, _ = publish(portfolio(Piece("a", "b", {}, "Plot.PNG", ALT)), tmp_path)
    content = base64.b64decode(page.img["src"].partition(",")[2])
    assert b"Brandt" not in content and b"ghp_" not in content
    with Image.open(io.BytesIO(content)) as shown:
        assert (shown.size, shown.getpixel((1, 0))) == ((2, 1), (200, 30, 30))


def test_a_picture_of_another_kind_is_refused_in_a_sentence(tmp_path):
    Image.new("RGB", (2, 1)).save(tmp_path / "plot.jpg")
    with pytest.raises(LabError, match=r"'plot\.jpg' is neither text nor a PNG picture"):
        portfolios.publish(portfolio(Piece("a", "b", {}, "plot.jpg", ALT)), (NUMBER,), tmp_path, tmp_path)


@pytest.mark.parametrize("source", ["/home/mina/course/work/u1/journal.jsonl", r"C:\Users\mina\work\u1\journal.jsonl"])
def test_an_absolute_path_is_never_published(tmp_path, source):
    page, text = publish(portfolio(), tmp_path, (replace(NUMBER, source=source),))
    assert "u1/journal.jsonl" in page.text and "course" not in page.text + text and "Users" not in page.text + text


def test_a_portfolio_is_read_with_numbers_as_list_or_as_seen(tmp_path):
    path = tmp_path / "my-portfolio.yml"
    path.write_text(
        "name: M\nabout: A\npieces: [{title: a, text: b, numbers: [u1/p99]}, {title: c, text: d, numbers: {u1/p99: 3}}]"
    )
    first, second = portfolios.read(path).pieces
    assert (first.shown, second.shown) == ({"u1/p99": None}, {"u1/p99": 3})
    whole = "name: M\nabout: A\npieces: [{title: a, text: b, numbers: NUMBERS}]\n"
    for text, says in (
        ("[", "could not be read"),
        ("name: M", "needs name, about and pieces"),
        ("name: M\nabout: A\npieces: [3]", "needs name, about and pieces"),
        (whole.replace("NUMBERS", "u1/p99"), "`numbers:` is a list"),
        (whole.replace("NUMBERS", "[]") + "private: Meridian City", "`private:` is a list"),
    ):
        path.write_text(text)
        with pytest.raises(LabError, match=f"my-portfolio.*{says}"):
            portfolios.read(path)
