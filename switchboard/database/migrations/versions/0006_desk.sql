create table switchboard.agents (
    agent_id bigint generated always as identity,
    email text not null constraint agents_email_check check (email ~ '^[^@\s]+@[^@\s]+$'),
    name text not null constraint agents_name_check check (name <> ''),
    role text not null constraint agents_role_check check (role in ('agent', 'supervisor', 'admin')),
    password_hash text not null,
    capacity integer default 5 not null constraint agents_capacity_check check (capacity between 0 and 50),
    skills text[] default '{}' not null,
    presence text default 'away' not null constraint agents_presence_check check (presence in ('online', 'busy', 'away')),
    seen_at timestamp with time zone,
    active boolean default true not null,
    demo boolean default false not null,
    created_at timestamp with time zone default now() not null,
    constraint agents_pkey primary key (agent_id),
    constraint agents_inactive_are_away_check check (active or presence = 'away')
);
create unique index agents_email_key on switchboard.agents (lower(email));
create index agents_present_idx on switchboard.agents (seen_at) where presence <> 'away';

create table switchboard.agent_sessions (
    token_hash text not null,
    agent_id bigint not null,
    created_at timestamp with time zone default now() not null,
    expires_at timestamp with time zone not null,
    constraint agent_sessions_pkey primary key (token_hash),
    constraint agent_sessions_agent_id_fkey foreign key (agent_id)
        references switchboard.agents (agent_id) on delete cascade
);
create index agent_sessions_agent_id_idx on switchboard.agent_sessions (agent_id);

create table switchboard.team_members (
    team text not null,
    agent_id bigint not null,
    constraint team_members_pkey primary key (team, agent_id),
    constraint team_members_team_fkey foreign key (team) references switchboard.teams (team),
    constraint team_members_agent_id_fkey foreign key (agent_id)
        references switchboard.agents (agent_id) on delete cascade
);
create index team_members_agent_id_idx on switchboard.team_members (agent_id);

alter table switchboard.conversations
    add column agent_id bigint,
    add column resume jsonb,
    add column identity_level smallint default 0 not null,
    add constraint conversations_agent_id_fkey foreign key (agent_id) references switchboard.agents (agent_id),
    add constraint conversations_assigned_check check ((holder = 'agent') = (agent_id is not null)),
    add constraint conversations_identity_level_check check (identity_level between 0 and 2 and (identity_level = 0 or external_id is not null));
create index conversations_agent_idx on switchboard.conversations (agent_id) where holder = 'agent';
create index conversations_held_idx on switchboard.conversations (holder, updated_at desc) where holder in ('bot', 'queue', 'agent');
create index conversations_closed_idx on switchboard.conversations (team, updated_at desc) where holder = 'closed';
create index conversations_closed_by_bot_idx on switchboard.conversations (updated_at desc) where holder = 'closed' and team is null;

alter table switchboard.messages
    add column agent_id bigint,
    add constraint messages_agent_id_fkey foreign key (agent_id) references switchboard.agents (agent_id),
    add constraint messages_said_by_an_agent_check check (agent_id is null or sender = 'agent');

drop index switchboard.handoffs_waiting_idx;
alter table switchboard.handoffs
    add column priority smallint default 1 not null
        constraint handoffs_priority_check check (priority between 0 and 3),
    add column skills text[] default '{}' not null,
    add column rule text,
    add column facts jsonb default '{}' not null,
    add column agent_id bigint,
    add column assigned_at timestamp with time zone,
    add column first_assigned_at timestamp with time zone,
    add column first_response_at timestamp with time zone,
    add column read_seq integer default 0 not null,
    add column outcome text
        constraint handoffs_outcome_check check (outcome in ('resolved', 'unresolved', 'spam', 'given_back', 'cancelled', 'replayed')),
    add column outcome_note text,
    add constraint handoffs_agent_id_fkey foreign key (agent_id) references switchboard.agents (agent_id),
    add constraint handoffs_assigned_check check (assigned_at is null or agent_id is not null);
update switchboard.handoffs set outcome = 'cancelled' where ended_at is not null;
alter table switchboard.handoffs
    add constraint handoffs_ended_with_outcome_check check ((ended_at is null) = (outcome is null));
create index handoffs_waiting_idx on switchboard.handoffs (team, priority desc, created_at, handoff_id)
    where ended_at is null and assigned_at is null;
create index handoffs_assigned_idx on switchboard.handoffs (team, first_assigned_at)
    where first_assigned_at is not null;
