"""Files that the application hands out: certificates and the sheets of reports.

Nothing here decides who gets a file, asks the database, or knows of a request; what stands in a file is passed in.
"""
