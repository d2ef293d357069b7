"""The store: runs, their epochs, saved cost matrices, the catalogue and the workers, in one database.

The screens add runs and ask for cancels; a worker's dispatcher alone writes what becomes of them. No torch here, no
streamlit, and SQL nowhere else.
"""

from costlab.store.matrices import Matrices
from costlab.store.queue import Queue
from costlab.store.records import Claim, Run, SavedMatrix, Slot, Waiting, Worker
from costlab.store.runs import Runs
from costlab.store.workers import Workers


class Store(Runs, Queue, Matrices, Workers):
    """Everything that is kept; safe to share between threads, and between processes by opening it in each.

    url: a database as SQLAlchemy names it; None takes `COSTLAB_DATABASE`, or else `costlab.db` in the home folder.
    Raises StoreUnavailable with one sentence when that cannot be used.
    """


__all__ = ["Claim", "Run", "SavedMatrix", "Slot", "Store", "Waiting", "Worker"]
