"""Organisers: who may work here, in which role, how they sign in and from where they are signed in."""
