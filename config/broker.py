"""What Celery's Redis transport lacks where Redis is silent."""

from __future__ import annotations

from kombu.transport import redis, virtual


class LastingQoS(redis.QoS):
    """A message whose acknowledgement is lost gives its room back all the same.

    Celery goes on after such a loss, and a worker whose room is all taken by lost ones would hear of nothing any more.
    The message comes again when its visibility runs out, and a task that finds nothing ends.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except Exception:
            virtual.QoS.ack(self, delivery_tag)
            raise


def use_lasting_rooms() -> None:
    redis.Channel.QoS = LastingQoS
