"""Links between processes: a fresh socket pair whenever one end starts, news when one has ended."""

from __future__ import annotations

from collections.abc import Mapping

from mortar import channel
from mortar.channel import Channel
from mortar.messages import PeerGone, Wire


class Wiring:
    """Knows who should be linked to whom, and which links there are."""

    def __init__(self, links: tuple[tuple[str, str], ...]) -> None:
        self._links = links
        self._generations = dict.fromkeys(links, 0)
        self._wired: set[tuple[str, str]] = set()

    def connect(self, name: str, controls: Mapping[str, Channel]) -> None:
        """`name` has started: link it to each of its peers that lives.

        `controls` holds the control channel of every living process, `name` included.
        """
        for link in self._links:
            if name in link and all(end in controls for end in link):
                self._generations[link] += 1
                self._wired.add(link)
                self._send_ends(link, controls)

    def gone(self, name: str, controls: Mapping[str, Channel]) -> None:
        """`name` has ended for certain: tell each peer that had a link to it."""
        for link in [link for link in self._wired if name in link]:
            self._wired.discard(link)
            peer = link[0] if link[1] == name else link[1]
            if peer in controls:
                controls[peer].send(PeerGone(name, self._generations[link]))

    def _send_ends(self, link: tuple[str, str], controls: Mapping[str, Channel]) -> None:
        left, right = link
        generation = self._generations[link]
        for_left, for_right = channel.pair()
        with for_left, for_right:
            controls[left].send(Wire(right, generation), [for_left.fileno()])
            controls[right].send(Wire(left, generation), [for_right.fileno()])
