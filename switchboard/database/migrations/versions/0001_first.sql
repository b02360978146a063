-- The first revision: every schema, table and trigger.

create schema if not exists switchboard;
create schema shop;
create schema if not exists rasa;

comment on schema switchboard is 'Switchboard''s own tables';
comment on schema shop is 'The demo company''s business system';
comment on schema rasa is 'Rasa''s tracker store; Rasa makes its tables itself';

create table switchboard.articles (
    article_id bigint generated always as identity,
    slug text not null,
    language text default 'en' not null,
    status text default 'published' not null constraint articles_status_check check (status in ('draft', 'published', 'archived')),
    version integer default '1' not null constraint articles_version_check check (version > 0),
    title text not null constraint articles_title_check check (title <> ''),
    body text not null constraint articles_body_check check (body <> ''),
    updated_at timestamp with time zone default now() not null,
    constraint articles_pkey primary key (article_id),
    constraint articles_slug_language_key unique (slug, language)
);

create table switchboard.effects (
    message_id text not null,
    action text not null,
    ordinal integer not null,
    request jsonb not null,
    result jsonb,
    created_at timestamp with time zone default now() not null,
    done_at timestamp with time zone,
    constraint effects_pkey primary key (message_id, action, ordinal),
    constraint effects_done_check check ((result is null) = (done_at is null))
);

create table switchboard.teams (
    team text not null,
    title text not null,
    constraint teams_pkey primary key (team)
);

create table switchboard.workers (
    worker_id text not null,
    seen_at timestamp with time zone default now() not null,
    constraint workers_pkey primary key (worker_id)
);

create table switchboard.article_intents (
    article_id bigint not null,
    intent text not null,
    constraint article_intents_pkey primary key (article_id, intent),
    constraint article_intents_article_id_fkey foreign key (article_id) references switchboard.articles (article_id) on delete cascade
);
create index article_intents_intent_idx on switchboard.article_intents (intent);

create table switchboard.article_versions (
    article_id bigint not null,
    version integer not null,
    title text not null,
    body text not null,
    replaced_at timestamp with time zone default now() not null,
    constraint article_versions_pkey primary key (article_id, version),
    constraint article_versions_article_id_fkey foreign key (article_id) references switchboard.articles (article_id) on delete cascade
);

create table switchboard.conversations (
    conversation_id uuid not null,
    channel text not null constraint conversations_channel_check check (channel in ('web', 'rest')),
    sender text,
    token_hash text,
    holder text default 'bot' not null constraint conversations_holder_check check (holder in ('bot', 'queue', 'agent', 'closed')),
    team text,
    crm text,
    external_id text,
    last_seq integer default '0' not null,
    waiting integer default '0' not null constraint conversations_waiting_check check (waiting >= 0),
    claimable_at timestamp with time zone,
    attempt bigint default '0' not null,
    created_at timestamp with time zone default now() not null,
    updated_at timestamp with time zone default now() not null,
    constraint conversations_pkey primary key (conversation_id),
    constraint conversations_held_by_a_team_check check ((holder in ('queue', 'agent')) <= (team is not null)),
    constraint conversations_claimable_while_waiting_check check ((waiting > 0) = (claimable_at is not null)),
    constraint conversations_customer_check check ((crm is null) = (external_id is null)),
    constraint conversations_team_fkey foreign key (team) references switchboard.teams (team)
);
create index conversations_claimable_idx on switchboard.conversations (claimable_at) where claimable_at is not null;
create unique index conversations_sender_key on switchboard.conversations (channel, sender) where sender is not null and holder <> 'closed';

create table switchboard.handoffs (
    handoff_id bigint generated always as identity,
    conversation_id uuid not null,
    seq integer not null,
    team text not null,
    reason text not null,
    created_at timestamp with time zone default now() not null,
    ended_at timestamp with time zone,
    constraint handoffs_pkey primary key (handoff_id),
    constraint handoffs_conversation_id_fkey foreign key (conversation_id) references switchboard.conversations (conversation_id) on delete cascade,
    constraint handoffs_team_fkey foreign key (team) references switchboard.teams (team)
);
create unique index handoffs_open_key on switchboard.handoffs (conversation_id) where ended_at is null;
create index handoffs_waiting_idx on switchboard.handoffs (team, created_at) where ended_at is null;

