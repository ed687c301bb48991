// What the package offers, by hand; the JavaScript is checked against it. Verdicts, expectations and explanations are those
// of bindings/wasm. Times are Unix seconds in UTC, samples 48 kHz, one channel, within ±1.

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
  /** This app's identity, 22 base64url characters, for licences that are tied to some. */
  identity?: string | null;
}

/** Where a voice's time comes from, in seconds. */
export interface Clock {
  /** Unix seconds. It may lie. */
  wall(): number;
  /** Seconds of a clock that never goes back. */
  elapsed(): number;
}

/** What {@link VoiceSdk.explain} says; the same text in every language's binding. */
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
    answer: 'run' | 'grace' | 'bypass' | 'stop'; reason: Reason | null; sdk_code: number; seconds_left: number | null;
  }[];
  /** What the text says, proven or not; null where it cannot be read. */
  license: {
    app_id: number; issuer: string; environment: 'production' | 'test'; features: { name: string; on_expiry: string }[];
    issued_at: number; not_before: number; expires_at: number; revision: number; id: string; kid: string; bind: string[];
  } | null;
}

/** For one look at a licence. */
export interface ExplainOptions extends Expected {
  /** What {@link Voice.state} was last time. Nothing, or bytes that cannot be read: a new device. */
  state?: Uint8Array | null;
  /** Unix seconds; default: now. */
  now?: number;
}

/** How noise is suppressed; 0 to 4 stand for the same, in this order. The first three need `ans`, the others `ans-ai`. */
export type Mode = 'soft' | 'medium' | 'aggressive' | 'ai' | 'ai_balanced';

/** How a recording goes on: `ended` because the licence says so (the frame faded out), `idle` where none is going on. */
export type Flow = 'records' | 'ended' | 'idle';

/** What is applied. */
export interface Running {
  /** The mode of noise suppression; null: it does not run. */
  ans: Mode | null;
  /** Gain control. */
  agc: boolean;
}

/** What {@link VoiceOptions.onError} is told. */
export interface VoiceError {
  /** 2: called before `init`; 4: an argument, or a call at the wrong time; 81, 82, 83: as the published SDK's. */
  code: 2 | 4 | 81 | 82 | 83;
  /** What happened. */
  message: string;
  /** What to do about it, in one sentence. */
  nextStep: string;
  /** The feature that does not run, where the licence is the cause. */
  feature: 'ans' | 'ans-ai' | 'agc' | null;
  /** The exact cause in the licence. */
  reason: Reason | null;
}

export interface VoiceOptions extends Expected {
  /** What {@link Voice.state} was last time. Nothing, or bytes that cannot be read: a new device. */
  state?: Uint8Array | null;
  /** Default: the platform's. */
  clock?: Clock;
  /** Told of each error, during the call that meets it; the call then changes nothing, and a recording goes on without the effect. */
  onError: (error: VoiceError) => void;
}

/** Recordings, and the licence that unlocks what is applied to them. What is switched counts from the next recording on. */
export interface Voice {
  /** Takes a licence, and proceeds with an empty or bad one too: plain recording needs none. Whatever was held before is gone. */
  init(license: string | null | undefined): Verdict;
  /** Takes a licence that was fetched meanwhile where it is authentic and not older than the one held; otherwise that one stays. */
  renew(license: string | null | undefined): Offered;
  /** Switches noise suppression. On needs the feature of the mode that is set. */
  enableANS(on: boolean): void;
  /** Switches gain control. On needs `agc`. */
  enableAGC(on: boolean): void;
  /** Default: medium. Needs the mode's feature. */
  setANSMode(mode: Mode | number): void;
  /** Effects whose licence has ended since they were switched on are left out, and `onError` is told. */
  startRecord(): void;
  /** Processes a frame of 480 samples in place. */
  process(frame: Float32Array): Flow;
  completeRecord(): void;
  /**
   * A whole recording: begun, processed, completed, and put back by the latency, so that it lies as the samples given do.
   * Samples to which nothing is applied come back as they are; a recording that the licence ends comes back shorter.
   */
  clean(samples: Float32Array): Float32Array<ArrayBuffer>;
  /** Is a recording going on? */
  readonly recording: boolean;
  /** What was applied to the last frame of the recording that goes on. */
  readonly running: Running;
  /** Samples by which the recording that goes on comes out later than it goes in. */
  readonly latency: number;
  /** 32 bytes that the device should keep: store them whenever they differ from what was stored. */
  readonly state: Uint8Array;
  /** Gives its memory back. Happens by itself when nobody holds it any more. */
  free(): void;
}

/** The voice, loaded. */
export interface VoiceSdk {
  voice(options: VoiceOptions): Voice;
  /** Says what a text is, what is true of it and what to do next; changes nothing. */
  explain(text: string | null | undefined, options: ExplainOptions): Explanation;
  /** The module, for other threads: `load()` there takes it. */
  readonly compiled: WebAssembly.Module;
}

/** Where the module comes from: its address, its bytes, an answer that brings them, or compiled already. */
export type Source = URL | string | BufferSource | Response | WebAssembly.Module | Promise<Response>;

/** Loads the voice; by default `voice.wasm` beside this file, which Node reads from disk. */
export function load(source?: Source): Promise<VoiceSdk>;

/** From so many seconds of audio on, the node's wall clock goes on from `wall`. */
export interface Travel {
  at: number;
  wall: number;
}

/** Root mean squares of 50 ms. */
export interface Levels {
  before: number;
  after: number;
}

/** What a node applies now. */
export interface NodeRunning {
  running: Running;
  /** false: the licence has ended it (`on_expiry: stop`); the node is silent from then on. */
  recording: boolean;
  /** Samples by which sound leaves the node later than it comes; constant, 0 where nothing is applied to the recording. */
  latency: number;
  /** As {@link Voice.state}. */
  state: Uint8Array;
}

export interface VoiceNodeOptions extends VoiceOptions {
  license: string | null | undefined;
  /** Noise suppression; default: off. Where the licence refuses its mode, it stays off. */
  ans?: boolean;
  /** Gain control; default: off. */
  agc?: boolean;
  mode?: Mode | number;
  /** For tests and demonstrations; in order. */
  schedule?: readonly Travel[];
  /** Told what comes of a licence. */
  onVerdict?: (verdict: Verdict | Offered) => void;
  /** Told at the beginning, at each change, and of a new state each second at most. */
  onRunning?: (running: NodeRunning) => void;
  onLevels?: (levels: Levels) => void;
}

/** A node, and what one does with it beside connecting it. */
export interface VoiceNode {
  readonly node: AudioWorkletNode;
  /** Puts the node's wall clock so many seconds ahead of its own time: for tests and demonstrations. */
  travel(seconds: number): void;
  /** A licence that was fetched meanwhile; what runs goes on by it where it is authentic and not older. */
  renew(license: string | null | undefined): void;
  /** Disconnects it, and gives its memory back. */
  close(): void;
}

/**
 * A node that is one recording: the gated voice in the audio thread of a context of 48 kHz. Its clock is as far ahead of the
 * platform's as `clock` is when it is made. Serve `worklet.js` and `js/` beside `index.js`.
 */
export function voiceNode(context: BaseAudioContext, sdk: VoiceSdk, options: VoiceNodeOptions): Promise<VoiceNode>;
