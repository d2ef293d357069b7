"""The verbs of the command line: one a file, holding one function named as the file. `costlab.__main__` finds them."""
