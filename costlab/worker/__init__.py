"""The worker: a dispatcher that takes runs from the store, and one warm job process a slot that trains them.

    app or `costlab worker`  --stdin pipe-->  dispatcher  --JSON lines-->  job process (torch)

The dispatcher alone writes what becomes of a run; a job process knows no database. Whoever loses the process above it
ends: closing a standard input is the order to stop that needs nobody alive to give it.
"""
