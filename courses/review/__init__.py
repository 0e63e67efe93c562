"""What can be counted of courses, for those who judge how good they are.

    reading    a content folder → its courses, compiled, each question with its place
    words      what an item's texts are made of: words of the stem, hedges, absolute words
    tricks     how somebody who knows nothing answers an item
    guessing   what the tricks score over the finals' banks, held against chance
    figures    a course in numbers
    tables     those numbers as Markdown, and the page that holds them

Nothing here changes a course, and nothing needs a database.
"""
