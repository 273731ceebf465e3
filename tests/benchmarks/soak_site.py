"""The misbehaving news site of `soak.py`: twelve feeds that go on publishing, and what they told."""

import hashlib
import random
import time
from collections.abc import Callable, Iterator

from tests.feeds.newsroom import item, page, rss, story
from tests.feeds.site import Answer, Asked, Site

WINDOW = 60  # entries that a growing feed shows; a reader that is killed a few times misses none
HUGE = 10_000
_APART = 10_000  # between the numbers of two feeds
_JIS = [chr(c) for c in range(0x4E00, 0x9000) if chr(c).encode("cp932", "ignore")]
_BILLION = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


class Newsstand:
    """Feeds by their path, and the sums (億円) of every story that was ever published."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.published: dict[str, list[int]] = {}
        self.withdrawn: set[int] = set()  # sums that a later version of their story replaced
        self._chance = random.Random(6)
        self._versions = 0
        self._feeds: dict[str, Callable[[list[int]], bytes]] = {
            "/plain": _whole,
            "/pages": _brief,
            "/sjis": _shift_jis,
            "/guids": _same_guid,
            "/vanish": _vanishing,
            "/malformed": _malformed,
            "/moved-here": _whole,
            "/shaky": _whole,
            "/busy": _whole,
        }
        for number, path in enumerate(self._feeds, 1):
            self.published[path] = [number * _APART]
        self.published["/huge"] = list(range(100, HUGE + 1, 100))
        self.published["/changing"] = [900_000]
        self._serve()

    @property
    def paths(self) -> tuple[str, ...]:
        """The feeds to be listed."""
        growing = [path for path in self._feeds if path != "/moved-here"]
        bad = ("/billion", "/endless", "/drip", "/metadata", "/gone")
        return (*growing, "/moved", "/changing", "/huge", *bad)

    def publish(self) -> None:
        """Each feed tells up to two stories more; now and then the changing story changes."""
        for path in self._feeds:
            told = self.published[path]
            told += range(told[-1] + 1, told[-1] + 1 + self._chance.randrange(3))
        if self._chance.random() < 0.1:
            self.withdrawn.add(900_000 + self._versions)
            self._versions += 1
            self.published["/changing"].append(900_000 + self._versions)

    def standing(self) -> list[int]:
        """The sums that the records have to have once all is read, sorted."""
        told = (number for numbers in self.published.values() for number in numbers)
        return sorted(number for number in told if number not in self.withdrawn)

    def _serve(self) -> None:
        pages = self.site.pages
        for path in self._feeds:
            pages[path] = self._growing(path)
        self.site.page("/moved", status=301, location="/moved-too")
        self.site.page("/moved-too", status=308, location="/moved-here")
        pages["/shaky"] = self._one_in(2, "/shaky", Answer(status=500))
        busy = Answer(status=429, headers={"Retry-After": "1"})
        pages["/busy"] = self._one_in(3, "/busy", busy)
        pages["/changing"] = self._changing
        huge = rss(*(_short(n) for n in range(1, HUGE + 1))).encode()
        pages["/huge"] = lambda asked: _conditional(asked, huge)
        self.site.page("/billion", rss(item(1), head=_BILLION))
        pages["/endless"] = lambda _: Answer(chunks=_endless)
        pages["/drip"] = lambda _: Answer(chunks=_drip)
        self.site.page("/metadata", status=302, location="http://169.254.169.254/latest/meta-data")
        self.site.page("/gone", status=410)

    def _growing(self, path: str) -> Callable[[Asked], Answer]:
        def serve(asked: Asked) -> Answer:
            numbers = self.published[path][-WINDOW:]
            if path == "/pages":
                for number in numbers:
                    address = f"/story/{number}"
                    self.site.page(address, page(number), content_type="text/html")
            return _conditional(asked, self._feeds[path](numbers))

        return serve

    def _one_in(self, often: int, path: str, otherwise: Answer) -> Callable[[Asked], Answer]:
        """The feed, but each so-many-th request gets something else."""
        fine = self._growing(path)
        count = iter(range(1, 1_000_000))
        return lambda asked: otherwise if next(count) % often == 0 else fine(asked)

    def _changing(self, asked: Asked) -> Answer:
        text = story(900_000).replace("900000億円", f"{900_000 + self._versions}億円")
        return _conditional(asked, rss(item(900_000, body=text)).encode())


def _conditional(asked: Asked, body: bytes) -> Answer:
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    if asked.headers.get("if-none-match") == tag:
        return Answer(status=304)
    return Answer(body, headers={"ETag": tag, "Content-Type": "text/xml"})


def _whole(numbers: list[int]) -> bytes:
    return rss(*(item(number) for number in numbers)).encode()


def _brief(numbers: list[int]) -> bytes:
    return rss(*(item(number, body="続きはサイトで…") for number in numbers)).encode()


def _shift_jis(numbers: list[int]) -> bytes:
    def body(number: int) -> str:
        filling = "".join(random.Random(number).choices(_JIS, k=900))
        return f"髙木商会㈱は装置を{number}億円で購入した。{filling}。"

    items = (item(number, body=body(number)) for number in numbers)
    return rss(*items, encoding="utf-8").encode("cp932")


def _same_guid(numbers: list[int]) -> bytes:
    return rss(*(item(number, guid="same", link="/") for number in numbers)).encode()


def _vanishing(numbers: list[int]) -> bytes:
    """The older half of the entries is there only now and then."""
    half = len(numbers) // 2
    return _whole(numbers if len(numbers) % 2 else numbers[half:])


def _malformed(numbers: list[int]) -> bytes:
    return rss(*(item(number) for number in numbers)).encode() + b"<oops"


def _short(number: int) -> str:
    deal = f"青空電機は装置を{number}億円で購入した。" if number % 100 == 0 else ""
    told = hashlib.sha256(str(number).encode()).hexdigest()
    return item(number, link="", body=f"第{number}報である。{deal}{told}")


def _endless() -> Iterator[bytes]:
    while True:
        yield b"<!-- -->" * 10_000


def _drip() -> Iterator[bytes]:
    while True:
        yield b"<"
        time.sleep(0.05)
