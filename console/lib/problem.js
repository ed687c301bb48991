// What the admin API says when it does not do what was asked (RFC 9457), and what the console says itself
// when it could not even ask.

/** A request that was not done. `code` is stable; `status` is 0 where no answer came. */
export class ApiProblem extends Error {
  /** @param {{status: number, code: string, title: string, detail?: string, errors?: Api.FieldError[], retryAfter?: number | null}} facts */
  constructor(facts) {
    super(facts.detail || facts.title);
    this.status = facts.status;
    this.code = facts.code;
    this.title = facts.title;
    this.detail = facts.detail ?? '';
    this.errors = facts.errors ?? [];
    /** Seconds to wait, where the server named them. */
    this.retryAfter = facts.retryAfter ?? null;
  }
}

/**
 * Reads the problem out of an answer, whatever stands in its body.
 * @param {Response} answer
 */
export async function problemOf(answer) {
  const body = await answer.json().catch(() => ({}));
  const wait = Number.parseInt(answer.headers.get('Retry-After') ?? '', 10);
  return new ApiProblem({
    status: answer.status,
    code: body.code ?? `http_${answer.status}`,
    title: body.title ?? `HTTP ${answer.status}`,
    detail: body.detail,
    errors: body.errors,
    retryAfter: Number.isNaN(wait) ? null : wait,
  });
}

/**
 * Errors by field, for a form: `{name: 'is too long'}`.
 * @param {unknown} error
 * @returns {Record<string, string>}
 */
export function fieldErrors(error) {
  if (!(error instanceof ApiProblem)) return {};
  return Object.fromEntries(error.errors.map(({ field, detail }) => [field, detail]));
}

/** Whether the person called it off (the step-up dialog, an abort), so that nothing need be shown. @param {unknown} error */
export function isCancelled(error) {
  return (error instanceof ApiProblem && error.code === 'cancelled')
    || (error instanceof DOMException && error.name === 'AbortError');
}
