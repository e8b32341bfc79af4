"""``python -m mailsim``: the command line without an installed script."""

from mailsim.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
