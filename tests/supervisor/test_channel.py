"""What a channel gives when its other end dies."""

import asyncio
import fcntl
import os

import pytest

from mortar import channel
from mortar.channel import Channel, ChannelClosed
from mortar.messages import Failure, Message, Ready, Rest, Stop

LAST_WORDS = Failure("model-missing", "there is no model", "install one")


def test_the_last_words_of_a_peer_with_unread_mail_are_there() -> None:
    """Linux reports a reset in front of them."""
    ours, theirs = channel.pair()
    with ours:
        channel.send(ours, Stop())
        channel.send(theirs, LAST_WORDS)
        theirs.close()
        assert channel.receive(ours) == (LAST_WORDS, [])
        with pytest.raises(ChannelClosed):
            channel.receive(ours)


def test_sending_to_the_dead_does_not_lose_what_they_said() -> None:
    async def scenario() -> None:
        ours, theirs = channel.pair()
        heard: list[Message] = []
        closed = asyncio.Event()
        ear = Channel(ours, lambda message, _: heard.append(message), closed.set)
        channel.send(theirs, Ready({}))
        channel.send(theirs, LAST_WORDS)
        theirs.close()
        ear.send(Rest())
        assert heard == []
        await closed.wait()
        assert heard == [Ready({}), LAST_WORDS]
        assert not ear.is_open

    asyncio.run(scenario())


def test_drain_delivers_all_and_the_end_at_once() -> None:
    async def scenario() -> None:
        ours, theirs = channel.pair()
        heard: list[object] = []
        ear = Channel(ours, lambda message, _: heard.append(message), lambda: heard.append("end"))
        channel.send(theirs, Ready({}))
        theirs.close()
        ear.drain()
        assert heard == [Ready({}), "end"]

    asyncio.run(scenario())


def test_descriptors_that_arrive_are_not_passed_on_to_programs_that_are_started() -> None:
    ours, theirs = channel.pair()
    with ours, theirs:
        channel.send(theirs, Rest(), [0])
        _, (descriptor,) = channel.receive(ours)
        assert fcntl.fcntl(descriptor, fcntl.F_GETFD) & fcntl.FD_CLOEXEC
        os.close(descriptor)
