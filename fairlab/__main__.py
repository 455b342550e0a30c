"""``python -m fairlab``: the same as the ``fairlab`` command."""

from fairlab.cli import main

if __name__ == "__main__":
    main()
