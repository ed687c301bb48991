// An invitation's link leads here.
import { html } from '../vendor/preact.js';
import { Enrollment } from './enrollment.js';

/** The page itself. @param {{place: import('../lib/router.js').Place}} props */
export default function Enroll({ place }) {
  return html`<${Enrollment} first=${false} token=${place.query.get('token') ?? ''} />`;
}
