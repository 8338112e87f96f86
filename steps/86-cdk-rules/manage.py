#!/usr/bin/env python
"""Django's command line for this project: ``python manage.py help`` lists the commands."""

import os
import sys


def main() -> None:
    """Run the command in the arguments, with the settings of this project."""
    # Assigned, not just a default: the project has one settings module, and a variable left over
    # from another project must not select a different one.
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise SystemExit(f"{error}: is the virtual environment active?") from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
