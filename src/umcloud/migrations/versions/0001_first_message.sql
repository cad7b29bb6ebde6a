-- Written by `./dev schema` from the slices' tables; do not edit.

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TABLE accepted_cursor (
	lane SMALLINT NOT NULL,
	id UUID NOT NULL,
	CONSTRAINT pk_accepted_cursor PRIMARY KEY (lane),
	CONSTRAINT ck_accepted_cursor_lane_range CHECK (lane BETWEEN 0 AND 255)
);

INSERT INTO accepted_cursor SELECT n, '00000000-0000-0000-0000-000000000000' FROM generate_series(0, 255) AS n;

CREATE TABLE account (
	id UUID NOT NULL,
	lane SMALLINT NOT NULL,
	name VARCHAR(64) NOT NULL,
	state VARCHAR(8) NOT NULL,
	frozen_reason VARCHAR(16),
	locale VARCHAR(8) NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	closed_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_account PRIMARY KEY (id),
	CONSTRAINT ck_account_lane CHECK (lane BETWEEN 0 AND 255),
	CONSTRAINT ck_account_state CHECK (state IN ('ACTIVE', 'FROZEN', 'CLOSED')),
	CONSTRAINT ck_account_frozen_says_why CHECK ((state = 'FROZEN') = (frozen_reason IS NOT NULL)),
	CONSTRAINT ck_account_closed_says_when CHECK ((state = 'CLOSED') = (closed_at IS NOT NULL)),
	CONSTRAINT ck_account_frozen_reason CHECK (frozen_reason IN ('THEFT', 'PROFILE', 'ARREARS', 'BREACH', 'REQUEST'))
);

CREATE TABLE agreement_version (
	id UUID NOT NULL,
	kind TEXT NOT NULL,
	version TEXT NOT NULL,
	locale TEXT NOT NULL,
	sha256 BYTEA NOT NULL,
	effective_from TIMESTAMP WITH TIME ZONE NOT NULL,
	published_at TIMESTAMP WITH TIME ZONE NOT NULL,
	text TEXT NOT NULL,
	CONSTRAINT pk_agreement_version PRIMARY KEY (id),
	CONSTRAINT uq_agreement_version_kind_version_locale UNIQUE (kind, version, locale),
	CONSTRAINT uq_agreement_version_kind_locale_effective_from UNIQUE (kind, locale, effective_from),
	CONSTRAINT uq_agreement_version_id_kind_version_locale_sha256 UNIQUE (id, kind, version, locale, sha256),
	CONSTRAINT ck_agreement_version_kind CHECK (kind IN ('user-agreement')),
	CONSTRAINT ck_agreement_version_locale CHECK (locale IN ('zh_CN', 'en')),
	CONSTRAINT ck_agreement_version_version CHECK (version <> ''),
	CONSTRAINT ck_agreement_version_hash_of_text CHECK (sha256 = sha256(convert_to(text, 'UTF8')))
);

CREATE TRIGGER agreement_version_is_immutable BEFORE UPDATE OR DELETE ON agreement_version FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE announcement (
	id UUID NOT NULL,
	event_name VARCHAR(80) NOT NULL,
	facts JSONB NOT NULL,
	email BOOLEAN NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	after_account_id UUID,
	told BIGINT NOT NULL,
	ended_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_announcement PRIMARY KEY (id),
	CONSTRAINT ck_announcement_told_counted CHECK (told >= 0),
	CONSTRAINT ck_announcement_in_order CHECK (ended_at IS NULL OR ended_at >= created_at)
);

CREATE INDEX ix_announcement_open ON announcement (id) WHERE ended_at IS NULL;

CREATE TABLE audit_head (
	single BOOLEAN NOT NULL,
	seq BIGINT NOT NULL,
	hash BYTEA NOT NULL,
	CONSTRAINT pk_audit_head PRIMARY KEY (single),
	CONSTRAINT ck_audit_head_one_row CHECK (single),
	CONSTRAINT ck_audit_head_sha256 CHECK (octet_length(hash) = 32)
);

CREATE TABLE audit_record (
	id UUID NOT NULL,
	account_id UUID,
	actor_kind VARCHAR(16) NOT NULL,
	actor_id UUID,
	door VARCHAR(16) NOT NULL,
	name VARCHAR(80) NOT NULL,
	facts JSONB NOT NULL,
	ip VARCHAR(45),
	user_agent VARCHAR(300),
	request_id UUID NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	chain_seq BIGINT,
	chain_hash BYTEA,
	CONSTRAINT pk_audit_record PRIMARY KEY (id),
	CONSTRAINT uq_audit_record_chain_seq UNIQUE (chain_seq),
	CONSTRAINT ck_audit_record_sealed_whole CHECK ((chain_seq IS NULL) = (chain_hash IS NULL)),
	CONSTRAINT ck_audit_record_sha256 CHECK (octet_length(chain_hash) = 32),
	CONSTRAINT ck_audit_record_counted_from_one CHECK (chain_seq >= 1)
);

CREATE INDEX ix_audit_record_account_id_id ON audit_record (account_id, id);

CREATE INDEX ix_audit_record_actor_id_id ON audit_record (actor_id, id) WHERE actor_id IS NOT NULL;

CREATE INDEX ix_audit_record_name_id ON audit_record (name, id);

CREATE INDEX ix_audit_record_unsealed ON audit_record (at, id) WHERE chain_seq IS NULL;

CREATE TABLE audit_run (
	id UUID NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	begun_at TIMESTAMP WITH TIME ZONE NOT NULL,
	scope VARCHAR(8) NOT NULL,
	since TIMESTAMP WITH TIME ZONE,
	xid BIGINT,
	checked INTEGER NOT NULL,
	violations JSONB NOT NULL,
	milliseconds INTEGER NOT NULL,
	CONSTRAINT pk_audit_run PRIMARY KEY (id),
	CONSTRAINT ck_audit_run_violations_are_a_list CHECK (jsonb_typeof(violations) = 'array'),
	CONSTRAINT ck_audit_run_not_negative CHECK (checked >= 0 AND milliseconds >= 0),
	CONSTRAINT ck_audit_run_scope_known CHECK (scope IN ('new', 'all')),
	CONSTRAINT ck_audit_run_new_says_since_when CHECK ((scope = 'new') = (since IS NOT NULL))
);

CREATE INDEX ix_audit_run_at ON audit_run (at);

CREATE INDEX ix_audit_run_scope_at ON audit_run (scope, at);

CREATE TABLE audit_sweep (
	single BOOLEAN NOT NULL,
	begun_at TIMESTAMP WITH TIME ZONE NOT NULL,
	wanted BOOLEAN NOT NULL,
	question VARCHAR(120) NOT NULL,
	position BIGINT NOT NULL,
	pieces INTEGER NOT NULL,
	milliseconds BIGINT NOT NULL,
	violations JSONB NOT NULL,
	CONSTRAINT pk_audit_sweep PRIMARY KEY (single),
	CONSTRAINT ck_audit_sweep_one_row CHECK (single)
);

CREATE TABLE carrier_line (
	number SMALLINT NOT NULL,
	name TEXT NOT NULL,
	host TEXT NOT NULL,
	port INTEGER NOT NULL,
	system_id TEXT NOT NULL,
	password_sealed BYTEA NOT NULL,
	source TEXT NOT NULL,
	"window" INTEGER NOT NULL,
	per_second INTEGER,
	state TEXT NOT NULL,
	carries TEXT NOT NULL,
	priority SMALLINT NOT NULL,
	CONSTRAINT pk_carrier_line PRIMARY KEY (number),
	CONSTRAINT ck_carrier_line_number_range CHECK (number BETWEEN 1 AND 999),
	CONSTRAINT ck_carrier_line_port_range CHECK (port BETWEEN 1 AND 65535),
	CONSTRAINT ck_carrier_line_window_range CHECK ("window" BETWEEN 1 AND 10000),
	CONSTRAINT ck_carrier_line_some_speed CHECK (per_second > 0),
	CONSTRAINT ck_carrier_line_state_known CHECK (state IN ('enabled', 'draining', 'disabled')),
	CONSTRAINT ck_carrier_line_carries_known CHECK (carries IN ('domestic', 'international', 'all')),
	CONSTRAINT uq_carrier_line_name UNIQUE (name)
);

