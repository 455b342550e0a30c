"""Text that holds names users chose, shown as it is."""

import re

from fairlab.reports.invisible import visible
from fairlab.retelling import retold

_SIGNS = frozenset(r"\`*_[]<>$~#|:&")
# A backslash does not keep these from becoming links, emoji or icons: they are looked for after it
# is read. A word joiner, which has no width, does.
_JOINER = "\u2060"
_LIVE = re.compile(
    r"(?<=\S)(?=@\S)"  # an address
    r"|(?<=www)(?=\.)|(?<=http)(?=s?:)|(?<=ftp)(?=:)|(?<=mailto)(?=:)|(?<=xmpp)(?=:)"
    r"|(?<=:)(?=[+\-\w]+:|material/)",  # :smile:, :material/home:
    re.IGNORECASE,
)


def as_it_is(text: str) -> str:
    """The text with Markdown's own signs escaped: a group called "$40k*" stays that.

    Nothing in it becomes a link, a picture or an emoji, and signs that would not show are named.
    """
    plain = _LIVE.sub(_JOINER, visible(retold(text)))
    return "".join(f"\\{sign}" if sign in _SIGNS else sign for sign in plain)
