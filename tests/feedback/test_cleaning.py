"""What learners and graders write reaches a page as text, or as HTML that cannot act."""

import base64
import hashlib
import re
from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from grading.feedback.cleaning import ATTRIBUTES, TAGS, clean, markdown, name, printable, short
from grading.feedback.exporter import POLICY, STYLE
from grading.feedback.images import MOST_PIXELS, Images
from tests.feedback.payloads import PAYLOADS
from tests.feedback.planting import PIXEL, executed, page, render

OUR_TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "main",
    "section",
    "article",
    "footer",
    "progress",
}
OUR_TAGS |= {"h1", "h2", "h3"}
NOT_SHOWN = ("unit_metadata", "language", "grade_id")
REL = ["noopener", "noreferrer", "nofollow"]
OUR_ATTRIBUTES = {
    *("class", "id", "tabindex", "open", "rel", "lang", "charset", "http-equiv", "content", "name", "value", "max"),
    *("aria-label", "aria-labelledby"),
}


def problems(html: str, plain: str) -> list[str]:
    """Everything in a page that could act or ask for something, and every id or style that is not the page's own."""
    tree, own = BeautifulSoup(html, "html.parser"), BeautifulSoup(plain, "html.parser")
    found = []
    for element in tree.find_all(True):
        if element.name not in TAGS | OUR_TAGS:
            found.append(f"<{element.name}>")
        for attribute, value in element.attrs.items():
            if attribute not in OUR_ATTRIBUTES | ATTRIBUTES.get(element.name, set()):
                found.append(f"{element.name} {attribute}={value}")
            if attribute == "href" and not re.match(r"#(top|task-\d+)$|https?://|mailto:", value):
                found.append(f"link to {value}")
            if attribute == "href" and not value.startswith("#") and element.get("rel") != REL:
                found.append(f"link without rel to {value}")
            if attribute == "src" and not re.match(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=]+$", value):
                found.append(f"picture from {value}")
    for what in ("style", "meta", "title", "body", "header", "main", "footer", "h1"):
        if [str(each) for each in tree(what) if what in ("style", "meta")] != [
            str(each) for each in own(what) if what in ("style", "meta")
        ] or len(tree(what)) != len(own(what)):
            found.append(f"{what}: other than the page's own")
    own_ids = {each["id"] for each in own(id=True)} | {"remarks", "rest"}
    ids = [each["id"] for each in tree(id=True)]
    found += [f"id {each}" for each in ids if each not in own_ids or ids.count(each) > 1]
    own_classes = {word for each in own(class_=True) for word in each["class"]}
    return found + [
        f"class {word} on <{each.name}>"
        for each in tree.select(".rich [class]")
        for word in each["class"]
        if word in own_classes and word != "remark"
    ]


@pytest.fixture(scope="module")
def plain(tiny_original):
    return render(tiny_original, executed(tiny_original))


def test_there_are_many_fragments_in_many_places():
    assert len({payload.name for payload in PAYLOADS}) == len(PAYLOADS) > 200
    assert len({payload.place for payload in PAYLOADS}) > 25


@pytest.mark.parametrize("place", sorted({payload.place for payload in PAYLOADS}))
def test_no_fragment_is_left_that_acts(tiny_original, plain, place):
    for payload in PAYLOADS:
        if payload.place == place:
            html = page(tiny_original, [payload], "127.0.0.1:1")
            assert problems(html, plain) == [], payload.name
            assert html != plain or place in ("unit_metadata", "language", "grade_id"), (
                f"{payload.name} was not planted"
            )


def test_all_fragments_together_leave_none_that_acts(tiny_original, plain):
    assert problems(page(tiny_original, PAYLOADS, "127.0.0.1:1"), plain) == []


@pytest.mark.parametrize(
    "bad",
    [
        "<script>1</script>",
        "<p onclick='x()'>x</p>",
        "<a href='javascript:x'>x</a>",
        "<img src='https://example.org/a.png'>",
        "<b id='top'>x</b>",
        "<div class='rich'><b class='badge'>x</b></div>",
        "<style>p {}</style>",
    ],
)
def test_the_check_itself_sees_what_acts(plain, bad):
    assert problems(plain.replace("<main>", f"<main>{bad}"), plain)


