"""Steps and the site, served while a person looks at them, and how that is ended."""
