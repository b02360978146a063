"""Switchboard's own tables. What must always hold is a constraint here, not a habit elsewhere."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

NAMING = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}
metadata = MetaData(schema="switchboard", naming_convention=NAMING)


def now() -> Column:
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now())


teams = Table(
    "teams",
    metadata,
    Column("team", Text, primary_key=True),
    Column("title", Text, nullable=False),
)

articles = Table(
    "articles",
    metadata,
    Column("article_id", BigInteger, Identity(always=True), primary_key=True),
    Column("slug", Text, nullable=False),
    Column("language", Text, nullable=False, server_default="en"),
    Column(
        "status",
        Text,
        CheckConstraint("status in ('draft', 'published', 'archived')", name="status"),
        nullable=False,
        server_default="published",
    ),
    Column("version", Integer, CheckConstraint("version > 0", name="version"), nullable=False, server_default="1"),
    Column("title", Text, CheckConstraint("title <> ''", name="title"), nullable=False),
    Column("body", Text, CheckConstraint("body <> ''", name="body"), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("slug", "language"),
)

article_versions = Table(
    "article_versions",
    metadata,
    Column("article_id", BigInteger, ForeignKey(articles.c.article_id, ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("replaced_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
"""Earlier versions, written by a trigger whenever an article's title or body changes."""