CREATE TABLE charge (
	lane SMALLINT NOT NULL,
	id UUID NOT NULL,
	account_id UUID NOT NULL,
	wallet_id UUID NOT NULL,
	bucket_id UUID NOT NULL,
	amount BIGINT NOT NULL,
	quantity INTEGER NOT NULL,
	price_id UUID NOT NULL,
	tax_code TEXT NOT NULL,
	refund_on_failure BOOLEAN NOT NULL,
	journal_lane SMALLINT NOT NULL,
	journal_id UUID NOT NULL,
	draws JSONB,
	CONSTRAINT pk_charge PRIMARY KEY (id, lane),
	CONSTRAINT ck_charge_not_negative CHECK (amount >= 0),
	CONSTRAINT ck_charge_something CHECK (quantity > 0)
)
 PARTITION BY RANGE (id);

CREATE TABLE charge_default PARTITION OF charge DEFAULT;

CREATE TABLE charge_outcome (
	lane SMALLINT NOT NULL,
	id UUID NOT NULL,
	kind TEXT NOT NULL,
	amount BIGINT NOT NULL,
	reason TEXT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	journal_lane SMALLINT,
	journal_id UUID,
	CONSTRAINT pk_charge_outcome PRIMARY KEY (id, lane),
	CONSTRAINT ck_charge_outcome_kind_known CHECK (kind IN ('settle', 'refund', 'release')),
	CONSTRAINT ck_charge_outcome_not_negative CHECK (amount >= 0),
	CONSTRAINT ck_charge_outcome_refund_is_booked CHECK ((kind = 'refund') = (journal_id IS NOT NULL)),
	CONSTRAINT ck_charge_outcome_whole_journal CHECK ((journal_lane IS NULL) = (journal_id IS NULL))
)
 PARTITION BY RANGE (id);

CREATE INDEX ix_charge_outcome_refund ON charge_outcome (journal_id) WHERE kind = 'refund';

CREATE TABLE charge_outcome_default PARTITION OF charge_outcome DEFAULT;

CREATE TABLE clock_offset (
	"only" BOOLEAN NOT NULL,
	microseconds BIGINT NOT NULL,
	CONSTRAINT pk_clock_offset PRIMARY KEY ("only"),
	CONSTRAINT ck_clock_offset_one_row CHECK ("only"),
	CONSTRAINT ck_clock_offset_forward_only CHECK (microseconds >= 0)
);

CREATE TABLE conversation (
	key BIGINT NOT NULL,
	lane SMALLINT NOT NULL,
	message_id UUID NOT NULL,
	CONSTRAINT pk_conversation PRIMARY KEY (key)
)
 WITH (fillfactor = 80);

CREATE TABLE conversation_cursor (
	lane SMALLINT NOT NULL,
	id UUID NOT NULL,
	CONSTRAINT pk_conversation_cursor PRIMARY KEY (lane)
);

CREATE TABLE daily_count (
	account_id UUID NOT NULL,
	day DATE NOT NULL,
	class TEXT NOT NULL,
	state TEXT NOT NULL,
	messages BIGINT NOT NULL,
	segments BIGINT NOT NULL,
	CONSTRAINT pk_daily_count PRIMARY KEY (account_id, day, class, state)
);

CREATE INDEX ix_daily_count_day ON daily_count (day);

CREATE TABLE entry (
	lane SMALLINT NOT NULL,
	wallet_id UUID NOT NULL,
	seq BIGINT NOT NULL,
	journal_lane SMALLINT NOT NULL,
	journal_id UUID NOT NULL,
	amount BIGINT NOT NULL,
	balance_after BIGINT NOT NULL,
	CONSTRAINT pk_entry PRIMARY KEY (lane, wallet_id, seq),
	CONSTRAINT uq_entry_journal_id_journal_lane_wallet_id UNIQUE (journal_id, journal_lane, wallet_id),
	CONSTRAINT ck_entry_moves_something CHECK (amount <> 0),
	CONSTRAINT ck_entry_i3_from_one CHECK (seq > 0)
);

CREATE TRIGGER entry_is_immutable BEFORE UPDATE OR DELETE ON entry FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE final (
	xid XID8 DEFAULT pg_current_xact_id() NOT NULL,
	lane SMALLINT NOT NULL,
	id UUID NOT NULL,
	account_id UUID NOT NULL,
	class TEXT NOT NULL,
	segments SMALLINT NOT NULL,
	state TEXT NOT NULL,
	code TEXT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_final PRIMARY KEY (xid, lane, id),
	CONSTRAINT ck_final_state_known CHECK (state IN ('delivered', 'failed', 'unknown', 'rejected'))
)
 PARTITION BY RANGE (id);

CREATE TABLE final_default PARTITION OF final DEFAULT;

CREATE TABLE idempotency (
	lane SMALLINT NOT NULL,
	account_id UUID NOT NULL,
	key TEXT NOT NULL,
	request_hash TEXT NOT NULL,
	session_id UUID NOT NULL,
	answer JSONB NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_idempotency PRIMARY KEY (lane, account_id, key),
	CONSTRAINT ck_idempotency_key_length CHECK (length(key) BETWEEN 1 AND 255)
);

CREATE INDEX ix_idempotency_at ON idempotency (at);

CREATE TABLE journal (
	lane SMALLINT NOT NULL,
	id UUID NOT NULL,
	kind TEXT NOT NULL,
	booked_at TIMESTAMP WITH TIME ZONE NOT NULL,
	effective_on DATE NOT NULL,
	reason TEXT NOT NULL,
	actor_id UUID,
	reverses UUID,
	idempotency_key TEXT,
	request_hash BYTEA,
	CONSTRAINT pk_journal PRIMARY KEY (lane, id),
	CONSTRAINT ck_journal_i10_key_with_hash CHECK ((idempotency_key IS NULL) = (request_hash IS NULL))
);

