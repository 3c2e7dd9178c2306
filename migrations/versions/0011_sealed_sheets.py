"""sealed sheets that were asked for at the desk; how many contacts there are, without a look at the rows

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

STATES = "state IN ('asked', 'queued', 'making', 'ready', 'failed', 'cancelled', 'over', 'taken')"


def upgrade() -> None:
    op.create_table('sealed_sheet',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('petition_id', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.String(length=200), nullable=False),
    sa.Column('expected', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('asked_by_id', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(), nullable=False),
    sa.Column('how', sa.String(length=16), nullable=True),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('beat_at', sa.DateTime(), nullable=True),
    sa.Column('rows', sa.Integer(), nullable=True),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('size_bytes', sa.BigInteger(), nullable=True),
    sa.Column('manifest', sa.Text(), nullable=True),
    sa.Column('ready_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("kind IN ('delivery', 'contacts')", name=op.f('ck_sealed_sheet_kind_is_known')),
    sa.CheckConstraint(STATES, name=op.f('ck_sealed_sheet_state_is_known')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['organiser.id'], name=op.f('fk_sealed_sheet_asked_by_id_organiser')),
    sa.ForeignKeyConstraint(['petition_id'], ['petition.id'], name=op.f('fk_sealed_sheet_petition_id_petition')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sealed_sheet')),
    sa.UniqueConstraint('reference', name=op.f('uq_sealed_sheet_reference'))
    )
    with op.batch_alter_table('sealed_sheet', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sealed_sheet_petition_id'), ['petition_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sealed_sheet_state'), ['state'], unique=False)
    with op.batch_alter_table('signature', schema=None) as batch_op:
        batch_op.create_index('ix_signature_contacts', ['petition_id', 'state', 'wants_updates', 'key_ids'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('signature', schema=None) as batch_op:
        batch_op.drop_index('ix_signature_contacts')
    op.drop_table('sealed_sheet')
