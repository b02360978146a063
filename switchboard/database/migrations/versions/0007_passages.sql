alter table switchboard.articles add column link text constraint articles_link_check check (link <> '');

-- Articles whose passages are to be made anew, or taken away.
create table switchboard.stale_articles (
    article_id bigint not null,
    constraint stale_articles_pkey primary key (article_id),
    constraint stale_articles_article_id_fkey foreign key (article_id)
        references switchboard.articles (article_id) on delete cascade
);
insert into switchboard.stale_articles select article_id from switchboard.articles;

create table switchboard.passages (
    passage_id bigint generated always as identity,
    article_id bigint not null,
    version integer not null,
    ordinal integer not null,
    language text not null,
    body text not null constraint passages_body_check check (body <> ''),
    words tsvector not null,
    embedding halfvec(384),
    constraint passages_pkey primary key (passage_id),
    constraint passages_article_id_ordinal_key unique (article_id, ordinal),
    constraint passages_article_id_fkey foreign key (article_id)
        references switchboard.articles (article_id) on delete cascade
);
create index passages_words_idx on switchboard.passages using gin (words);
create index passages_embedding_idx on switchboard.passages using hnsw (embedding halfvec_ip_ops);
create index passages_not_embedded_idx on switchboard.passages (passage_id) where embedding is null;

-- In how many passages a word is, so that rare words can count for more; the word '' counts all passages.
create table switchboard.passage_words (
    word text not null,
    passages bigint not null,
    constraint passage_words_pkey primary key (word)
);

-- The update that changes nothing waits for a worker that has the row locked; without it that worker would take the row
-- away, and this change would be forgotten.
create function switchboard.tell_of_article() returns trigger language plpgsql as $$
begin
    insert into switchboard.stale_articles values (new.article_id)
        on conflict (article_id) do update set article_id = excluded.article_id;
    perform pg_notify('switchboard_articles', '');
    return null;
end
$$;

create trigger articles_tell_of_change after insert or update of title, body, language, status on switchboard.articles
for each row execute function switchboard.tell_of_article();

-- In the words' order, '' first, so that two who count at once wait for each other and never in a circle.
create function switchboard.add_passage_words(counted text[], sign integer) returns void language sql as $$
    insert into switchboard.passage_words (word, passages)
    select word, sign * count(*) from unnest(counted) word group by word order by word collate "C"
        on conflict (word) do update set passages = passage_words.passages + excluded.passages
$$;

create function switchboard.count_passage_words() returns trigger language plpgsql as $$
begin
    perform switchboard.add_passage_words(
        array(select unnest(array_append(tsvector_to_array(words), '')) from changed), case tg_op when 'INSERT' then 1 else -1 end
    );
    return null;
end
$$;

create trigger passages_count_new after insert on switchboard.passages referencing new table as changed
for each statement execute function switchboard.count_passage_words();

create trigger passages_count_gone after delete on switchboard.passages referencing old table as changed
for each statement execute function switchboard.count_passage_words();
