"""`python -m dgrc` is `dgrc`."""

from dgrc.cli import main

if __name__ == "__main__":
    main()