def test_the_policy_allows_the_pages_own_style_and_nothing_else(plain):
    tree = BeautifulSoup(plain, "html.parser")
    head = [each for each in tree.head.find_all(True)]
    assert head[1]["http-equiv"] == "Content-Security-Policy" and head[1]["content"] == POLICY
    [style] = tree("style")
    digest = base64.b64encode(hashlib.sha256(style.string.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in POLICY and style.string == STYLE
    assert POLICY.startswith("default-src 'none'; img-src data:;") and "unsafe" not in POLICY
    assert "base-uri 'none'; form-action 'none'" in POLICY and "url(" not in STYLE and "@import" not in STYLE
    assert not tree.select("[style]") and "://" not in plain


def test_templates_of_learners_are_text(tiny_original):
    jinja = [payload for payload in PAYLOADS if payload.name.endswith("template-jinja")]
    html = page(tiny_original, jinja, "127.0.0.1:1")
    assert "{{ 7*191 }}" in html and "1337" not in html and "root:" not in html


def test_useful_html_stays():
    table = "<table class='dataframe' border='1'><tr><th scope='col'>a</th><td colspan='2'>1</td></tr></table>"
    kept = str(clean(f"<style>td {{}}</style>{table}<b>bold</b>", Images()))
    assert '<td colspan="2">1</td>' in kept and "<b>bold</b>" in kept and "style" not in kept and "class" not in kept


def test_markdown_is_rendered_with_headings_below_the_pages_own_and_formulas_as_they_stand():
    html = str(
        markdown(
            "# A title\n\n**bold** [link](https://example.org) costs $5 or $x_1 + y_1$\n\n| a |\n|---|\n| 1 |", Images()
        )
    )
    assert "<h4>A title</h4>" in html and "<strong>bold</strong>" in html and "<td>1</td>" in html
    assert '<a href="https://example.org" rel="noopener noreferrer nofollow">link</a>' in html
    assert "<code>$x_1 + y_1$</code>" in html and "costs $5" in html


def test_attachments_are_shown_from_within_the_page():
    html = str(markdown("![my plot](attachment:a%20b.png)", Images(), {"a b.png": {"image/png": PIXEL}}))
    assert html == f'<p><img src="data:image/png;base64,{PIXEL}" alt="my plot"></p>\n'
    assert "data:" not in str(markdown("![x](attachment:a.png)", Images(), {"a.png": {"image/svg+xml": "<svg/>"}}))


def test_pictures_are_what_they_say_and_of_bounded_size():
    def encoded(kind: str, size: tuple[int, int]) -> str:
        file = BytesIO()
        Image.new("1" if kind == "PNG" else "L", size).save(file, kind)
        return base64.b64encode(file.getvalue()).decode()

    assert Images().from_base64(encoded("JPEG", (3, 2))).startswith("data:image/jpeg;")
    assert Images().from_url("data:image/png;base64," + encoded("GIF", (3, 2))).startswith("data:image/gif;")
    assert Images().from_base64(encoded("PNG", (MOST_PIXELS // 1000 + 1, 1000))) is None
    assert Images().from_base64(encoded("BMP", (3, 2))) is None
    assert Images(left=10).from_base64(PIXEL) is None
    room = Images(left=len(PIXEL) + 1)
    assert room.from_base64(PIXEL) and not room.from_base64(PIXEL), "pictures share the room of a page"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;javascript:alert(1)\x07click\x1b]8;;\x07", "click"),
        ("\x1b]0;title\x1b\\x", "x"),
        ("10%\r50%\r100%\ndone", "100%\ndone"),
        ("a\r\nb", "a\nb"),
        ("a\x00b\ud800", "a\ufffdb\ufffd"),
        ("user\u202e", "user[U+202E]"),
    ],
)
def test_text_cannot_move_the_reader(written, read):
    assert printable(written) == read


def test_names_are_one_short_line():
    assert name("a\nb " + "c" * 500) == "a b " + "c" * 96


def test_long_text_is_cut_with_a_sentence():
    kept, said = short("\n".join(map(str, range(100_000))))
    assert kept.splitlines()[-1] == "199" and said == "99,800 more lines are left out here."
    kept, said = short("x" * 10_000_000)
    assert len(kept) == 20_000 and said == "The rest of the line is left out here."
    assert short("short") == ("short", "")


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 50_000,
        "![" * 30_000,
        "*a_ " * 20_000,
        "> " * 30_000,
        "- " * 30_000,
        "`" * 5 + "`a" * 30_000,
        "<a" * 40_000,
        "<!--" * 20_000,
        "$a" * 30_000,
        "[a](" * 20_000,
        "|a" * 20_000 + "\n" + "|-" * 20_000 + "\n" + "|a" * 20_000,
        "\\(" * 30_000,
        "&#x" * 30_000,
        "<div>" * 20_000,
        "<b><a><i>" * 8_000,
        "<table><tr><td>" * 6_000,
        "x" * 10_000_000,
        "\x1b]" * 100_000,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_hostile_sizes_and_patterns_stay_small(hostile):
    assert len(markdown(hostile, Images())) < 1_500_000
    assert len(clean(hostile[:60_000], Images())) < 1_500_000
    assert len(short(hostile)[0]) <= 20_000
