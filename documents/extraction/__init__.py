"""Text out of files. Files are taken apart in a child process, which knows neither settings nor credentials.

``extract.extract`` starts it; ``__main__`` is the child, and the parsers are imported by it alone.
"""
