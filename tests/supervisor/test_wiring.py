"""Links are made anew whenever one end starts, and their peers hear of an end in order."""

import asyncio

from supervisor.rig import row, supervised

LINKS = (("assistant", "ears"), ("ears", "listen"))


def test_peers_are_wired_and_can_talk_at_once() -> None:
    async def scenario() -> None:
        rows = (row("ears", "serving"), row("assistant", "serving"), row("listen", "serving"))
        async with supervised(*rows, links=LINKS) as rig:
            for left, right in LINKS:
                await rig.event("Wire", who=left, peer=right, generation=1)
                await rig.event("Wire", who=right, peer=left, generation=1)
                await rig.event("got", who=left, sender=right)
                await rig.event("got", who=right, sender=left)
            assert {(data["who"], data["peer"]) for data in rig.said("Wire")} == {
                end for left, right in LINKS for end in ((left, right), (right, left))
            }

    asyncio.run(scenario())


def test_a_restart_gives_a_new_generation_after_the_old_one_ended_for_certain() -> None:
    """What a peer holds of the dead is free at PeerGone, which LinkLost precedes, always."""

    async def scenario() -> None:
        rows = (row("assistant", "serving"), row("ears", "dying_once"), row("listen", "serving"))
        async with supervised(*rows, links=LINKS) as rig:
            for name in ("assistant", "listen"):
                await rig.event("Wire", who=name, peer="ears", generation=2)
                await rig.event("got", who=name, sender="ears")
                seen = [
                    (event.event, event.data["generation"])
                    for event in rig.events
                    if event.data.get("who") == name and event.data.get("peer") == "ears"
                ]
                assert seen == [("Wire", 1), ("LinkLost", 1), ("PeerGone", 1), ("Wire", 2)]
            assert len(rig.said("PeerGone")) == 2

    asyncio.run(scenario())