create table switchboard.messages (
    conversation_id uuid not null,
    seq integer not null constraint messages_seq_check check (seq > 0),
    sender text not null constraint messages_sender_check check (sender in ('customer', 'bot', 'agent', 'system')),
    text text not null,
    payload text,
    buttons jsonb default '[]' not null,
    client_message_id text,
    in_reply_to integer,
    outcome text constraint messages_outcome_check check (outcome in ('answered', 'forwarded', 'failed')),
    tries integer default '0' not null,
    error text,
    suppressed boolean default false not null,
    intent text,
    confidence float constraint messages_confidence_check check (confidence between 0 and 1),
    stage text,
    actions text[],
    created_at timestamp with time zone default now() not null,
    constraint messages_pkey primary key (conversation_id, seq),
    constraint messages_conversation_id_client_message_id_key unique (conversation_id, client_message_id),
    constraint messages_conversation_id_in_reply_to_fkey foreign key (conversation_id, in_reply_to) references switchboard.messages (conversation_id, seq),
    constraint messages_only_customers_messages_have_outcomes_check check (sender = 'customer' or outcome is null),
    constraint messages_conversation_id_fkey foreign key (conversation_id) references switchboard.conversations (conversation_id) on delete cascade
);
create index messages_waiting_idx on switchboard.messages (conversation_id, seq) where sender = 'customer' and outcome is null;

create table shop.customers (
    customer_id bigint generated by default as identity,
    email text not null constraint customers_email_check check (email ~ '^[^@\s]+@[^@\s]+$'),
    first_name text not null constraint customers_first_name_check check (first_name <> ''),
    last_name text not null constraint customers_last_name_check check (last_name <> ''),
    phone text,
    plus_since date,
    created_at timestamp with time zone default now() not null,
    constraint customers_pkey primary key (customer_id)
);
create unique index customers_email_key on shop.customers (lower(email));

create table shop.products (
    product_id bigint generated by default as identity,
    name text not null constraint products_name_check check (name <> ''),
    category text not null constraint products_category_check check (category <> ''),
    constraint products_pkey primary key (product_id),
    constraint products_name_key unique (name)
);

create table shop.seeding (
    one boolean default true not null constraint seeding_one_check check (one),
    seeded_on date not null,
    last_order_id bigint not null,
    constraint seeding_pkey primary key (one)
);

create table shop.shipments (
    shipment_id bigint generated by default as identity,
    carrier text not null constraint shipments_carrier_check check (carrier <> ''),
    tracking_number text not null constraint shipments_tracking_number_check check (tracking_number <> ''),
    shipped_at timestamp with time zone not null,
    constraint shipments_pkey primary key (shipment_id),
    constraint shipments_tracking_number_key unique (tracking_number)
);

create table shop.addresses (
    address_id bigint generated by default as identity,
    customer_id bigint not null,
    street text not null constraint addresses_street_check check (street <> ''),
    city text not null constraint addresses_city_check check (city <> ''),
    region text,
    postcode text not null constraint addresses_postcode_check check (postcode <> ''),
    country text not null constraint addresses_country_check check (country in ('US', 'CA', 'GB', 'DE', 'FR', 'NL')),
    is_default boolean default false not null,
    constraint addresses_pkey primary key (address_id),
    constraint addresses_address_id_customer_id_key unique (address_id, customer_id),
    constraint addresses_customer_id_fkey foreign key (customer_id) references shop.customers (customer_id) on delete cascade
);
create unique index addresses_default_key on shop.addresses (customer_id) where is_default;

create table shop.payment_methods (
    payment_method_id bigint generated by default as identity,
    customer_id bigint not null,
    kind text not null constraint payment_methods_kind_check check (kind in ('visa', 'mastercard', 'american_express', 'paypal', 'bank_transfer', 'gift_card')),
    last_four text constraint payment_methods_last_four_check check (last_four ~ '^[0-9]{4}$'),
    is_default boolean default false not null,
    constraint payment_methods_pkey primary key (payment_method_id),
    constraint payment_methods_cards_have_digits_check check ((kind in ('visa', 'mastercard', 'american_express')) = (last_four is not null)),
    constraint payment_methods_customer_id_fkey foreign key (customer_id) references shop.customers (customer_id) on delete cascade
);
create unique index payment_methods_default_key on shop.payment_methods (customer_id) where is_default;

create table shop.variants (
    variant_id bigint generated by default as identity,
    product_id bigint not null,
    sku text not null constraint variants_sku_check check (sku <> ''),
    title text not null constraint variants_title_check check (title <> ''),
    price numeric(10, 2) not null constraint variants_price_check check (price >= 0),
    stock integer not null constraint variants_stock_check check (stock >= 0),
    constraint variants_pkey primary key (variant_id),
    constraint variants_sku_key unique (sku),
    constraint variants_product_id_title_key unique (product_id, title),
    constraint variants_product_id_fkey foreign key (product_id) references shop.products (product_id) on delete cascade
);

