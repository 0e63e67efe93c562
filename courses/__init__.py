"""Nothing here is course material: this is the compiler that turns the text in `content/` into courses.

    source     a file's bytes → text, YAML values and front matter, each with its place
    schema     YAML values → what an author may write (with questions/, one file a question type)
    markdown   Markdown → blocks, and what they link to, show and cite
    compile    one file → one Unit: what is known of it, and the object it becomes
    translate  a translated file → its Unit, by that of its source
    check      the units of a course held against each other
    lint       advice on teaching quality
    artefact   objects, revisions and releases, immutable, named by their hash
    build      all of this in order; what did not change is taken from the cache
    diff       what changed between two revisions, and what that asks of people

A mistake in a text is never an exception: each stage adds to a list of problems and goes on. The compiler knows no
database and no web page; whoever serves courses reads them through `artefact.Store`, grades by `questions`, and needs
none of the other modules.
"""

from courses.problems import Problem, has_errors

__all__ = ["Problem", "has_errors"]
