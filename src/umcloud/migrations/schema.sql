-- Written by `./dev schema` from the slices' tables; do not edit.

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% rows are never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TABLE public.accepted_cursor (
    lane smallint NOT NULL,
    id uuid NOT NULL,
    CONSTRAINT ck_accepted_cursor_lane_range CHECK (((lane >= 0) AND (lane <= 255)))
);

CREATE TABLE public.account (
    id uuid NOT NULL,
    lane smallint NOT NULL,
    name character varying(64) NOT NULL,
    state character varying(8) NOT NULL,
    frozen_reason character varying(16),
    locale character varying(8) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT ck_account_closed_says_when CHECK ((((state)::text = 'CLOSED'::text) = (closed_at IS NOT NULL))),
    CONSTRAINT ck_account_frozen_reason CHECK (((frozen_reason)::text = ANY ((ARRAY['THEFT'::character varying, 'PROFILE'::character varying, 'ARREARS'::character varying, 'BREACH'::character varying, 'REQUEST'::character varying])::text[]))),
    CONSTRAINT ck_account_frozen_says_why CHECK ((((state)::text = 'FROZEN'::text) = (frozen_reason IS NOT NULL))),
    CONSTRAINT ck_account_lane CHECK (((lane >= 0) AND (lane <= 255))),
    CONSTRAINT ck_account_state CHECK (((state)::text = ANY ((ARRAY['ACTIVE'::character varying, 'FROZEN'::character varying, 'CLOSED'::character varying])::text[])))
);

CREATE TABLE public.account_subject (
    account_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    since timestamp with time zone NOT NULL
);

CREATE TABLE public.agreement_version (
    id uuid NOT NULL,
    kind text NOT NULL,
    version text NOT NULL,
    locale text NOT NULL,
    sha256 bytea NOT NULL,
    effective_from timestamp with time zone NOT NULL,
    published_at timestamp with time zone NOT NULL,
    text text NOT NULL,
    CONSTRAINT ck_agreement_version_hash_of_text CHECK ((sha256 = sha256(convert_to(text, 'UTF8'::name)))),
    CONSTRAINT ck_agreement_version_kind CHECK ((kind = 'user-agreement'::text)),
    CONSTRAINT ck_agreement_version_locale CHECK ((locale = ANY (ARRAY['zh_CN'::text, 'en'::text]))),
    CONSTRAINT ck_agreement_version_version CHECK ((version <> ''::text))
);

CREATE TABLE public.announcement (
    id uuid NOT NULL,
    event_name character varying(80) NOT NULL,
    facts jsonb NOT NULL,
    email boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    after_account_id uuid,
    told bigint NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT ck_announcement_in_order CHECK (((ended_at IS NULL) OR (ended_at >= created_at))),
    CONSTRAINT ck_announcement_told_counted CHECK ((told >= 0))
);

CREATE TABLE public.api_key (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    public_key character varying(64) NOT NULL,
    sealed_private bytea NOT NULL,
    name character varying(64) NOT NULL,
    scopes character varying(16)[] NOT NULL,
    networks character varying(49)[] NOT NULL,
    state character varying(16) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_day date,
    CONSTRAINT ck_api_key_has_a_scope CHECK ((cardinality(scopes) > 0)),
    CONSTRAINT ck_api_key_state CHECK (((state)::text = ANY ((ARRAY['ACTIVE'::character varying, 'SUSPENDED'::character varying, 'REVOKED'::character varying])::text[])))
);

CREATE TABLE public.audit_head (
    single boolean NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT ck_audit_head_one_row CHECK (single),
    CONSTRAINT ck_audit_head_sha256 CHECK ((octet_length(hash) = 32))
);

CREATE TABLE public.audit_record (
    id uuid NOT NULL,
    account_id uuid,
    actor_kind character varying(16) NOT NULL,
    actor_id uuid,
    door character varying(16) NOT NULL,
    name character varying(80) NOT NULL,
    facts jsonb NOT NULL,
    ip character varying(45),
    user_agent character varying(300),
    request_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    chain_seq bigint,
    chain_hash bytea,
    CONSTRAINT ck_audit_record_counted_from_one CHECK ((chain_seq >= 1)),
    CONSTRAINT ck_audit_record_sealed_whole CHECK (((chain_seq IS NULL) = (chain_hash IS NULL))),
    CONSTRAINT ck_audit_record_sha256 CHECK ((octet_length(chain_hash) = 32))
);

CREATE TABLE public.audit_run (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    scope character varying(8) NOT NULL,
    since timestamp with time zone,
    xid bigint,
    checked integer NOT NULL,
    violations jsonb NOT NULL,
    milliseconds integer NOT NULL,
    CONSTRAINT ck_audit_run_new_says_since_when CHECK ((((scope)::text = 'new'::text) = (since IS NOT NULL))),
    CONSTRAINT ck_audit_run_not_negative CHECK (((checked >= 0) AND (milliseconds >= 0))),
    CONSTRAINT ck_audit_run_scope_known CHECK (((scope)::text = ANY ((ARRAY['new'::character varying, 'all'::character varying])::text[]))),
    CONSTRAINT ck_audit_run_violations_are_a_list CHECK ((jsonb_typeof(violations) = 'array'::text))
);

CREATE TABLE public.audit_sweep (
    single boolean NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    wanted boolean NOT NULL,
    question character varying(120) NOT NULL,
    "position" bigint NOT NULL,
    pieces integer NOT NULL,
    milliseconds bigint NOT NULL,
    violations jsonb NOT NULL,
    CONSTRAINT ck_audit_sweep_one_row CHECK (single)
);

CREATE TABLE public.bucket (
    lane smallint NOT NULL,
    wallet_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    priority smallint NOT NULL,
    remaining bigint NOT NULL,
    granted bigint NOT NULL,
    expires_at timestamp with time zone,
    CONSTRAINT ck_bucket_i9_not_negative CHECK (((remaining >= 0) OR (kind = 'credit'::text))),
    CONSTRAINT ck_bucket_kind_known CHECK ((kind = ANY (ARRAY['package'::text, 'voucher'::text, 'gift'::text, 'credit'::text])))
)
WITH (fillfactor='50');

CREATE TABLE public.callback_attempt (
    delivery_id uuid NOT NULL,
    number integer NOT NULL,
    at timestamp with time zone NOT NULL,
    status integer,
    error text,
    milliseconds integer NOT NULL,
    CONSTRAINT ck_callback_attempt_answered_or_not CHECK (((status IS NOT NULL) OR (error IS NOT NULL))),
    CONSTRAINT ck_callback_attempt_counted_from_one CHECK ((number > 0))
);

CREATE TABLE public.callback_delivery (
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    account_id uuid NOT NULL,
    topic text NOT NULL,
    ids uuid[] NOT NULL,
    xids xid8[] DEFAULT '{}'::xid8[] NOT NULL,
    size integer GENERATED ALWAYS AS (cardinality(ids)) STORED NOT NULL,
    state text NOT NULL,
    tries integer NOT NULL,
    attempts integer NOT NULL,
    next_at timestamp with time zone NOT NULL,
    lease uuid,
    last_status integer,
    last_error text,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT ck_callback_delivery_ended_says_when CHECK (((state = 'pending'::text) = (ended_at IS NULL))),
    CONSTRAINT ck_callback_delivery_ends_have_xids CHECK ((cardinality(xids) =
CASE topic
    WHEN 'receipts'::text THEN size
    ELSE 0
END)),
    CONSTRAINT ck_callback_delivery_items_fit CHECK ((((topic = 'ping'::text) = (size = 0)) AND (size <= 200))),
    CONSTRAINT ck_callback_delivery_state_known CHECK ((state = ANY (ARRAY['pending'::text, 'delivered'::text, 'dead'::text]))),
    CONSTRAINT ck_callback_delivery_topic_known CHECK ((topic = ANY (ARRAY['receipts'::text, 'replies'::text, 'ping'::text]))),
    CONSTRAINT ck_callback_delivery_tries_are_attempts CHECK (((tries >= 0) AND (tries <= attempts)))
);
ALTER TABLE ONLY public.callback_delivery ALTER COLUMN ids SET STORAGE EXTERNAL;

CREATE TABLE public.callback_endpoint (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    url text NOT NULL,
    form text NOT NULL,
    secret_sealed bytea,
    state text NOT NULL,
    about text NOT NULL,
    kinds text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_callback_endpoint_about_known CHECK ((about = ANY (ARRAY['receipts'::text, 'replies'::text]))),
    CONSTRAINT ck_callback_endpoint_form_known CHECK ((form = ANY (ARRAY['native'::text, 'signed'::text]))),
    CONSTRAINT ck_callback_endpoint_kinds_known CHECK ((kinds <@ ARRAY['delivered'::text, 'failed'::text, 'rejected'::text, 'unknown'::text])),
    CONSTRAINT ck_callback_endpoint_receipts_have_kinds CHECK (((about = 'receipts'::text) = (cardinality(kinds) > 0))),
    CONSTRAINT ck_callback_endpoint_signed_has_secret CHECK (((form = 'signed'::text) = (secret_sealed IS NOT NULL))),
    CONSTRAINT ck_callback_endpoint_state_known CHECK ((state = ANY (ARRAY['enabled'::text, 'paused'::text, 'removed'::text]))),
    CONSTRAINT ck_callback_endpoint_url_length CHECK (((length(url) >= 1) AND (length(url) <= 500)))
);

