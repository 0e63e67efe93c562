"""`python -m lms.cli` is `staza`."""

from lms.cli import main

if __name__ == "__main__":  # the server's worker processes import this module again
    main(prog_name="staza")
