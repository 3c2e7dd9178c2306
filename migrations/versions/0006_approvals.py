"""from when to when somebody could use a role; what needs two people, and the mail that says one is alone

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

KIND_IS_KNOWN = 'ck_outbox_kind_is_known'
KINDS_BEFORE = "kind IN ('confirm', 'remind', 'private-link', 'resend', 'operator-check', 'invitation')"
KINDS = (
    "kind IN ('confirm', 'remind', 'private-link', 'resend', 'operator-check', 'invitation', 'approval-notice')"
)
IS_OPEN = sa.text("state IN ('asked', 'approved')")
NOT_ENDED = sa.text('ended_at IS NULL')


def upgrade() -> None:
    op.create_table('role_span',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('began_at', sa.DateTime(), nullable=False),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("role IN ('owner', 'organiser', 'approver', 'translator', 'viewer')", name=op.f('ck_role_span_role_is_known')),
    sa.ForeignKeyConstraint(['organiser_id'], ['organiser.id'], name=op.f('fk_role_span_organiser_id_organiser')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_span'))
    )
    op.create_table('approval',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('room', sa.String(length=32), nullable=False),
    sa.Column('subject', sa.String(length=120), nullable=False),
    sa.Column('reference', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('says', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('asked_by_id', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(), nullable=False),
    sa.Column('noticed_at', sa.DateTime(), nullable=True),
    sa.Column('settled_by_id', sa.Integer(), nullable=True),
    sa.Column('settled_at', sa.DateTime(), nullable=True),
    sa.Column('how', sa.String(length=16), nullable=True),
    sa.Column('released_by', sa.String(length=64), nullable=True),
    sa.Column('released_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("how IN ('two-people', 'one-person')", name=op.f('ck_approval_how_is_known')),
    sa.CheckConstraint("kind IN ('personal-data', 'letter', 'mailing')", name=op.f('ck_approval_kind_is_known')),
    sa.CheckConstraint("state IN ('asked', 'approved', 'released', 'declined', 'cancelled')", name=op.f('ck_approval_state_is_known')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['organiser.id'], name=op.f('fk_approval_asked_by_id_organiser')),
    sa.ForeignKeyConstraint(['settled_by_id'], ['organiser.id'], name=op.f('fk_approval_settled_by_id_organiser')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval'))
    )
    with op.batch_alter_table('role_span', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_role_span_organiser_id'), ['organiser_id'], unique=False)
        batch_op.create_index('ix_role_span_open', ['organiser_id', 'role'], unique=True, sqlite_where=NOT_ENDED, postgresql_where=NOT_ENDED)
    with op.batch_alter_table('approval', schema=None) as batch_op:
        batch_op.create_index('ix_approval_reference', ['room', 'reference'], unique=False)
        batch_op.create_index('ix_approval_open', ['room', 'reference'], unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)
    _begin_spans()
    _hold_kinds_to(KINDS)


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE kind = 'approval-notice'")
    _hold_kinds_to(KINDS_BEFORE)
    op.drop_table('approval')
    op.drop_table('role_span')


def _begin_spans() -> None:
    """Let the spans of whoever works here already begin when they joined: the end is what counts."""
    op.execute(
        """
        INSERT INTO role_span (organiser_id, role, began_at)
        SELECT organiser.id, role.name, organiser.confirmed_at
        FROM organiser
        JOIN organiser_role ON organiser_role.organiser_id = organiser.id
        JOIN role ON role.id = organiser_role.role_id
        WHERE organiser.active AND (
            (organiser.tf_totp_secret IS NOT NULL AND organiser.tf_primary_method IS NOT NULL)
            OR EXISTS (SELECT 1 FROM passkey WHERE passkey.organiser_id = organiser.id)
        )
        """
    )


def _hold_kinds_to(words: str) -> None:
    """Replace the CHECK on the outbox. No other table points at it, so SQLite may make it anew."""
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_constraint(op.f(KIND_IS_KNOWN), type_='check')
        batch_op.create_check_constraint(op.f(KIND_IS_KNOWN), words)
