"""Abuse protection that asks for work and patience instead of turning people away.

rules           every limit with its reason, levels of work, addresses and networks: pure
origin          was this form sent from our own page?
form_token      the page's token: fresh, ours, of this petition; shared by everyone who sees a cached copy
work            proof of work: a single-use challenge, and the check of its solution
check_token     the single-use token of the "check your details" step, for people without JavaScript
buckets         how much one network has asked for in ten minutes, without keeping its address
ceilings        the hard ceilings (Flask-Limiter) and how long to wait beyond them
held            when a mail may go: ceilings per mailbox and per mail domain, the budget without JavaScript
providers       the big mail providers, and the groups in which confirmation rates are published
operations      spend a single-use token, once
stores          where counts live: memory, or Redis/Valkey with memory behind it
setup, state    what an application's shield is made of
"""
