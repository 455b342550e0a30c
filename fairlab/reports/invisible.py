"""Signs nobody sees, or that turn the reading direction round, written out."""

import re

from fairlab.language import tr

# Controls, marks of direction, spaces without width. A joiner between letters of scripts other
# than ASCII belongs to the word (Persian, Hindi, emoji) and stays.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)


def visible(text: str) -> str:
    """The text with signs that would not show, or would reorder others, as "[U+202E]"."""
    return _UNSEEN.sub(lambda found: tr("[U+{ord:04X}]", ord=ord(found[0])), text)
