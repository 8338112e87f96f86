"""The whole site: built, previewed, bound as a book, with its archives and redirects."""