CREATE TABLE public.carrier_line (
    number smallint NOT NULL,
    name text NOT NULL,
    host text NOT NULL,
    port integer NOT NULL,
    system_id text NOT NULL,
    password_sealed bytea NOT NULL,
    source text NOT NULL,
    "window" integer NOT NULL,
    per_second integer,
    state text NOT NULL,
    carries text NOT NULL,
    priority smallint NOT NULL,
    CONSTRAINT ck_carrier_line_carries_known CHECK ((carries = ANY (ARRAY['domestic'::text, 'international'::text, 'all'::text]))),
    CONSTRAINT ck_carrier_line_number_range CHECK (((number >= 1) AND (number <= 999))),
    CONSTRAINT ck_carrier_line_port_range CHECK (((port >= 1) AND (port <= 65535))),
    CONSTRAINT ck_carrier_line_some_speed CHECK ((per_second > 0)),
    CONSTRAINT ck_carrier_line_state_known CHECK ((state = ANY (ARRAY['enabled'::text, 'draining'::text, 'disabled'::text]))),
    CONSTRAINT ck_carrier_line_window_range CHECK ((("window" >= 1) AND ("window" <= 10000)))
);

CREATE TABLE public.charge (
    lane smallint NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    wallet_id uuid NOT NULL,
    bucket_id uuid NOT NULL,
    amount bigint NOT NULL,
    quantity integer NOT NULL,
    price_id uuid NOT NULL,
    tax_code text NOT NULL,
    refund_on_failure boolean NOT NULL,
    journal_lane smallint NOT NULL,
    journal_id uuid NOT NULL,
    draws jsonb,
    CONSTRAINT ck_charge_not_negative CHECK ((amount >= 0)),
    CONSTRAINT ck_charge_something CHECK ((quantity > 0))
)
PARTITION BY RANGE (id);

CREATE TABLE public.charge_default (
    lane smallint CONSTRAINT charge_lane_not_null NOT NULL,
    id uuid CONSTRAINT charge_id_not_null NOT NULL,
    account_id uuid CONSTRAINT charge_account_id_not_null NOT NULL,
    wallet_id uuid CONSTRAINT charge_wallet_id_not_null NOT NULL,
    bucket_id uuid CONSTRAINT charge_bucket_id_not_null NOT NULL,
    amount bigint CONSTRAINT charge_amount_not_null NOT NULL,
    quantity integer CONSTRAINT charge_quantity_not_null NOT NULL,
    price_id uuid CONSTRAINT charge_price_id_not_null NOT NULL,
    tax_code text CONSTRAINT charge_tax_code_not_null NOT NULL,
    refund_on_failure boolean CONSTRAINT charge_refund_on_failure_not_null NOT NULL,
    journal_lane smallint CONSTRAINT charge_journal_lane_not_null NOT NULL,
    journal_id uuid CONSTRAINT charge_journal_id_not_null NOT NULL,
    draws jsonb,
    CONSTRAINT ck_charge_not_negative CHECK ((amount >= 0)),
    CONSTRAINT ck_charge_something CHECK ((quantity > 0))
);

CREATE TABLE public.charge_outcome (
    lane smallint NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone NOT NULL,
    journal_lane smallint,
    journal_id uuid,
    CONSTRAINT ck_charge_outcome_kind_known CHECK ((kind = ANY (ARRAY['settle'::text, 'refund'::text, 'release'::text]))),
    CONSTRAINT ck_charge_outcome_not_negative CHECK ((amount >= 0)),
    CONSTRAINT ck_charge_outcome_refund_is_booked CHECK (((kind = 'refund'::text) = (journal_id IS NOT NULL))),
    CONSTRAINT ck_charge_outcome_whole_journal CHECK (((journal_lane IS NULL) = (journal_id IS NULL)))
)
PARTITION BY RANGE (id);

CREATE TABLE public.charge_outcome_default (
    lane smallint CONSTRAINT charge_outcome_lane_not_null NOT NULL,
    id uuid CONSTRAINT charge_outcome_id_not_null NOT NULL,
    kind text CONSTRAINT charge_outcome_kind_not_null NOT NULL,
    amount bigint CONSTRAINT charge_outcome_amount_not_null NOT NULL,
    reason text CONSTRAINT charge_outcome_reason_not_null NOT NULL,
    at timestamp with time zone CONSTRAINT charge_outcome_at_not_null NOT NULL,
    journal_lane smallint,
    journal_id uuid,
    CONSTRAINT ck_charge_outcome_kind_known CHECK ((kind = ANY (ARRAY['settle'::text, 'refund'::text, 'release'::text]))),
    CONSTRAINT ck_charge_outcome_not_negative CHECK ((amount >= 0)),
    CONSTRAINT ck_charge_outcome_refund_is_booked CHECK (((kind = 'refund'::text) = (journal_id IS NOT NULL))),
    CONSTRAINT ck_charge_outcome_whole_journal CHECK (((journal_lane IS NULL) = (journal_id IS NULL)))
);

CREATE TABLE public.clock_offset (
    "only" boolean NOT NULL,
    microseconds bigint NOT NULL,
    CONSTRAINT ck_clock_offset_forward_only CHECK ((microseconds >= 0)),
    CONSTRAINT ck_clock_offset_one_row CHECK ("only")
);

CREATE TABLE public.consent (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    member_id uuid NOT NULL,
    version_id uuid NOT NULL,
    kind text NOT NULL,
    version text NOT NULL,
    locale text NOT NULL,
    sha256 bytea NOT NULL,
    emphasised text[] NOT NULL,
    acknowledged text[] NOT NULL,
    seconds_on_page integer NOT NULL,
    authority_confirmed boolean NOT NULL,
    ip text,
    user_agent text,
    door text NOT NULL,
    at timestamp with time zone NOT NULL,
    chain_seq integer NOT NULL,
    chain_hash bytea NOT NULL,
    CONSTRAINT ck_consent_all_emphasised_acknowledged CHECK ((acknowledged @> emphasised)),
    CONSTRAINT ck_consent_authority CHECK (authority_confirmed),
    CONSTRAINT ck_consent_chain_hash CHECK ((octet_length(chain_hash) = 32)),
    CONSTRAINT ck_consent_chain_seq CHECK ((chain_seq >= 1)),
    CONSTRAINT ck_consent_page_time CHECK ((seconds_on_page >= 0)),
    CONSTRAINT ck_consent_something_emphasised CHECK ((cardinality(emphasised) > 0))
);

