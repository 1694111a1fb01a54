"""Without this package nothing an organisation exports could be read: recognising files, and reading them in parts."""