article_intents = Table(
    "article_intents",
    metadata,
    Column("article_id", BigInteger, ForeignKey(articles.c.article_id, ondelete="CASCADE"), primary_key=True),
    Column("intent", Text, primary_key=True),
    Index(None, "intent"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("conversation_id", UUID(as_uuid=False), primary_key=True),
    Column(
        "channel",
        Text,
        CheckConstraint("channel in ('web', 'rest', 'socketio', 'webhook')", name="channel"),
        nullable=False,
    ),
    Column("sender", Text),
    Column("token_hash", Text),
    Column(
        "holder",
        Text,
        CheckConstraint("holder in ('bot', 'queue', 'agent', 'closed')", name="holder"),
        nullable=False,
        server_default="bot",
    ),
    Column("team", Text, ForeignKey(teams.c.team)),
    Column("crm", Text),
    Column("external_id", Text),
    Column("last_seq", Integer, nullable=False, server_default="0"),
    Column("waiting", Integer, CheckConstraint("waiting >= 0", name="waiting"), nullable=False, server_default="0"),
    Column("claimable_at", DateTime(timezone=True)),
    Column("attempt", BigInteger, nullable=False, server_default="0"),
    now(),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("(holder in ('queue', 'agent')) <= (team is not null)", name="held_by_a_team"),
    CheckConstraint("(waiting > 0) = (claimable_at is not null)", name="claimable_while_waiting"),
    CheckConstraint("(crm is null) = (external_id is null)", name="customer"),
    Index(
        "conversations_sender_key",
        "channel",
        "sender",
        unique=True,
        postgresql_where=text("sender is not null and holder <> 'closed'"),
    ),
    Index("conversations_claimable_idx", "claimable_at", postgresql_where=text("claimable_at is not null")),
    Index("conversations_senders_idx", "channel", "sender", postgresql_where=text("sender is not null")),
)
"""A conversation with unprocessed messages is a claimable row: `claimable_at` is when the next worker may
take it (now, or the end of the present worker's lease, or the time of a retry), `attempt` is the number
of the latest claim, and only its holder may commit."""

messages = Table(
    "messages",
    metadata,
    Column(
        "conversation_id",
        UUID(as_uuid=False),
        ForeignKey(conversations.c.conversation_id, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("seq", Integer, CheckConstraint("seq > 0", name="seq"), primary_key=True),
    Column(
        "sender",
        Text,
        CheckConstraint("sender in ('customer', 'bot', 'agent', 'system')", name="sender"),
        nullable=False,
    ),
    Column("text", Text, nullable=False),
    Column("payload", Text),
    Column("buttons", JSONB, nullable=False, server_default=text("'[]'")),
    Column("client_message_id", Text),
    Column("in_reply_to", Integer),
    Column("outcome", Text, CheckConstraint("outcome in ('answered', 'forwarded', 'failed')", name="outcome")),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    Column("away_since", DateTime(timezone=True)),
    Column("gathered", Integer, CheckConstraint("gathered >= seq", name="gathered")),
    Column("suppressed", Boolean, nullable=False, server_default=text("false")),
    Column("intent", Text),
    Column("confidence", Float, CheckConstraint("confidence between 0 and 1", name="confidence")),
    Column("stage", Text),
    Column("actions", ARRAY(Text)),
    now(),
    UniqueConstraint("conversation_id", "client_message_id"),
    ForeignKeyConstraint(
        ["conversation_id", "in_reply_to"], ["switchboard.messages.conversation_id", "switchboard.messages.seq"]
    ),
    CheckConstraint("sender = 'customer' or outcome is null", name="only_customers_messages_have_outcomes"),
    Index(
        "messages_waiting_idx",
        "conversation_id",
        "seq",
        postgresql_where=text("sender = 'customer' and outcome is null"),
    ),
    Index("messages_failed_idx", "created_at", postgresql_where=text("outcome = 'failed'")),
)
"""`payload` is what a pressed button sends to Rasa; `intent`, `confidence`, `stage` and `actions` are what the turn
understood and did, on the customer's message; `suppressed` replies were overtaken by a person and are not shown. `away_since` is when Rasa was first found away for
this message. `gathered` is the last of the messages that were taken up together with this one, and names their turn."""

socketio_deliveries = Table(
    "socketio_deliveries",
    metadata,
    Column(
        "conversation_id",
        UUID(as_uuid=False),
        ForeignKey(conversations.c.conversation_id, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column(
        "delivered_seq",
        Integer,
        CheckConstraint("delivered_seq >= 0", name="delivered_seq"),
        nullable=False,
        server_default="0",
    ),
)
"""The last message that went out to the session's clients: where one that comes back goes on, since such clients
don't say what they have. A table of its own, so that delivering never waits for a worker's lock."""

handoffs = Table(
    "handoffs",
    metadata,
    Column("handoff_id", BigInteger, Identity(always=True), primary_key=True),
    Column(
        "conversation_id",
        UUID(as_uuid=False),
        ForeignKey(conversations.c.conversation_id, ondelete="CASCADE"),
        nullable=False,
    ),
    Column("seq", Integer, nullable=False),
    Column("team", Text, ForeignKey(teams.c.team), nullable=False),
    Column("reason", Text, nullable=False),
    now(),
    Column("ended_at", DateTime(timezone=True)),
    Index("handoffs_open_key", "conversation_id", unique=True, postgresql_where=text("ended_at is null")),
    Index("handoffs_waiting_idx", "team", "created_at", postgresql_where=text("ended_at is null")),
)

webhook_events = Table(
    "webhook_events",
    metadata,
    Column("event_id", BigInteger, Identity(always=True), primary_key=True),
    Column("receiver", Text, nullable=False),
    Column(
        "conversation_id",
        UUID(as_uuid=False),
        ForeignKey(conversations.c.conversation_id, ondelete="CASCADE"),
        nullable=False,
    ),
    Column("kind", Text, CheckConstraint("kind in ('message', 'outcome', 'state')", name="kind"), nullable=False),
    Column("seq", Integer),
    Column("outcome", Text),
    Column("holder", Text),
    Column("team", Text),
    now(),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    Column("given_up_at", DateTime(timezone=True)),
    CheckConstraint("(kind = 'state') = (seq is null)", name="of_a_message"),
    CheckConstraint("(kind = 'outcome') = (outcome is not null)", name="with_outcome"),
    CheckConstraint("(kind = 'state') = (holder is not null)", name="with_holder"),
    Index(None, "conversation_id"),
)
"""What is to be delivered to other systems, until it is; written by triggers (revision 0005), each with its job."""

effects = Table(
    "effects",
    metadata,
    Column("message_id", Text, primary_key=True),
    Column("action", Text, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("request", JSONB, nullable=False),
    Column("result", JSONB),
    now(),
    Column("done_at", DateTime(timezone=True)),
    CheckConstraint("(result is null) = (done_at is null)", name="done"),
)
"""What was done outside for a message. `result` is null while it is under way."""

workers = Table(
    "workers",
    metadata,
    Column("worker_id", Text, primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("tally", JSONB, nullable=False, server_default=text("'{}'")),
)
"""Who is alive, and what it has done since its start (`tally`, for /metrics)."""
