"""Facts: figures and references, each with its source, its as-of date, its scope and its status.

Read in this order: rules.py (what makes a fact fit to be shown), queries.py (the facts of this installation,
and texts filled with them). Figures differ in method and scope: nothing here adds two of them.
"""
