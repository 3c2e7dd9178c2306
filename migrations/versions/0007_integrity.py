"""invalidations and whom they took out, what stands out among arrivals, totals from elsewhere

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

STATES = "state IN ('running', 'done', 'cancelling', 'cancelled', 'undoing', 'undone')"
REASONS = "reason IN ('automated', 'throwaway-mailboxes', 'one-source', 'bought', 'trial')"


def upgrade() -> None:
    op.create_table('invalidation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('petition_id', sa.Integer(), nullable=False),
    sa.Column('domain_tag', sa.LargeBinary(length=16), nullable=True),
    sa.Column('source', sa.String(length=32), nullable=False),
    sa.Column('path', sa.String(length=8), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('first_on', sa.Date(), nullable=True),
    sa.Column('last_on', sa.Date(), nullable=True),
    sa.Column('reason', sa.String(length=32), nullable=False),
    sa.Column('note', sa.String(length=1000), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('expected', sa.Integer(), nullable=False),
    sa.Column('taken_out', sa.Integer(), nullable=False),
    sa.Column('put_back', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=True),
    sa.Column('started_by_id', sa.Integer(), nullable=False),
    sa.Column('started_at', sa.DateTime(), nullable=False),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint(STATES, name=op.f('ck_invalidation_state_is_known')),
    sa.CheckConstraint(REASONS, name=op.f('ck_invalidation_reason_is_known')),
    sa.ForeignKeyConstraint(['petition_id'], ['petition.id'], name=op.f('fk_invalidation_petition_id_petition')),
    sa.ForeignKeyConstraint(['started_by_id'], ['organiser.id'], name=op.f('fk_invalidation_started_by_id_organiser')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invalidation'))
    )
    op.create_table('invalidated_signature',
    sa.Column('signature_id', sa.LargeBinary(length=16), nullable=False),
    sa.Column('invalidation_id', sa.Integer(), nullable=False),
    sa.Column('took_mailbox', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['invalidation_id'], ['invalidation.id'], name=op.f('fk_invalidated_signature_invalidation_id_invalidation')),
    sa.ForeignKeyConstraint(['signature_id'], ['signature.id'], name=op.f('fk_invalidated_signature_signature_id_signature'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('signature_id', name=op.f('pk_invalidated_signature'))
    )
    op.create_table('arrival_report',
    sa.Column('petition_id', sa.Integer(), nullable=False),
    sa.Column('taken_at', sa.DateTime(), nullable=False),
    sa.Column('seen', sa.String(length=64), nullable=False),
    sa.Column('body', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['petition_id'], ['petition.id'], name=op.f('fk_arrival_report_petition_id_petition')),
    sa.PrimaryKeyConstraint('petition_id', name=op.f('pk_arrival_report'))
    )
    op.create_table('outside_total',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('petition_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('sheets', sa.Integer(), nullable=True),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('evidence', sa.String(length=500), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('held_by', sa.String(length=100), nullable=False),
    sa.Column('destroy_by', sa.Date(), nullable=True),
    sa.Column('takes_back_id', sa.Integer(), nullable=True),
    sa.Column('recorded_by_id', sa.Integer(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(), nullable=False),
    sa.Column('checked_by_id', sa.Integer(), nullable=True),
    sa.Column('checked_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("kind IN ('platform', 'paper')", name=op.f('ck_outside_total_kind_is_known')),
    sa.ForeignKeyConstraint(['checked_by_id'], ['organiser.id'], name=op.f('fk_outside_total_checked_by_id_organiser')),
    sa.ForeignKeyConstraint(['petition_id'], ['petition.id'], name=op.f('fk_outside_total_petition_id_petition')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['organiser.id'], name=op.f('fk_outside_total_recorded_by_id_organiser')),
    sa.ForeignKeyConstraint(['takes_back_id'], ['outside_total.id'], name=op.f('fk_outside_total_takes_back_id_outside_total')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outside_total'))
    )
    for table, column in (
        ('invalidation', 'petition_id'),
        ('invalidation', 'state'),
        ('invalidated_signature', 'invalidation_id'),
        ('outside_total', 'petition_id'),
    ):
        op.create_index(op.f(f'ix_{table}_{column}'), table, [column], unique=False)
    op.create_index('ix_signature_arrivals', 'signature', ['petition_id', 'signed_on', 'domain_tag', 'state', 'tally_cell_id'], unique=False)
    op.create_index('ix_pending_held', 'pending', ['petition_id', 'domain_tag'], unique=False, sqlite_where=sa.text('is_held = 1'), postgresql_where=sa.text('is_held'))


def downgrade() -> None:
    op.drop_index('ix_pending_held', table_name='pending')
    op.drop_index('ix_signature_arrivals', table_name='signature')
    # Nobody knows afterwards who was taken out by which rule: they stay out.
    for table in ('outside_total', 'arrival_report', 'invalidated_signature', 'invalidation'):
        op.drop_table(table)
