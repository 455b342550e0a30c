"""How long each part of a stop may take, so that all of it together is well within ten seconds.

A server that is asked to stop asks its workers; a worker stops its runs' processes, gives the runs
back with their finished parts kept, and ends. Whoever does not end in time is ended: nothing but
the parts under way is lost.
"""

DRAIN_PATIENCE = 2.0  # seconds the runs of a worker have to give back what they hold
STOP_PATIENCE = 5.0  # seconds a worker has until it is killed
CANCEL_PATIENCE = 20.0  # seconds a cancelled run's parts have until the run ends without them
