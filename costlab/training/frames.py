"""Which epochs are judged and shown: all of a short run, of a long one as many as training hardly notices."""

from collections.abc import Callable
from time import perf_counter

FEWEST = 20  # frames that every run gets if it has as many epochs
SHARE = 0.028  # of training time, for judging, once there are enough; handing on what was seen makes it 3 %
A_SECOND = 10  # frames at most, once there are enough


class Frames:
    """Chooses epochs by the clock; nothing that training does may depend on it.

    >>> frames = Frames(epochs=3)
    >>> [frames.due(epoch) for epoch in (1, 2, 3)]  # no more than 20: every one
    [True, True, True]
    """

    def __init__(self, epochs: int, clock: Callable[[], float] = perf_counter):
        self.epochs = epochs
        self.clock = clock
        self.shown = 0
        self.began = self.latest = clock()
        self.judging = 0.0  # seconds that all frames took

    def due(self, epoch: int, judged: bool = False) -> bool:
        """Whether to show `epoch` (from 1), which has just been trained; `judged`: it is judged in any case."""
        if epoch in (1, self.epochs) or self.shown * self.epochs < FEWEST * epoch:
            return True
        now = self.clock()
        each = self.judging / self.shown
        affordable = judged or self.judging + each <= SHARE * (now - self.began)
        return affordable and now - self.latest >= 1 / A_SECOND

    def took(self, seconds: float) -> None:
        """An epoch that is shown has been judged, which took this long."""
        self.shown += 1
        self.judging += seconds
        self.latest = self.clock()
