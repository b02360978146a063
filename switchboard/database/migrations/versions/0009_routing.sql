alter table switchboard.handoffs
    add column noticed_at timestamp with time zone,
    add column unanswered_since timestamp with time zone,
    add column promised_at timestamp with time zone default now() not null;
update switchboard.handoffs set promised_at = created_at;
create index handoffs_new_idx on switchboard.handoffs (handoff_id) where ended_at is null and noticed_at is null;
create index handoffs_unanswered_idx on switchboard.handoffs (unanswered_since)
    where ended_at is null and unanswered_since is not null;

create function switchboard.note_question() returns trigger language plpgsql as $$
begin
    update switchboard.handoffs set unanswered_since = new.created_at
     where conversation_id = new.conversation_id and ended_at is null and unanswered_since is null;
    return null;
end
$$;

create function switchboard.note_response() returns trigger language plpgsql as $$
declare
    its bigint;
begin
    update switchboard.handoffs
       set unanswered_since = null, first_response_at = coalesce(first_response_at, new.created_at)
     where conversation_id = new.conversation_id and ended_at is null
    returning handoff_id into its;
    update switchboard.sla_timers set met_at = new.created_at
     where handoff_id = its and kind in ('first_response', 'next_response') and met_at is null;
    return null;
end
$$;

create function switchboard.stop_timers() returns trigger language plpgsql as $$
begin
    update switchboard.sla_timers set met_at = new.ended_at where handoff_id = new.handoff_id and met_at is null;
    return null;
end
$$;

create trigger note_question after insert on switchboard.messages
    for each row when (new.sender = 'customer') execute function switchboard.note_question();

create trigger note_response after insert on switchboard.messages
    for each row when (new.sender = 'agent') execute function switchboard.note_response();

create trigger stop_timers after update of ended_at on switchboard.handoffs
    for each row when (old.ended_at is null and new.ended_at is not null)
    execute function switchboard.stop_timers();
