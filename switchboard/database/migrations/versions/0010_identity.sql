alter table switchboard.conversations add column origin text;

create table switchboard.identity_codes (
    conversation_id uuid not null,
    external_id text not null,
    code_hash text not null,
    sent_at timestamp with time zone default now() not null,
    expires_at timestamp with time zone not null,
    tries integer default 0 not null,
    constraint identity_codes_pkey primary key (conversation_id),
    constraint identity_codes_conversation_id_fkey foreign key (conversation_id)
        references switchboard.conversations (conversation_id) on delete cascade
);

-- A conversation's effects are found by how their messages' ids begin.
create index effects_message_idx on switchboard.effects (message_id text_pattern_ops);

-- So are a customer's conversations.
create index conversations_customer_idx on switchboard.conversations (crm, external_id) where external_id is not null;
