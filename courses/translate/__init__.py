"""Courses in other languages: each text of a translation remembers the hash of the text that it was made from.

    segments    a lesson → its blocks; a translated lesson → the texts of blocks, each with the hash of its source
    entries     a YAML file → its entries and their texts; the same of its translation
    pairing     which text of a translation belongs to which block of the source, and whether it is stale
    weave       source + translation → the text that is compiled, and where each of its lines stands
    lesson      a translated lesson → its unit
    keyed       a translated YAML file → its unit
    sheets      a file and its translation as one list of texts: what is translated, missing, stale; and the file
                that a translator fills in
    writing     that file, written from the list
    share       how much of a course is translated, as one figure
    spelling    questions in the other script of their language
    letters     whether a translation is in the letters of its language

Structure comes from the source alone: directives, checks, keys and ids are never written twice. What is missing stays
in the source's language. Serbian is written in Cyrillic; its Latin script is made by `courses.script`.
"""
