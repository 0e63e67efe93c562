"""What managers, trainers and coordinators read: queries over the records, and the files made from them.

Nothing here changes a record. A page and its files come from one report object, so that they cannot differ. A query of
people's data takes a `Scope` first.
"""
