"""Organisations that carry the campaign: whose sites may frame our form, whose code counts; and who endorses what."""
