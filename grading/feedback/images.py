"""Pictures that a page may hold: PNG, JPEG and GIF of bounded size, inside the page, and what they say they are."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

LARGEST = 3_000_000  # characters of one picture, in base64
LARGEST_PAGE = 12_000_000  # characters of all pictures of a page
MOST_PIXELS = 25_000_000  # a small file can be a picture that fills a phone's memory
FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif"}
SHOWN = frozenset(FORMATS.values())

_URL = re.compile(r"data:image/(?:png|jpeg|jpg|gif);base64,", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


@dataclass
class Images:
    """Checks the pictures of one page, and how much room they take together."""

    left: int = LARGEST_PAGE

    def from_url(self, url: str) -> str | None:
        """A `data:` URL of a picture, or None where it is anything else."""
        found = _URL.match(url[:40].lstrip())
        return self.from_base64(url.lstrip()[found.end() :]) if found else None

    def attached(self, attachment: object) -> str | None:
        """A `data:` URL of a cell's attachment: a dictionary from its type to its base64."""
        if isinstance(attachment, Mapping):
            for kind, data in attachment.items():
                if kind in SHOWN and (url := self.from_base64(data)):
                    return url
        return None

    def from_base64(self, data: object) -> str | None:
        """A `data:` URL with the type that the bytes really have; None where they are no picture of the right size."""
        if not isinstance(data, str) or len(data) > min(LARGEST, self.left) + 100_000:
            return None
        text = "".join(data.split())
        if not _BASE64.fullmatch(text) or len(text) > min(LARGEST, self.left):
            return None
        kind = _kind(text)
        if kind is None:
            return None
        self.left -= len(text)
        return f"data:{kind};base64,{text}"


def _kind(text: str) -> str | None:
    from PIL import Image  # only pages with pictures need it

    try:
        # Opening reads the header only, with Pillow's Python code; nothing is decoded.
        with Image.open(BytesIO(base64.b64decode(text, validate=True)), formats=tuple(FORMATS)) as picture:
            width, height = picture.size
            return FORMATS.get(picture.format or "") if 0 < width * height <= MOST_PIXELS else None
    except (binascii.Error, Image.DecompressionBombError, OSError, ValueError, SyntaxError, KeyError, TypeError):
        return None
    except Exception:  # what a broken header raises depends on where it is broken; it is no picture then
        return None
