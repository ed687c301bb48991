// What the package offers, by hand; the JavaScript in js/ is checked against it. Times are Unix seconds, in UTC.

/** How a licence is found: `expired` and `not_yet_valid` are authentic, `refused` is not this app's licence at all. */
export type State = 'valid' | 'not_yet_valid' | 'expired' | 'refused';

/** Why a licence or a feature cannot be used; docs/FORMAT.md §6 has the order of checks. */
export type Reason =
  | 'empty' | 'too_long' | 'not_a_license' | 'certificate' | 'root' | 'chain' | 'issuer' | 'root_superseded' | 'floor'
  | 'signature' | 'claims' | 'environment' | 'app' | 'identity' | 'not_yet_valid' | 'expired' | 'certificate_expired'
  | 'feature_missing';

/** What is true of a licence at a moment on this device. */
export interface Verdict {
  state: State;
  /** null: the licence is valid. */
  reason: Reason | null;
  /** 0, or the published SDK's 81 or 82. */
  sdkCode: number;
  /** What was found, in words. */
  message: string;
  /** What to do about it, in one sentence. */
  nextStep: string;
  /** Can a newly fetched licence cure it? */
  retryable: boolean;
  /** The effective time of the verdict; null, like the four below, where the licence is not authentic. */
  now: number | null;
  validFrom: number | null;
  /** The first second after it, without any grace. */
  validUntil: number | null;
  secondsLeft: number | null;
  /** When this device should have asked for the next licence. */
  refreshAfter: number | null;
}

/** The verdict on a licence that was offered. */
export interface Offered extends Verdict {
  /** Is it in force now, or does the one before go on? */
  inForce: boolean;
}

/** What an app should do with a feature now. */
export interface FeatureVerdict {
  /** `bypass`: let audio pass untouched; `stop`: end the operation with `sdkCode`. */
  answer: 'run' | 'grace' | 'bypass' | 'stop';
  /** Is it `run` or `grace`? */
  runs: boolean;
  reason: Reason | null;
  /** 0, or the published SDK's 81, 82 or 83. */
  sdkCode: number;
  /** Seconds of this device's grace; null where there is none. */
  secondsLeft: number | null;
}

/** What will become of a feature when the licence ends. */
export interface Outlook {
  /** `stop`, `bypass`, or `grace:<hours>`. */
  onExpiry: string;
  /** The first second in which it no longer runs on this device. */
  runsUntil: number;
}

/** What an app expects of its licences. */
export interface Expected {
  /** Both root keys, as `tonegate key pins` prints them. */
  pins: string;
  /** The issuer's name. */
  issuer: string;
  /** Default: `production`. */
  environment?: 'production' | 'test';
  /** This app's AppId; left out: any. */
  appId?: number | null;
  /** This app's identity (see {@link Tonegate.identity}), for licences that are tied to some. */
  identity?: string | null;
}

/** Where a gate's time comes from, in seconds; `ManualClock` is one for tests. */
export interface Clock {
  /** Unix seconds. It may lie. */
  wall(): number;
  /** Seconds of a clock that never goes back. */
  elapsed(): number;
  /** Calls `run` once, after so many seconds; what comes back cancels it. Without it, a timer of the platform is used. */
  after?(seconds: number, run: () => void): () => void;
}

/** The 32 bytes that a device keeps (docs/FORMAT.md §7). */
export type StateBytes = Uint8Array;

/** For one look at a licence. */
export interface VerifyOptions extends Expected {
  /** What {@link Verified.state} was last time. Nothing, or bytes that cannot be read: a new device. */
  state?: StateBytes | null;
  /** Unix seconds; default: now. */
  now?: number;
}

export interface Verified {
  verdict: Verdict;
  /** To be kept. */
  state: StateBytes;
}

export interface GateOptions extends Expected {
  /** What {@link Gate.state} was last time. Nothing, or bytes that cannot be read: a new device. */
  state?: StateBytes | null;
  /** Default: the platform's. */
  clock?: Clock;
}

/** Holds a licence and answers, at each use of a feature, whether it may run. */
export interface Gate {
  /** Loads a licence in place of the one before, whatever comes of it. */
  load(text: string | null | undefined): Verdict;
  /** Takes a licence where it is authentic and not older than the one held; otherwise that one stays. */
  renew(text: string | null | undefined): Offered;
  /** Ask at each use, and every 60 s while it lasts: nothing ends by itself. */
  check(feature: string): FeatureVerdict;
  verdict(): Verdict;
  /** null where no authentic licence names the feature. */
  outlook(feature: string): Outlook | null;
  /** What the device should keep: store it whenever it differs from what was stored. */
  readonly state: StateBytes;
  /** Gives its memory back; from then on it answers as a gate without a licence. Happens by itself when nobody holds it any more. */
  free(): void;
}

/** What a fetch function is given. */
export interface FetchContext {
  /** Ends the fetch: it took over 30 s, or the session was closed. */
  signal: AbortSignal;
}

/** Brings a licence's text. To fail, throw; a `retryAfter` (seconds) on the error is heeded. */
export type FetchLicense = (context: FetchContext) => Promise<string> | string;

