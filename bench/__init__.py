"""`make bench`: how fast people can sign, beside the same server saying hello and the same database storing a row.

    __main__.py        the order of the rounds, and what is printed
    installations.py   an installation of its own in a folder that is deleted: SQLite, PostgreSQL
    servers.py         gunicorn as `campaign serve` starts it; its processor time and memory
    people.py          unique people, their forms and tokens, as raw requests
    load.py            the load generator: one process, a few connections, raw sockets
    hello.py           the yardstick: the least that Flask can do with the same request
    durable.py         the other yardstick: rows a second that the database makes durable
    rows.py            counting rows, and a petition with a million of them
    report.py          medians and the table

Every figure is a ratio of two measurements made one after the other: machines differ, and so do minutes.
"""
