"""Nidaa: petitions, signatures and letters of one campaign.

The house, top floor first. A room imports only rooms on lower floors; import-linter holds it.

    cli.py operate.py  `campaign …`; its commands that run an installation
    backup/            sealed backups of the database, and their way back with the withdrawals since
    findings.py        what `campaign check` says of an installation
    supervisor.py      keeps the web server and one worker running
    app.py             create_app: with cli.py and operate.py it knows every room
    health.py jobs.py  whether people can sign here now; what the worker does by the clock
    desk_mount.py      the way to the desk, which is made when it is first asked for
    desk_app.py        the desk: an application of its own, with sessions and sign-in
    desk/              the organisers' home, and the table of who may open what
    updates/           news to those who asked for it: written, approved, sent, stopped by one press
    api/               for other systems: public JSON with its OpenAPI document, OSDI to read, feeds of news
    exports/           counts as tables; sheets of signatures, sealed for the campaign's own keys
    integrity/         what stands out; taking signatures out by a rule, and putting them back; totals from elsewhere
    widgets/           what stands elsewhere: frames, loader, badge, counter, oEmbed; share pictures, posters, sheets
    letters/           templates, issued letters, documents, deliveries, replies
    signing/           petition page, sign, confirm, my signature, withdraw, erase; numbers page; recount
    partners/          organisations: exact sites, source codes, private links; who endorses which petition
    petitions/         the demand, its texts, addressees, goals, updates, states
    tally/             every number: growing cells, the statement, suppressed breakdowns
    bodies/            whom letters go to: what each accepts, ways in, office-holders, terms, the Council's presidency
    facts/             figures, each with source, as-of date, scope and status
    approvals/         what leaves only after a second person, or a wait in a team of one
    accounts/          organisers, roles, sign-in, sessions, invitations
    mail/              outbox table, worker, messages, periodic jobs
    shield/            network buckets, proof of work, form tokens, ceilings
    sealing/           keys, tags, sealed contacts and mail, shredding
    lockdown/          what is shut in an emergency: signing, shown names, and the worker's part of it
    audit/             what was done here and by whom: append-only, hash-chained
    page_head.py       what a page says of itself to search engines and messengers
    ground             addresses, clock, columns, config, campaign, content_files, extensions, database, formats,
                       languages, rich_text, xml_text, errors, anonymous_logs, finished_pages, security_headers,
                       static_files, templating, typed, prepared, server, web_worker (gunicorn's settings and worker):
                       knows no room

Inside a room, read from the top: views.py (HTTP in, HTTP out, the one commit), forms.py,
operations.py (writes; flush, never commit), queries.py (reads), models.py, rules.py (pure).
Rooms still to come are drawn in docs/rooms.md.
"""
