"""partners, and the organisations that endorse a petition

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op


revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('partner',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('origins', sa.JSON(), nullable=False),
    sa.Column('contact', sa.String(length=300), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('consent_lines', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('link_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('link_made_at', sa.DateTime(), nullable=True),
    sa.Column('added_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint("state IN ('active', 'paused', 'ended')", name=op.f('ck_partner_state_is_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_partner')),
    sa.UniqueConstraint('code', name=op.f('uq_partner_code')),
    sa.UniqueConstraint('link_hash', name=op.f('uq_partner_link_hash'))
    )
    op.create_table('endorsement',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('petition_id', sa.Integer(), nullable=False),
    sa.Column('partner_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('site', sa.String(length=300), nullable=False),
    sa.Column('authorised_by', sa.String(length=200), nullable=False),
    sa.Column('authorised_on', sa.Date(), nullable=False),
    sa.Column('recorded_by_id', sa.Integer(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(), nullable=False),
    sa.Column('checked_by_id', sa.Integer(), nullable=True),
    sa.Column('checked_at', sa.DateTime(), nullable=True),
    sa.Column('withdrawn_by_id', sa.Integer(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(), nullable=True),
    sa.Column('withdrawn_because', sa.String(length=500), nullable=False),
    sa.ForeignKeyConstraint(['checked_by_id'], ['organiser.id'], name=op.f('fk_endorsement_checked_by_id_organiser')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_endorsement_partner_id_partner')),
    sa.ForeignKeyConstraint(['petition_id'], ['petition.id'], name=op.f('fk_endorsement_petition_id_petition')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['organiser.id'], name=op.f('fk_endorsement_recorded_by_id_organiser')),
    sa.ForeignKeyConstraint(['withdrawn_by_id'], ['organiser.id'], name=op.f('fk_endorsement_withdrawn_by_id_organiser')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_endorsement'))
    )
    with op.batch_alter_table('endorsement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_endorsement_petition_id'), ['petition_id'], unique=False)


def downgrade() -> None:
    op.drop_table('endorsement')
    op.drop_table('partner')
