"""Requests over loopback from threads with connections of their own that stay open."""

import http.client
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from time import perf_counter
from typing import Self

HOST = "127.0.0.1"
_visitors = count(1)


@dataclass(frozen=True, slots=True)
class Answer:
    """The status, the seconds until the whole body was here, and where a redirect leads."""

    status: int
    seconds: float
    location: str


class Visitor:
    """One open connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=30)

    def ask(self, method: str, path: str, *, body: str = "", headers: Mapping[str, str] | None = None) -> Answer:
        """Send, read everything. Every request comes from an address of its own, as far as the product's limits can tell."""
        sent = {"X-Forwarded-For": _address(), **(headers or {})}
        begun = perf_counter()
        try:
            response = self._answer(method, path, body, sent)
        except (http.client.RemoteDisconnected, ConnectionError):
            # The server closes connections that were idle for some seconds; like a browser, open another.
            self._connection.close()
            response = self._answer(method, path, body, sent)
        return Answer(response.status, perf_counter() - begun, response.getheader("Location", ""))

    def _answer(self, method: str, path: str, body: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        self._connection.request(method, path, body.encode() or None, headers)
        response = self._connection.getresponse()
        response.read()
        return response

    def close(self) -> None:
        self._connection.close()


class Crowd:
    """`size` visitors who stay connected."""

    def __init__(self, port: int, size: int) -> None:
        self._visitors = [Visitor(port) for _ in range(size)]
        self._pool = ThreadPoolExecutor(size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        for visitor in self._visitors:
            visitor.close()

    def get(self, path: str, times: int) -> None:
        """All together ask for `path` `times` times. Raises AssertionError for any answer but 200."""
        share = times // len(self._visitors)

        def work(visitor: Visitor) -> None:
            for _ in range(share):
                answer = visitor.ask("GET", path)
                assert answer.status == http.HTTPStatus.OK, answer

        list(self._pool.map(work, self._visitors))

    def at_once(self, requests: Sequence[Callable[[Visitor], Answer]]) -> list[Answer]:
        """One request per visitor, all let go at the same moment."""
        gate = threading.Barrier(len(requests))

        def work(visitor: Visitor, request: Callable[[Visitor], Answer]) -> Answer:
            gate.wait()
            return request(visitor)

        return list(self._pool.map(work, self._visitors, requests))


def _address() -> str:
    number = next(_visitors)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
