"""Pages: one blueprint a file. Here a request is read, one verb or one query is asked, a template is rendered.

No SQL, and no rule of learning, stands here. Blueprints do not import each other.
"""
