// First run: the setup token from the server's log makes the first owner.
import { html } from '../vendor/preact.js';
import { Enrollment } from './enrollment.js';

/** The page itself. @param {{place: import('../lib/router.js').Place}} props */
export default function Setup({ place }) {
  return html`<${Enrollment} first=${true} token=${place.query.get('token') ?? ''} />`;
}
