"""Everything that the first message needs.

While nothing is released this is the only migration, and `./dev schema` writes its SQL anew from
the tables. After the first release it is frozen and changes get files of their own.
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create it all."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    # The driver itself: SQLAlchemy would read a percent sign or a colon as a parameter.
    op.get_bind().connection.cursor().execute(statements)
