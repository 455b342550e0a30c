"""How the server ends: asked once, in order and within seconds; asked twice, at once. Status 0.

The web server (uvicorn) would wait without end for visitors to close their connections, tell us
of the end only after that, and end with the signal's status. So its handlers of signals are
replaced when the app starts: the training process is asked at once, while requests still finish,
connections get a bounded time, and a last thread makes sure that nothing holds the process up.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

logger = logging.getLogger(__name__)

REQUESTS = 3  # seconds that answers under way get
EVERYTHING = 9.0  # seconds from the signal to the end of the process, whatever hangs

stopping = threading.Event()  # whoever waits inside a request looks at it
_waiters: list[Callable[[], None]] = []


def when_stopping(release: Callable[[], None]) -> None:
    """Call ``release`` from a thread when the server is asked to end; it must return quickly."""
    _waiters.append(release)


class Ending:
    """The end of one server process.

    Args:
        stop: Stops what was started beside the server; called once, on a thread.
        kill: Ends it at once, when asked a second time.
        leave: Ends the process; replaced in tests.
    """

    def __init__(
        self,
        stop: Callable[[], None],
        kill: Callable[[], None],
        leave: Callable[[int], None] = os._exit,
    ) -> None:
        self._stop, self._kill, self._leave = stop, kill, leave
        self._server: Any = None
        self._asked = False
        self._stopped = threading.Event()

    def attach(self) -> bool:
        """Take over the signals of the web server that runs this process.

        Returns:
            False where another server (or none, as in tests) holds them; it then keeps its ways.
        """
        if threading.current_thread() is not threading.main_thread():
            return False
        server: Any = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
        if not (hasattr(server, "should_exit") and hasattr(server, "config")):
            return False
        self._server = server
        server.config.timeout_graceful_shutdown = REQUESTS
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        return True

    def finish(self) -> None:
        """Stop what was started, if no signal has yet, and wait for it."""
        self._begin()
        self._stopped.wait(EVERYTHING)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked:  # twice: whoever asks does not want to wait
            self._kill()
            self._leave(0)
            return
        self._server.should_exit = True
        self._begin()
        threading.Thread(target=self._last_resort, name="last-resort", daemon=True).start()

    def _begin(self) -> None:
        if self._asked:
            return
        self._asked = True
        threading.Thread(target=self._stop_all, name="ending", daemon=True).start()

    def _stop_all(self) -> None:
        logger.info("Stopping: answers under way finish, runs go back to the queue.")
        stopping.set()
        for release in _waiters:
            try:
                release()
            except Exception:  # one that cannot be woken is cut off a little later
                logger.exception("A waiting request could not be released.")
        try:
            self._stop()
        except Exception:
            logger.exception("The training process could not be stopped in order.")
        finally:
            self._stopped.set()

    def _last_resort(self) -> None:
        """End the process when something (a long page, a slow disk) still holds it up."""
        threading.Event().wait(EVERYTHING)
        logger.warning("Ending now, after %d seconds: something did not stop.", int(EVERYTHING))
        self._kill()
        logging.shutdown()
        self._leave(0)