CREATE TABLE public.conversation (
    key bigint NOT NULL,
    lane smallint NOT NULL,
    message_id uuid NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE public.conversation_cursor (
    lane smallint NOT NULL,
    id uuid NOT NULL
);

CREATE TABLE public.daily_count (
    account_id uuid NOT NULL,
    day date NOT NULL,
    class text NOT NULL,
    state text NOT NULL,
    messages bigint NOT NULL,
    segments bigint NOT NULL
);

CREATE TABLE public.email_outbox (
    id uuid NOT NULL,
    account_id uuid,
    recipient character varying(254) NOT NULL,
    subject character varying(200) NOT NULL,
    sealed_text bytea,
    state character varying(8) NOT NULL,
    attempts smallint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    last_error character varying(200),
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    CONSTRAINT ck_email_outbox_sent_says_when CHECK ((((state)::text = 'SENT'::text) = (sent_at IS NOT NULL))),
    CONSTRAINT ck_email_outbox_state CHECK (((state)::text = ANY ((ARRAY['QUEUED'::character varying, 'SENT'::character varying, 'DEAD'::character varying])::text[]))),
    CONSTRAINT ck_email_outbox_text_while_queued CHECK ((((state)::text = 'QUEUED'::text) = (sealed_text IS NOT NULL)))
);

CREATE TABLE public.entry (
    lane smallint NOT NULL,
    wallet_id uuid NOT NULL,
    seq bigint NOT NULL,
    journal_lane smallint NOT NULL,
    journal_id uuid NOT NULL,
    amount bigint NOT NULL,
    balance_after bigint NOT NULL,
    CONSTRAINT ck_entry_i3_from_one CHECK ((seq > 0)),
    CONSTRAINT ck_entry_moves_something CHECK ((amount <> 0))
);

CREATE TABLE public.final (
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    lane smallint NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    class text NOT NULL,
    segments smallint NOT NULL,
    state text NOT NULL,
    code text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT ck_final_state_known CHECK ((state = ANY (ARRAY['delivered'::text, 'failed'::text, 'unknown'::text, 'rejected'::text])))
)
PARTITION BY RANGE (id);

CREATE TABLE public.final_default (
    xid xid8 DEFAULT pg_current_xact_id() CONSTRAINT final_xid_not_null NOT NULL,
    lane smallint CONSTRAINT final_lane_not_null NOT NULL,
    id uuid CONSTRAINT final_id_not_null NOT NULL,
    account_id uuid CONSTRAINT final_account_id_not_null NOT NULL,
    class text CONSTRAINT final_class_not_null NOT NULL,
    segments smallint CONSTRAINT final_segments_not_null NOT NULL,
    state text CONSTRAINT final_state_not_null NOT NULL,
    code text CONSTRAINT final_code_not_null NOT NULL,
    at timestamp with time zone CONSTRAINT final_at_not_null NOT NULL,
    CONSTRAINT ck_final_state_known CHECK ((state = ANY (ARRAY['delivered'::text, 'failed'::text, 'unknown'::text, 'rejected'::text])))
);

CREATE TABLE public.hold (
    lane smallint NOT NULL,
    id uuid NOT NULL,
    wallet_id uuid NOT NULL,
    amount bigint NOT NULL,
    state text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    journal_id uuid,
    CONSTRAINT ck_hold_positive CHECK ((amount > 0)),
    CONSTRAINT ck_hold_settled_when_closed CHECK (((state = 'open'::text) = (settled_at IS NULL))),
    CONSTRAINT ck_hold_state_known CHECK ((state = ANY (ARRAY['open'::text, 'posted'::text, 'voided'::text, 'expired'::text])))
);

CREATE TABLE public.idempotency (
    lane smallint NOT NULL,
    account_id uuid NOT NULL,
    key text NOT NULL,
    request_hash text NOT NULL,
    session_id uuid NOT NULL,
    answer jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT ck_idempotency_key_length CHECK (((length(key) >= 1) AND (length(key) <= 255)))
);

CREATE TABLE public.identity_application (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    name character varying(100) NOT NULL,
    uscc character varying(18) NOT NULL,
    legal_person character varying(64) NOT NULL,
    state character varying(16) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    submitted_at timestamp with time zone,
    decided_at timestamp with time zone,
    decided_by uuid,
    reason character varying(500),
    CONSTRAINT ck_identity_application_decided_says_when CHECK ((((state)::text = ANY ((ARRAY['APPROVED'::character varying, 'REFUSED'::character varying])::text[])) = (decided_at IS NOT NULL))),
    CONSTRAINT ck_identity_application_refused_says_why CHECK ((((state)::text = 'REFUSED'::text) = (reason IS NOT NULL))),
    CONSTRAINT ck_identity_application_state CHECK (((state)::text = ANY ((ARRAY['DRAFT'::character varying, 'SUBMITTED'::character varying, 'APPROVED'::character varying, 'REFUSED'::character varying])::text[]))),
    CONSTRAINT ck_identity_application_submitted_says_when CHECK ((((state)::text = 'DRAFT'::text) = (submitted_at IS NULL)))
);

CREATE TABLE public.identity_document (
    id uuid NOT NULL,
    application_id uuid NOT NULL,
    kind character varying(16) NOT NULL,
    media_type character varying(32) NOT NULL,
    size integer NOT NULL,
    sha256 bytea NOT NULL,
    sealed bytea NOT NULL,
    uploaded_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_identity_document_kind CHECK (((kind)::text = ANY ((ARRAY['LICENCE'::character varying, 'AUTHORISATION'::character varying])::text[]))),
    CONSTRAINT ck_identity_document_size CHECK (((size >= 1) AND (size <= 4194304)))
);

CREATE TABLE public.inbound_message (
    id uuid NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    account_id uuid,
    line smallint NOT NULL,
    source text NOT NULL,
    destination text NOT NULL,
    extend_code text NOT NULL,
    text text NOT NULL,
    parts smallint NOT NULL,
    missing smallint NOT NULL,
    message_id uuid,
    client_ref text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT ck_inbound_message_related_or_nobodys CHECK (((account_id IS NULL) = (message_id IS NULL))),
    CONSTRAINT ck_inbound_message_something_came CHECK (((missing >= 0) AND (missing <= (parts - 1))))
);

CREATE TABLE public.inbound_part (
    link uuid NOT NULL,
    ordinal integer NOT NULL,
    line smallint NOT NULL,
    fingerprint bytea NOT NULL,
    answered boolean NOT NULL,
    source text NOT NULL,
    destination text NOT NULL,
    octets bytea NOT NULL,
    coding smallint NOT NULL,
    reference integer,
    total smallint NOT NULL,
    number smallint NOT NULL,
    at timestamp with time zone NOT NULL,
    inbound_id uuid,
    CONSTRAINT ck_inbound_part_fingerprint_length CHECK ((octet_length(fingerprint) = 32)),
    CONSTRAINT ck_inbound_part_long_ones_have_a_reference CHECK (((reference IS NULL) = (total = 1))),
    CONSTRAINT ck_inbound_part_number_of_total CHECK (((number >= 1) AND (number <= total)))
);

CREATE TABLE public.invitation (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    channel character varying(8) NOT NULL,
    target character varying(254) NOT NULL,
    role character varying(16) NOT NULL,
    state character varying(16) NOT NULL,
    token_hash bytea NOT NULL,
    invited_by uuid,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    sendings smallint NOT NULL,
    member_id uuid,
    CONSTRAINT ck_invitation_accepted_by_somebody CHECK ((((state)::text = 'ACCEPTED'::text) = (member_id IS NOT NULL))),
    CONSTRAINT ck_invitation_channel CHECK (((channel)::text = ANY ((ARRAY['email'::character varying, 'phone'::character varying])::text[]))),
    CONSTRAINT ck_invitation_in_order CHECK (((expires_at > sent_at) AND (sent_at >= created_at))),
    CONSTRAINT ck_invitation_role CHECK (((role)::text = ANY ((ARRAY['OWNER'::character varying, 'DEVELOPER'::character varying, 'FINANCE'::character varying, 'VIEWER'::character varying])::text[]))),
    CONSTRAINT ck_invitation_sendings CHECK (((sendings >= 1) AND (sendings <= 5))),
    CONSTRAINT ck_invitation_sha256 CHECK ((octet_length(token_hash) = 32)),
    CONSTRAINT ck_invitation_state CHECK (((state)::text = ANY ((ARRAY['OPEN'::character varying, 'ACCEPTED'::character varying, 'WITHDRAWN'::character varying])::text[])))
);

CREATE TABLE public.journal (
    lane smallint NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    effective_on date NOT NULL,
    reason text NOT NULL,
    actor_id uuid,
    reverses uuid,
    idempotency_key text,
    request_hash bytea,
    CONSTRAINT ck_journal_i10_key_with_hash CHECK (((idempotency_key IS NULL) = (request_hash IS NULL)))
);

CREATE TABLE public.journal_block (
    number bigint NOT NULL,
    from_id uuid NOT NULL,
    upto_id uuid NOT NULL,
    journals bigint NOT NULL,
    hash bytea NOT NULL,
    sealed_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_journal_block_sha256 CHECK ((octet_length(hash) = 32))
);

CREATE TABLE public.journal_seal (
    lane smallint NOT NULL,
    journal_id uuid NOT NULL,
    block bigint NOT NULL
);

CREATE TABLE public.lane_log (
    lane smallint NOT NULL,
    last_id uuid NOT NULL,
    CONSTRAINT ck_lane_log_lane_range CHECK (((lane >= 0) AND (lane <= 255)))
)
WITH (fillfactor='20');

CREATE TABLE public.legal_subject (
    id uuid NOT NULL,
    kind character varying(16) NOT NULL,
    number character varying(18) NOT NULL,
    name character varying(100) NOT NULL,
    legal_person character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_legal_subject_kind CHECK (((kind)::text = 'ORGANISATION'::text))
);

CREATE TABLE public.line_cursor (
    line smallint NOT NULL,
    lane smallint NOT NULL,
    id uuid NOT NULL
);

CREATE TABLE public.line_pulse (
    line smallint NOT NULL,
    at timestamp with time zone NOT NULL,
    is_bound boolean NOT NULL,
    in_flight integer NOT NULL,
    waiting integer NOT NULL,
    submitted_per_second integer NOT NULL,
    receipts_per_second integer NOT NULL,
    trouble text,
    trouble_detail text,
    trouble_at timestamp with time zone,
    CONSTRAINT ck_line_pulse_not_negative CHECK (((in_flight >= 0) AND (waiting >= 0))),
    CONSTRAINT ck_line_pulse_trouble_has_moment CHECK (((trouble IS NULL) = (trouble_at IS NULL)))
);

CREATE TABLE public.log_cursor (
    follower text NOT NULL,
    xid xid8 NOT NULL,
    lane smallint NOT NULL,
    id uuid NOT NULL,
    open_from uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL
);

CREATE TABLE public.member (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    email character varying(254),
    phone character varying(20),
    name character varying(64) NOT NULL,
    role character varying(16) NOT NULL,
    state character varying(8) NOT NULL,
    password_hash text,
    failures smallint DEFAULT '0'::smallint NOT NULL,
    locked_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_member_active_has_password CHECK ((((state)::text <> 'ACTIVE'::text) OR (password_hash IS NOT NULL))),
    CONSTRAINT ck_member_email_lower_case CHECK (((email)::text = lower((email)::text))),
    CONSTRAINT ck_member_reachable CHECK (((email IS NOT NULL) OR (phone IS NOT NULL))),
    CONSTRAINT ck_member_role CHECK (((role)::text = ANY ((ARRAY['OWNER'::character varying, 'DEVELOPER'::character varying, 'FINANCE'::character varying, 'VIEWER'::character varying])::text[]))),
    CONSTRAINT ck_member_state CHECK (((state)::text = ANY ((ARRAY['ACTIVE'::character varying, 'REMOVED'::character varying])::text[])))
);

CREATE TABLE public.message (
    lane smallint NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    line smallint NOT NULL,
    class text NOT NULL,
    destination text NOT NULL,
    source text NOT NULL,
    text text NOT NULL,
    parts smallint NOT NULL,
    segments smallint NOT NULL,
    template_id uuid NOT NULL,
    signature_id uuid,
    client_ref text,
    CONSTRAINT ck_message_class_known CHECK ((class = ANY (ARRAY['otp'::text, 'notice'::text, 'marketing'::text]))),
    CONSTRAINT ck_message_has_parts CHECK ((parts > 0)),
    CONSTRAINT ck_message_has_segments CHECK ((segments > 0))
)
PARTITION BY RANGE (id);

CREATE TABLE public.message_default (
    lane smallint CONSTRAINT message_lane_not_null NOT NULL,
    id uuid CONSTRAINT message_id_not_null NOT NULL,
    account_id uuid CONSTRAINT message_account_id_not_null NOT NULL,
    line smallint CONSTRAINT message_line_not_null NOT NULL,
    class text CONSTRAINT message_class_not_null NOT NULL,
    destination text CONSTRAINT message_destination_not_null NOT NULL,
    source text CONSTRAINT message_source_not_null NOT NULL,
    text text CONSTRAINT message_text_not_null NOT NULL,
    parts smallint CONSTRAINT message_parts_not_null NOT NULL,
    segments smallint CONSTRAINT message_segments_not_null NOT NULL,
    template_id uuid CONSTRAINT message_template_id_not_null NOT NULL,
    signature_id uuid,
    client_ref text,
    CONSTRAINT ck_message_class_known CHECK ((class = ANY (ARRAY['otp'::text, 'notice'::text, 'marketing'::text]))),
    CONSTRAINT ck_message_has_parts CHECK ((parts > 0)),
    CONSTRAINT ck_message_has_segments CHECK ((segments > 0))
);

CREATE TABLE public.notification (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    member_id uuid,
    event_name character varying(80) NOT NULL,
    facts jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    read_at timestamp with time zone
);

CREATE TABLE public.one_time_code (
    channel character varying(8) NOT NULL,
    target character varying(254) NOT NULL,
    purpose character varying(16) NOT NULL,
    code_mac bytea NOT NULL,
    tries smallint NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    day date NOT NULL,
    sent_on_day smallint NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT ck_one_time_code_mac CHECK ((octet_length(code_mac) = 32)),
    CONSTRAINT ck_one_time_code_tries CHECK (((tries >= 0) AND (tries <= 5)))
);

CREATE TABLE public.operator_entry (
    lane smallint NOT NULL,
    journal_id uuid NOT NULL,
    line smallint NOT NULL,
    ledger_account text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT ck_operator_entry_moves_something CHECK ((amount <> 0))
);

CREATE TABLE public.operator_fold (
    ledger_account text NOT NULL,
    currency text NOT NULL,
    lane smallint NOT NULL,
    balance bigint NOT NULL,
    upto_block bigint NOT NULL
);

CREATE TABLE public.opt_out (
    account_id uuid NOT NULL,
    number text NOT NULL,
    id uuid NOT NULL,
    origin text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT ck_opt_out_number_is_digits CHECK ((number ~ '^[0-9]+$'::text)),
    CONSTRAINT ck_opt_out_origin_known CHECK ((origin = ANY (ARRAY['reply'::text, 'hand'::text])))
);

CREATE TABLE public.orphan_receipt (
    line smallint NOT NULL,
    carrier_id text NOT NULL,
    state text NOT NULL,
    code text NOT NULL,
    carrier_at timestamp with time zone,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.package_order (
    id uuid NOT NULL,
    number text NOT NULL,
    account_id uuid NOT NULL,
    package_group text NOT NULL,
    quantity integer NOT NULL,
    unit_price numeric(18,8) NOT NULL,
    amount bigint NOT NULL,
    price_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    placed_at timestamp with time zone NOT NULL,
    placed_by uuid,
    bucket_id uuid NOT NULL,
    journal_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    request_hash bytea NOT NULL,
    voided_units integer,
    void_journal_id uuid,
    earned_units integer DEFAULT 0 NOT NULL,
    earned bigint DEFAULT '0'::bigint NOT NULL,
    CONSTRAINT ck_package_order_earned_by_units CHECK (((earned)::numeric = round((((amount)::numeric * (earned_units)::numeric) / (quantity)::numeric)))),
    CONSTRAINT ck_package_order_earns_at_most_all CHECK (((earned_units >= 0) AND (earned_units <= quantity))),
    CONSTRAINT ck_package_order_group_known CHECK ((package_group = ANY (ARRAY['notice'::text, 'marketing'::text]))),
    CONSTRAINT ck_package_order_i13_priced_once CHECK (((amount)::numeric = round(((unit_price * (quantity)::numeric) * (1000000)::numeric)))),
    CONSTRAINT ck_package_order_in_hundreds CHECK ((((quantity % 100) = 0) AND (quantity >= 100))),
    CONSTRAINT ck_package_order_number_shape CHECK ((number ~ '^[0-9]{23}$'::text)),
    CONSTRAINT ck_package_order_valid_for_a_while CHECK ((expires_at > placed_at)),
    CONSTRAINT ck_package_order_void_is_booked CHECK (((void_journal_id IS NOT NULL) = (COALESCE(voided_units, 0) > 0))),
    CONSTRAINT ck_package_order_voids_at_most_all CHECK (((voided_units >= 0) AND (voided_units <= quantity)))
);

CREATE TABLE public.payment (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    number text NOT NULL,
    channel text NOT NULL,
    amount bigint NOT NULL,
    state text NOT NULL,
    pay_url text NOT NULL,
    idempotency_key text NOT NULL,
    request_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    trade_number text,
    payer_id text,
    payer_name text,
    paid_at timestamp with time zone,
    journal_id uuid,
    closed_at timestamp with time zone,
    asks integer DEFAULT 0 NOT NULL,
    next_ask_at timestamp with time zone NOT NULL,
    unpaid_at timestamp with time zone,
    CONSTRAINT ck_payment_amount_bounds CHECK (((amount >= 10000) AND (amount <= '1000000000000'::bigint))),
    CONSTRAINT ck_payment_closed_has_moment CHECK (((state <> 'closed'::text) OR (closed_at IS NOT NULL))),
    CONSTRAINT ck_payment_paid_is_proved CHECK (((state = 'paid'::text) = (num_nonnulls(trade_number, payer_id, payer_name, paid_at, journal_id) = 5))),
    CONSTRAINT ck_payment_state_known CHECK ((state = ANY (ARRAY['created'::text, 'paid'::text, 'closed'::text]))),
    CONSTRAINT ck_payment_unpaid_is_known_after_the_end CHECK ((unpaid_at > expires_at)),
    CONSTRAINT ck_payment_whole_fen CHECK (((amount % (10000)::bigint) = 0))
);

CREATE TABLE public.payment_notice (
    channel text NOT NULL,
    notice_id text NOT NULL,
    payment_id uuid,
    bill_number text NOT NULL,
    trade_number text NOT NULL,
    state text NOT NULL,
    amount bigint NOT NULL,
    payer_id text NOT NULL,
    payer_name text NOT NULL,
    paid_at timestamp with time zone,
    outcome text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_payment_notice_outcome_known CHECK ((outcome = ANY (ARRAY['settled'::text, 'repeated'::text, 'closed'::text, 'ignored'::text, 'second_trade'::text, 'mismatch'::text, 'unknown'::text]))),
    CONSTRAINT ck_payment_notice_state_known CHECK ((state = ANY (ARRAY['waiting'::text, 'paid'::text, 'closed'::text]))),
    CONSTRAINT ck_payment_notice_unknown_has_no_payment CHECK (((outcome = 'unknown'::text) = (payment_id IS NULL)))
);

CREATE TABLE public.payment_statement (
    channel text NOT NULL,
    day date NOT NULL,
    lines integer NOT NULL,
    imported_at timestamp with time zone NOT NULL
);

CREATE TABLE public.payment_statement_line (
    channel text NOT NULL,
    trade_number text NOT NULL,
    day date NOT NULL,
    bill_number text NOT NULL,
    amount bigint NOT NULL,
    payer_id text NOT NULL,
    paid_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_payment_statement_line_positive CHECK ((amount > 0))
);

CREATE TABLE public.price_draft (
    id uuid NOT NULL,
    begins_on date NOT NULL,
    source text NOT NULL,
    based_on integer NOT NULL,
    state character varying(16) NOT NULL,
    prepared_by uuid NOT NULL,
    prepared_at timestamp with time zone NOT NULL,
    decided_by uuid,
    decided_at timestamp with time zone,
    CONSTRAINT ck_price_draft_decided_says_when CHECK ((((state)::text = 'PREPARED'::text) = (decided_at IS NULL))),
    CONSTRAINT ck_price_draft_decided_says_who CHECK (((decided_at IS NULL) = (decided_by IS NULL))),
    CONSTRAINT ck_price_draft_four_eyes CHECK ((((state)::text <> 'PUBLISHED'::text) OR (decided_by <> prepared_by))),
    CONSTRAINT ck_price_draft_source_given CHECK ((source <> ''::text)),
    CONSTRAINT ck_price_draft_state CHECK (((state)::text = ANY ((ARRAY['PREPARED'::character varying, 'PUBLISHED'::character varying, 'WITHDRAWN'::character varying])::text[])))
);

CREATE TABLE public.price_draft_line (
    draft_id uuid NOT NULL,
    class text NOT NULL,
    destination text NOT NULL,
    tier_from integer NOT NULL,
    tier_below integer,
    unit_price numeric(18,8),
    CONSTRAINT ck_price_draft_line_price_not_negative CHECK ((unit_price >= (0)::numeric)),
    CONSTRAINT ck_price_draft_line_tier_from_one CHECK ((tier_from >= 1)),
    CONSTRAINT ck_price_draft_line_tier_not_empty CHECK (((tier_below IS NULL) OR (tier_below > tier_from)))
);

CREATE TABLE public.price_version (
    id uuid NOT NULL,
    list_id uuid NOT NULL,
    product text NOT NULL,
    class text NOT NULL,
    destination text NOT NULL,
    countries text NOT NULL,
    tier_from integer NOT NULL,
    tier_below integer,
    unit_price numeric(18,8),
    tax_code text NOT NULL,
    charge_on text NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_to timestamp with time zone,
    recorded_at timestamp with time zone NOT NULL,
    source text NOT NULL,
    CONSTRAINT ck_price_version_charge_on_known CHECK ((charge_on = ANY (ARRAY['submission'::text, 'delivery'::text]))),
    CONSTRAINT ck_price_version_class_known CHECK ((class = ANY (ARRAY['otp'::text, 'notice'::text, 'marketing'::text, 'international'::text]))),
    CONSTRAINT ck_price_version_destination_given CHECK (((class = 'international'::text) = (destination <> ''::text))),
    CONSTRAINT ck_price_version_price_not_negative CHECK ((unit_price >= (0)::numeric)),
    CONSTRAINT ck_price_version_source_given CHECK ((source <> ''::text)),
    CONSTRAINT ck_price_version_tier_from_one CHECK ((tier_from >= 1)),
    CONSTRAINT ck_price_version_tier_not_empty CHECK (((tier_below IS NULL) OR (tier_below > tier_from))),
    CONSTRAINT ck_price_version_validity_not_empty CHECK (((valid_to IS NULL) OR (valid_to > valid_from)))
);

CREATE TABLE public.receipt (
    lane smallint NOT NULL,
    id uuid NOT NULL,
    part smallint NOT NULL,
    state text NOT NULL,
    code text NOT NULL,
    carrier_at timestamp with time zone,
    at timestamp with time zone NOT NULL,
    CONSTRAINT ck_receipt_state_known CHECK ((state = ANY (ARRAY['delivered'::text, 'failed'::text, 'unknown'::text])))
)
PARTITION BY RANGE (id);

CREATE TABLE public.receipt_default (
    lane smallint CONSTRAINT receipt_lane_not_null NOT NULL,
    id uuid CONSTRAINT receipt_id_not_null NOT NULL,
    part smallint CONSTRAINT receipt_part_not_null NOT NULL,
    state text CONSTRAINT receipt_state_not_null NOT NULL,
    code text CONSTRAINT receipt_code_not_null NOT NULL,
    carrier_at timestamp with time zone,
    at timestamp with time zone CONSTRAINT receipt_at_not_null NOT NULL,
    CONSTRAINT ck_receipt_state_known CHECK ((state = ANY (ARRAY['delivered'::text, 'failed'::text, 'unknown'::text])))
);

CREATE TABLE public.review_decision (
    id uuid NOT NULL,
    subject text NOT NULL,
    subject_id uuid NOT NULL,
    revision integer NOT NULL,
    verdict smallint NOT NULL,
    reason text NOT NULL,
    reviewer_id uuid,
    submitted_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    seen jsonb NOT NULL,
    CONSTRAINT ck_review_decision_after_the_first_revision CHECK ((revision > 1)),
    CONSTRAINT ck_review_decision_reason_where_refused CHECK (((verdict = ANY (ARRAY[3, 4])) = (reason <> ''::text))),
    CONSTRAINT ck_review_decision_seen_by_field CHECK ((jsonb_typeof(seen) = 'object'::text)),
    CONSTRAINT ck_review_decision_subject_known CHECK ((subject = ANY (ARRAY['signature'::text, 'template'::text]))),
    CONSTRAINT ck_review_decision_verdict_known CHECK ((verdict = ANY (ARRAY[2, 3, 4])))
);

CREATE TABLE public.sender (
    lane smallint NOT NULL,
    account_id uuid NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE public.sign_in_session (
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    kind character varying(8) NOT NULL,
    account_id uuid,
    member_id uuid,
    staff_id uuid,
    created_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ip character varying(45),
    user_agent character varying(300),
    CONSTRAINT ck_sign_in_session_one_side CHECK (((((kind)::text = 'MEMBER'::text) AND (member_id IS NOT NULL) AND (account_id IS NOT NULL) AND (staff_id IS NULL)) OR (((kind)::text = 'STAFF'::text) AND (staff_id IS NOT NULL) AND (member_id IS NULL) AND (account_id IS NULL)))),
    CONSTRAINT ck_sign_in_session_sha256 CHECK ((octet_length(token_hash) = 32))
);

CREATE TABLE public.signature (
    id uuid NOT NULL,
    public_id text NOT NULL,
    account_id uuid NOT NULL,
    state smallint NOT NULL,
    reason text NOT NULL,
    revision integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    submitted_at timestamp with time zone NOT NULL,
    reviewer_id uuid,
    taken_at timestamp with time zone,
    decided_at timestamp with time zone,
    stopped boolean NOT NULL,
    deleted_at timestamp with time zone,
    text text NOT NULL,
    type smallint NOT NULL,
    purpose smallint NOT NULL,
    certificate_type smallint NOT NULL,
    description text NOT NULL,
    international boolean NOT NULL,
    is_default boolean NOT NULL,
    CONSTRAINT ck_signature_certificate_type_known CHECK (((certificate_type >= 0) AND (certificate_type <= 5))),
    CONSTRAINT ck_signature_decided_at_the_end CHECK (((state = ANY (ARRAY[0, 1])) = (decided_at IS NULL))),
    CONSTRAINT ck_signature_default_is_usable CHECK (((NOT is_default) OR ((state = 2) AND (deleted_at IS NULL)))),
    CONSTRAINT ck_signature_not_deleted_in_review CHECK (((deleted_at IS NULL) OR (state <> 1))),
    CONSTRAINT ck_signature_purpose_known CHECK ((purpose = ANY (ARRAY[0, 1]))),
    CONSTRAINT ck_signature_reason_where_refused CHECK (((state = ANY (ARRAY[3, 4])) = (reason <> ''::text))),
    CONSTRAINT ck_signature_revision_from_one CHECK ((revision > 0)),
    CONSTRAINT ck_signature_state_known CHECK (((state >= 0) AND (state <= 4))),
    CONSTRAINT ck_signature_stopped_is_disabled CHECK (((NOT stopped) OR (state = 4))),
    CONSTRAINT ck_signature_taken_unless_waiting CHECK (((state = 0) = (taken_at IS NULL))),
    CONSTRAINT ck_signature_text_length CHECK (((char_length(text) >= 2) AND (char_length(text) <= 20))),
    CONSTRAINT ck_signature_type_known CHECK (((type >= 0) AND (type <= 5)))
);

CREATE TABLE public.signature_evidence (
    id uuid NOT NULL,
    signature_id uuid NOT NULL,
    kind text NOT NULL,
    file_name text NOT NULL,
    media_type text NOT NULL,
    size integer NOT NULL,
    sha256 bytea NOT NULL,
    content bytea NOT NULL,
    uploaded_at timestamp with time zone NOT NULL,
    replaced_at timestamp with time zone,
    CONSTRAINT ck_signature_evidence_at_most_4_mb CHECK ((size <= 4194304)),
    CONSTRAINT ck_signature_evidence_kind_known CHECK ((kind = ANY (ARRAY['certificate'::text, 'authority'::text]))),
    CONSTRAINT ck_signature_evidence_media_type_known CHECK ((media_type = ANY (ARRAY['image/jpeg'::text, 'image/png'::text, 'application/pdf'::text]))),
    CONSTRAINT ck_signature_evidence_sha256_length CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT ck_signature_evidence_size_true CHECK ((size = octet_length(content)))
);

CREATE TABLE public.staff (
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    name character varying(64) NOT NULL,
    roles character varying(16)[] NOT NULL,
    state character varying(16) NOT NULL,
    password_hash text,
    failures smallint DEFAULT '0'::smallint NOT NULL,
    locked_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_staff_active_has_password CHECK ((((state)::text <> 'ACTIVE'::text) OR (password_hash IS NOT NULL))),
    CONSTRAINT ck_staff_has_a_role CHECK ((cardinality(roles) > 0)),
    CONSTRAINT ck_staff_state CHECK (((state)::text = ANY ((ARRAY['INVITED'::character varying, 'ACTIVE'::character varying, 'SUSPENDED'::character varying])::text[])))
);

CREATE TABLE public.submission (
    lane smallint NOT NULL,
    id uuid NOT NULL,
    part smallint NOT NULL,
    attempt smallint NOT NULL,
    line smallint NOT NULL,
    state text NOT NULL,
    carrier_id text,
    error integer,
    at timestamp with time zone NOT NULL,
    CONSTRAINT ck_submission_carrier_names_it CHECK (((state = 'submitted'::text) = (carrier_id IS NOT NULL))),
    CONSTRAINT ck_submission_state_known CHECK ((state = ANY (ARRAY['submitted'::text, 'rejected'::text, 'unknown'::text])))
)
PARTITION BY RANGE (id);

CREATE TABLE public.submission_default (
    lane smallint CONSTRAINT submission_lane_not_null NOT NULL,
    id uuid CONSTRAINT submission_id_not_null NOT NULL,
    part smallint CONSTRAINT submission_part_not_null NOT NULL,
    attempt smallint CONSTRAINT submission_attempt_not_null NOT NULL,
    line smallint CONSTRAINT submission_line_not_null NOT NULL,
    state text CONSTRAINT submission_state_not_null NOT NULL,
    carrier_id text,
    error integer,
    at timestamp with time zone CONSTRAINT submission_at_not_null NOT NULL,
    CONSTRAINT ck_submission_carrier_names_it CHECK (((state = 'submitted'::text) = (carrier_id IS NOT NULL))),
    CONSTRAINT ck_submission_state_known CHECK ((state = ANY (ARRAY['submitted'::text, 'rejected'::text, 'unknown'::text])))
);

CREATE TABLE public.template (
    id uuid NOT NULL,
    public_id text NOT NULL,
    account_id uuid NOT NULL,
    state smallint NOT NULL,
    reason text NOT NULL,
    revision integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    submitted_at timestamp with time zone NOT NULL,
    reviewer_id uuid,
    taken_at timestamp with time zone,
    decided_at timestamp with time zone,
    stopped boolean NOT NULL,
    deleted_at timestamp with time zone,
    class text NOT NULL,
    name text NOT NULL,
    content text NOT NULL,
    remark text NOT NULL,
    instruction text NOT NULL,
    unsubscribe text NOT NULL,
    international boolean NOT NULL,
    variable_count smallint NOT NULL,
    CONSTRAINT ck_template_class_known CHECK ((class = ANY (ARRAY['otp'::text, 'notice'::text, 'marketing'::text]))),
    CONSTRAINT ck_template_content_length CHECK (((char_length((content || unsubscribe)) >= 1) AND (char_length((content || unsubscribe)) <= 500))),
    CONSTRAINT ck_template_decided_at_the_end CHECK (((state = ANY (ARRAY[0, 1])) = (decided_at IS NULL))),
    CONSTRAINT ck_template_name_length CHECK (((char_length(name) >= 2) AND (char_length(name) <= 32))),
    CONSTRAINT ck_template_not_deleted_in_review CHECK (((deleted_at IS NULL) OR (state <> 1))),
    CONSTRAINT ck_template_reason_where_refused CHECK (((state = ANY (ARRAY[3, 4])) = (reason <> ''::text))),
    CONSTRAINT ck_template_revision_from_one CHECK ((revision > 0)),
    CONSTRAINT ck_template_state_known CHECK (((state >= 0) AND (state <= 4))),
    CONSTRAINT ck_template_stopped_is_disabled CHECK (((NOT stopped) OR (state = 4))),
    CONSTRAINT ck_template_taken_unless_waiting CHECK (((state = 0) = (taken_at IS NULL))),
    CONSTRAINT ck_template_unsubscribe_from_marketing CHECK (((unsubscribe = ''::text) OR (class = 'marketing'::text))),
    CONSTRAINT ck_template_variables_counted CHECK ((variable_count >= 0))
);

CREATE TABLE public.wallet (
    lane smallint NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    currency text NOT NULL,
    posted bigint NOT NULL,
    cash bigint NOT NULL,
    held bigint NOT NULL,
    credit_limit bigint NOT NULL,
    seq bigint NOT NULL,
    CONSTRAINT ck_wallet_credit_positive CHECK ((credit_limit >= 0)),
    CONSTRAINT ck_wallet_held_positive CHECK ((held >= 0)),
    CONSTRAINT ck_wallet_i4_affordable CHECK ((((posted - held) + credit_limit) >= 0)),
    CONSTRAINT ck_wallet_i9_not_negative CHECK ((cash >= 0)),
    CONSTRAINT ck_wallet_lane_range CHECK (((lane >= 0) AND (lane <= 255)))
)
WITH (fillfactor='50');

ALTER TABLE ONLY public.charge ATTACH PARTITION public.charge_default DEFAULT;

ALTER TABLE ONLY public.charge_outcome ATTACH PARTITION public.charge_outcome_default DEFAULT;

ALTER TABLE ONLY public.final ATTACH PARTITION public.final_default DEFAULT;

ALTER TABLE ONLY public.message ATTACH PARTITION public.message_default DEFAULT;

ALTER TABLE ONLY public.receipt ATTACH PARTITION public.receipt_default DEFAULT;

ALTER TABLE ONLY public.submission ATTACH PARTITION public.submission_default DEFAULT;

ALTER TABLE ONLY public.charge
    ADD CONSTRAINT pk_charge PRIMARY KEY (id, lane);

ALTER TABLE ONLY public.charge_default
    ADD CONSTRAINT charge_default_pkey PRIMARY KEY (id, lane);

ALTER TABLE ONLY public.charge_outcome
    ADD CONSTRAINT pk_charge_outcome PRIMARY KEY (id, lane);

ALTER TABLE ONLY public.charge_outcome_default
    ADD CONSTRAINT charge_outcome_default_pkey PRIMARY KEY (id, lane);

ALTER TABLE ONLY public.final
    ADD CONSTRAINT pk_final PRIMARY KEY (xid, lane, id);

ALTER TABLE ONLY public.final_default
    ADD CONSTRAINT final_default_pkey PRIMARY KEY (xid, lane, id);

ALTER TABLE ONLY public.message
    ADD CONSTRAINT pk_message PRIMARY KEY (lane, id);

ALTER TABLE ONLY public.message_default
    ADD CONSTRAINT message_default_pkey PRIMARY KEY (lane, id);

ALTER TABLE ONLY public.accepted_cursor
    ADD CONSTRAINT pk_accepted_cursor PRIMARY KEY (lane);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT pk_account PRIMARY KEY (id);

ALTER TABLE ONLY public.account_subject
    ADD CONSTRAINT pk_account_subject PRIMARY KEY (account_id);

ALTER TABLE ONLY public.agreement_version
    ADD CONSTRAINT pk_agreement_version PRIMARY KEY (id);

ALTER TABLE ONLY public.announcement
    ADD CONSTRAINT pk_announcement PRIMARY KEY (id);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT pk_api_key PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_head
    ADD CONSTRAINT pk_audit_head PRIMARY KEY (single);

ALTER TABLE ONLY public.audit_record
    ADD CONSTRAINT pk_audit_record PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_run
    ADD CONSTRAINT pk_audit_run PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_sweep
    ADD CONSTRAINT pk_audit_sweep PRIMARY KEY (single);

ALTER TABLE ONLY public.bucket
    ADD CONSTRAINT pk_bucket PRIMARY KEY (lane, wallet_id, id);

ALTER TABLE ONLY public.callback_attempt
    ADD CONSTRAINT pk_callback_attempt PRIMARY KEY (delivery_id, number);

ALTER TABLE ONLY public.callback_delivery
    ADD CONSTRAINT pk_callback_delivery PRIMARY KEY (id);

ALTER TABLE ONLY public.callback_endpoint
    ADD CONSTRAINT pk_callback_endpoint PRIMARY KEY (id);

ALTER TABLE ONLY public.carrier_line
    ADD CONSTRAINT pk_carrier_line PRIMARY KEY (number);

ALTER TABLE ONLY public.clock_offset
    ADD CONSTRAINT pk_clock_offset PRIMARY KEY ("only");

ALTER TABLE ONLY public.consent
    ADD CONSTRAINT pk_consent PRIMARY KEY (id);

ALTER TABLE ONLY public.conversation
    ADD CONSTRAINT pk_conversation PRIMARY KEY (key);

ALTER TABLE ONLY public.conversation_cursor
    ADD CONSTRAINT pk_conversation_cursor PRIMARY KEY (lane);

ALTER TABLE ONLY public.daily_count
    ADD CONSTRAINT pk_daily_count PRIMARY KEY (account_id, day, class, state);

ALTER TABLE ONLY public.email_outbox
    ADD CONSTRAINT pk_email_outbox PRIMARY KEY (id);

ALTER TABLE ONLY public.entry
    ADD CONSTRAINT pk_entry PRIMARY KEY (lane, wallet_id, seq);

ALTER TABLE ONLY public.hold
    ADD CONSTRAINT pk_hold PRIMARY KEY (lane, id);

ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT pk_idempotency PRIMARY KEY (lane, account_id, key);

ALTER TABLE ONLY public.identity_application
    ADD CONSTRAINT pk_identity_application PRIMARY KEY (id);

ALTER TABLE ONLY public.identity_document
    ADD CONSTRAINT pk_identity_document PRIMARY KEY (id);

ALTER TABLE ONLY public.inbound_message
    ADD CONSTRAINT pk_inbound_message PRIMARY KEY (id);

ALTER TABLE ONLY public.inbound_part
    ADD CONSTRAINT pk_inbound_part PRIMARY KEY (link, ordinal);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT pk_invitation PRIMARY KEY (id);

ALTER TABLE ONLY public.journal
    ADD CONSTRAINT pk_journal PRIMARY KEY (lane, id);

ALTER TABLE ONLY public.journal_block
    ADD CONSTRAINT pk_journal_block PRIMARY KEY (number);

ALTER TABLE ONLY public.journal_seal
    ADD CONSTRAINT pk_journal_seal PRIMARY KEY (lane, journal_id);

ALTER TABLE ONLY public.lane_log
    ADD CONSTRAINT pk_lane_log PRIMARY KEY (lane);

ALTER TABLE ONLY public.legal_subject
    ADD CONSTRAINT pk_legal_subject PRIMARY KEY (id);

ALTER TABLE ONLY public.line_cursor
    ADD CONSTRAINT pk_line_cursor PRIMARY KEY (line, lane);

ALTER TABLE ONLY public.line_pulse
    ADD CONSTRAINT pk_line_pulse PRIMARY KEY (line);

ALTER TABLE ONLY public.log_cursor
    ADD CONSTRAINT pk_log_cursor PRIMARY KEY (follower);

ALTER TABLE ONLY public.member
    ADD CONSTRAINT pk_member PRIMARY KEY (id);

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT pk_notification PRIMARY KEY (id);

ALTER TABLE ONLY public.one_time_code
    ADD CONSTRAINT pk_one_time_code PRIMARY KEY (channel, target, purpose);

ALTER TABLE ONLY public.operator_entry
    ADD CONSTRAINT pk_operator_entry PRIMARY KEY (lane, journal_id, line);

ALTER TABLE ONLY public.operator_fold
    ADD CONSTRAINT pk_operator_fold PRIMARY KEY (ledger_account, currency, lane);

ALTER TABLE ONLY public.opt_out
    ADD CONSTRAINT pk_opt_out PRIMARY KEY (account_id, number);

ALTER TABLE ONLY public.orphan_receipt
    ADD CONSTRAINT pk_orphan_receipt PRIMARY KEY (line, carrier_id);

ALTER TABLE ONLY public.package_order
    ADD CONSTRAINT pk_package_order PRIMARY KEY (id);

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT pk_payment PRIMARY KEY (id);

ALTER TABLE ONLY public.payment_notice
    ADD CONSTRAINT pk_payment_notice PRIMARY KEY (channel, notice_id);

ALTER TABLE ONLY public.payment_statement
    ADD CONSTRAINT pk_payment_statement PRIMARY KEY (channel, day);

ALTER TABLE ONLY public.payment_statement_line
    ADD CONSTRAINT pk_payment_statement_line PRIMARY KEY (channel, trade_number);

ALTER TABLE ONLY public.price_draft
    ADD CONSTRAINT pk_price_draft PRIMARY KEY (id);

ALTER TABLE ONLY public.price_draft_line
    ADD CONSTRAINT pk_price_draft_line PRIMARY KEY (draft_id, class, destination, tier_from);

ALTER TABLE ONLY public.price_version
    ADD CONSTRAINT pk_price_version PRIMARY KEY (id);

ALTER TABLE ONLY public.receipt
    ADD CONSTRAINT pk_receipt PRIMARY KEY (id, lane, part);

ALTER TABLE ONLY public.review_decision
    ADD CONSTRAINT pk_review_decision PRIMARY KEY (id);

ALTER TABLE ONLY public.sender
    ADD CONSTRAINT pk_sender PRIMARY KEY (lane, account_id);

ALTER TABLE ONLY public.sign_in_session
    ADD CONSTRAINT pk_sign_in_session PRIMARY KEY (id);

ALTER TABLE ONLY public.signature
    ADD CONSTRAINT pk_signature PRIMARY KEY (id);

ALTER TABLE ONLY public.signature_evidence
    ADD CONSTRAINT pk_signature_evidence PRIMARY KEY (id);

ALTER TABLE ONLY public.staff
    ADD CONSTRAINT pk_staff PRIMARY KEY (id);

ALTER TABLE ONLY public.submission
    ADD CONSTRAINT pk_submission PRIMARY KEY (id, lane, part, attempt);

ALTER TABLE ONLY public.template
    ADD CONSTRAINT pk_template PRIMARY KEY (id);

ALTER TABLE ONLY public.wallet
    ADD CONSTRAINT pk_wallet PRIMARY KEY (lane, id);

ALTER TABLE ONLY public.receipt_default
    ADD CONSTRAINT receipt_default_pkey PRIMARY KEY (id, lane, part);

ALTER TABLE ONLY public.submission_default
    ADD CONSTRAINT submission_default_pkey PRIMARY KEY (id, lane, part, attempt);

ALTER TABLE ONLY public.agreement_version
    ADD CONSTRAINT uq_agreement_version_id_kind_version_locale_sha256 UNIQUE (id, kind, version, locale, sha256);

ALTER TABLE ONLY public.agreement_version
    ADD CONSTRAINT uq_agreement_version_kind_locale_effective_from UNIQUE (kind, locale, effective_from);

ALTER TABLE ONLY public.agreement_version
    ADD CONSTRAINT uq_agreement_version_kind_version_locale UNIQUE (kind, version, locale);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT uq_api_key_public_key UNIQUE (public_key);

ALTER TABLE ONLY public.audit_record
    ADD CONSTRAINT uq_audit_record_chain_seq UNIQUE (chain_seq);

ALTER TABLE ONLY public.carrier_line
    ADD CONSTRAINT uq_carrier_line_name UNIQUE (name);

ALTER TABLE ONLY public.consent
    ADD CONSTRAINT uq_consent_account_id_chain_seq UNIQUE (account_id, chain_seq);

ALTER TABLE ONLY public.consent
    ADD CONSTRAINT uq_consent_account_id_member_id_version_id UNIQUE (account_id, member_id, version_id);

ALTER TABLE ONLY public.entry
    ADD CONSTRAINT uq_entry_journal_id_journal_lane_wallet_id UNIQUE (journal_id, journal_lane, wallet_id);

ALTER TABLE ONLY public.identity_document
    ADD CONSTRAINT uq_identity_document_application_id_kind UNIQUE (application_id, kind);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT uq_invitation_member_id UNIQUE (member_id);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT uq_invitation_token_hash UNIQUE (token_hash);

ALTER TABLE ONLY public.legal_subject
    ADD CONSTRAINT uq_legal_subject_kind_number UNIQUE (kind, number);

ALTER TABLE ONLY public.package_order
    ADD CONSTRAINT uq_package_order_account_id_idempotency_key UNIQUE (account_id, idempotency_key);

ALTER TABLE ONLY public.package_order
    ADD CONSTRAINT uq_package_order_bucket_id UNIQUE (bucket_id);

ALTER TABLE ONLY public.package_order
    ADD CONSTRAINT uq_package_order_journal_id UNIQUE (journal_id);

ALTER TABLE ONLY public.package_order
    ADD CONSTRAINT uq_package_order_number UNIQUE (number);

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT uq_payment_account_id_idempotency_key UNIQUE (account_id, idempotency_key);

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT uq_payment_channel_trade_number UNIQUE (channel, trade_number);

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT uq_payment_number UNIQUE (number);

ALTER TABLE ONLY public.price_version
    ADD CONSTRAINT uq_price_version_list_id_product_class_destination_tier_3ab3 UNIQUE (list_id, product, class, destination, tier_from, valid_from);

ALTER TABLE ONLY public.review_decision
    ADD CONSTRAINT uq_review_decision_subject_id_revision UNIQUE (subject_id, revision);

ALTER TABLE ONLY public.sign_in_session
    ADD CONSTRAINT uq_sign_in_session_token_hash UNIQUE (token_hash);

ALTER TABLE ONLY public.signature
    ADD CONSTRAINT uq_signature_public_id UNIQUE (public_id);

ALTER TABLE ONLY public.staff
    ADD CONSTRAINT uq_staff_email UNIQUE (email);

ALTER TABLE ONLY public.template
    ADD CONSTRAINT uq_template_public_id UNIQUE (public_id);

ALTER TABLE ONLY public.wallet
    ADD CONSTRAINT uq_wallet_lane_account_id_currency UNIQUE (lane, account_id, currency);

CREATE INDEX ix_charge_outcome_refund ON ONLY public.charge_outcome USING btree (journal_id) WHERE (kind = 'refund'::text);

CREATE INDEX charge_outcome_default_journal_id_idx ON public.charge_outcome_default USING btree (journal_id) WHERE (kind = 'refund'::text);

CREATE INDEX ix_account_subject_subject_id ON public.account_subject USING btree (subject_id);

CREATE INDEX ix_announcement_open ON public.announcement USING btree (id) WHERE (ended_at IS NULL);

CREATE INDEX ix_api_key_account_id ON public.api_key USING btree (account_id);

CREATE INDEX ix_audit_record_account_id_id ON public.audit_record USING btree (account_id, id);

CREATE INDEX ix_audit_record_actor_id_id ON public.audit_record USING btree (actor_id, id) WHERE (actor_id IS NOT NULL);

CREATE INDEX ix_audit_record_name_id ON public.audit_record USING btree (name, id);

CREATE INDEX ix_audit_record_unsealed ON public.audit_record USING btree (at, id) WHERE (chain_seq IS NULL);

CREATE INDEX ix_audit_run_at ON public.audit_run USING btree (at);

CREATE INDEX ix_audit_run_scope_at ON public.audit_run USING btree (scope, at);

CREATE INDEX ix_callback_delivery_account_id_id ON public.callback_delivery USING btree (account_id, id);

CREATE INDEX ix_callback_delivery_due ON public.callback_delivery USING btree (endpoint_id, next_at) WHERE (state = 'pending'::text);

CREATE INDEX ix_callback_delivery_endpoint_id_id ON public.callback_delivery USING btree (endpoint_id, id);

CREATE INDEX ix_callback_endpoint_living ON public.callback_endpoint USING btree (account_id) WHERE (state <> 'removed'::text);

CREATE INDEX ix_daily_count_day ON public.daily_count USING btree (day);

CREATE INDEX ix_email_outbox_due ON public.email_outbox USING btree (due_at, id) WHERE ((state)::text = 'QUEUED'::text);

CREATE INDEX ix_hold_open ON public.hold USING btree (expires_at) WHERE (state = 'open'::text);

CREATE INDEX ix_idempotency_at ON public.idempotency USING btree (at);

CREATE INDEX ix_identity_application_account_id_id ON public.identity_application USING btree (account_id, id);

CREATE INDEX ix_identity_application_queue ON public.identity_application USING btree (submitted_at, id) WHERE ((state)::text = 'SUBMITTED'::text);

CREATE INDEX ix_inbound_message_account_id_id ON public.inbound_message USING btree (account_id, id);

CREATE INDEX ix_inbound_message_nobodys ON public.inbound_message USING btree (id) WHERE (account_id IS NULL);

CREATE INDEX ix_inbound_message_xid_id ON public.inbound_message USING btree (xid, id);

CREATE INDEX ix_inbound_part_at ON public.inbound_part USING btree (at);

CREATE INDEX ix_inbound_part_open ON public.inbound_part USING btree (at) WHERE (inbound_id IS NULL);

CREATE INDEX ix_inbound_part_suspect ON public.inbound_part USING btree (fingerprint) WHERE (NOT answered);

CREATE INDEX ix_invitation_account_id ON public.invitation USING btree (account_id);

CREATE INDEX ix_journal_seal_block ON public.journal_seal USING btree (block);

CREATE INDEX ix_member_account_id ON public.member USING btree (account_id);

CREATE INDEX ix_message_account_id ON ONLY public.message USING btree (account_id, id);

CREATE INDEX ix_notification_account_id_id ON public.notification USING btree (account_id, id);

CREATE INDEX ix_notification_unread ON public.notification USING btree (account_id) WHERE (read_at IS NULL);

CREATE UNIQUE INDEX ix_opt_out_account_id_id ON public.opt_out USING btree (account_id, id);

CREATE INDEX ix_package_order_account_id_id ON public.package_order USING btree (account_id, id);

CREATE INDEX ix_package_order_to_earn ON public.package_order USING btree (id) WHERE ((voided_units IS NULL) OR (earned_units < quantity));

CREATE INDEX ix_package_order_to_void ON public.package_order USING btree (expires_at) WHERE (voided_units IS NULL);

CREATE INDEX ix_payment_account_id_id ON public.payment USING btree (account_id, id);

CREATE INDEX ix_payment_notice_payment_id ON public.payment_notice USING btree (payment_id);

CREATE INDEX ix_payment_paid ON public.payment USING btree (channel, paid_at);

CREATE INDEX ix_payment_statement_line_day ON public.payment_statement_line USING btree (channel, day);

CREATE INDEX ix_payment_to_ask ON public.payment USING btree (channel, next_ask_at) WHERE (state = 'created'::text);

CREATE INDEX ix_payment_to_close ON public.payment USING btree (expires_at) WHERE ((state = 'created'::text) AND (unpaid_at IS NOT NULL));

CREATE INDEX ix_price_version_product ON public.price_version USING btree (product, class);

CREATE INDEX ix_sign_in_session_living_account ON public.sign_in_session USING btree (account_id) WHERE (ended_at IS NULL);

CREATE INDEX ix_sign_in_session_living_member ON public.sign_in_session USING btree (member_id) WHERE (ended_at IS NULL);

CREATE INDEX ix_signature_account ON public.signature USING btree (account_id, id);

CREATE INDEX ix_signature_queue ON public.signature USING btree (submitted_at, id) WHERE ((state = ANY (ARRAY[0, 1])) AND (deleted_at IS NULL));

CREATE INDEX ix_submission_carrier_id ON ONLY public.submission USING btree (carrier_id);

CREATE INDEX ix_template_account ON public.template USING btree (account_id, id);

CREATE INDEX ix_template_queue ON public.template USING btree (submitted_at, id) WHERE ((state = ANY (ARRAY[0, 1])) AND (deleted_at IS NULL));

CREATE INDEX message_default_account_id_id_idx ON public.message_default USING btree (account_id, id);

CREATE INDEX submission_default_carrier_id_idx ON public.submission_default USING btree (carrier_id);

CREATE UNIQUE INDEX uq_bucket_open_ended ON public.bucket USING btree (lane, wallet_id, kind) WHERE (expires_at IS NULL);

CREATE UNIQUE INDEX uq_identity_application_living ON public.identity_application USING btree (account_id) WHERE ((state)::text <> 'REFUSED'::text);

CREATE UNIQUE INDEX uq_invitation_open ON public.invitation USING btree (account_id, channel, target) WHERE ((state)::text = 'OPEN'::text);

CREATE UNIQUE INDEX uq_journal_idempotency_key ON public.journal USING btree (lane, idempotency_key) WHERE (idempotency_key IS NOT NULL);

CREATE UNIQUE INDEX uq_member_email ON public.member USING btree (email) WHERE ((state)::text <> 'REMOVED'::text);

CREATE UNIQUE INDEX uq_member_phone ON public.member USING btree (phone) WHERE ((state)::text <> 'REMOVED'::text);

CREATE UNIQUE INDEX uq_payment_notice_suspended ON public.payment_notice USING btree (channel, trade_number) WHERE (outcome = 'second_trade'::text);

CREATE UNIQUE INDEX uq_signature_default ON public.signature USING btree (account_id) WHERE is_default;

CREATE UNIQUE INDEX uq_signature_evidence_current ON public.signature_evidence USING btree (signature_id, kind) WHERE (replaced_at IS NULL);

CREATE UNIQUE INDEX uq_signature_text_alive ON public.signature USING btree (account_id, text) WHERE (deleted_at IS NULL);

ALTER INDEX public.pk_charge ATTACH PARTITION public.charge_default_pkey;

ALTER INDEX public.ix_charge_outcome_refund ATTACH PARTITION public.charge_outcome_default_journal_id_idx;

ALTER INDEX public.pk_charge_outcome ATTACH PARTITION public.charge_outcome_default_pkey;

ALTER INDEX public.pk_final ATTACH PARTITION public.final_default_pkey;

ALTER INDEX public.ix_message_account_id ATTACH PARTITION public.message_default_account_id_id_idx;

ALTER INDEX public.pk_message ATTACH PARTITION public.message_default_pkey;

ALTER INDEX public.pk_receipt ATTACH PARTITION public.receipt_default_pkey;

ALTER INDEX public.ix_submission_carrier_id ATTACH PARTITION public.submission_default_carrier_id_idx;

ALTER INDEX public.pk_submission ATTACH PARTITION public.submission_default_pkey;

CREATE TRIGGER agreement_version_is_immutable BEFORE DELETE OR UPDATE ON public.agreement_version FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER consent_is_immutable BEFORE DELETE OR UPDATE ON public.consent FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER entry_is_immutable BEFORE DELETE OR UPDATE ON public.entry FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER journal_block_is_immutable BEFORE DELETE OR UPDATE ON public.journal_block FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER journal_is_immutable BEFORE DELETE OR UPDATE ON public.journal FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER journal_seal_is_immutable BEFORE DELETE OR UPDATE ON public.journal_seal FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER operator_entry_is_immutable BEFORE DELETE OR UPDATE ON public.operator_entry FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER payment_notice_is_immutable BEFORE DELETE OR UPDATE ON public.payment_notice FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER payment_statement_is_immutable BEFORE DELETE OR UPDATE ON public.payment_statement FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER payment_statement_line_is_immutable BEFORE DELETE OR UPDATE ON public.payment_statement_line FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER price_draft_line_is_immutable BEFORE DELETE OR UPDATE ON public.price_draft_line FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER price_version_is_immutable BEFORE DELETE OR UPDATE ON public.price_version FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

ALTER TABLE ONLY public.account_subject
    ADD CONSTRAINT fk_account_subject_account_id FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.account_subject
    ADD CONSTRAINT fk_account_subject_subject_id FOREIGN KEY (subject_id) REFERENCES public.legal_subject(id);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT fk_api_key_account_id FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.bucket
    ADD CONSTRAINT fk_bucket_lane_wallet_id FOREIGN KEY (lane, wallet_id) REFERENCES public.wallet(lane, id);

ALTER TABLE ONLY public.callback_attempt
    ADD CONSTRAINT fk_callback_attempt_delivery_id FOREIGN KEY (delivery_id) REFERENCES public.callback_delivery(id);

ALTER TABLE ONLY public.callback_delivery
    ADD CONSTRAINT fk_callback_delivery_account_id FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.callback_delivery
    ADD CONSTRAINT fk_callback_delivery_endpoint_id FOREIGN KEY (endpoint_id) REFERENCES public.callback_endpoint(id);

ALTER TABLE ONLY public.callback_endpoint
    ADD CONSTRAINT fk_callback_endpoint_account_id FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.consent
    ADD CONSTRAINT fk_consent_account_id FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.consent
    ADD CONSTRAINT fk_consent_member_id FOREIGN KEY (member_id) REFERENCES public.member(id);

ALTER TABLE ONLY public.consent
    ADD CONSTRAINT fk_consent_version_id_kind_version_locale_sha256 FOREIGN KEY (version_id, kind, version, locale, sha256) REFERENCES public.agreement_version(id, kind, version, locale, sha256);

ALTER TABLE ONLY public.email_outbox
    ADD CONSTRAINT fk_email_outbox_account_id FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.hold
    ADD CONSTRAINT fk_hold_lane_wallet_id FOREIGN KEY (lane, wallet_id) REFERENCES public.wallet(lane, id);

ALTER TABLE ONLY public.identity_application
    ADD CONSTRAINT fk_identity_application_account_id FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.identity_application
    ADD CONSTRAINT fk_identity_application_decided_by FOREIGN KEY (decided_by) REFERENCES public.staff(id);

ALTER TABLE ONLY public.identity_document
    ADD CONSTRAINT fk_identity_document_application_id FOREIGN KEY (application_id) REFERENCES public.identity_application(id);

ALTER TABLE ONLY public.inbound_message
    ADD CONSTRAINT fk_inbound_message_account_id FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.inbound_part
    ADD CONSTRAINT fk_inbound_part_inbound_id FOREIGN KEY (inbound_id) REFERENCES public.inbound_message(id);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT fk_invitation_account_id FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT fk_invitation_invited_by FOREIGN KEY (invited_by) REFERENCES public.member(id);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT fk_invitation_member_id FOREIGN KEY (member_id) REFERENCES public.member(id);

ALTER TABLE ONLY public.line_cursor
    ADD CONSTRAINT fk_line_cursor_line FOREIGN KEY (line) REFERENCES public.carrier_line(number);

ALTER TABLE ONLY public.line_pulse
    ADD CONSTRAINT fk_line_pulse_line FOREIGN KEY (line) REFERENCES public.carrier_line(number);

ALTER TABLE ONLY public.member
    ADD CONSTRAINT fk_member_account_id FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT fk_notification_account_id FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT fk_notification_member_id FOREIGN KEY (member_id) REFERENCES public.member(id);

ALTER TABLE ONLY public.opt_out
    ADD CONSTRAINT fk_opt_out_account_id FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.package_order
    ADD CONSTRAINT fk_package_order_price_id FOREIGN KEY (price_id) REFERENCES public.price_version(id);

ALTER TABLE ONLY public.payment_notice
    ADD CONSTRAINT fk_payment_notice_payment_id FOREIGN KEY (payment_id) REFERENCES public.payment(id);

ALTER TABLE ONLY public.payment_statement_line
    ADD CONSTRAINT fk_payment_statement_line_channel_day FOREIGN KEY (channel, day) REFERENCES public.payment_statement(channel, day);

ALTER TABLE ONLY public.price_draft
    ADD CONSTRAINT fk_price_draft_decided_by FOREIGN KEY (decided_by) REFERENCES public.staff(id);

ALTER TABLE ONLY public.price_draft_line
    ADD CONSTRAINT fk_price_draft_line_draft_id FOREIGN KEY (draft_id) REFERENCES public.price_draft(id);

ALTER TABLE ONLY public.price_draft
    ADD CONSTRAINT fk_price_draft_prepared_by FOREIGN KEY (prepared_by) REFERENCES public.staff(id);

ALTER TABLE ONLY public.sign_in_session
    ADD CONSTRAINT fk_sign_in_session_account_id FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.sign_in_session
    ADD CONSTRAINT fk_sign_in_session_member_id FOREIGN KEY (member_id) REFERENCES public.member(id);

ALTER TABLE ONLY public.sign_in_session
    ADD CONSTRAINT fk_sign_in_session_staff_id FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.signature_evidence
    ADD CONSTRAINT fk_signature_evidence_signature_id FOREIGN KEY (signature_id) REFERENCES public.signature(id);
