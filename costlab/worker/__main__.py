"""The dispatcher's process, as the app starts it: it ends when its standard input is closed.

python -m costlab.worker [--program MODULE] [--slots N] [--stall SECONDS]
"""

import argparse
import logging
import os
import sys
import threading

from costlab.worker.processes import when_closed

LAST_SECONDS = 3.0  # for a stop in good order once the app is gone; the job processes end without it too


def main() -> None:
    """Serve until the app closes the pipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program")
    parser.add_argument("--slots", type=int)
    parser.add_argument("--stall", type=float)
    chosen = {name: value for name, value in vars(parser.parse_args()).items() if value is not None}
    stopping = threading.Event()
    when_closed(0, lambda: _end(stopping))

    from costlab.errors import CostlabError  # only now: the pipe must be watched from the first moment
    from costlab.worker.serve import serve, stop_on_signals

    logging.basicConfig(format="costlab worker: %(message)s", level=logging.INFO)
    stop_on_signals(stopping)
    try:
        serve(stopping, **chosen)
    except CostlabError as error:
        sys.exit(f"costlab worker: {error}")


def _end(stopping: threading.Event) -> None:
    stopping.set()
    timer = threading.Timer(LAST_SECONDS, os._exit, (1,))
    timer.daemon = True
    timer.start()


if __name__ == "__main__":
    main()
