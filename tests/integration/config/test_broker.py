from __future__ import annotations

from typing import Any

import pytest
from kombu import Queue
from redis import Redis
from redis.exceptions import TimeoutError as RedisTimeout

from config.celery import app
from tests.services import SERVICES


def test_lost_acknowledgement_leaves_room_for_the_next_message() -> None:
    connection: Any = app.connection_for_write(SERVICES.redis_url, transport_options={"socket_timeout": 0.2})
    with connection, connection.channel() as channel:
        queue: Any = Queue("lost-acknowledgements", channel=channel)
        queue.declare()
        connection.Producer(channel).publish({}, routing_key=queue.name)
        channel.basic_qos(0, 1, False)
        message = queue.get()
        channel.qos.append(message, message.delivery_tag)
        assert not channel.qos.can_consume()
        with Redis.from_url(SERVICES.redis_url) as redis:
            redis.client_pause(60_000, all=False)
            with pytest.raises(RedisTimeout):
                message.ack()
            redis.client_unpause()
        assert channel.qos.can_consume()
        queue.delete()