create table shop.orders (
    order_id bigint generated by default as identity,
    number text not null constraint orders_number_check check (number ~ '^([0-9]{5}|W[0-9]{7})$'),
    customer_id bigint not null,
    address_id bigint not null,
    state text not null constraint orders_state_check check (state in ('pending', 'processing', 'shipped', 'delivered', 'cancelled', 'returned')),
    delivery text not null constraint orders_delivery_check check (delivery in ('standard', 'express', 'pickup', 'international')),
    delivery_fee numeric(10, 2) not null constraint orders_delivery_fee_check check (delivery_fee >= 0),
    total numeric(10, 2) not null,
    placed_at timestamp with time zone default now() not null,
    expected_ship_on date,
    expected_delivery_on date,
    shipment_id bigint,
    delivered_at timestamp with time zone,
    returned_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    cancel_reason text,
    constraint orders_pkey primary key (order_id),
    constraint orders_number_key unique (number),
    constraint orders_shipment_id_key unique (shipment_id),
    constraint orders_address_fkey foreign key (address_id, customer_id) references shop.addresses (address_id, customer_id),
    constraint orders_fee_within_total_check check (delivery_fee <= total),
    constraint orders_shipped_check check ((state in ('shipped', 'delivered', 'returned')) = (shipment_id is not null)),
    constraint orders_delivered_check check ((state in ('delivered', 'returned')) = (delivered_at is not null)),
    constraint orders_returned_check check ((state = 'returned') = (returned_at is not null)),
    constraint orders_cancelled_check check ((state = 'cancelled') = (cancelled_at is not null)),
    constraint orders_reason_only_when_cancelled_check check (state = 'cancelled' or cancel_reason is null),
    constraint orders_ships_before_it_arrives_check check (expected_ship_on <= expected_delivery_on),
    constraint orders_nothing_before_it_is_placed_check check (least(delivered_at, cancelled_at) >= placed_at),
    constraint orders_returned_after_delivery_check check (returned_at >= delivered_at),
    constraint orders_customer_id_fkey foreign key (customer_id) references shop.customers (customer_id),
    constraint orders_shipment_id_fkey foreign key (shipment_id) references shop.shipments (shipment_id)
);
create index orders_customer_id_idx on shop.orders (customer_id);

create table shop.order_lines (
    order_id bigint not null,
    variant_id bigint not null,
    quantity integer not null constraint order_lines_quantity_check check (quantity > 0),
    unit_price numeric(10, 2) not null constraint order_lines_unit_price_check check (unit_price >= 0),
    constraint order_lines_pkey primary key (order_id, variant_id),
    constraint order_lines_order_id_fkey foreign key (order_id) references shop.orders (order_id) on delete cascade,
    constraint order_lines_variant_id_fkey foreign key (variant_id) references shop.variants (variant_id)
);

create table shop.payments (
    order_id bigint not null,
    kind text not null constraint payments_kind_check check (kind in ('visa', 'mastercard', 'american_express', 'paypal', 'bank_transfer', 'gift_card')),
    amount numeric(10, 2) not null constraint payments_amount_check check (amount >= 0),
    paid_at timestamp with time zone,
    refunded numeric(10, 2) default '0' not null constraint payments_refunded_check check (refunded between 0 and amount),
    refunded_at timestamp with time zone,
    constraint payments_pkey primary key (order_id),
    constraint payments_refund_has_a_time_check check ((refunded > 0) = (refunded_at is not null)),
    constraint payments_refunded_after_it_was_paid_check check (refunded_at >= paid_at),
    constraint payments_only_what_was_paid_is_refunded_check check (refunded = 0 or paid_at is not null),
    constraint payments_order_id_fkey foreign key (order_id) references shop.orders (order_id) on delete cascade
);

-- Earlier versions of an article are kept, and its version number can't be set by hand.
create function switchboard.keep_article_version() returns trigger language plpgsql as $$
begin
    new.version := old.version;
    new.updated_at := now();
    if (new.title, new.body) is distinct from (old.title, old.body) then
        insert into switchboard.article_versions (article_id, version, title, body)
        values (old.article_id, old.version, old.title, old.body);
        new.version := old.version + 1;
    end if;
    return new;
end
$$;

create trigger articles_keep_version before update on switchboard.articles
for each row execute function switchboard.keep_article_version();
