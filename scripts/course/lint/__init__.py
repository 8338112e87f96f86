"""What must hold of the files of a course, found without running any of them."""
