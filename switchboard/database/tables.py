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
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR, UUID
from sqlalchemy.types import UserDefinedType

NAMING = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}
metadata = MetaData(schema="switchboard", naming_convention=NAMING)


class HalfVector(UserDefinedType):  # type: ignore[misc]
    """pgvector's `halfvec`: numbers of 16 bits. In and out of Python it is text, like `[0.1,0.2]`."""

    cache_ok = True

    def __init__(self, size: int) -> None:
        self.size = size

    def get_col_spec(self, **_: object) -> str:
        return f"halfvec({self.size})"


def now() -> Column:
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now())


teams = Table(
    "teams",
    metadata,
    Column("team", Text, primary_key=True),
    Column("title", Text, nullable=False),
)

agents = Table(
    "agents",
    metadata,
    Column("agent_id", BigInteger, Identity(always=True), primary_key=True),
    Column("email", Text, CheckConstraint(r"email ~ '^[^@\s]+@[^@\s]+$'", name="email"), nullable=False),
    Column("name", Text, CheckConstraint("name <> ''", name="name"), nullable=False),
    Column("role", Text, CheckConstraint("role in ('agent', 'supervisor', 'admin')", name="role"), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column(
        "capacity",
        Integer,
        CheckConstraint("capacity between 0 and 50", name="capacity"),
        nullable=False,
        server_default="5",
    ),
    Column("skills", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column(
        "presence",
        Text,
        CheckConstraint("presence in ('online', 'busy', 'away')", name="presence"),
        nullable=False,
        server_default="away",
    ),
    Column("seen_at", DateTime(timezone=True)),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("demo", Boolean, nullable=False, server_default=text("false")),
    now(),
    CheckConstraint("active or presence = 'away'", name="inactive_are_away"),
    Index("agents_email_key", text("lower(email)"), unique=True),
    Index("agents_present_idx", "seen_at", postgresql_where=text("presence <> 'away'")),
)
"""People who work in the desk. `capacity` is how many conversations one has at once; `seen_at` the latest sign of life.
A `demo` agent's sign-in works on loopback only."""

agent_sessions = Table(
    "agent_sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("agent_id", BigInteger, ForeignKey(agents.c.agent_id, ondelete="CASCADE"), nullable=False),
    now(),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index(None, "agent_id"),
)

team_members = Table(
    "team_members",
    metadata,
    Column("team", Text, ForeignKey(teams.c.team), primary_key=True),
    Column("agent_id", BigInteger, ForeignKey(agents.c.agent_id, ondelete="CASCADE"), primary_key=True),
    Index(None, "agent_id"),
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
    Column("link", Text, CheckConstraint("link <> ''", name="link")),
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

stale_articles = Table(
    "stale_articles",
    metadata,
    Column("article_id", BigInteger, ForeignKey(articles.c.article_id, ondelete="CASCADE"), primary_key=True),
)
"""Articles that changed since their passages were made; written by a trigger (revision 0007)."""

passages = Table(
    "passages",
    metadata,
    Column("passage_id", BigInteger, Identity(always=True), primary_key=True),
    Column("article_id", BigInteger, ForeignKey(articles.c.article_id, ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("language", Text, nullable=False),
    Column("body", Text, CheckConstraint("body <> ''", name="body"), nullable=False),
    Column("words", TSVECTOR, nullable=False),
    Column("embedding", HalfVector(384)),
    UniqueConstraint("article_id", "ordinal"),
    Index("passages_words_idx", "words", postgresql_using="gin"),
    Index(
        "passages_embedding_idx",
        "embedding",
        postgresql_using="hnsw",
        postgresql_ops={"embedding": "halfvec_ip_ops"},
    ),
    Index("passages_not_embedded_idx", "passage_id", postgresql_where=text("embedding is null")),
)
"""Published articles in pieces, of the article's `version`; `embedding` is null until it is made."""

passage_words = Table(
    "passage_words",
    metadata,
    Column("word", Text, primary_key=True),
    Column("passages", BigInteger, nullable=False),
)
"""In how many passages a word is, kept by triggers (revision 0007); the word '' counts all passages."""

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
    Column("agent_id", BigInteger, ForeignKey(agents.c.agent_id)),
    Column("resume", JSONB(none_as_null=True)),
    Column("identity_level", SmallInteger, nullable=False, server_default="0"),
    Column("identity_until", DateTime(timezone=True)),
    Column("by_link", Boolean, nullable=False, server_default=text("false")),
    Column("origin", Text),
    Column("last_seq", Integer, nullable=False, server_default="0"),
    Column("waiting", Integer, CheckConstraint("waiting >= 0", name="waiting"), nullable=False, server_default="0"),
    Column("claimable_at", DateTime(timezone=True)),
    Column("attempt", BigInteger, nullable=False, server_default="0"),
    now(),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("(holder in ('queue', 'agent')) <= (team is not null)", name="held_by_a_team"),
    CheckConstraint("(holder = 'agent') = (agent_id is not null)", name="assigned"),
    CheckConstraint(
        "identity_level between 0 and 2 and (identity_level = 0 or external_id is not null)", name="identity_level"
    ),
    CheckConstraint("identity_level = 0 or identity_until is not null", name="identity_until"),
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
    Index("conversations_customer_idx", "crm", "external_id", postgresql_where=text("external_id is not null")),
    Index("conversations_agent_idx", "agent_id", postgresql_where=text("holder = 'agent'")),
    Index(
        "conversations_held_idx",
        "holder",
        text("updated_at desc"),
        postgresql_where=text("holder in ('bot', 'queue', 'agent')"),
    ),
    Index("conversations_closed_idx", "team", text("updated_at desc"), postgresql_where=text("holder = 'closed'")),
    Index(
        "conversations_closed_by_bot_idx",
        text("updated_at desc"),
        postgresql_where=text("holder = 'closed' and team is null"),
    ),
)
"""A conversation with unprocessed messages is a claimable row: `claimable_at` is when the next worker may
take it (now, or the end of the present worker's lease, or the time of a retry), `attempt` is the number
of the latest claim, and only its holder may commit. `agent_id` is the person who holds it. `resume` is what the assistant
is told with the next message after a person gave the conversation back. `identity_level` is how surely (crm, external_id)
is the customer: 1 knows, 2 proved, and counts until `identity_until`. `by_link` is whether they wrote last through the link
of a mail. `origin` is a hash of the network address it was started from."""

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
    Column("by_link", Boolean, nullable=False, server_default=text("false")),
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
    Column("agent_id", BigInteger, ForeignKey(agents.c.agent_id)),
    now(),
    UniqueConstraint("conversation_id", "client_message_id"),
    ForeignKeyConstraint(
        ["conversation_id", "in_reply_to"], ["switchboard.messages.conversation_id", "switchboard.messages.seq"]
    ),
    CheckConstraint("sender = 'customer' or outcome is null", name="only_customers_messages_have_outcomes"),
    CheckConstraint("agent_id is null or sender = 'agent'", name="said_by_an_agent"),
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
this message. `gathered` is the last of the messages that were taken up together with this one, and names their turn. `by_link`: it came
through the link of a mail."""

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
    Column(
        "priority",
        SmallInteger,
        CheckConstraint("priority between 0 and 3", name="priority"),
        nullable=False,
        server_default="1",
    ),
    Column("skills", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("rule", Text),
    Column("facts", JSONB, nullable=False, server_default=text("'{}'")),
    Column("agent_id", BigInteger, ForeignKey(agents.c.agent_id)),
    Column("assigned_at", DateTime(timezone=True)),
    Column("first_assigned_at", DateTime(timezone=True)),
    Column("first_response_at", DateTime(timezone=True)),
    Column("read_seq", Integer, nullable=False, server_default="0"),
    Column(
        "outcome",
        Text,
        CheckConstraint(
            "outcome in ('resolved', 'unresolved', 'spam', 'given_back', 'cancelled', 'replayed')", name="outcome"
        ),
    ),
    Column("outcome_note", Text),
    Column("noticed_at", DateTime(timezone=True)),
    Column("unanswered_since", DateTime(timezone=True)),
    Column("promised_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("assigned_at is null or agent_id is not null", name="assigned"),
    CheckConstraint("(ended_at is null) = (outcome is null)", name="ended_with_outcome"),
    Index("handoffs_open_key", "conversation_id", unique=True, postgresql_where=text("ended_at is null")),
    Index(
        "handoffs_waiting_idx",
        "team",
        text("priority desc"),
        "created_at",
        "handoff_id",
        postgresql_where=text("ended_at is null and assigned_at is null"),
    ),
    Index("handoffs_assigned_idx", "team", "first_assigned_at", postgresql_where=text("first_assigned_at is not null")),
    Index("handoffs_new_idx", "handoff_id", postgresql_where=text("ended_at is null and noticed_at is null")),
    Index(
        "handoffs_unanswered_idx",
        "unanswered_since",
        postgresql_where=text("ended_at is null and unanswered_since is not null"),
    ),
    Index(None, "conversation_id", "handoff_id"),
)
"""A person was called. It waits while `assigned_at` is null; `agent_id` stays when an agent gives it up, as who had it last.
`priority` is 0 low, 1 normal, 2 high, 3 urgent. `rule` and `facts` are the decision and what it was made from.
`read_seq` is the latest message that its agent has seen. `noticed_at` is when routing saw it and its promises began.
`unanswered_since` is the first of the customer's messages that no agent has answered; triggers (revision 0009) write it,
write `first_response_at`, and stop the timers. `promised_at` is since when the team's promises count: when a person was
called, or when another team passed it on, which then also is the earliest for `unanswered_since`."""

sla_timers = Table(
    "sla_timers",
    metadata,
    Column("handoff_id", BigInteger, ForeignKey(handoffs.c.handoff_id, ondelete="CASCADE"), primary_key=True),
    Column(
        "kind",
        Text,
        CheckConstraint("kind in ('first_response', 'next_response', 'resolution')", name="kind"),
        primary_key=True,
    ),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("warn_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("warned_at", DateTime(timezone=True)),
    Column("breached_at", DateTime(timezone=True)),
    Column("met_at", DateTime(timezone=True)),
    CheckConstraint("warn_at <= due_at", name="warned_before_due"),
    Index("sla_timers_to_warn_idx", "warn_at", postgresql_where=text("met_at is null and warned_at is null")),
    Index("sla_timers_to_breach_idx", "due_at", postgresql_where=text("met_at is null and breached_at is null")),
)
"""What was promised for a handoff, and whether it was kept. `met_at` stops a timer."""

notes = Table(
    "notes",
    metadata,
    Column("note_id", BigInteger, Identity(always=True), primary_key=True),
    Column(
        "conversation_id",
        UUID(as_uuid=False),
        ForeignKey(conversations.c.conversation_id, ondelete="CASCADE"),
        nullable=False,
    ),
    Column("after_seq", Integer, nullable=False),
    Column("agent_id", BigInteger, ForeignKey(agents.c.agent_id)),
    Column("text", Text, CheckConstraint("text <> ''", name="text"), nullable=False),
    now(),
    Index(None, "conversation_id", "note_id"),
)
"""What only agents see, beside the message `after_seq`; without `agent_id` Switchboard itself wrote it down."""

corrections = Table(
    "corrections",
    metadata,
    Column("conversation_id", UUID(as_uuid=False), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("understood", Text),
    Column("intent", Text, nullable=False),
    Column("comment", Text),
    Column("agent_id", BigInteger, ForeignKey(agents.c.agent_id), nullable=False),
    now(),
    ForeignKeyConstraint(
        ["conversation_id", "seq"],
        ["switchboard.messages.conversation_id", "switchboard.messages.seq"],
        ondelete="CASCADE",
    ),
)
"""What a customer's message meant, said by an agent; `understood` is what the assistant took it for."""

ratings = Table(
    "ratings",
    metadata,
    Column(
        "conversation_id",
        UUID(as_uuid=False),
        ForeignKey(conversations.c.conversation_id, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("score", SmallInteger, CheckConstraint("score between 1 and 5", name="score"), nullable=False),
    Column("comment", Text),
    Column("agent_id", BigInteger, ForeignKey(agents.c.agent_id)),
    now(),
)
"""CSAT: how the customer rated the conversation; `agent_id` is who had it last, null if the bot alone served."""

contacts = Table(
    "contacts",
    metadata,
    Column(
        "conversation_id",
        UUID(as_uuid=False),
        ForeignKey(conversations.c.conversation_id, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("email", Text, CheckConstraint(r"email ~ '^[^@\s]+@[^@\s]+$'", name="email"), nullable=False),
    Column("mailed_seq", Integer, nullable=False, server_default="0"),
    now(),
)
"""Where a customer wants to be written to who has left the chat; `mailed_seq` is the last message that was
mailed or that they have read."""

visits = Table(
    "visits",
    metadata,
    Column(
        "conversation_id",
        UUID(as_uuid=False),
        ForeignKey(conversations.c.conversation_id, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
"""When the customer last looked at the conversation."""

mails = Table(
    "mails",
    metadata,
    Column("mail_id", BigInteger, Identity(always=True), primary_key=True),
    Column("conversation_id", UUID(as_uuid=False), ForeignKey(conversations.c.conversation_id, ondelete="CASCADE")),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    now(),
    Column("due_at", DateTime(timezone=True), server_default=func.now()),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    Column("sent_at", DateTime(timezone=True)),
    Index("mails_due_at_idx", "due_at", postgresql_where=text("due_at is not null")),
    Index(None, "conversation_id"),
)
"""Letters to customers. `due_at` is when the next try comes; null once it is sent or given up."""

crm_notes = Table(
    "crm_notes",
    metadata,
    Column("handoff_id", BigInteger, ForeignKey(handoffs.c.handoff_id, ondelete="CASCADE"), primary_key=True),
    Column("crm", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("words", Text, nullable=False),
    now(),
    Column("due_at", DateTime(timezone=True), server_default=func.now()),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    Index("crm_notes_due_at_idx", "due_at", postgresql_where=text("due_at is not null")),
)
"""Agents' notes that the business system doesn't have yet. `due_at` is when the next try comes; null once it is given up."""

identity_codes = Table(
    "identity_codes",
    metadata,
    Column(
        "conversation_id",
        UUID(as_uuid=False),
        ForeignKey(conversations.c.conversation_id, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("external_id", Text, nullable=False),
    Column("code_hash", Text, nullable=False),
    Column("sent_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
)
"""The code that was last sent for a conversation, as a keyed hash."""

attempts = Table(
    "attempts",
    metadata,
    Column("attempt_id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text),
    now(),
    Index(None, "kind", "subject", "created_at"),
)
"""What is limited in number: wrong passwords of an address, order numbers asked about in a conversation."""

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
    Index("effects_message_idx", "message_id", postgresql_ops={"message_id": "text_pattern_ops"}),
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
