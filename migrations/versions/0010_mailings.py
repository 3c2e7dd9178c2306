"""updates to supporters: mailings, and the links that stop them

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

KIND_IS_KNOWN = 'ck_outbox_kind_is_known'
KINDS_BEFORE = "kind IN ('confirm', 'remind', 'private-link', 'resend', 'operator-check', 'invitation', 'approval-notice')"
KINDS = "kind IN ('confirm', 'remind', 'private-link', 'resend', 'operator-check', 'invitation', 'approval-notice', 'update')"
STATES = "state IN ('draft', 'asked', 'released', 'loaded', 'sending', 'paused', 'done', 'stopped')"


def upgrade() -> None:
    op.create_table('mailing',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=16), nullable=False),
    sa.Column('petition_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('texts', sa.JSON(), nullable=False),
    sa.Column('pace', sa.Integer(), nullable=False),
    sa.Column('written_by', sa.String(length=64), nullable=False),
    sa.Column('written_at', sa.DateTime(), nullable=False),
    sa.Column('key_point', sa.LargeBinary(length=65), nullable=True),
    sa.Column('release', sa.String(length=16), nullable=False),
    sa.Column('recipients', sa.Integer(), nullable=False),
    sa.Column('rows_read', sa.Integer(), nullable=False),
    sa.Column('place', sa.BigInteger(), nullable=False),
    sa.Column('sent', sa.Integer(), nullable=False),
    sa.Column('unwanted', sa.Integer(), nullable=False),
    sa.Column('undeliverable', sa.Integer(), nullable=False),
    sa.Column('bounced', sa.Integer(), nullable=False),
    sa.Column('stops', sa.Integer(), nullable=False),
    sa.Column('next_at', sa.DateTime(), nullable=True),
    sa.Column('started_at', sa.DateTime(), nullable=True),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('trouble', sa.String(length=40), nullable=False),
    sa.CheckConstraint(STATES, name=op.f('ck_mailing_state_is_known')),
    sa.ForeignKeyConstraint(['petition_id'], ['petition.id'], name=op.f('fk_mailing_petition_id_petition')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mailing')),
    sa.UniqueConstraint('reference', name=op.f('uq_mailing_reference'))
    )
    op.create_table('update_link',
    sa.Column('token_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('signature_id', sa.LargeBinary(length=16), nullable=False),
    sa.Column('mailing_id', sa.Integer(), nullable=True),
    sa.Column('bounce_mark', sa.LargeBinary(length=32), nullable=False),
    sa.Column('bounces', sa.Integer(), nullable=False),
    sa.Column('bounced_mailing_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['mailing_id'], ['mailing.id'], name=op.f('fk_update_link_mailing_id_mailing')),
    sa.ForeignKeyConstraint(['signature_id'], ['signature.id'], name=op.f('fk_update_link_signature_id_signature'), ondelete='CASCADE', onupdate='CASCADE'),
    sa.PrimaryKeyConstraint('token_hash', 'signature_id', name=op.f('pk_update_link'))
    )
    with op.batch_alter_table('mailing', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mailing_petition_id'), ['petition_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_mailing_state'), ['state'], unique=False)
    with op.batch_alter_table('update_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_update_link_signature_id'), ['signature_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_update_link_bounce_mark'), ['bounce_mark'], unique=False)
    _hold_kinds_to(KINDS)


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE kind = 'update'")
    _hold_kinds_to(KINDS_BEFORE)
    op.drop_table('update_link')
    op.drop_table('mailing')


def _hold_kinds_to(words: str) -> None:
    """Replace the CHECK on the outbox. No other table points at it, so SQLite may make it anew."""
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_constraint(op.f(KIND_IS_KNOWN), type_='check')
        batch_op.create_check_constraint(op.f(KIND_IS_KNOWN), words)
