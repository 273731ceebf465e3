"""Only what took long to count is kept, and only for a while."""

from pipeline.web.figures import KEPT_SECONDS, LONG, MOST, FigureCache


class Watch:
    """A clock that only tests move."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_quick_figures_are_always_fresh() -> None:
    cache, found = FigureCache(Watch()), iter(range(9))
    assert [cache.get("x", lambda: next(found)) for _ in range(3)] == [0, 1, 2]


def test_slow_figures_are_kept_for_a_while_by_what_was_asked() -> None:
    watch, found = Watch(), iter(range(999))
    cache = FigureCache(watch)

    def slow() -> int:
        watch.now += LONG
        return next(found)

    assert [cache.get("x", slow), cache.get("x", slow), cache.get("y", slow)] == [0, 0, 1]
    watch.now += KEPT_SECONDS
    assert cache.get("x", slow) == 2
    for number in range(MOST):
        cache.get(str(number), slow)
    assert cache.get("x", slow) > 2  # the oldest had to go
