"""``python -m course`` is ``course``."""

from course.entry import main

if __name__ == "__main__":
    main()
