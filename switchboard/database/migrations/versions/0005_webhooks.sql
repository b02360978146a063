alter table switchboard.conversations
    drop constraint conversations_channel_check,
    add constraint conversations_channel_check check (channel in ('web', 'rest', 'socketio', 'webhook'));

create table switchboard.webhook_events (
    event_id bigint generated always as identity,
    receiver text not null,
    conversation_id uuid not null,
    kind text not null constraint webhook_events_kind_check check (kind in ('message', 'outcome', 'state')),
    seq integer,
    outcome text,
    holder text,
    team text,
    created_at timestamp with time zone default now() not null,
    tries integer default 0 not null,
    error text,
    given_up_at timestamp with time zone,
    constraint webhook_events_pkey primary key (event_id),
    constraint webhook_events_conversation_id_fkey foreign key (conversation_id)
        references switchboard.conversations (conversation_id) on delete cascade,
    constraint webhook_events_of_a_message_check check ((kind = 'state') = (seq is null)),
    constraint webhook_events_with_outcome_check check ((kind = 'outcome') = (outcome is not null)),
    constraint webhook_events_with_holder_check check ((kind = 'state') = (holder is not null))
);
create index webhook_events_conversation_id_idx on switchboard.webhook_events (conversation_id);

-- One job an event, which delivers the conversation's events as far as it gets. Jobs of one conversation share a lock,
-- so they run one at a time.
create function switchboard.defer_webhook(receiver text, conversation_id uuid) returns void
language plpgsql set search_path = procrastinate, pg_catalog as $$
begin
    perform procrastinate_defer_jobs_v1(array[row(
        'webhook:' || receiver,
        'deliver_webhook',
        0,
        'webhook:' || conversation_id,
        null,
        jsonb_build_object('conversation_id', conversation_id),
        null
    )::procrastinate_job_to_defer_v1]);
end
$$;

-- `sender` of such a conversation is the caller's name, a colon, and the caller's own name for the conversation.
create function switchboard.add_webhook_event(changed uuid, kind text, seq integer, outcome text, holder text, team text)
returns void language plpgsql as $$
declare
    added record;
begin
    insert into switchboard.webhook_events (receiver, conversation_id, kind, seq, outcome, holder, team)
    select split_part(c.sender, ':', 1), changed, $2, $3, $4, $5, $6
      from switchboard.conversations c
     where c.conversation_id = changed and c.channel = 'webhook'
    returning receiver, conversation_id into added;
    if found then
        perform switchboard.defer_webhook(added.receiver, added.conversation_id);
    end if;
end
$$;

create function switchboard.tell_of_message() returns trigger language plpgsql as $$
begin
    perform switchboard.add_webhook_event(new.conversation_id, 'message', new.seq, null, null, null);
    return null;
end
$$;

create function switchboard.tell_of_outcome() returns trigger language plpgsql as $$
begin
    perform switchboard.add_webhook_event(new.conversation_id, 'outcome', new.seq, new.outcome, null, null);
    return null;
end
$$;

create function switchboard.tell_of_state() returns trigger language plpgsql as $$
begin
    perform switchboard.add_webhook_event(new.conversation_id, 'state', null, null, new.holder, new.team);
    return null;
end
$$;

create trigger tell_of_message after insert on switchboard.messages
    for each row when (new.sender <> 'customer' and not new.suppressed)
    execute function switchboard.tell_of_message();

create trigger tell_of_outcome after update of outcome on switchboard.messages
    for each row when (new.outcome is not null and new.outcome is distinct from old.outcome)
    execute function switchboard.tell_of_outcome();

create trigger tell_of_state after update of holder, team on switchboard.conversations
    for each row when (new.channel = 'webhook' and (new.holder, new.team) is distinct from (old.holder, old.team))
    execute function switchboard.tell_of_state();
