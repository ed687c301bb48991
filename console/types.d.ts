// The admin API's types, by the names of its contract. Times are Unix seconds.
declare namespace Api {
  type Role = 'viewer' | 'operator' | 'owner';
  interface Page<T> { items: T[]; next: string | null }
  interface FieldError { field: string; detail: string }

  interface Session {
    user: { id: string; name: string } | null;
    token: { id: string; name: string } | null;
    role: Role;
    app_ids: number[] | null;
    csrf_token: string | null;
    gateway_url: string;
    stepped_up_until: number | null;
    expires_at: number;
    idle_until: number;
    operations: string[];
  }
  interface SessionRow {
    id: string; user_id: string; created_at: number; last_used_at: number; expires_at: number;
    network: string; client: string; current: boolean;
  }
  interface Enrollment { totp_secret: string; totp_uri: string; qr: string[]; name: string }

  interface User {
    id: string; name: string; role: Role; app_ids: number[] | null; status: 'invited' | 'active' | 'disabled';
    rev: number; created_at: number; updated_at: number; signed_in_at: number | null;
  }
  interface Invitation { user: User; invitation_token: string; invitation_path: string; expires_at: number }
  interface ApiToken {
    id: string; name: string; role: Role; app_ids: number[] | null; privileged: boolean; created_by: string;
    created_at: number; expires_at: number; last_used_at: number | null; revoked_at: number | null;
  }

  interface Feature { name: string; from?: number | null; until?: number | null }
  interface Settings {
    name: string;
    environment: 'production' | 'test';
    service_enabled: boolean;
    features: Feature[];
    entitlement_from: number | null;
    entitlement_until: number | null;
    lifetime: number;
    rate_per_second: number;
    replay_mode: 'once' | 'repeatable';
    nonce_profile: 'any' | 'hex16';
    on_expiry: string[];
    bind: string[];
    allowed_networks: string[];
    note: string;
    tags: string[];
  }
  interface App extends Settings {
    app_id: number; status: 'active' | 'suspended'; rev: number; created_at: number; updated_at: number;
    fault?: string;
  }
  interface Secret {
    generation: number; state: 'active' | 'retiring' | 'revoked'; until?: number | null; opens: boolean;
    created_at: number; last_used_at: number | null;
  }
  interface AppDetail extends App { secrets: Secret[]; last_request_at: number | null }
  interface ImportResult {
    line: number; app_id?: number; name?: string; outcome: 'created' | 'failed' | 'would_create';
    code?: string; detail?: string; server_secret?: string;
  }
  interface Import {
    dry_run: boolean; total: number; created: number; updated: number; failed: number; results: ImportResult[];
  }
  interface BulkResult { changed: number; failed: { app_id: number; code: string; detail: string }[] }

  interface InspectedFeature {
    name: string; answer: string; reason: string | null; sdk_code: number; seconds_left?: number | null;
    /** `stop`, `bypass` or `grace:<hours>`. */
    on_expiry: string; runs_until: number;
  }
  interface Inspection {
    state: 'valid' | 'not_yet_valid' | 'expired' | 'refused' | 'no_license';
    verified: boolean; message: string; next_step: string; notes: string[]; at: number;
    sdk_code: number | null; reason: string | null; license: Record<string, unknown> | null;
    timeline: { at: number; what: string }[];
    features: InspectedFeature[];
    key: { serial: number; kid: string; root: 'active' | 'standby'; sign_from: number; expires_at: number; floor: number } | null;
  }
  interface MintedLicense { license: string; expire_at: number; hour: number; serial: number; jti: string }
  interface LicenseRun { rev: number; serial: number; first_hour: number; last_hour: number; licenses: number }

  interface RequestRow {
    request_id: string; at: number; app_id: number | null; code: number; reason: string | null;
    network: string; duration_us: number;
  }
  interface RequestCheck {
    /** null: it is no request of the licence API. */
    would_be: number | null;
    checks: { step: string; title: string; outcome: 'passed' | 'failed' | 'not_reached'; detail: string; hint?: string | null }[];
    causes: { id: string; title: string; detail: string }[];
    request: Record<string, unknown>;
    expected_string_to_sign?: string | null;
  }
  interface GatewayAnswer { status: number; headers: Record<string, string>; body: string; duration_us: number }
  interface ReturnCode { code: number; name: string; meaning: string; retryable: boolean; next_step: string }

  interface Key {
    serial: number; kid: string; root: string; state: 'signing' | 'next' | 'staged' | 'replaced' | 'withdrawn' | 'ended';
    sign_from: number; signs_until: number; certificate_ends: number; floor: number;
  }
  interface Keys {
    issuer: string; environment: string; auto_root: boolean; pins: string;
    roots: { role: string; kid: string; kept_here?: boolean }[]; keys: Key[];
    covered_until: number | null; gap_until: number | null;
  }
  interface KeyPreview {
    serial: number; sign_from: number; signs_until: number; certificate_ends: number;
    warnings: { id: string; detail: string }[];
    old_licenses_until: number | null; old_certificates_until: number | null; apps_affected: number;
  }

  interface Usage {
    resolution: 'minute' | 'hour' | 'day'; from: number; until: number;
    series: { code: number; points: [number, number][] }[];
  }
  interface AppUsage { app_id: number; name: string; requests: number; failures: number; licenses: number }
  interface AuditEntry {
    seq: number; at: number; actor: string; action: string; subject: string; detail: unknown; hash: string;
  }
  interface Checkpoint { seq: number; hash: string; at: number; note: string; public_key: string }

  interface Webhook {
    id: string; url: string; events: string[]; enabled: boolean; note: string; rev: number;
    created_at: number; updated_at: number;
  }
  interface Delivery {
    id: string; webhook_id: string; kind: string; created_at: number; next_try_at: number | null; tries: number;
    delivered_at: number | null; gave_up_at: number | null; last_status: number | null; last_error: string | null;
  }

  interface Overview {
    now: number; version: string; started_at: number; issuer: string; environment: string;
    ready: boolean; degraded: string[]; apps: number;
    rates: { code: number; per_second: number }[]; requests_per_second: number; licenses_today: number;
    /** null: nobody asked in the last minute. */
    latency_us: { p50: number; p99: number } | null;
    next_key: { serial: number; sign_from: number } | null;
    covered_until: number | null;
    health: {
      store: string | boolean; guard: { entries: number; capacity: number };
      clock: 'steady' | 'suspect'; signer: boolean;
    };
    attention: { id: string; severity: 'error' | 'warning'; title: string; detail: string; href: string | null }[];
    recent: [number, number, number][];
  }
  interface Nodes { revision: number; nodes: Node[] }
  interface Node {
    id: string; name: string; release: string; answers_this: boolean; alive: boolean; seen_secs_ago: number;
    started_at: number; revision: number; behind: number; ready: boolean; from_copy: boolean; replay_guard: string;
    degraded: string[];
  }
  interface ServerSettings {
    version: string; installation_id: string; issuer: string; environment: string; auto_root: boolean;
    data_directory: string;
    gateway: { address: string; tls: boolean; hosts: string[]; [more: string]: unknown };
    admin: { address: string; tls: boolean };
    audit: { checkpoint_file: string | null; checkpoint_url: string | null; public_key: string | null };
    retention: { minutes_secs: number; hours_secs: number; days_secs: number; requests_secs: number; requests_rows: number };
    demo: boolean;
  }
}
