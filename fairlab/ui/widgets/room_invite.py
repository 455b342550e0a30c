"""How others get into a workshop room: a QR code made here, a link, a code to type."""

import io

import segno
import streamlit as st

from fairlab.language import tr
from fairlab.runs.holdings import Room
from fairlab.ui.components.copy_link import copy_link
from fairlab.ui.links import link_for_others, only_here, origin
from fairlab.ui.presenting import IN_ADDRESS


def invite(room: Room) -> None:
    """For participants who want others to come in."""
    with st.popover(tr("Invite"), icon=":material/qr_code:"):
        st.markdown(tr("Code **{code}**", code=room.code))
        on_the_board(room)


def on_the_board(room: Room) -> None:
    """QR code, link and what to type."""
    link = link_for_others("workshop", {"room": room.code})
    qr_code(room, width=220)
    copy_link(link, label=tr("Link to the room {title}", title=room.title), key="room.link")
    if only_here(link):
        st.warning(tr("Other devices cannot follow this link."), icon=":material/wifi_off:")
        with st.popover(tr("What to do")):
            st.markdown(not_from_elsewhere())
    else:
        st.markdown(how_to_type(room))


def second_screen(room: Room) -> None:
    """For a projector on another machine, and what a second device of the facilitator is."""
    with st.popover(tr("Second screen"), icon=":material/cast:"):
        st.markdown(
            tr(
                "A machine at the projector opens this link: it follows, has no buttons and is not "
                "counted. On another device you are a participant, unless you lead from there "
                "with the link below."
            )
        )
        link = link_for_others("workshop", {"room": room.code, IN_ADDRESS: "1"})
        copy_link(link, label=tr("Link for a projector"), key="room.link.wall")


def qr_code(room: Room, *, width: int) -> None:
    """The link to the room for cameras.

    Args:
        width: In pixels.
    """
    link = link_for_others("workshop", {"room": room.code})
    st.image(qr_svg(link), width=width, alt=tr("QR code of the link to this room"))


def leads_only_here(room: Room) -> bool:
    """Whether nobody on another device can follow the link to a room."""
    return only_here(link_for_others("workshop", {"room": room.code}))


def how_to_type(room: Room) -> str:
    """The way in without a camera."""
    address = origin(link_for_others("workshop", {"room": room.code}))
    if not address:
        return tr("Or press **Join a workshop** and type the code.")
    return tr("Or open `{address}`, press **Join a workshop** and type the code.", address=address)


def not_from_elsewhere() -> str:
    """Why the link to a room works on this machine alone, and the remedy."""
    return tr(
        "Other devices cannot follow this link: it says *localhost*, as you opened fairlab, and "
        "that is each device itself. Open fairlab by the address that others use, and the room "
        "there; or start it for the network: `{command}`.",
        command='make app ARGS="--server.address 0.0.0.0"',
    )


def qr_svg(text: str) -> str:
    """A QR code as SVG, dark on white on both themes, as cameras want it."""
    drawn = io.BytesIO()
    segno.make(text, error="m").save(
        drawn, kind="svg", scale=6, border=3, dark="#000000", light="#ffffff", xmldecl=False
    )
    return drawn.getvalue().decode()