create index handoffs_conversation_id_handoff_id_idx on switchboard.handoffs (conversation_id, handoff_id);

create table switchboard.sla_timers (
    handoff_id bigint not null,
    kind text not null constraint sla_timers_kind_check check (kind in ('first_response', 'next_response', 'resolution')),
    started_at timestamp with time zone default now() not null,
    warn_at timestamp with time zone not null,
    due_at timestamp with time zone not null,
    warned_at timestamp with time zone,
    breached_at timestamp with time zone,
    met_at timestamp with time zone,
    constraint sla_timers_pkey primary key (handoff_id, kind),
    constraint sla_timers_handoff_id_fkey foreign key (handoff_id)
        references switchboard.handoffs (handoff_id) on delete cascade,
    constraint sla_timers_warned_before_due_check check (warn_at <= due_at)
);
create index sla_timers_to_warn_idx on switchboard.sla_timers (warn_at) where met_at is null and warned_at is null;
create index sla_timers_to_breach_idx on switchboard.sla_timers (due_at) where met_at is null and breached_at is null;

create table switchboard.notes (
    note_id bigint generated always as identity,
    conversation_id uuid not null,
    after_seq integer not null,
    agent_id bigint,
    text text not null constraint notes_text_check check (text <> ''),
    created_at timestamp with time zone default now() not null,
    constraint notes_pkey primary key (note_id),
    constraint notes_conversation_id_fkey foreign key (conversation_id)
        references switchboard.conversations (conversation_id) on delete cascade,
    constraint notes_agent_id_fkey foreign key (agent_id) references switchboard.agents (agent_id)
);
create index notes_conversation_id_note_id_idx on switchboard.notes (conversation_id, note_id);

create table switchboard.corrections (
    conversation_id uuid not null,
    seq integer not null,
    understood text,
    intent text not null,
    comment text,
    agent_id bigint not null,
    created_at timestamp with time zone default now() not null,
    constraint corrections_pkey primary key (conversation_id, seq),
    constraint corrections_conversation_id_seq_fkey foreign key (conversation_id, seq)
        references switchboard.messages (conversation_id, seq) on delete cascade,
    constraint corrections_agent_id_fkey foreign key (agent_id) references switchboard.agents (agent_id)
);

create table switchboard.ratings (
    conversation_id uuid not null,
    score smallint not null constraint ratings_score_check check (score between 1 and 5),
    comment text,
    agent_id bigint,
    created_at timestamp with time zone default now() not null,
    constraint ratings_pkey primary key (conversation_id),
    constraint ratings_conversation_id_fkey foreign key (conversation_id)
        references switchboard.conversations (conversation_id) on delete cascade,
    constraint ratings_agent_id_fkey foreign key (agent_id) references switchboard.agents (agent_id)
);

create table switchboard.contacts (
    conversation_id uuid not null,
    email text not null constraint contacts_email_check check (email ~ '^[^@\s]+@[^@\s]+$'),
    mailed_seq integer default 0 not null,
    created_at timestamp with time zone default now() not null,
    constraint contacts_pkey primary key (conversation_id),
    constraint contacts_conversation_id_fkey foreign key (conversation_id)
        references switchboard.conversations (conversation_id) on delete cascade
);

create table switchboard.visits (
    conversation_id uuid not null,
    seen_at timestamp with time zone default now() not null,
    constraint visits_pkey primary key (conversation_id),
    constraint visits_conversation_id_fkey foreign key (conversation_id)
        references switchboard.conversations (conversation_id) on delete cascade
);

create table switchboard.mails (
    mail_id bigint generated always as identity,
    conversation_id uuid,
    recipient text not null,
    subject text not null,
    body text not null,
    created_at timestamp with time zone default now() not null,
    due_at timestamp with time zone default now(),
    tries integer default 0 not null,
    error text,
    sent_at timestamp with time zone,
    constraint mails_pkey primary key (mail_id),
    constraint mails_conversation_id_fkey foreign key (conversation_id)
        references switchboard.conversations (conversation_id) on delete cascade
);
create index mails_due_at_idx on switchboard.mails (due_at) where due_at is not null;
create index mails_conversation_id_idx on switchboard.mails (conversation_id);

create table switchboard.attempts (
    attempt_id bigint generated always as identity,
    kind text not null,
    subject text not null,
    detail text,
    created_at timestamp with time zone default now() not null,
    constraint attempts_pkey primary key (attempt_id)
);
create index attempts_kind_subject_created_at_idx on switchboard.attempts (kind, subject, created_at);
