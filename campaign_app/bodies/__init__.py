"""Bodies: whom letters go to, with what each does and accepts, its ways in, its words, and who presides when.

Read in this order: rules.py (forms, terms, the presidency), queries.py (what letters ask), obstacles.py (what stands
against a letter, in words).
"""