CREATE UNIQUE INDEX uq_journal_idempotency_key ON journal (lane, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TRIGGER journal_is_immutable BEFORE UPDATE OR DELETE ON journal FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE journal_block (
	number BIGINT NOT NULL,
	from_id UUID NOT NULL,
	upto_id UUID NOT NULL,
	journals BIGINT NOT NULL,
	hash BYTEA NOT NULL,
	sealed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_journal_block PRIMARY KEY (number),
	CONSTRAINT ck_journal_block_sha256 CHECK (octet_length(hash) = 32)
);

CREATE TRIGGER journal_block_is_immutable BEFORE UPDATE OR DELETE ON journal_block FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE journal_seal (
	lane SMALLINT NOT NULL,
	journal_id UUID NOT NULL,
	block BIGINT NOT NULL,
	CONSTRAINT pk_journal_seal PRIMARY KEY (lane, journal_id)
);

CREATE INDEX ix_journal_seal_block ON journal_seal (block);

CREATE TRIGGER journal_seal_is_immutable BEFORE UPDATE OR DELETE ON journal_seal FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE lane_log (
	lane SMALLINT NOT NULL,
	last_id UUID NOT NULL,
	CONSTRAINT pk_lane_log PRIMARY KEY (lane),
	CONSTRAINT ck_lane_log_lane_range CHECK (lane BETWEEN 0 AND 255)
)
 WITH (fillfactor = 20);

INSERT INTO lane_log SELECT n, '00000000-0000-0000-0000-000000000000' FROM generate_series(0, 255) AS n;

CREATE TABLE legal_subject (
	id UUID NOT NULL,
	kind VARCHAR(16) NOT NULL,
	number VARCHAR(18) NOT NULL,
	name VARCHAR(100) NOT NULL,
	legal_person VARCHAR(64) NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_legal_subject PRIMARY KEY (id),
	CONSTRAINT uq_legal_subject_kind_number UNIQUE (kind, number),
	CONSTRAINT ck_legal_subject_kind CHECK (kind IN ('ORGANISATION'))
);

CREATE TABLE log_cursor (
	follower TEXT NOT NULL,
	xid XID8 NOT NULL,
	lane SMALLINT NOT NULL,
	id UUID NOT NULL,
	open_from UUID DEFAULT '00000000-0000-0000-0000-000000000000' NOT NULL,
	CONSTRAINT pk_log_cursor PRIMARY KEY (follower)
);

INSERT INTO log_cursor (follower, xid, lane, id) VALUES ('daily_count', '0', -1, '00000000-0000-0000-0000-000000000000');

CREATE TABLE message (
	lane SMALLINT NOT NULL,
	id UUID NOT NULL,
	account_id UUID NOT NULL,
	line SMALLINT NOT NULL,
	class TEXT NOT NULL,
	destination TEXT NOT NULL,
	source TEXT NOT NULL,
	text TEXT NOT NULL,
	parts SMALLINT NOT NULL,
	segments SMALLINT NOT NULL,
	template_id UUID NOT NULL,
	signature_id UUID,
	client_ref TEXT,
	CONSTRAINT pk_message PRIMARY KEY (lane, id),
	CONSTRAINT ck_message_class_known CHECK (class IN ('otp', 'notice', 'marketing')),
	CONSTRAINT ck_message_has_parts CHECK (parts > 0),
	CONSTRAINT ck_message_has_segments CHECK (segments > 0)
)
 PARTITION BY RANGE (id);

CREATE INDEX ix_message_account_id ON message (account_id, id);

CREATE TABLE message_default PARTITION OF message DEFAULT;

CREATE TABLE one_time_code (
	channel VARCHAR(8) NOT NULL,
	target VARCHAR(254) NOT NULL,
	purpose VARCHAR(16) NOT NULL,
	code_mac BYTEA NOT NULL,
	tries SMALLINT NOT NULL,
	issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
	day DATE NOT NULL,
	sent_on_day SMALLINT NOT NULL,
	used_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_one_time_code PRIMARY KEY (channel, target, purpose),
	CONSTRAINT ck_one_time_code_tries CHECK (tries BETWEEN 0 AND 5),
	CONSTRAINT ck_one_time_code_mac CHECK (octet_length(code_mac) = 32)
);

CREATE TABLE operator_entry (
	lane SMALLINT NOT NULL,
	journal_id UUID NOT NULL,
	line SMALLINT NOT NULL,
	ledger_account TEXT NOT NULL,
	currency TEXT NOT NULL,
	amount BIGINT NOT NULL,
	CONSTRAINT pk_operator_entry PRIMARY KEY (lane, journal_id, line),
	CONSTRAINT ck_operator_entry_moves_something CHECK (amount <> 0)
);

CREATE TRIGGER operator_entry_is_immutable BEFORE UPDATE OR DELETE ON operator_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE operator_fold (
	ledger_account TEXT NOT NULL,
	currency TEXT NOT NULL,
	lane SMALLINT NOT NULL,
	balance BIGINT NOT NULL,
	upto_block BIGINT NOT NULL,
	CONSTRAINT pk_operator_fold PRIMARY KEY (ledger_account, currency, lane)
);

CREATE TABLE orphan_receipt (
	line SMALLINT NOT NULL,
	carrier_id TEXT NOT NULL,
	state TEXT NOT NULL,
	code TEXT NOT NULL,
	carrier_at TIMESTAMP WITH TIME ZONE,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_orphan_receipt PRIMARY KEY (line, carrier_id)
);

CREATE TABLE payment (
	id UUID NOT NULL,
	account_id UUID NOT NULL,
	number TEXT NOT NULL,
	channel TEXT NOT NULL,
	amount BIGINT NOT NULL,
	state TEXT NOT NULL,
	pay_url TEXT NOT NULL,
	idempotency_key TEXT NOT NULL,
	request_hash BYTEA NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	trade_number TEXT,
	payer_id TEXT,
	payer_name TEXT,
	paid_at TIMESTAMP WITH TIME ZONE,
	journal_id UUID,
	closed_at TIMESTAMP WITH TIME ZONE,
	asks INTEGER DEFAULT '0' NOT NULL,
	next_ask_at TIMESTAMP WITH TIME ZONE NOT NULL,
	unpaid_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_payment PRIMARY KEY (id),
	CONSTRAINT uq_payment_account_id_idempotency_key UNIQUE (account_id, idempotency_key),
	CONSTRAINT uq_payment_channel_trade_number UNIQUE (channel, trade_number),
	CONSTRAINT ck_payment_state_known CHECK (state IN ('created', 'paid', 'closed')),
	CONSTRAINT ck_payment_amount_bounds CHECK (amount BETWEEN 10000 AND 1000000000000),
	CONSTRAINT ck_payment_whole_fen CHECK (amount % 10000 = 0),
	CONSTRAINT ck_payment_paid_is_proved CHECK ((state = 'paid') = (num_nonnulls(trade_number, payer_id, payer_name, paid_at, journal_id) = 5)),
	CONSTRAINT ck_payment_closed_has_moment CHECK (state <> 'closed' OR closed_at IS NOT NULL),
	CONSTRAINT ck_payment_unpaid_is_known_after_the_end CHECK (unpaid_at > expires_at),
	CONSTRAINT uq_payment_number UNIQUE (number)
);

CREATE INDEX ix_payment_account_id_id ON payment (account_id, id);

CREATE INDEX ix_payment_paid ON payment (channel, paid_at);

CREATE INDEX ix_payment_to_ask ON payment (channel, next_ask_at) WHERE state = 'created';

CREATE INDEX ix_payment_to_close ON payment (expires_at) WHERE state = 'created' AND unpaid_at IS NOT NULL;

CREATE TABLE payment_statement (
	channel TEXT NOT NULL,
	day DATE NOT NULL,
	lines INTEGER NOT NULL,
	imported_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_payment_statement PRIMARY KEY (channel, day)
);

CREATE TRIGGER payment_statement_is_immutable BEFORE UPDATE OR DELETE ON payment_statement FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE price_version (
	id UUID NOT NULL,
	list_id UUID NOT NULL,
	product TEXT NOT NULL,
	class TEXT NOT NULL,
	destination TEXT NOT NULL,
	countries TEXT NOT NULL,
	tier_from INTEGER NOT NULL,
	tier_below INTEGER,
	unit_price NUMERIC(18, 8),
	tax_code TEXT NOT NULL,
	charge_on TEXT NOT NULL,
	valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
	valid_to TIMESTAMP WITH TIME ZONE,
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
	source TEXT NOT NULL,
	CONSTRAINT pk_price_version PRIMARY KEY (id),
	CONSTRAINT uq_price_version_list_id_product_class_destination_tier_3ab3 UNIQUE (list_id, product, class, destination, tier_from, valid_from),
	CONSTRAINT ck_price_version_class_known CHECK (class IN ('otp', 'notice', 'marketing', 'international')),
	CONSTRAINT ck_price_version_destination_given CHECK ((class = 'international') = (destination <> '')),
	CONSTRAINT ck_price_version_tier_from_one CHECK (tier_from >= 1),
	CONSTRAINT ck_price_version_tier_not_empty CHECK (tier_below IS NULL OR tier_below > tier_from),
	CONSTRAINT ck_price_version_price_not_negative CHECK (unit_price >= 0),
	CONSTRAINT ck_price_version_charge_on_known CHECK (charge_on IN ('submission', 'delivery')),
	CONSTRAINT ck_price_version_validity_not_empty CHECK (valid_to IS NULL OR valid_to > valid_from),
	CONSTRAINT ck_price_version_source_given CHECK (source <> '')
);

CREATE INDEX ix_price_version_product ON price_version (product, class);

CREATE TRIGGER price_version_is_immutable BEFORE UPDATE OR DELETE ON price_version FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE receipt (
	lane SMALLINT NOT NULL,
	id UUID NOT NULL,
	part SMALLINT NOT NULL,
	state TEXT NOT NULL,
	code TEXT NOT NULL,
	carrier_at TIMESTAMP WITH TIME ZONE,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_receipt PRIMARY KEY (id, lane, part),
	CONSTRAINT ck_receipt_state_known CHECK (state IN ('delivered', 'failed', 'unknown'))
)
 PARTITION BY RANGE (id);

CREATE TABLE receipt_default PARTITION OF receipt DEFAULT;

CREATE TABLE review_decision (
	id UUID NOT NULL,
	subject TEXT NOT NULL,
	subject_id UUID NOT NULL,
	revision INTEGER NOT NULL,
	verdict SMALLINT NOT NULL,
	reason TEXT NOT NULL,
	reviewer_id UUID,
	submitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
	decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
	seen JSONB NOT NULL,
	CONSTRAINT pk_review_decision PRIMARY KEY (id),
	CONSTRAINT uq_review_decision_subject_id_revision UNIQUE (subject_id, revision),
	CONSTRAINT ck_review_decision_subject_known CHECK (subject IN ('signature', 'template')),
	CONSTRAINT ck_review_decision_verdict_known CHECK (verdict IN (2, 3, 4)),
	CONSTRAINT ck_review_decision_reason_where_refused CHECK ((verdict IN (3, 4)) = (reason <> '')),
	CONSTRAINT ck_review_decision_seen_by_field CHECK (jsonb_typeof(seen) = 'object'),
	CONSTRAINT ck_review_decision_after_the_first_revision CHECK (revision > 1)
);

CREATE TABLE sender (
	lane SMALLINT NOT NULL,
	account_id UUID NOT NULL,
	version BIGINT NOT NULL,
	CONSTRAINT pk_sender PRIMARY KEY (lane, account_id)
);

CREATE TABLE signature (
	id UUID NOT NULL,
	public_id TEXT NOT NULL,
	account_id UUID NOT NULL,
	state SMALLINT NOT NULL,
	reason TEXT NOT NULL,
	revision INTEGER NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	submitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
	reviewer_id UUID,
	taken_at TIMESTAMP WITH TIME ZONE,
	decided_at TIMESTAMP WITH TIME ZONE,
	stopped BOOLEAN NOT NULL,
	deleted_at TIMESTAMP WITH TIME ZONE,
	text TEXT NOT NULL,
	type SMALLINT NOT NULL,
	purpose SMALLINT NOT NULL,
	certificate_type SMALLINT NOT NULL,
	description TEXT NOT NULL,
	international BOOLEAN NOT NULL,
	is_default BOOLEAN NOT NULL,
	CONSTRAINT pk_signature PRIMARY KEY (id),
	CONSTRAINT ck_signature_state_known CHECK (state BETWEEN 0 AND 4),
	CONSTRAINT ck_signature_reason_where_refused CHECK ((state IN (3, 4)) = (reason <> '')),
	CONSTRAINT ck_signature_taken_unless_waiting CHECK ((state = 0) = (taken_at IS NULL)),
	CONSTRAINT ck_signature_decided_at_the_end CHECK ((state IN (0, 1)) = (decided_at IS NULL)),
	CONSTRAINT ck_signature_stopped_is_disabled CHECK (NOT stopped OR state = 4),
	CONSTRAINT ck_signature_not_deleted_in_review CHECK (deleted_at IS NULL OR state <> 1),
	CONSTRAINT ck_signature_revision_from_one CHECK (revision > 0),
	CONSTRAINT ck_signature_text_length CHECK (char_length(text) BETWEEN 2 AND 20),
	CONSTRAINT ck_signature_type_known CHECK (type BETWEEN 0 AND 5),
	CONSTRAINT ck_signature_purpose_known CHECK (purpose IN (0, 1)),
	CONSTRAINT ck_signature_certificate_type_known CHECK (certificate_type BETWEEN 0 AND 5),
	CONSTRAINT ck_signature_default_is_usable CHECK (NOT is_default OR (state = 2 AND deleted_at IS NULL)),
	CONSTRAINT uq_signature_public_id UNIQUE (public_id)
);

CREATE INDEX ix_signature_account ON signature (account_id, id);

CREATE INDEX ix_signature_queue ON signature (submitted_at, id) WHERE state IN (0, 1) AND deleted_at IS NULL;

CREATE UNIQUE INDEX uq_signature_default ON signature (account_id) WHERE is_default;

CREATE UNIQUE INDEX uq_signature_text_alive ON signature (account_id, text) WHERE deleted_at IS NULL;

CREATE TABLE staff (
	id UUID NOT NULL,
	email VARCHAR(254) NOT NULL,
	name VARCHAR(64) NOT NULL,
	roles VARCHAR(16)[] NOT NULL,
	state VARCHAR(16) NOT NULL,
	password_hash TEXT,
	failures SMALLINT DEFAULT '0' NOT NULL,
	locked_until TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_staff PRIMARY KEY (id),
	CONSTRAINT uq_staff_email UNIQUE (email),
	CONSTRAINT ck_staff_state CHECK (state IN ('INVITED', 'ACTIVE', 'SUSPENDED')),
	CONSTRAINT ck_staff_active_has_password CHECK (state <> 'ACTIVE' OR password_hash IS NOT NULL),
	CONSTRAINT ck_staff_has_a_role CHECK (cardinality(roles) > 0)
);

CREATE TABLE submission (
	lane SMALLINT NOT NULL,
	id UUID NOT NULL,
	part SMALLINT NOT NULL,
	attempt SMALLINT NOT NULL,
	line SMALLINT NOT NULL,
	state TEXT NOT NULL,
	carrier_id TEXT,
	error INTEGER,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_submission PRIMARY KEY (id, lane, part, attempt),
	CONSTRAINT ck_submission_state_known CHECK (state IN ('submitted', 'rejected', 'unknown')),
	CONSTRAINT ck_submission_carrier_names_it CHECK ((state = 'submitted') = (carrier_id IS NOT NULL))
)
 PARTITION BY RANGE (id);

CREATE INDEX ix_submission_carrier_id ON submission (carrier_id);

CREATE TABLE submission_default PARTITION OF submission DEFAULT;

CREATE TABLE template (
	id UUID NOT NULL,
	public_id TEXT NOT NULL,
	account_id UUID NOT NULL,
	state SMALLINT NOT NULL,
	reason TEXT NOT NULL,
	revision INTEGER NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	submitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
	reviewer_id UUID,
	taken_at TIMESTAMP WITH TIME ZONE,
	decided_at TIMESTAMP WITH TIME ZONE,
	stopped BOOLEAN NOT NULL,
	deleted_at TIMESTAMP WITH TIME ZONE,
	class TEXT NOT NULL,
	name TEXT NOT NULL,
	content TEXT NOT NULL,
	remark TEXT NOT NULL,
	instruction TEXT NOT NULL,
	unsubscribe TEXT NOT NULL,
	international BOOLEAN NOT NULL,
	variable_count SMALLINT NOT NULL,
	CONSTRAINT pk_template PRIMARY KEY (id),
	CONSTRAINT ck_template_state_known CHECK (state BETWEEN 0 AND 4),
	CONSTRAINT ck_template_reason_where_refused CHECK ((state IN (3, 4)) = (reason <> '')),
	CONSTRAINT ck_template_taken_unless_waiting CHECK ((state = 0) = (taken_at IS NULL)),
	CONSTRAINT ck_template_decided_at_the_end CHECK ((state IN (0, 1)) = (decided_at IS NULL)),
	CONSTRAINT ck_template_stopped_is_disabled CHECK (NOT stopped OR state = 4),
	CONSTRAINT ck_template_not_deleted_in_review CHECK (deleted_at IS NULL OR state <> 1),
	CONSTRAINT ck_template_revision_from_one CHECK (revision > 0),
	CONSTRAINT ck_template_class_known CHECK (class IN ('otp', 'notice', 'marketing')),
	CONSTRAINT ck_template_name_length CHECK (char_length(name) BETWEEN 2 AND 32),
	CONSTRAINT ck_template_content_length CHECK (char_length(content || unsubscribe) BETWEEN 1 AND 500),
	CONSTRAINT ck_template_unsubscribe_from_marketing CHECK (unsubscribe = '' OR class = 'marketing'),
	CONSTRAINT ck_template_variables_counted CHECK (variable_count >= 0),
	CONSTRAINT uq_template_public_id UNIQUE (public_id)
);

CREATE INDEX ix_template_account ON template (account_id, id);

CREATE INDEX ix_template_queue ON template (submitted_at, id) WHERE state IN (0, 1) AND deleted_at IS NULL;

CREATE TABLE wallet (
	lane SMALLINT NOT NULL,
	id UUID NOT NULL,
	account_id UUID NOT NULL,
	currency TEXT NOT NULL,
	posted BIGINT NOT NULL,
	cash BIGINT NOT NULL,
	held BIGINT NOT NULL,
	credit_limit BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	CONSTRAINT pk_wallet PRIMARY KEY (lane, id),
	CONSTRAINT uq_wallet_lane_account_id_currency UNIQUE (lane, account_id, currency),
	CONSTRAINT ck_wallet_lane_range CHECK (lane BETWEEN 0 AND 255),
	CONSTRAINT ck_wallet_i9_not_negative CHECK (cash >= 0),
	CONSTRAINT ck_wallet_held_positive CHECK (held >= 0),
	CONSTRAINT ck_wallet_credit_positive CHECK (credit_limit >= 0),
	CONSTRAINT ck_wallet_i4_affordable CHECK (posted - held + credit_limit >= 0)
)
 WITH (fillfactor = 50);

CREATE TABLE account_subject (
	account_id UUID NOT NULL,
	subject_id UUID NOT NULL,
	since TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_account_subject PRIMARY KEY (account_id),
	CONSTRAINT fk_account_subject_account_id FOREIGN KEY(account_id) REFERENCES account (id),
	CONSTRAINT fk_account_subject_subject_id FOREIGN KEY(subject_id) REFERENCES legal_subject (id)
);

CREATE INDEX ix_account_subject_subject_id ON account_subject (subject_id);

CREATE TABLE api_key (
	id UUID NOT NULL,
	account_id UUID NOT NULL,
	public_key VARCHAR(64) NOT NULL,
	sealed_private BYTEA NOT NULL,
	name VARCHAR(64) NOT NULL,
	scopes VARCHAR(16)[] NOT NULL,
	networks VARCHAR(49)[] NOT NULL,
	state VARCHAR(16) NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_used_day DATE,
	CONSTRAINT pk_api_key PRIMARY KEY (id),
	CONSTRAINT uq_api_key_public_key UNIQUE (public_key),
	CONSTRAINT ck_api_key_state CHECK (state IN ('ACTIVE', 'SUSPENDED', 'REVOKED')),
	CONSTRAINT ck_api_key_has_a_scope CHECK (cardinality(scopes) > 0),
	CONSTRAINT fk_api_key_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE INDEX ix_api_key_account_id ON api_key (account_id);

CREATE TABLE bucket (
	lane SMALLINT NOT NULL,
	wallet_id UUID NOT NULL,
	id UUID NOT NULL,
	kind TEXT NOT NULL,
	priority SMALLINT NOT NULL,
	remaining BIGINT NOT NULL,
	granted BIGINT NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_bucket PRIMARY KEY (lane, wallet_id, id),
	CONSTRAINT fk_bucket_lane_wallet_id FOREIGN KEY(lane, wallet_id) REFERENCES wallet (lane, id),
	CONSTRAINT ck_bucket_kind_known CHECK (kind IN ('package', 'voucher', 'gift', 'credit')),
	CONSTRAINT ck_bucket_i9_not_negative CHECK (remaining >= 0 OR kind = 'credit')
)
 WITH (fillfactor = 50);

CREATE UNIQUE INDEX uq_bucket_open_ended ON bucket (lane, wallet_id, kind) WHERE expires_at IS NULL;

CREATE TABLE callback_endpoint (
	id UUID NOT NULL,
	account_id UUID NOT NULL,
	url TEXT NOT NULL,
	form TEXT NOT NULL,
	secret_sealed BYTEA,
	state TEXT NOT NULL,
	about TEXT NOT NULL,
	kinds TEXT[] NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_callback_endpoint PRIMARY KEY (id),
	CONSTRAINT ck_callback_endpoint_form_known CHECK (form IN ('native', 'signed')),
	CONSTRAINT ck_callback_endpoint_state_known CHECK (state IN ('enabled', 'paused', 'removed')),
	CONSTRAINT ck_callback_endpoint_signed_has_secret CHECK ((form = 'signed') = (secret_sealed IS NOT NULL)),
	CONSTRAINT ck_callback_endpoint_url_length CHECK (length(url) BETWEEN 1 AND 500),
	CONSTRAINT ck_callback_endpoint_about_known CHECK (about IN ('receipts', 'replies')),
	CONSTRAINT ck_callback_endpoint_receipts_have_kinds CHECK ((about = 'receipts') = (cardinality(kinds) > 0)),
	CONSTRAINT ck_callback_endpoint_kinds_known CHECK (kinds <@ ARRAY['delivered', 'failed', 'rejected', 'unknown']),
	CONSTRAINT fk_callback_endpoint_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE INDEX ix_callback_endpoint_living ON callback_endpoint (account_id) WHERE state <> 'removed';

CREATE TABLE email_outbox (
	id UUID NOT NULL,
	account_id UUID,
	recipient VARCHAR(254) NOT NULL,
	subject VARCHAR(200) NOT NULL,
	sealed_text BYTEA,
	state VARCHAR(8) NOT NULL,
	attempts SMALLINT NOT NULL,
	due_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_error VARCHAR(200),
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	sent_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_email_outbox PRIMARY KEY (id),
	CONSTRAINT ck_email_outbox_state CHECK (state IN ('QUEUED', 'SENT', 'DEAD')),
	CONSTRAINT ck_email_outbox_text_while_queued CHECK ((state = 'QUEUED') = (sealed_text IS NOT NULL)),
	CONSTRAINT ck_email_outbox_sent_says_when CHECK ((state = 'SENT') = (sent_at IS NOT NULL)),
	CONSTRAINT fk_email_outbox_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE INDEX ix_email_outbox_due ON email_outbox (due_at, id) WHERE state = 'QUEUED';

CREATE TABLE hold (
	lane SMALLINT NOT NULL,
	id UUID NOT NULL,
	wallet_id UUID NOT NULL,
	amount BIGINT NOT NULL,
	state TEXT NOT NULL,
	opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	settled_at TIMESTAMP WITH TIME ZONE,
	journal_id UUID,
	CONSTRAINT pk_hold PRIMARY KEY (lane, id),
	CONSTRAINT fk_hold_lane_wallet_id FOREIGN KEY(lane, wallet_id) REFERENCES wallet (lane, id),
	CONSTRAINT ck_hold_positive CHECK (amount > 0),
	CONSTRAINT ck_hold_state_known CHECK (state IN ('open', 'posted', 'voided', 'expired')),
	CONSTRAINT ck_hold_settled_when_closed CHECK ((state = 'open') = (settled_at IS NULL))
);

CREATE INDEX ix_hold_open ON hold (expires_at) WHERE state = 'open';

CREATE TABLE identity_application (
	id UUID NOT NULL,
	account_id UUID NOT NULL,
	name VARCHAR(100) NOT NULL,
	uscc VARCHAR(18) NOT NULL,
	legal_person VARCHAR(64) NOT NULL,
	state VARCHAR(16) NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	submitted_at TIMESTAMP WITH TIME ZONE,
	decided_at TIMESTAMP WITH TIME ZONE,
	decided_by UUID,
	reason VARCHAR(500),
	CONSTRAINT pk_identity_application PRIMARY KEY (id),
	CONSTRAINT ck_identity_application_state CHECK (state IN ('DRAFT', 'SUBMITTED', 'APPROVED', 'REFUSED')),
	CONSTRAINT ck_identity_application_submitted_says_when CHECK ((state = 'DRAFT') = (submitted_at IS NULL)),
	CONSTRAINT ck_identity_application_decided_says_when CHECK ((state IN ('APPROVED', 'REFUSED')) = (decided_at IS NOT NULL)),
	CONSTRAINT ck_identity_application_refused_says_why CHECK ((state = 'REFUSED') = (reason IS NOT NULL)),
	CONSTRAINT fk_identity_application_account_id FOREIGN KEY(account_id) REFERENCES account (id),
	CONSTRAINT fk_identity_application_decided_by FOREIGN KEY(decided_by) REFERENCES staff (id)
);

CREATE INDEX ix_identity_application_account_id_id ON identity_application (account_id, id);

CREATE INDEX ix_identity_application_queue ON identity_application (submitted_at, id) WHERE state = 'SUBMITTED';

CREATE UNIQUE INDEX uq_identity_application_living ON identity_application (account_id) WHERE state <> 'REFUSED';

CREATE TABLE inbound_message (
	id UUID NOT NULL,
	xid XID8 DEFAULT pg_current_xact_id() NOT NULL,
	account_id UUID,
	line SMALLINT NOT NULL,
	source TEXT NOT NULL,
	destination TEXT NOT NULL,
	extend_code TEXT NOT NULL,
	text TEXT NOT NULL,
	parts SMALLINT NOT NULL,
	missing SMALLINT NOT NULL,
	message_id UUID,
	client_ref TEXT,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_inbound_message PRIMARY KEY (id),
	CONSTRAINT ck_inbound_message_related_or_nobodys CHECK ((account_id IS NULL) = (message_id IS NULL)),
	CONSTRAINT ck_inbound_message_something_came CHECK (missing BETWEEN 0 AND parts - 1),
	CONSTRAINT fk_inbound_message_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE INDEX ix_inbound_message_account_id_id ON inbound_message (account_id, id);

CREATE INDEX ix_inbound_message_nobodys ON inbound_message (id) WHERE account_id IS NULL;

CREATE INDEX ix_inbound_message_xid_id ON inbound_message (xid, id);

CREATE TABLE line_cursor (
	line SMALLINT NOT NULL,
	lane SMALLINT NOT NULL,
	id UUID NOT NULL,
	CONSTRAINT pk_line_cursor PRIMARY KEY (line, lane),
	CONSTRAINT fk_line_cursor_line FOREIGN KEY(line) REFERENCES carrier_line (number)
);

CREATE TABLE line_pulse (
	line SMALLINT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	is_bound BOOLEAN NOT NULL,
	in_flight INTEGER NOT NULL,
	waiting INTEGER NOT NULL,
	submitted_per_second INTEGER NOT NULL,
	receipts_per_second INTEGER NOT NULL,
	trouble TEXT,
	trouble_detail TEXT,
	trouble_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_line_pulse PRIMARY KEY (line),
	CONSTRAINT ck_line_pulse_not_negative CHECK (in_flight >= 0 AND waiting >= 0),
	CONSTRAINT ck_line_pulse_trouble_has_moment CHECK ((trouble IS NULL) = (trouble_at IS NULL)),
	CONSTRAINT fk_line_pulse_line FOREIGN KEY(line) REFERENCES carrier_line (number)
);

CREATE TABLE member (
	id UUID NOT NULL,
	account_id UUID NOT NULL,
	email VARCHAR(254),
	phone VARCHAR(20),
	name VARCHAR(64) NOT NULL,
	role VARCHAR(16) NOT NULL,
	state VARCHAR(8) NOT NULL,
	password_hash TEXT,
	failures SMALLINT DEFAULT '0' NOT NULL,
	locked_until TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_member PRIMARY KEY (id),
	CONSTRAINT ck_member_reachable CHECK (email IS NOT NULL OR phone IS NOT NULL),
	CONSTRAINT ck_member_email_lower_case CHECK (email = lower(email)),
	CONSTRAINT ck_member_role CHECK (role IN ('OWNER', 'DEVELOPER', 'FINANCE', 'VIEWER')),
	CONSTRAINT ck_member_state CHECK (state IN ('ACTIVE', 'REMOVED')),
	CONSTRAINT ck_member_active_has_password CHECK (state <> 'ACTIVE' OR password_hash IS NOT NULL),
	CONSTRAINT fk_member_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE INDEX ix_member_account_id ON member (account_id);

CREATE UNIQUE INDEX uq_member_email ON member (email) WHERE state <> 'REMOVED';

CREATE UNIQUE INDEX uq_member_phone ON member (phone) WHERE state <> 'REMOVED';

CREATE TABLE opt_out (
	account_id UUID NOT NULL,
	number TEXT NOT NULL,
	id UUID NOT NULL,
	origin TEXT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_opt_out PRIMARY KEY (account_id, number),
	CONSTRAINT ck_opt_out_number_is_digits CHECK (number ~ '^[0-9]+$'),
	CONSTRAINT ck_opt_out_origin_known CHECK (origin IN ('reply', 'hand')),
	CONSTRAINT fk_opt_out_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE UNIQUE INDEX ix_opt_out_account_id_id ON opt_out (account_id, id);

CREATE TABLE package_order (
	id UUID NOT NULL,
	number TEXT NOT NULL,
	account_id UUID NOT NULL,
	package_group TEXT NOT NULL,
	quantity INTEGER NOT NULL,
	unit_price NUMERIC(18, 8) NOT NULL,
	amount BIGINT NOT NULL,
	price_id UUID NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	placed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	placed_by UUID,
	bucket_id UUID NOT NULL,
	journal_id UUID NOT NULL,
	idempotency_key TEXT NOT NULL,
	request_hash BYTEA NOT NULL,
	voided_units INTEGER,
	void_journal_id UUID,
	earned_units INTEGER DEFAULT '0' NOT NULL,
	earned BIGINT DEFAULT '0' NOT NULL,
	CONSTRAINT pk_package_order PRIMARY KEY (id),
	CONSTRAINT uq_package_order_account_id_idempotency_key UNIQUE (account_id, idempotency_key),
	CONSTRAINT ck_package_order_group_known CHECK (package_group IN ('notice', 'marketing')),
	CONSTRAINT ck_package_order_number_shape CHECK (number ~ '^[0-9]{23}$'),
	CONSTRAINT ck_package_order_in_hundreds CHECK (quantity % 100 = 0 AND quantity >= 100),
	CONSTRAINT ck_package_order_i13_priced_once CHECK (amount = round(unit_price * quantity * 1000000)),
	CONSTRAINT ck_package_order_valid_for_a_while CHECK (expires_at > placed_at),
	CONSTRAINT ck_package_order_earns_at_most_all CHECK (earned_units BETWEEN 0 AND quantity),
	CONSTRAINT ck_package_order_earned_by_units CHECK (earned = round(amount::numeric * earned_units / quantity)),
	CONSTRAINT ck_package_order_voids_at_most_all CHECK (voided_units BETWEEN 0 AND quantity),
	CONSTRAINT ck_package_order_void_is_booked CHECK ((void_journal_id IS NOT NULL) = (coalesce(voided_units, 0) > 0)),
	CONSTRAINT uq_package_order_number UNIQUE (number),
	CONSTRAINT fk_package_order_price_id FOREIGN KEY(price_id) REFERENCES price_version (id),
	CONSTRAINT uq_package_order_bucket_id UNIQUE (bucket_id),
	CONSTRAINT uq_package_order_journal_id UNIQUE (journal_id)
);

CREATE INDEX ix_package_order_account_id_id ON package_order (account_id, id);

CREATE INDEX ix_package_order_to_earn ON package_order (id) WHERE voided_units IS NULL OR earned_units < quantity;

CREATE INDEX ix_package_order_to_void ON package_order (expires_at) WHERE voided_units IS NULL;

CREATE TABLE payment_notice (
	channel TEXT NOT NULL,
	notice_id TEXT NOT NULL,
	payment_id UUID,
	bill_number TEXT NOT NULL,
	trade_number TEXT NOT NULL,
	state TEXT NOT NULL,
	amount BIGINT NOT NULL,
	payer_id TEXT NOT NULL,
	payer_name TEXT NOT NULL,
	paid_at TIMESTAMP WITH TIME ZONE,
	outcome TEXT NOT NULL,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_payment_notice PRIMARY KEY (channel, notice_id),
	CONSTRAINT ck_payment_notice_state_known CHECK (state IN ('waiting', 'paid', 'closed')),
	CONSTRAINT ck_payment_notice_outcome_known CHECK (outcome IN ('settled', 'repeated', 'closed', 'ignored', 'second_trade', 'mismatch', 'unknown')),
	CONSTRAINT ck_payment_notice_unknown_has_no_payment CHECK ((outcome = 'unknown') = (payment_id IS NULL)),
	CONSTRAINT fk_payment_notice_payment_id FOREIGN KEY(payment_id) REFERENCES payment (id)
);

CREATE INDEX ix_payment_notice_payment_id ON payment_notice (payment_id);

CREATE UNIQUE INDEX uq_payment_notice_suspended ON payment_notice (channel, trade_number) WHERE outcome = 'second_trade';

CREATE TRIGGER payment_notice_is_immutable BEFORE UPDATE OR DELETE ON payment_notice FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE payment_statement_line (
	channel TEXT NOT NULL,
	trade_number TEXT NOT NULL,
	day DATE NOT NULL,
	bill_number TEXT NOT NULL,
	amount BIGINT NOT NULL,
	payer_id TEXT NOT NULL,
	paid_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_payment_statement_line PRIMARY KEY (channel, trade_number),
	CONSTRAINT fk_payment_statement_line_channel_day FOREIGN KEY(channel, day) REFERENCES payment_statement (channel, day),
	CONSTRAINT ck_payment_statement_line_positive CHECK (amount > 0)
);

CREATE INDEX ix_payment_statement_line_day ON payment_statement_line (channel, day);

CREATE TRIGGER payment_statement_line_is_immutable BEFORE UPDATE OR DELETE ON payment_statement_line FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE price_draft (
	id UUID NOT NULL,
	begins_on DATE NOT NULL,
	source TEXT NOT NULL,
	based_on INTEGER NOT NULL,
	state VARCHAR(16) NOT NULL,
	prepared_by UUID NOT NULL,
	prepared_at TIMESTAMP WITH TIME ZONE NOT NULL,
	decided_by UUID,
	decided_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_price_draft PRIMARY KEY (id),
	CONSTRAINT ck_price_draft_state CHECK (state IN ('PREPARED', 'PUBLISHED', 'WITHDRAWN')),
	CONSTRAINT ck_price_draft_decided_says_when CHECK ((state = 'PREPARED') = (decided_at IS NULL)),
	CONSTRAINT ck_price_draft_decided_says_who CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
	CONSTRAINT ck_price_draft_four_eyes CHECK (state <> 'PUBLISHED' OR decided_by <> prepared_by),
	CONSTRAINT ck_price_draft_source_given CHECK (source <> ''),
	CONSTRAINT fk_price_draft_prepared_by FOREIGN KEY(prepared_by) REFERENCES staff (id),
	CONSTRAINT fk_price_draft_decided_by FOREIGN KEY(decided_by) REFERENCES staff (id)
);

CREATE TABLE signature_evidence (
	id UUID NOT NULL,
	signature_id UUID NOT NULL,
	kind TEXT NOT NULL,
	file_name TEXT NOT NULL,
	media_type TEXT NOT NULL,
	size INTEGER NOT NULL,
	sha256 BYTEA NOT NULL,
	content BYTEA NOT NULL,
	uploaded_at TIMESTAMP WITH TIME ZONE NOT NULL,
	replaced_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_signature_evidence PRIMARY KEY (id),
	CONSTRAINT ck_signature_evidence_kind_known CHECK (kind IN ('certificate', 'authority')),
	CONSTRAINT ck_signature_evidence_media_type_known CHECK (media_type IN ('image/jpeg', 'image/png', 'application/pdf')),
	CONSTRAINT ck_signature_evidence_size_true CHECK (size = octet_length(content)),
	CONSTRAINT ck_signature_evidence_at_most_4_mb CHECK (size <= 4194304),
	CONSTRAINT ck_signature_evidence_sha256_length CHECK (octet_length(sha256) = 32),
	CONSTRAINT fk_signature_evidence_signature_id FOREIGN KEY(signature_id) REFERENCES signature (id)
);

CREATE UNIQUE INDEX uq_signature_evidence_current ON signature_evidence (signature_id, kind) WHERE replaced_at IS NULL;

CREATE TABLE callback_delivery (
	id UUID NOT NULL,
	endpoint_id UUID NOT NULL,
	account_id UUID NOT NULL,
	topic TEXT NOT NULL,
	ids UUID[] NOT NULL,
	xids XID8[] DEFAULT '{}' NOT NULL,
	size INTEGER GENERATED ALWAYS AS (cardinality(ids)) STORED NOT NULL,
	state TEXT NOT NULL,
	tries INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	next_at TIMESTAMP WITH TIME ZONE NOT NULL,
	lease UUID,
	last_status INTEGER,
	last_error TEXT,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ended_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_callback_delivery PRIMARY KEY (id),
	CONSTRAINT ck_callback_delivery_topic_known CHECK (topic IN ('receipts', 'replies', 'ping')),
	CONSTRAINT ck_callback_delivery_state_known CHECK (state IN ('pending', 'delivered', 'dead')),
	CONSTRAINT ck_callback_delivery_ended_says_when CHECK ((state = 'pending') = (ended_at IS NULL)),
	CONSTRAINT ck_callback_delivery_tries_are_attempts CHECK (tries BETWEEN 0 AND attempts),
	CONSTRAINT ck_callback_delivery_items_fit CHECK ((topic = 'ping') = (size = 0) AND size <= 200),
	CONSTRAINT ck_callback_delivery_ends_have_xids CHECK (cardinality(xids) = CASE topic WHEN 'receipts' THEN size ELSE 0 END),
	CONSTRAINT fk_callback_delivery_endpoint_id FOREIGN KEY(endpoint_id) REFERENCES callback_endpoint (id),
	CONSTRAINT fk_callback_delivery_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE INDEX ix_callback_delivery_account_id_id ON callback_delivery (account_id, id);

CREATE INDEX ix_callback_delivery_due ON callback_delivery (endpoint_id, next_at) WHERE state = 'pending';

CREATE INDEX ix_callback_delivery_endpoint_id_id ON callback_delivery (endpoint_id, id);

ALTER TABLE callback_delivery ALTER COLUMN ids SET STORAGE EXTERNAL;

CREATE TABLE consent (
	id UUID NOT NULL,
	account_id UUID NOT NULL,
	member_id UUID NOT NULL,
	version_id UUID NOT NULL,
	kind TEXT NOT NULL,
	version TEXT NOT NULL,
	locale TEXT NOT NULL,
	sha256 BYTEA NOT NULL,
	emphasised TEXT[] NOT NULL,
	acknowledged TEXT[] NOT NULL,
	seconds_on_page INTEGER NOT NULL,
	authority_confirmed BOOLEAN NOT NULL,
	ip TEXT,
	user_agent TEXT,
	door TEXT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	chain_seq INTEGER NOT NULL,
	chain_hash BYTEA NOT NULL,
	CONSTRAINT pk_consent PRIMARY KEY (id),
	CONSTRAINT fk_consent_version_id_kind_version_locale_sha256 FOREIGN KEY(version_id, kind, version, locale, sha256) REFERENCES agreement_version (id, kind, version, locale, sha256),
	CONSTRAINT uq_consent_account_id_member_id_version_id UNIQUE (account_id, member_id, version_id),
	CONSTRAINT uq_consent_account_id_chain_seq UNIQUE (account_id, chain_seq),
	CONSTRAINT ck_consent_all_emphasised_acknowledged CHECK (acknowledged @> emphasised),
	CONSTRAINT ck_consent_something_emphasised CHECK (cardinality(emphasised) > 0),
	CONSTRAINT ck_consent_authority CHECK (authority_confirmed),
	CONSTRAINT ck_consent_page_time CHECK (seconds_on_page >= 0),
	CONSTRAINT ck_consent_chain_seq CHECK (chain_seq >= 1),
	CONSTRAINT ck_consent_chain_hash CHECK (octet_length(chain_hash) = 32),
	CONSTRAINT fk_consent_account_id FOREIGN KEY(account_id) REFERENCES account (id),
	CONSTRAINT fk_consent_member_id FOREIGN KEY(member_id) REFERENCES member (id)
);

CREATE TRIGGER consent_is_immutable BEFORE UPDATE OR DELETE ON consent FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE identity_document (
	id UUID NOT NULL,
	application_id UUID NOT NULL,
	kind VARCHAR(16) NOT NULL,
	media_type VARCHAR(32) NOT NULL,
	size INTEGER NOT NULL,
	sha256 BYTEA NOT NULL,
	sealed BYTEA NOT NULL,
	uploaded_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_identity_document PRIMARY KEY (id),
	CONSTRAINT uq_identity_document_application_id_kind UNIQUE (application_id, kind),
	CONSTRAINT ck_identity_document_kind CHECK (kind IN ('LICENCE', 'AUTHORISATION')),
	CONSTRAINT ck_identity_document_size CHECK (size BETWEEN 1 AND 4194304),
	CONSTRAINT fk_identity_document_application_id FOREIGN KEY(application_id) REFERENCES identity_application (id)
);

CREATE TABLE inbound_part (
	link UUID NOT NULL,
	ordinal INTEGER NOT NULL,
	line SMALLINT NOT NULL,
	fingerprint BYTEA NOT NULL,
	answered BOOLEAN NOT NULL,
	source TEXT NOT NULL,
	destination TEXT NOT NULL,
	octets BYTEA NOT NULL,
	coding SMALLINT NOT NULL,
	reference INTEGER,
	total SMALLINT NOT NULL,
	number SMALLINT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	inbound_id UUID,
	CONSTRAINT pk_inbound_part PRIMARY KEY (link, ordinal),
	CONSTRAINT ck_inbound_part_number_of_total CHECK (number BETWEEN 1 AND total),
	CONSTRAINT ck_inbound_part_long_ones_have_a_reference CHECK ((reference IS NULL) = (total = 1)),
	CONSTRAINT ck_inbound_part_fingerprint_length CHECK (octet_length(fingerprint) = 32),
	CONSTRAINT fk_inbound_part_inbound_id FOREIGN KEY(inbound_id) REFERENCES inbound_message (id)
);

CREATE INDEX ix_inbound_part_at ON inbound_part (at);

CREATE INDEX ix_inbound_part_open ON inbound_part (at) WHERE inbound_id IS NULL;

CREATE INDEX ix_inbound_part_suspect ON inbound_part (fingerprint) WHERE NOT answered;

CREATE TABLE invitation (
	id UUID NOT NULL,
	account_id UUID NOT NULL,
	channel VARCHAR(8) NOT NULL,
	target VARCHAR(254) NOT NULL,
	role VARCHAR(16) NOT NULL,
	state VARCHAR(16) NOT NULL,
	token_hash BYTEA NOT NULL,
	invited_by UUID,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	sendings SMALLINT NOT NULL,
	member_id UUID,
	CONSTRAINT pk_invitation PRIMARY KEY (id),
	CONSTRAINT uq_invitation_token_hash UNIQUE (token_hash),
	CONSTRAINT uq_invitation_member_id UNIQUE (member_id),
	CONSTRAINT ck_invitation_channel CHECK (channel IN ('email', 'phone')),
	CONSTRAINT ck_invitation_role CHECK (role IN ('OWNER', 'DEVELOPER', 'FINANCE', 'VIEWER')),
	CONSTRAINT ck_invitation_state CHECK (state IN ('OPEN', 'ACCEPTED', 'WITHDRAWN')),
	CONSTRAINT ck_invitation_accepted_by_somebody CHECK ((state = 'ACCEPTED') = (member_id IS NOT NULL)),
	CONSTRAINT ck_invitation_sha256 CHECK (octet_length(token_hash) = 32),
	CONSTRAINT ck_invitation_sendings CHECK (sendings BETWEEN 1 AND 5),
	CONSTRAINT ck_invitation_in_order CHECK (expires_at > sent_at AND sent_at >= created_at),
	CONSTRAINT fk_invitation_account_id FOREIGN KEY(account_id) REFERENCES account (id),
	CONSTRAINT fk_invitation_invited_by FOREIGN KEY(invited_by) REFERENCES member (id),
	CONSTRAINT fk_invitation_member_id FOREIGN KEY(member_id) REFERENCES member (id)
);

CREATE INDEX ix_invitation_account_id ON invitation (account_id);

CREATE UNIQUE INDEX uq_invitation_open ON invitation (account_id, channel, target) WHERE state = 'OPEN';

CREATE TABLE notification (
	id UUID NOT NULL,
	account_id UUID NOT NULL,
	member_id UUID,
	event_name VARCHAR(80) NOT NULL,
	facts JSONB NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	read_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_notification PRIMARY KEY (id),
	CONSTRAINT fk_notification_account_id FOREIGN KEY(account_id) REFERENCES account (id),
	CONSTRAINT fk_notification_member_id FOREIGN KEY(member_id) REFERENCES member (id)
);

CREATE INDEX ix_notification_account_id_id ON notification (account_id, id);

CREATE INDEX ix_notification_unread ON notification (account_id) WHERE read_at IS NULL;

CREATE TABLE price_draft_line (
	draft_id UUID NOT NULL,
	class TEXT NOT NULL,
	destination TEXT NOT NULL,
	tier_from INTEGER NOT NULL,
	tier_below INTEGER,
	unit_price NUMERIC(18, 8),
	CONSTRAINT pk_price_draft_line PRIMARY KEY (draft_id, class, destination, tier_from),
	CONSTRAINT ck_price_draft_line_tier_from_one CHECK (tier_from >= 1),
	CONSTRAINT ck_price_draft_line_tier_not_empty CHECK (tier_below IS NULL OR tier_below > tier_from),
	CONSTRAINT ck_price_draft_line_price_not_negative CHECK (unit_price >= 0),
	CONSTRAINT fk_price_draft_line_draft_id FOREIGN KEY(draft_id) REFERENCES price_draft (id)
);

CREATE TRIGGER price_draft_line_is_immutable BEFORE UPDATE OR DELETE ON price_draft_line FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE sign_in_session (
	id UUID NOT NULL,
	token_hash BYTEA NOT NULL,
	kind VARCHAR(8) NOT NULL,
	account_id UUID,
	member_id UUID,
	staff_id UUID,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ended_at TIMESTAMP WITH TIME ZONE,
	ip VARCHAR(45),
	user_agent VARCHAR(300),
	CONSTRAINT pk_sign_in_session PRIMARY KEY (id),
	CONSTRAINT uq_sign_in_session_token_hash UNIQUE (token_hash),
	CONSTRAINT ck_sign_in_session_one_side CHECK ((kind = 'MEMBER' AND member_id IS NOT NULL AND account_id IS NOT NULL AND staff_id IS NULL) OR (kind = 'STAFF' AND staff_id IS NOT NULL AND member_id IS NULL AND account_id IS NULL)),
	CONSTRAINT ck_sign_in_session_sha256 CHECK (octet_length(token_hash) = 32),
	CONSTRAINT fk_sign_in_session_account_id FOREIGN KEY(account_id) REFERENCES account (id),
	CONSTRAINT fk_sign_in_session_member_id FOREIGN KEY(member_id) REFERENCES member (id),
	CONSTRAINT fk_sign_in_session_staff_id FOREIGN KEY(staff_id) REFERENCES staff (id)
);

CREATE INDEX ix_sign_in_session_living_account ON sign_in_session (account_id) WHERE ended_at IS NULL;

CREATE INDEX ix_sign_in_session_living_member ON sign_in_session (member_id) WHERE ended_at IS NULL;

CREATE TABLE callback_attempt (
	delivery_id UUID NOT NULL,
	number INTEGER NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	status INTEGER,
	error TEXT,
	milliseconds INTEGER NOT NULL,
	CONSTRAINT pk_callback_attempt PRIMARY KEY (delivery_id, number),
	CONSTRAINT ck_callback_attempt_counted_from_one CHECK (number > 0),
	CONSTRAINT ck_callback_attempt_answered_or_not CHECK (status IS NOT NULL OR error IS NOT NULL),
	CONSTRAINT fk_callback_attempt_delivery_id FOREIGN KEY(delivery_id) REFERENCES callback_delivery (id)
);
