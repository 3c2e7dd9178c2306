"""the directory of bodies: who they are, ways in, terms in the Council, its presidency

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

KINDS = "kind IN ('mission', 'secretariat', 'un-office', 'treaty-body', 'procedure', 'mechanism', 'humanitarian', 'national', 'regional', 'ngo', 'government')"


def upgrade() -> None:
    op.create_table('body',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    *(sa.Column(name, sa.JSON(), nullable=False) for name in (
        'names', 'short_names', 'mandate', 'notes', 'accepts', 'refusals', 'languages', 'addressed_to', 'salutation', 'close')),
    sa.Column('default_visibility', sa.String(length=16), nullable=False),
    sa.Column('is_reply_customary', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('is_vacant', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('holder_name', sa.String(length=200), server_default='', nullable=False),
    sa.Column('holder_from', sa.Date(), nullable=True),
    sa.Column('holder_until', sa.Date(), nullable=True),
    sa.Column('holder_source_url', sa.Text(), server_default='', nullable=False),
    sa.Column('holder_verified_on', sa.Date(), nullable=True),
    sa.Column('holder_verified_by', sa.String(length=64), server_default='', nullable=False),
    sa.Column('source_url', sa.Text(), server_default='', nullable=False),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('confidence', sa.String(length=16), nullable=False),
    sa.Column('verified_on', sa.Date(), nullable=True),
    sa.Column('verified_by', sa.String(length=64), server_default='', nullable=False),
    sa.Column('shipped_digest', sa.String(length=64), nullable=True),
    sa.Column('is_edited', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.CheckConstraint(KINDS, name=op.f('ck_body_kind_is_known')),
    sa.CheckConstraint("confidence IN ('high', 'medium', 'low')", name=op.f('ck_body_confidence_is_known')),
    sa.CheckConstraint("default_visibility IN ('public', 'verify-only', 'confidential')", name=op.f('ck_body_default_visibility_is_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_body')),
    sa.UniqueConstraint('key', name=op.f('uq_body_key'))
    )
    op.create_table('body_channel',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('body_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('source_url', sa.Text(), server_default='', nullable=False),
    sa.Column('verified_on', sa.Date(), nullable=True),
    sa.Column('verified_by', sa.String(length=64), server_default='', nullable=False),
    sa.CheckConstraint("kind IN ('mail', 'post', 'form', 'hand')", name=op.f('ck_body_channel_kind_is_known')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_body_channel_body_id_body'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_body_channel'))
    )
    op.create_table('council_term',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('body_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=100), nullable=False),
    sa.Column('first_year', sa.Integer(), nullable=False),
    sa.Column('last_year', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_council_term_body_id_body'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_council_term')),
    sa.UniqueConstraint('body_id', 'first_year', name=op.f('uq_council_term_body_id_first_year'))
    )
    op.create_table('presidency_override',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('month', sa.Integer(), nullable=False),
    sa.Column('body_id', sa.Integer(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('noted_by', sa.String(length=64), nullable=False),
    sa.Column('noted_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_presidency_override_body_id_body')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_presidency_override')),
    sa.UniqueConstraint('year', 'month', name=op.f('uq_presidency_override_year_month'))
    )
    with op.batch_alter_table('body', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_body_kind'), ['kind'], unique=False)
    with op.batch_alter_table('body_channel', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_body_channel_body_id'), ['body_id'], unique=False)


def downgrade() -> None:
    op.drop_table('presidency_override')
    op.drop_table('council_term')
    op.drop_table('body_channel')
    op.drop_table('body')
