"""Refusals that a person may meet, and the pages that tell them what happened and what to do next."""


class Refusal(Exception):
    """An expected no. Its message is for operators; what a supporter reads is a template's."""


class ConfigurationError(Refusal):
    """A setting is missing or wrong. The message names the setting and what it needs."""
