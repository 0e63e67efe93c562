"""Markdown → blocks, and what they link to, show and cite.

syntax       the one parser: CommonMark with tables, directives, citations, and texts in another language
directives   `:::name argument` … `:::`
reader       the texts of one file: rendered, and what they define, refer to and get wrong
blocks       the tokens of a lesson → its blocks
"""
