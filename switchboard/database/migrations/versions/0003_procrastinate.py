"""procrastinate's tables and functions, in a schema of their own.

They are those of the installed version, which the schema's comment names: a later revision that brings them up to date
can tell from it what is missing.
"""

from importlib.metadata import version

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    connection = op.get_bind()
    path = connection.exec_driver_sql("show search_path").scalar_one()
    with connection.connection.cursor() as cursor:  # of psycopg2 itself: SQLAlchemy would take each % for a value
        cursor.execute("create schema procrastinate")
        cursor.execute(f"comment on schema procrastinate is 'procrastinate {version('procrastinate')}'")
        cursor.execute("set local search_path to procrastinate")
        cursor.execute(SchemaManager.get_schema())
        cursor.execute("select set_config('search_path', %s, true)", (path,))


def downgrade() -> None:
    op.get_bind().exec_driver_sql("drop schema procrastinate cascade")