/** Keeps a session's bytes between two starts: at most 2,080 of them. */
export interface Store {
  load(): Uint8Array | null | undefined | Promise<Uint8Array | null | undefined>;
  /** In one piece, in place of those before. */
  save(bytes: Uint8Array): void | Promise<void>;
}

export interface SessionOptions extends Expected {
  fetch: FetchLicense;
  /** Left out: nothing outlives the page. */
  store?: Store | null;
  /** Told at each change of the verdict or of the licence in force. */
  onChange?: (verdict: Verdict) => void;
  /** Told what went wrong: a fetch, a store, a callback. The session goes on. */
  onError?: (error: Error) => void;
  /** Default: the platform's. */
  clock?: Clock;
}

/** Keeps a gate's licence fresh; a new licence is swapped in without touching what runs. */
export interface LicenseSession {
  /** Loads what was stored, fetches where that is due, and goes on by itself. Resolves when the first answer is there, whatever it is. */
  start(): Promise<Verdict>;
  check(feature: string): FeatureVerdict;
  verdict(): Verdict;
  outlook(feature: string): Outlook | null;
  /** Forgets any wait after a failure and looks at once; resolves when a fetch that was due has ended. */
  refresh(): Promise<Verdict>;
  /** The text of the licence held; empty: none is. */
  readonly license: string;
  /** Ends timers, fetches and events and gives the memory back; from then on it answers as without a licence. */
  close(): void;
}

/** What {@link Tonegate.explain} says; the same text in every language's binding. */
export interface Explanation {
  state: State;
  reason: Reason | null;
  sdk_code: number;
  message: string;
  next_step: string;
  retryable: boolean;
  /** The effective time. */
  at: number;
  /** Is it proven that the issuer wrote `license`, for this app? */
  authentic: boolean;
  validity: { valid_from: number; valid_until: number; seconds_left: number; refresh_after: number } | null;
  /** Empty unless authentic. */
  features: {
    name: string; on_expiry: string; runs_until: number;
    answer: FeatureVerdict['answer']; reason: Reason | null; sdk_code: number; seconds_left: number | null;
  }[];
  /** What the text says, proven or not; null where it cannot be read. */
  license: {
    app_id: number; issuer: string; environment: 'production' | 'test'; features: { name: string; on_expiry: string }[];
    issued_at: number; not_before: number; expires_at: number; revision: number; id: string; kid: string; bind: string[];
  } | null;
}

/** App identities, for licences that are tied to some (`bind`). */
export interface Identities {
  /** `certificateSha256`: 32 bytes, or 64 hex digits. */
  android(packageName: string, certificateSha256: Uint8Array | string): string;
  ios(bundleId: string): string;
  /** `origin` as browsers write it, such as `https://app.example.com`. */
  web(origin: string): string;
}

/** The verifier, loaded. */
export interface Tonegate {
  /** Looks at a licence once, as at a start of the app. To ask often, keep a {@link Gate}. */
  verify(text: string | null | undefined, options: VerifyOptions): Verified;
  /** Says what a text is, what is true of it and what to do next; changes nothing. */
  explain(text: string | null | undefined, options: VerifyOptions): Explanation;
  gate(options: GateOptions): Gate;
  session(options: SessionOptions): LicenseSession;
  /** The same as {@link Tonegate.gate}. */
  Gate: new (options: GateOptions) => Gate;
  /** The same as {@link Tonegate.session}. */
  LicenseSession: new (options: SessionOptions) => LicenseSession;
  identity: Identities;
}

/** Where the module comes from: its address, its bytes, an answer that brings them, or compiled already. */
export type Source = URL | string | BufferSource | Response | WebAssembly.Module | Promise<Response>;

/** Loads the verifier; by default `tonegate.wasm` beside this file, which Node reads from disk. */
export function load(source?: Source): Promise<Tonegate>;

export interface RelayOptions {
  /** An API key of the relay. In a page anybody can read it: prefer `jwt` there. */
  apiKey?: string;
  /** A token of your identity provider, or what brings one. */
  jwt?: string | (() => string | Promise<string>);
  /** For callers that may have the licences of several apps. */
  appId?: number;
}

/** Fetches from a Tonegate relay: `GET <url>/v1/license`. */
export function relay(url: string | URL, options: RelayOptions): FetchLicense;

/** A failure that may say when to come back. */
export class FetchError extends Error {
  constructor(message: string, retryAfter?: number);
  /** Seconds; 0: the server did not say. */
  readonly retryAfter: number;
}

/** Keeps a session's bytes in the browser's localStorage, under this key. */
export function localStorageStore(key: string): Store;

/** A clock that stands until it is moved, for tests and for looking ahead. */
export class ManualClock implements Required<Clock> {
  constructor(wall: number, elapsed?: number);
  wall(): number;
  elapsed(): number;
  after(seconds: number, run: () => void): () => void;
  /** Both clocks go on at once, as after a sleep; what was to be called by then is called, once. */
  advance(seconds: number): void;
  /** Somebody sets the wall clock; the other one does not notice. */
  set(wall: number): void;
}
